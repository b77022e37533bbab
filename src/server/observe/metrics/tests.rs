use super::*;

fn rendered(metrics: &Metrics) -> String {
    String::from_utf8(metrics.render(Vec::new(), &[]).unwrap()).unwrap()
}

#[track_caller]
fn assert_line(text: &str, line: &str) {
    assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
}

fn observe(metrics: &Metrics, route: RouteLabel, method: &Method, status: u16) {
    let request = metrics.requests.begin();
    metrics.observe_request(request, route, method, status, Duration::from_micros(300));
}

const RECOMMEND: RouteLabel = RouteLabel { number: 0, name: "/recommend/{id}/{n}" };

#[test]
fn requests_are_counted_by_route_method_and_status() {
    let metrics = Metrics::new().unwrap();
    observe(&metrics, RECOMMEND, &Method::GET, 200);
    observe(&metrics, RECOMMEND, &Method::GET, 200);
    let odd = Method::from_bytes(b"BREW").unwrap();
    observe(&metrics, RouteLabel { number: 1, name: UNMATCHED }, &odd, 404);
    let text = rendered(&metrics);
    for line in [
        r#"kindred_http_requests_total{method="GET",route="/recommend/{id}/{n}",status="200"} 2"#,
        r#"kindred_http_requests_total{method="other",route="unmatched",status="404"} 1"#,
        r#"kindred_http_request_duration_seconds_bucket{route="/recommend/{id}/{n}",le="0.0005"} 2"#,
        r#"kindred_http_request_duration_seconds_bucket{route="/recommend/{id}/{n}",le="0.00025"} 0"#,
    ] {
        assert_line(&text, line);
    }
}

#[test]
fn a_request_is_in_flight_until_it_is_answered_or_abandoned() {
    let metrics = Metrics::new().unwrap();
    let (answered, abandoned) = (metrics.requests.begin(), metrics.requests.begin());
    assert_line(&rendered(&metrics), "kindred_http_requests_in_flight 2");
    metrics.observe_request(answered, RECOMMEND, &Method::GET, 200, Duration::ZERO);
    drop(abandoned);
    let text = rendered(&metrics);
    assert_line(&text, "kindred_http_requests_in_flight 0");
    assert_line(&text, "kindred_http_requests_abandoned_total 1");
}

#[test]
fn rendering_twice_counts_once() {
    let metrics = Metrics::new().unwrap();
    metrics.requests.observe_body(1000);
    metrics.search.observe_table_answer();
    for _ in 0..2 {
        let text = rendered(&metrics);
        assert_line(&text, "kindred_http_response_body_bytes_total 1000");
        assert_line(&text, "kindred_table_answers_total 1");
    }
}

#[test]
fn a_connection_is_open_until_it_is_dropped() {
    let metrics = Metrics::new().unwrap();
    metrics.connections.note_most(10);
    let connection = metrics.connections.open();
    assert_line(&rendered(&metrics), "kindred_connections_open 1");
    drop(connection);
    let text = rendered(&metrics);
    for line in ["kindred_connections_open 0", "kindred_connections_total 1", "kindred_connections_max 10"] {
        assert_line(&text, line);
    }
}

#[test]
fn nothing_is_shown_of_routes_that_never_answered() {
    let metrics = Metrics::new().unwrap();
    assert!(!rendered(&metrics).contains("kindred_http_requests_total"));
    observe(&metrics, RouteLabel { number: 3, name: "/index" }, &Method::GET, 200);
    assert_eq!(rendered(&metrics).matches("kindred_http_requests_total{").count(), 1);
}

#[test]
fn what_was_counted_elsewhere_stands_among_the_rest() {
    let elsewhere = Registry::new();
    let register = Register(&elsewhere);
    for name in ["zzz_total", "aaa_total"] {
        register.counter(name, "Anything.").unwrap().inc();
    }
    let metrics = Metrics::new().unwrap();
    let text = String::from_utf8(metrics.render(elsewhere.gather(), &[]).unwrap()).unwrap();
    let names: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
    assert!(names.is_sorted() && names.contains(&"zzz_total counter"), "{text}");
    assert!(names.contains(&"kindred_connections_total counter"), "{text}");
}
