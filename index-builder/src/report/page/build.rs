//! What the build made of its source, what it took, and what it was asked for.

use indicatif::HumanBytes;
use kindred::file::FieldMetadata;
use maud::{Markup, html};

use super::words::{count, percent, row, section, some};
use crate::report::facts::Facts;
use crate::report::record::{BuildRecord, checksum};

/// How many different values a field has, where they were counted.
fn distinct(field: &FieldMetadata) -> String {
    match (field.distinct, field.kind.as_str()) {
        (Some(distinct), _) => count(distinct),
        (None, "number" | "category" | "list" | "text") => "many".to_owned(),
        (None, _) => "–".to_owned(),
    }
}

/// What each field was taken for; a file that does not say it has no such section.
pub(super) fn fields(facts: &Facts) -> Markup {
    let Some(fields) = &facts.metadata.fields else { return html! {} };
    let content = html! {
        p {
            "What became of each field when all profiles had been looked at, and why. Numbers, categories, lists and texts are "
            "compared; answers have the fields that are exposed."
        }
        div.table { table {
            thead { tr { th.text { "field" } th.text { "taken for" } th { "values" } th { "numbers" } th { "distinct" } th { "profiles without" } th.text { "exposed" } th.text { "why" } } }
            tbody {
                @for field in fields {
                    tr {
                        th.text scope="row" { (field.name) }
                        td.text { (field.kind) }
                        td { (count(field.values)) }
                        td { (percent(field.share)) }
                        td { (distinct(field)) }
                        td { (count(field.missing)) }
                        td.text { (if facts.metadata.exposes(field) { "yes" } else { "no" }) }
                        td.text { (field.reason) }
                    }
                }
            }
        } }
    };
    section("Fields", &content)
}

pub(super) fn skipped(facts: &Facts) -> Markup {
    let metadata = &facts.metadata;
    let examples = |reason: &str| facts.record.as_ref()?.skipped.get(reason).map(|reason| &reason.first);
    let content = html! {
        @if metadata.skipped.is_empty() { p.none { "No record was skipped." } }
        @else {
            div.table { table {
                thead { tr { th.text { "reason" } th { "records" } th.text { "the first of them" } } }
                tbody {
                    @for (reason, &records) in &metadata.skipped {
                        tr {
                            th.text scope="row" { (reason) }
                            td { (count(records)) }
                            td.text {
                                @if let Some(examples) = examples(reason) {
                                    @for example in examples { code { (example) } " " }
                                } @else { "not recorded" }
                            }
                        }
                    }
                }
            } }
        }
    };
    section("Skipped records", &content)
}

pub(super) fn steps(record: Option<&BuildRecord>) -> Markup {
    let title = "Time and memory of the build";
    let Some(record) = record else {
        return section(title, &html! { p.none { "No record of the build is beside the file." } });
    };
    let bytes =
        |bytes: Option<u64>| bytes.map_or_else(|| "–".to_owned(), |bytes| HumanBytes(bytes).to_string());
    let longest = record.steps.iter().map(|step| step.seconds).fold(f64::MIN_POSITIVE, f64::max);
    let content = html! {
        p {
            "Begun " (record.started) " on " (some(record.threads, "thread")) "; " (seconds(record.seconds)) " in all. "
            "Memory is the most that was resident, mapped files included."
        }
        div.table { table {
            thead { tr { th.text { "step" } th { "time" } th.text.share {} th { "memory" } th { "read" } th { "written" } } }
            tbody {
                @for step in &record.steps {
                    tr {
                        th.text scope="row" { (step.name) }
                        td { (seconds(step.seconds)) }
                        td.text.share { span.length style=(format!("width:{:.1}%", 100.0 * step.seconds / longest)) {} }
                        td { (bytes(step.peak_memory_bytes)) }
                        td { (bytes(step.bytes_read)) }
                        td { (bytes(step.bytes_written)) }
                    }
                }
                tr.own {
                    th.text scope="row" { "all" }
                    td { (seconds(record.seconds)) }
                    td.text.share {}
                    td { (bytes(record.peak_memory_bytes)) }
                    td {} td {}
                }
            }
        } }
    };
    section(title, &content)
}

fn seconds(seconds: f64) -> String {
    if seconds < 60.0 {
        return format!("{seconds:.2} s");
    }
    format!("{} min {:02.0} s", (seconds / 60.0) as u64, (seconds % 60.0).floor())
}

pub(super) fn parameters(facts: &Facts) -> Markup {
    let (header, metadata) = (&facts.header, &facts.metadata);
    let more = [
        ("fingerprint of the vectorizer", metadata.vectorizer.fingerprint.clone()),
        ("attached nodes", count(u64::from(metadata.graph.attached))),
        ("recall measured on", format!("{} nodes", count(u64::from(metadata.recall_sample)))),
        ("levels", header.levels.to_string()),
        ("format version", header.format_version.to_string()),
        ("header checksum", checksum(header)),
    ];
    let content = html! {
        div.table { table {
            tbody {
                @for (name, value) in facts.parameters.iter().chain(&more) { (row(name, value)) }
            }
        } }
    };
    section("Parameters", &content)
}
