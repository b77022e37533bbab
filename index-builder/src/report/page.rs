//! The page. All text that comes from files is escaped by the macro that writes the HTML.

mod build;
mod comparison;
mod searches;
mod structure;
mod words;

use indicatif::HumanBytes;
use kindred::file::{TableKind, TableMetadata};
use kindred::time::rfc3339;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::facts::Facts;
use comparison::side;
use words::{count, percent, share};

/// Nothing is loaded, from nowhere.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

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
                    (comparison::comparison(facts.difference.as_ref()))
                    (searches::searches(facts))
                    (searches::distances(facts.searches.as_ref()))
                    (structure::graph(&facts.levels))
                    (structure::duplicates(facts))
                    (structure::groups(&facts.groups))
                    (build::fields(facts))
                    (build::skipped(facts))
                    (build::steps(facts.record.as_ref()))
                    (build::parameters(facts))
                }
            }
        }
    }
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

fn remarks(remarks: &[String]) -> Markup {
    html! {
        @if !remarks.is_empty() {
            ul.remarks { @for remark in remarks { li { (remark) } } }
        }
    }
}
