//! The version before.

use std::path::Path;

use maud::{Markup, html};

use super::words::{count, percent, row, section, share, some};
use crate::report::compare::Difference;
use crate::report::plot::{Bars, bars};

pub(super) fn side(difference: &Difference) -> String {
    difference.old.version.map_or_else(|| "the older file".to_owned(), |version| format!("version {version}"))
}

/// Without its folder: the page is the same wherever the files are.
fn file_name(path: &str) -> std::borrow::Cow<'_, str> {
    Path::new(path).file_name().unwrap_or_default().to_string_lossy()
}

pub(super) fn comparison(difference: Option<&Difference>) -> Markup {
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
