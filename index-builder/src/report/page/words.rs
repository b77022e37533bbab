//! What all parts of the page are written with.

use indicatif::HumanCount;
use maud::{Markup, html};

pub(super) fn count(number: u64) -> String {
    HumanCount(number).to_string()
}

/// So many of something.
pub(super) fn some(number: u64, of_what: &str) -> String {
    format!("{} {of_what}{}", count(number), if number == 1 { "" } else { "s" })
}

pub(super) fn share(part: u64, whole: u64) -> String {
    if whole == 0 { "–".to_owned() } else { percent(part as f64 / whole as f64) }
}

pub(super) fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

pub(super) fn section(title: &str, content: &Markup) -> Markup {
    html! { section { h2 { (title) } (content) } }
}

pub(super) fn row(name: &str, value: &str) -> Markup {
    html! { tr { th scope="row" { (name) } td { (value) } } }
}
