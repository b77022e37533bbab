//! `/metrics`, read as Prometheus reads it.

use std::collections::{BTreeMap, BTreeSet};

use super::fixture::{Place, await_description, await_version, file_name, small_server};
use super::http::{Connection, get};
use super::process::{Server, eventually, read};

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

    /// Every metric as the documentation lists it: name, type, labels.
    fn listed(&self) -> BTreeSet<(String, String, String)> {
        let of = |name: &String, kind: &String| {
            let wanted = if kind == "histogram" { format!("{name}_bucket") } else { name.clone() };
            let is_sample = |sample: &&String| sample.split('{').next() == Some(&wanted);
            let sample = self.samples.keys().find(is_sample).unwrap_or_else(|| panic!("no sample of {name}"));
            let labels = sample.split_once('{').map_or("", |(_, labels)| labels.trim_end_matches('}'));
            let mut labels: Vec<&str> =
                labels.split("\",").filter_map(|label| Some(label.split_once('=')?.0)).collect();
            labels.retain(|label| *label != "le");
            labels.sort_unstable();
            (name.clone(), kind.clone(), labels.join(", "))
        };
        self.kinds.iter().map(|(name, kind)| of(name, kind)).collect()
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

/// Whether a metric is one of those that a build leaves in a file. The server has none of them.
pub fn is_of_a_build(name: &str) -> bool {
    name.starts_with("kindred_build_") && name != "kindred_build_info"
}

/// The rows of the tables in docs/metrics.md: name, type, labels.
pub fn documented() -> BTreeSet<(String, String, String)> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/metrics.md");
    let text = String::from_utf8(read(&path)).unwrap();
    let mut rows = BTreeSet::new();
    for line in text.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [name, kind, labels, meaning] = cells[..] else { panic!("{line}") };
        assert!(meaning.ends_with('.'), "{line}");
        let row = (name.trim_matches('`').to_owned(), kind.to_owned(), labels.to_owned());
        assert!(rows.insert(row), "{line} is there twice");
    }
    rows
}

#[test]
fn the_documentation_lists_every_metric_there_is_and_no_other() {
    let (_place, server) = small_server();
    // What is shown from its first use on.
    assert_eq!(get(server.address, "/recommend/east/5?exact=true").status, 200);
    let mut of_server = documented();
    of_server.retain(|(name, ..)| !is_of_a_build(name));
    // What is shown with TLS, which has a test of its own.
    let of_tls = ("kindred_tls_certificate_not_after_timestamp_seconds", "gauge", "");
    let of_tls = (of_tls.0.to_owned(), of_tls.1.to_owned(), of_tls.2.to_owned());
    assert!(of_server.remove(&of_tls), "{of_tls:?}");
    assert_eq!(Metrics::of(&server).listed(), of_server);
}

#[test]
fn table_answers_and_searches_are_counted_with_their_work() {
    let (_place, server) = small_server();
    let nodes = Metrics::of(&server).value("kindred_index_nodes");
    let mut connection = Connection::open(server.address).unwrap();
    let etag = connection.get("/profiles/7").header("etag").unwrap().to_owned();
    for (target, times) in [
        ("/recommend/east/5", 7),
        ("/recommend/7/5?distances=true", 2),
        ("/recommend/east/5?exact=true", 3),
        ("/recommend/east/5?ef=6", 4),
    ] {
        for _ in 0..times {
            assert_eq!(connection.get(target).status, 200, "{target}");
        }
    }
    // Neither of these finds or searches anything.
    assert_eq!(connection.request("GET", b"/recommend/east/5", &[("If-None-Match", &etag)]).status, 304);
    assert_eq!(connection.get("/recommend/nobody/5").status, 404);
    let metrics = Metrics::of(&server);
    for (sample, value) in [
        ("kindred_table_answers_total", 9.0),
        ("kindred_searches_total{kind=\"exact\"}", 3.0),
        ("kindred_searches_total{kind=\"graph\"}", 4.0),
        ("kindred_searches_total{kind=\"graph_then_exact\"}", 0.0),
        ("kindred_search_duration_seconds_count{kind=\"exact\"}", 3.0),
        ("kindred_search_duration_seconds_count{kind=\"graph\"}", 4.0),
        ("kindred_search_distance_computations_count", 7.0),
        ("kindred_search_hops_count", 7.0),
        ("kindred_search_pool_running{pool=\"exact\"}", 0.0),
        ("kindred_search_pool_waiting{pool=\"search\"}", 0.0),
        ("kindred_search_pool_refused_total{pool=\"exact\"}", 0.0),
        ("kindred_search_pool_refused_total{pool=\"search\"}", 0.0),
    ] {
        assert_eq!(metrics.value(sample), value, "{sample}:\n{}", metrics.text);
    }
    let distances = metrics.value("kindred_search_distance_computations_sum");
    // A graph search compares with its entry point at least, and hops from it.
    assert!(distances >= 3.0 * nodes + 4.0, "{distances} with {nodes} nodes");
    assert!(metrics.value("kindred_search_hops_sum") >= 4.0);
}

