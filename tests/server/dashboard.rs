//! What is in `deploy/` for Grafana and Prometheus asks for metrics that there are.

use std::collections::BTreeSet;
use std::path::Path;

use regex::Regex;
use serde_json::Value;

use super::metrics::{documented, is_of_a_build};
use super::process::read;

/// Metrics that have no panel, because what they say is on one already.
const WITHOUT_A_PANEL: [(&str, &str); 3] = [
    ("kindred_index_created_timestamp_seconds", "the age says the same"),
    ("kindred_index_loaded_timestamp_seconds", "swaps are marked on every panel"),
    ("kindred_index_dimension", "a constant of the vectorizer"),
];

/// The columns of a dashboard.
const COLUMNS: u64 = 24;

fn text_of(path: &str) -> String {
    String::from_utf8(read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(path))).unwrap()
}

/// Every name that a sample may have.
fn sample_names() -> BTreeSet<String> {
    let with_ends = |(name, kind, _): (String, String, String)| {
        let ends: &[&str] = if kind == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
        ends.iter().map(|end| format!("{name}{end}")).collect::<Vec<_>>()
    };
    documented().into_iter().flat_map(with_ends).collect()
}

/// The names of metrics of the server in a text.
fn named(text: &str) -> BTreeSet<String> {
    let names = Regex::new(r"\b(?:kindred|process)_[a-z_]+").unwrap();
    names.find_iter(text).map(|name| name.as_str().to_owned()).collect()
}

/// All values of this name, however deep.
fn values<'a>(json: &'a Value, name: &str) -> Vec<&'a Value> {
    match json {
        Value::Object(fields) => {
            let own = fields.get(name).into_iter();
            own.chain(fields.values().flat_map(|value| values(value, name))).collect()
        }
        Value::Array(values_inside) => values_inside.iter().flat_map(|value| values(value, name)).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn the_dashboard_asks_for_metrics_that_there_are_wherever_they_are_kept() {
    let dashboard: Value = serde_json::from_str(&text_of("deploy/grafana/kindred.json")).unwrap();
    let known = sample_names();
    let expressions = values(&dashboard, "expr");
    assert!(expressions.len() > 40, "{}", expressions.len());
    for expression in expressions {
        let expression = expression.as_str().unwrap();
        let names = named(expression);
        assert!(!names.is_empty() && names.is_subset(&known), "{expression}");
        assert_eq!(expression.matches('(').count(), expression.matches(')').count(), "{expression}");
        // Builders are scraped from node_exporter, which is another instance.
        let chosen = if names.iter().any(|name| is_of_a_build(name)) { "$builder" } else { "$instance" };
        let (selectors, filtered) = (expression.matches('{').count(), expression.matches(chosen).count());
        assert_eq!(selectors, filtered, "everything is of the chosen instances: {expression}");
    }
    // Grafana's own annotations are the only thing that is in a place of its own.
    for uid in values(&dashboard, "uid") {
        assert!(uid.is_null() || uid == "${datasource}" || uid == "-- Grafana --", "{uid}");
    }
    let variables: Vec<&Value> = values(&dashboard["templating"], "name");
    assert_eq!(variables, ["datasource", "job", "instance", "builder"]);
    let annotations: Vec<&Value> = values(&dashboard["annotations"], "name");
    assert!(annotations.contains(&&"Swaps".into()) && annotations.contains(&&"Refusals".into()));
}

#[test]
fn every_metric_is_on_a_panel_or_left_out_for_a_reason() {
    let dashboard: Value = serde_json::from_str(&text_of("deploy/grafana/kindred.json")).unwrap();
    let expressions = values(&dashboard["panels"], "expr").into_iter();
    let shown: BTreeSet<String> =
        expressions.flat_map(|expression| named(expression.as_str().unwrap())).collect();
    for (name, kind, _) in documented() {
        let sample = if kind == "histogram" { format!("{name}_bucket") } else { name.clone() };
        let sum = format!("{name}_sum");
        let on_a_panel = shown.contains(&sample) || shown.contains(&sum);
        let left_out = WITHOUT_A_PANEL.iter().any(|&(other, _)| other == name);
        assert!(on_a_panel != left_out, "{name}: on a panel {on_a_panel}, left out {left_out}");
    }
}

#[test]
fn the_panels_of_the_dashboard_lie_side_by_side() {
    let dashboard: Value = serde_json::from_str(&text_of("deploy/grafana/kindred.json")).unwrap();
    let (mut ids, mut cells) = (BTreeSet::new(), BTreeSet::new());
    for panel in dashboard["panels"].as_array().unwrap() {
        let title = panel["title"].as_str().unwrap();
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{title}");
        assert!(["row", "stat", "timeseries", "table"].contains(&panel["type"].as_str().unwrap()), "{title}");
        assert_eq!(panel["type"] == "row", panel["targets"].is_null(), "{title}");
        let place = |name: &str| panel["gridPos"][name].as_u64().unwrap();
        assert!(place("x") + place("w") <= COLUMNS, "{title}");
        for row in place("y")..place("y") + place("h") {
            for column in place("x")..place("x") + place("w") {
                assert!(cells.insert((row, column)), "{title} lies on another panel");
            }
        }
    }
}

#[test]
fn the_alerts_name_metrics_that_there_are() {
    let known = sample_names();
    for path in ["deploy/prometheus/alerts.yml", "deploy/prometheus/alerts_test.yml"] {
        let names = named(&text_of(path));
        assert!(names.len() > 5, "{names:?}");
        for name in names {
            assert!(known.contains(&name), "{name} in {path}");
        }
    }
}
