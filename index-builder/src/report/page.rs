//! The page. All text that comes from files is escaped by the macro that writes the HTML.

use std::path::Path;

use indicatif::{HumanBytes, HumanCount};
use kindred::file::{FieldMetadata, TableKind, TableMetadata};
use kindred::query::EXACT_UP_TO_NODES;
use kindred::time::rfc3339;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::facts::Facts;
use super::plot::{Bars, Curve, bars, curve, round_up};
use super::searches::{Searches, Width};
use super::structure::{Group, Groups, Level};
use crate::report::compare::Difference;
use crate::report::record::BuildRecord;

/// Nothing is loaded, from nowhere.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";
/// Bars of a histogram of distances.
const BINS: usize = 24;

/// The whole page.
pub fn page(facts: &Facts) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="color-scheme" content="light dark";
                title { "Kindred index, " (facts.name) }
                style { (PreEscaped(include_str!("page.css"))) }
            }
            body {
                header { (head(facts)) }
                main {
                    (remarks(&facts.remarks))
                    (comparison(facts.difference.as_ref()))
                    (searches(facts))
                    (distances(facts.searches.as_ref()))
                    (graph(&facts.levels))
                    (duplicates(facts))
                    (groups(&facts.groups))
                    (fields(facts))
                    (skipped(facts))
                    (steps(facts.record.as_ref()))
                    (parameters(facts))
                }
            }
        }
    }
}

fn count(number: u64) -> String {
    HumanCount(number).to_string()
}

/// So many of something.
fn some(number: u64, of_what: &str) -> String {
    format!("{} {of_what}{}", count(number), if number == 1 { "" } else { "s" })
}