#[test]
fn bytes_and_connections_are_counted() {
    let (_place, server) = small_server();
    let mut connection = Connection::open(server.address).unwrap();
    let mut scrape = || {
        let response = connection.get("/metrics");
        (Metrics::parse(response.text()), response.body.len() as f64)
    };
    let (before, scraped) = scrape();
    let mut others: Vec<Connection> = (0..5).map(|_| Connection::open(server.address).unwrap()).collect();
    let sent: usize = others.iter_mut().map(|other| other.get("/recommend/east/5").body.len()).sum();
    let name = "kindred_http_response_body_bytes_total";
    let (after, _) = scrape();
    assert_eq!(after.value(name) - before.value(name), scraped + sent as f64);
    let name = "kindred_connections_total";
    assert_eq!(after.value(name) - before.value(name), 5.0);
    let mut await_open = |count: f64| {
        eventually("closed connections are no longer counted", || {
            (scrape().0.value("kindred_connections_open") == count).then_some(())
        });
    };
    await_open(6.0);
    drop(others);
    await_open(1.0);
    let (metrics, _) = scrape();
    assert_eq!(metrics.value("kindred_http_requests_in_flight"), 1.0, "the one that asks");
    assert_eq!(metrics.value("kindred_http_requests_abandoned_total"), 0.0);
    assert!(metrics.value("kindred_connections_max") >= 6.0);
}

#[test]
fn the_served_file_is_described_and_its_swap_in_parts() {
    let (place, server) = small_server();
    let metrics = Metrics::of(&server);
    let file = std::fs::metadata(place.version_file(1)).unwrap();
    assert_eq!(metrics.value("kindred_index_file_bytes"), file.len() as f64);
    assert_eq!(metrics.value("kindred_index_dimension"), 2.0);
    assert_eq!(metrics.value("kindred_index_resident_ratio"), 1.0, "it has just been read");
    let recall = metrics.value("kindred_index_recall_ratio");
    assert!(recall > 0.9 && recall <= 1.0, "{recall}");
    let (created, loaded) = (
        metrics.value("kindred_index_created_timestamp_seconds"),
        metrics.value("kindred_index_loaded_timestamp_seconds"),
    );
    assert!(created > 1.7e9 && loaded >= created, "{created} {loaded}");
    let phase = |name: &str, end: &str| {
        metrics.value(&format!("kindred_swap_phase_seconds_{end}{{phase=\"{name}\"}}"))
    };
    for name in ["open", "verify", "warm", "hand_over"] {
        assert_eq!(phase(name, "count"), 1.0, "{name}");
    }
    let parts: f64 = ["open", "verify", "warm"].iter().map(|name| phase(name, "sum")).sum();
    assert!(parts > 0.0 && parts <= metrics.value("kindred_swap_seconds_sum"), "{}", metrics.text);
    assert_eq!(metrics.value("kindred_index_pinned_version"), 0.0);
    std::fs::write(place.index().join("PINNED"), "1\n").unwrap();
    eventually("the pin is shown", || {
        (Metrics::of(&server).value("kindred_index_pinned_version") == 1.0).then_some(())
    });
}

#[test]
fn a_retired_index_is_counted_until_it_is_unmapped() {
    let (place, server) = small_server();
    place.build("{\"_id\": 7, \"v\": [1, 0]}\n{\"_id\": 8, \"v\": [1, 0]}\n");
    await_version(&server, 2);
    eventually("the first version is unmapped", || {
        (Metrics::of(&server).value("kindred_index_retired") == 0.0).then_some(())
    });
    let maps = std::fs::read_to_string(format!("/proc/{}/maps", server.id())).unwrap();
    assert!(!maps.contains(&file_name(1)), "{maps}");
}

#[test]
fn the_process_and_the_program_are_described() {
    let place = Place::new();
    let server = Server::start(&place.index());
    let metrics = eventually("the server has used a tick of the processor", || {
        Some(Metrics::of(&server)).filter(|metrics| metrics.value("process_cpu_seconds_total") > 0.0)
    });
    let value = |name: &str| metrics.value(name);
    assert!(value("process_resident_memory_bytes") > 1e6);
    assert!(value("process_virtual_memory_bytes") >= value("process_resident_memory_bytes"));
    assert!(value("process_open_fds") > 3.0 && value("process_open_fds") <= value("process_max_fds"));
    assert!(value("process_threads") >= 3.0, "workers, the watcher, searches");
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
    // The system counts from a time of boot in whole seconds.
    let started = value("process_start_time_seconds");
    assert!(started > 1.7e9 && started < now + 2.0, "{started} {now}");
    let build = metrics.samples.iter().find(|(sample, _)| sample.starts_with("kindred_build_info{")).unwrap();
    assert_eq!(*build.1, 1.0);
    for label in
        [&format!("version=\"{}\"", env!("CARGO_PKG_VERSION")), "rustc=\"rustc ", "target=\"", "kernel=\""]
    {
        assert!(build.0.contains(label), "{label} is not in {}", build.0);
    }
    let output = super::process::kindred_output(&["--version"], &[]);
    let version = String::from_utf8(output.stdout).unwrap();
    assert!(version.starts_with(&format!("kindred {} (commit ", env!("CARGO_PKG_VERSION"))), "{version}");
}
