//! `/metrics`, read as Prometheus reads it.

use std::collections::BTreeMap;

use super::fixture::{await_description, await_version, file_name, small_server};
use super::http::{Connection, get};
use super::process::Server;

/// Samples by name and labels.
struct Metrics {
    text: String,
    kinds: BTreeMap<String, String>,
    samples: BTreeMap<String, f64>,
}

impl Metrics {
    fn of(server: &Server) -> Metrics {
        let response = get(server.address, "/metrics");
        assert_eq!(response.status, 200);
        let content_type = response.header("content-type").unwrap();
        assert!(content_type.starts_with("text/plain; version=0.0.4"), "{content_type}");
        Metrics::parse(response.text())
    }

    /// Every sample has to be finite and of a metric that has a kind and an explanation.
    fn parse(text: &str) -> Metrics {
        let mut metrics = Metrics { text: text.to_owned(), kinds: BTreeMap::new(), samples: BTreeMap::new() };
        let mut explained = Vec::new();
        assert!(text.ends_with('\n'));
        for line in text.lines().filter(|line| !line.is_empty()) {
            if let Some(help) = line.strip_prefix("# HELP ") {
                let (name, sentence) = help.split_once(' ').unwrap();
                assert!(!sentence.is_empty(), "{line}");
                explained.push(name);
            } else if let Some(kind) = line.strip_prefix("# TYPE ") {
                let (name, kind) = kind.split_once(' ').unwrap();
                metrics.kinds.insert(name.to_owned(), kind.to_owned());
            } else {
                let (sample, value) = line.rsplit_once(' ').unwrap();
                let name = sample.split('{').next().unwrap();
                let of_histogram =
                    ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
                let known = [Some(name), of_histogram].into_iter().flatten();
                assert!(
                    known.clone().any(|name| metrics.kinds.contains_key(name) && explained.contains(&name)),
                    "{line} without HELP and TYPE before it"
                );
                let value: f64 = value.parse().unwrap();
                assert!(value.is_finite(), "{line}");
                assert!(metrics.samples.insert(sample.to_owned(), value).is_none(), "{sample} twice");
            }
        }
        metrics
    }

    fn value(&self, sample: &str) -> f64 {
        *self.samples.get(sample).unwrap_or_else(|| panic!("no {sample} in\n{}", self.text))
    }

    /// Sums the requests counted with these labels, in any order.
    fn requests(&self, route: &str, status: u16) -> f64 {
        let labels = [format!("route=\"{route}\""), format!("status=\"{status}\"")];
        let counted = self.samples.iter().filter(|(sample, _)| {
            sample.starts_with("kindred_http_requests_total{")
                && labels.iter().all(|label| sample.contains(label))
        });
        counted.map(|(_, value)| value).sum()
    }
}

#[test]
fn requests_are_counted_by_route_pattern_and_status_and_never_by_id() {
    let (_place, server) = small_server();
    let mut connection = Connection::open(server.address).unwrap();
    let requests = [
        ("/recommend/east/5", "/recommend/{id}/{n}", 200),
        ("/recommend/east/5", "/recommend/{id}/{n}", 200),
        ("/recommend/secret-id/5", "/recommend/{id}/{n}", 404),
        ("/recommend/zero/5", "/recommend/{id}/{n}", 422),
        ("/recommend/east/0", "/recommend/{id}/{n}", 400),
        ("/recommend?id=secret-id&n=1", "/recommend", 404),
        ("/profiles/7", "/profiles/{id}", 200),
        ("/profiles?id=secret-id", "/profiles", 404),
        ("/health/live", "/health/live", 200),
        ("/secret-path", "unmatched", 404),
        ("/other-secret-path/x", "unmatched", 404),
    ];
    for (target, _, status) in requests {
        assert_eq!(connection.get(target).status, status, "{target}");
    }
    let metrics = Metrics::of(&server);
    for (_, route, status) in requests {
        let expected = requests.iter().filter(|(_, other, code)| (*other, *code) == (route, status)).count();
        assert_eq!(metrics.requests(route, status), expected as f64, "{route} {status}:\n{}", metrics.text);
    }
    assert!(!metrics.text.contains("secret") && !metrics.text.contains("east"), "{}", metrics.text);
    assert_eq!(metrics.kinds["kindred_http_requests_total"], "counter");
}

#[test]
fn the_latency_histogram_counts_every_request_once() {
    let (_place, server) = small_server();
    let mut connection = Connection::open(server.address).unwrap();
    for _ in 0..20 {
        connection.get("/recommend/east/5");
    }
    let metrics = Metrics::of(&server);
    let name = "kindred_http_request_duration_seconds";
    assert_eq!(metrics.kinds[name], "histogram");
    let route = "route=\"/recommend/{id}/{n}\"";
    assert_eq!(metrics.value(&format!("{name}_count{{{route}}}")), 20.0);
    assert_eq!(metrics.value(&format!("{name}_bucket{{{route},le=\"+Inf\"}}")), 20.0);
    assert!(metrics.value(&format!("{name}_sum{{{route}}}")) > 0.0);
}

#[test]
fn gauges_and_counters_follow_the_index() {
    let (place, server) = small_server();
    let before = Metrics::of(&server);
    assert_eq!(before.value("kindred_index_version"), 1.0);
    assert_eq!(before.value("kindred_index_profiles"), 22.0);
    assert_eq!(before.value("kindred_swaps_total"), 0.0);
    assert_eq!(before.value("kindred_refused_files_total"), 0.0);
    assert!(before.value("kindred_index_age_seconds") >= 0.0);
    assert_eq!(before.value("kindred_swap_seconds_count"), 1.0);

    place.build("{\"_id\": 7, \"v\": [1, 0]}\n{\"_id\": 8, \"v\": [1, 0]}\n");
    await_version(&server, 2);
    std::fs::write(place.version_file(3), "garbage").unwrap();
    let index = await_description(&server, "the bad file is refused", |index| index["refused"] == 1);
    assert_eq!(index["last_refused"]["file"], file_name(3));

    let after = Metrics::of(&server);
    assert_eq!(after.value("kindred_index_version"), 2.0);
    assert_eq!(after.value("kindred_index_profiles"), 2.0);
    assert_eq!(after.value("kindred_swaps_total"), 1.0);
    assert_eq!(after.value("kindred_refused_files_total"), 1.0);
    assert_eq!(after.value("kindred_swap_seconds_count"), 2.0);
    for (name, kind) in [
        ("kindred_index_version", "gauge"),
        ("kindred_index_age_seconds", "gauge"),
        ("kindred_index_profiles", "gauge"),
        ("kindred_swaps_total", "counter"),
        ("kindred_refused_files_total", "counter"),
        ("kindred_swap_seconds", "histogram"),
    ] {
        assert_eq!(after.kinds[name], kind, "{name}");
    }
}

#[test]
fn a_server_without_an_index_is_measured_too() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path());
    let metrics = Metrics::of(&server);
    for name in ["kindred_index_version", "kindred_index_profiles", "kindred_index_age_seconds"] {
        assert_eq!(metrics.value(name), 0.0, "{name}");
    }
}
