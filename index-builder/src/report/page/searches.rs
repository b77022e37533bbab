//! What searches of the graph find, and how far it is.

use kindred::query::EXACT_UP_TO_NODES;
use maud::{Markup, html};

use super::words::{count, section, some};
use crate::report::facts::Facts;
use crate::report::plot::{Bars, Curve, bars, curve, round_up};
use crate::report::searches::{Searches, Width};

/// Bars of a histogram of distances.
const BINS: usize = 24;

pub(super) fn searches(facts: &Facts) -> Markup {
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

pub(super) fn distances(searches: Option<&Searches>) -> Markup {
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