fn share(part: u64, whole: u64) -> String {
    if whole == 0 { "–".to_owned() } else { percent(part as f64 / whole as f64) }
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

fn head(facts: &Facts) -> Markup {
    let (header, metadata) = (&facts.header, &facts.metadata);
    let skipped: u64 = metadata.skipped.values().sum();
    let changed = facts.difference.as_ref().map(|difference| percent(difference.first_ten.changed_share));
    html! {
        p.kind { "Kindred index" }
        h1 { (capital(&facts.name)) }
        p { (facts.file) ", built " time datetime=(rfc3339(header.created)) { (rfc3339(header.created)) } " by " (metadata.builder) " from " (metadata.source.name) }
        dl.tiles {
            (tile("profiles", &count(u64::from(header.profiles)), &format!("of {} records", count(metadata.read))))
            (tile("distinct vectors", &count(u64::from(header.nodes)), &format!("of {} numbers", header.dimension)))
            (tile("recall@10", &format!("{:.4}", metadata.recall_at_10), &format!("of the graph, at ef {}", metadata.default_ef)))
            (tile("neighbour table", &table_size(metadata.table), &table_kind(metadata.table)))
            (tile("size", &HumanBytes(header.file_length).to_string(), &per_profile(facts)))
            (tile("skipped", &count(skipped), &format!("{} of the records", share(skipped, metadata.read))))
            @if let (Some(changed), Some(difference)) = (changed, &facts.difference) {
                (tile("first ten changed", &changed, &format!("since {}", side(difference))))
            }
        }
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn tile(name: &str, figure: &str, more: &str) -> Markup {
    html! { div { dt { (name) } dd.figure { (figure) } dd { (more) } } }
}

fn table_size(table: Option<TableMetadata>) -> String {
    table.map_or_else(|| "none".to_owned(), |table| format!("{} each", table.neighbours))
}

fn table_kind(table: Option<TableMetadata>) -> String {
    match table {
        Some(TableMetadata { kind: TableKind::Exact, .. }) => "exact".to_owned(),
        Some(TableMetadata { recall, .. }) => format!("approximate, recall {recall:.4}"),
        None => "searches only".to_owned(),
    }
}

fn per_profile(facts: &Facts) -> String {
    let bytes = facts.header.file_length / u64::from(facts.header.profiles).max(1);
    format!("{} a profile", HumanBytes(bytes))
}

fn section(title: &str, content: &Markup) -> Markup {
    html! { section { h2 { (title) } (content) } }
}

fn remarks(remarks: &[String]) -> Markup {
    html! {
        @if !remarks.is_empty() {
            ul.remarks { @for remark in remarks { li { (remark) } } }
        }
    }
}

fn side(difference: &Difference) -> String {
    difference.old.version.map_or_else(|| "the older file".to_owned(), |version| format!("version {version}"))
}

/// Without its folder: the page is the same wherever the files are.
fn file_name(path: &str) -> std::borrow::Cow<'_, str> {
    Path::new(path).file_name().unwrap_or_default().to_string_lossy()
}

fn comparison(difference: Option<&Difference>) -> Markup {
    let Some(difference) = difference else {
        return section(
            "Since the version before",
            &html! { p.none { "There is no earlier version to compare with." } },
        );
    };
    let ten = &difference.first_ten;
    let plotted = ten.distribution().map(|(name, profiles)| {
        (
            name.to_owned(),
            profiles as f64,
            format!("{}, {}", some(profiles, "profile"), share(profiles, ten.compared)),
        )
    });
    let content = html! {
        p {
            "Compared with " (side(difference)) " (" (file_name(&difference.old.file)) ", " (count(u64::from(difference.old.profiles)))
            " profiles, built " (difference.old.created) "). "
            "The first ten are those that a server recommends; what changed of them is the share of the old ten that is "
            "not among the new ten. "
            @if difference.sample == difference.kept { "All kept profiles were looked at." }
            @else { (count(difference.sample)) " of the kept profiles were looked at, drawn by their ids." }
        }
        div.columns {
            div.table { table {
                tbody {
                    (row("profiles added", &count(difference.added)))
                    (row("profiles removed", &count(difference.removed)))
                    (row("profiles kept", &count(difference.kept)))
                    (row("documents changed", &format!("{} ({})", count(difference.documents_changed), share(difference.documents_changed, difference.sample))))
                    (row("of the first ten changed", &percent(ten.changed_share)))
                    (row("… because profiles are gone", &percent(ten.gone_share)))
                    (row("vectorizer", &difference.vectorizer()))
                    @for parameter in &difference.parameters {
                        (row(parameter.name, &format!("{} → {}", parameter.old, parameter.new)))
                    }
                }
            } }
            (bars(&Bars {
                title: "How many of the first ten changed",
                x: "of ten",
                y: "profiles",
                bars: plotted.to_vec(),
                at_edges: false,
            }))
        }
    };
    section("Since the version before", &content)
}

fn row(name: &str, value: &str) -> Markup {
    html! { tr { th scope="row" { (name) } td { (value) } } }
}

fn searches(facts: &Facts) -> Markup {
    let title = "Searches of the graph";
    let Some(searches) = &facts.searches else {
        return section(
            title,
            &html! { p.none { "There are fewer than two vectors: nothing can be searched for." } },
        );
    };
    let default_ef = facts.metadata.default_ef as usize;
    let points = |value: fn(&Width) -> f64| -> Vec<(f64, f64)> {
        searches.widths.iter().map(|width| (width.ef as f64, value(width))).collect()
    };
    let marked = (default_ef as f64, "the ef of searches that name none");
    let most = |value: fn(&Width) -> f64| searches.widths.iter().map(value).fold(1.0, f64::max);
    let lowest = searches.widths.iter().map(|width| width.recall).fold(1.0, f64::min);
    let content = html! {
        p {
            "Measured for this page: " (some(searches.sample as u64, "vector")) ", drawn at random from all, are compared "
            "with every other. Recall is the share of the ten nearest that a search finds; one that is as near as the tenth "
            "counts. The dashed line is the file's own ef, " (default_ef) ". Below 11, ef acts as 11: ten and the vector itself."
            @if facts.header.nodes <= EXACT_UP_TO_NODES {
                " With so few vectors a server compares with all of them and does not walk the graph unless it is asked to."
            }
        }
        div.columns {
            (curve(&Curve {
                title: "Recall",
                x: "ef",
                y: "recall@10",
                points: points(|width| width.recall),
                range: ((lowest * 20.0 - 0.2).floor().clamp(0.0, 19.0) / 20.0, 1.0),
                format: |recall| format!("{}", (recall * 1e4).round() / 1e4),
                marked: Some(marked),
            }))
            (curve(&Curve {
                title: "Distance computations of a search",
                x: "ef",
                y: "distances, mean",
                points: points(|width| width.distances),
                range: (0.0, round_up(most(|width| width.distances))),
                format: |number| format!("{number:.0}"),
                marked: Some(marked),
            }))
            (curve(&Curve {
                title: "Hops of a search",
                x: "ef",
                y: "hops, mean",
                points: points(|width| width.hops),
                range: (0.0, round_up(most(|width| width.hops))),
                format: |number| format!("{number:.0}"),
                marked: Some(marked),
            }))
            div.table { table {
                thead { tr { th { "ef" } th { "recall@10" } th { "distances" } th { "hops" } } }
                tbody {
                    @for width in &searches.widths {
                        tr.own[width.ef == default_ef] {
                            th scope="row" { (width.ef) }
                            td { (format!("{:.4}", width.recall)) }
                            td { (format!("{:.0}", width.distances)) }
                            td { (format!("{:.0}", width.hops)) }
                        }
                    }
                }
            } }
        }
    };
    section(title, &content)
}

fn distances(searches: Option<&Searches>) -> Markup {
    let Some(searches) = searches else { return html! {} };
    let all = searches.first.iter().chain(&searches.tenth);
    let end = all.fold(0f32, |end, &distance| end.max(distance));
    let content = html! {
        p { "Cosine distance, 0 to 2, of the same " (count(searches.sample as u64)) " vectors to their nearest and tenth nearest other one." }
        div.columns {
            (histogram("To the nearest", &searches.first, end))
            (histogram("To the tenth", &searches.tenth, end))
            div.table { table {
                thead { tr { th { "share of vectors" } th { "nearest within" } th { "tenth within" } } }
                tbody {
                    @for share in [0.05, 0.25, 0.5, 0.75, 0.95] {
                        tr {
                            th scope="row" { (format!("{:.0} %", 100.0 * share)) }
                            td { (quantile(&searches.first, share)) }
                            td { (quantile(&searches.tenth, share)) }
                        }
                    }
                }
            } }
        }
    };
    section("Distances", &content)
}

/// The distance that such a share is within; they ascend.
fn quantile(distances: &[f32], share: f64) -> String {
    let place = ((distances.len() as f64 * share).ceil() as usize).saturating_sub(1);
    distances.get(place).map_or_else(|| "–".to_owned(), |distance| format!("{distance:.4}"))
}

fn histogram(title: &str, distances: &[f32], end: f32) -> Markup {
    let width = f64::from(end).max(1e-6) / BINS as f64;
    let mut counts = [0u64; BINS];
    for &distance in distances {
        let bin = (f64::from(distance) / width) as usize;
        counts[bin.min(BINS - 1)] += 1;
    }
    let named = counts.iter().enumerate().map(|(bin, &vectors)| {
        let start = width * bin as f64;
        let name = if width < 0.01 { format!("{start:.4}") } else { format!("{start:.2}") };
        (name, vectors as f64, some(vectors, "vector"))
    });
    bars(&Bars { title, x: "distance", y: "vectors", bars: named.collect(), at_edges: true })
}

fn graph(levels: &[Level]) -> Markup {
    let Some(bottom) = levels.first() else { return html! {} };
    let content = html! {
        p { "Links of each node, counted for all nodes, by level. Searches walk down from the top and end on level 0. Unlinked are those that no other node of the level links to." }
        div.columns {
            (bars(&degree_bars(bottom)))
            div.table { table {
                thead { tr { th { "level" } th { "nodes" } th { "links, mean" } th { "most" } th { "most to one" } th { "unlinked" } } }
                tbody {
                    @for (level, degrees) in levels.iter().enumerate() {
                        tr {
                            th scope="row" { (level) }
                            td { (count(degrees.nodes)) }
                            td { (format!("{:.2}", degrees.mean())) }
                            td { (degrees.degrees.len().saturating_sub(1)) }
                            td { (degrees.most_linked) }
                            td { (count(degrees.unlinked)) }
                        }
                    }
                }
            } }
        }
    };
    section("Degrees", &content)
}

fn degree_bars(level: &Level) -> Bars<'static> {
    const MOST_BARS: usize = 64;
    let named = |(degree, &nodes): (usize, &u64)| (degree.to_string(), nodes as f64, some(nodes, "node"));
    let bars = if level.degrees.len() <= MOST_BARS {
        level.degrees.iter().enumerate().map(named).collect()
    } else {
        let wide = level.degrees.len().div_ceil(MOST_BARS);
        let sums = level.degrees.chunks(wide).map(|part| part.iter().sum::<u64>());
        sums.enumerate()
            .map(|(part, nodes)| (format!("{}", part * wide), nodes as f64, some(nodes, "node")))
            .collect()
    };
    Bars { title: "Links of a node on level 0", x: "links", y: "nodes", bars, at_edges: false }
}

fn size_bars(title: &'static str, x: &'static str, y: &'static str, sizes: &[(String, u64)]) -> Markup {
    let bars_of = sizes.iter().map(|(name, groups)| (name.clone(), *groups as f64, count(*groups))).collect();
    bars(&Bars { title, x, y, bars: bars_of, at_edges: false })
}

fn largest(groups: &[Group]) -> Markup {
    html! {
        div.table { table {
            thead { tr { th { "size" } th.text { "some of its profiles" } } }
            tbody {
                @for group in groups {
                    tr { th scope="row" { (count(group.size)) } td.text { @for id in &group.members { code { (id) } " " } } }
                }
            }
        } }
    }
}

fn duplicates(facts: &Facts) -> Markup {
    let Groups { count: vectors, in_all, sizes, largest: shown } = &facts.duplicates;
    let zero = facts.metadata.zero_vectors;
    let content = html! {
        p {
            @if *vectors == 0 { "No two profiles have the same vector. " }
            @else { (some(*in_all, "profile")) " share " (some(*vectors, "vector")) ": what tells them apart is not vectorized. " }
            @if zero > 0 { (some(zero, "profile")) " with nothing to compare: a vector of zeros, for which nobody is recommended. " }
            @if facts.metadata.duplicates > 0 { (some(facts.metadata.duplicates, "record")) " left out because another had the same id. " }
            @if facts.suppressed > 0 { (some(facts.suppressed as u64, "profile")) " suppressed: in the file and in no answer." }
        }
        @if *vectors > 0 {
            div.columns { (size_bars("Profiles that share a vector", "profiles", "vectors", sizes)) (largest(shown)) }
        }
    };
    section("Duplicates", &content)
}

fn groups(groups: &Groups) -> Markup {
    if groups.in_all == 0 {
        return html! {};
    }
    let biggest = groups.largest.first().map_or(1, |group| group.size);
    let content = html! {
        p {
            "Every vector is linked to the nearest of its neighbours in the graph and to no other; a group is what then hangs "
            "together. " (some(groups.in_all, "vector")) " in " (some(groups.count, "group")) "; the largest has "
            (count(biggest)) ". Many small groups are usual. One that holds much of the index is a crowd of near copies."
        }
        div.columns { (size_bars("Groups by size", "vectors", "groups", &groups.sizes)) (largest(&groups.largest)) }
    };
    section("Groups of nearest neighbours", &content)
}

/// How many different values a field has, where they were counted.
fn distinct(field: &FieldMetadata) -> String {
    match (field.distinct, field.kind.as_str()) {
        (Some(distinct), _) => count(distinct),
        (None, "number" | "category" | "list" | "text") => "many".to_owned(),
        (None, _) => "–".to_owned(),
    }
}

/// What each field was taken for; a file that does not say it has no such section.
fn fields(facts: &Facts) -> Markup {
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

fn skipped(facts: &Facts) -> Markup {
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

fn steps(record: Option<&BuildRecord>) -> Markup {
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

fn parameters(facts: &Facts) -> Markup {
    let (header, metadata) = (&facts.header, &facts.metadata);
    let more = [
        ("fingerprint of the vectorizer", metadata.vectorizer.fingerprint.clone()),
        ("attached nodes", count(u64::from(metadata.graph.attached))),
        ("recall measured on", format!("{} nodes", count(u64::from(metadata.recall_sample)))),
        ("levels", header.levels.to_string()),
        ("format version", header.format_version.to_string()),
        ("header checksum", crate::report::record::checksum(header)),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_one_of_the_distances() {
        let distances: Vec<f32> = (1..=100u8).map(f32::from).collect();
        assert_eq!(
            [0.05, 0.5, 0.95].map(|share| quantile(&distances, share)),
            ["5.0000", "50.0000", "95.0000"]
        );
        assert_eq!(quantile(&[], 0.5), "–");
    }
}
