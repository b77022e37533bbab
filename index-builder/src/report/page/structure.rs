//! How nodes are linked, and what belongs together.

use maud::{Markup, html};

use super::words::{count, section, some};
use crate::report::facts::Facts;
use crate::report::plot::{Bars, bars};
use crate::report::structure::{Group, Groups, Level};

pub(super) fn graph(levels: &[Level]) -> Markup {
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

pub(super) fn duplicates(facts: &Facts) -> Markup {
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

pub(super) fn groups(groups: &Groups) -> Markup {
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
