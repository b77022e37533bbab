//! Spans, as a collector gets them over OTLP: those of requests and of swaps.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, Span};
use prost::Message as _;
use rustix::process::Signal;

use super::fixture::{Place, await_description, await_version, file_name, small_source};
use super::http::Connection;
use super::process::{Server, eventually, kindred_output};

/// A collector that keeps what it gets.
struct Collector {
    address: SocketAddr,
    received: Arc<Mutex<Vec<ResourceSpans>>>,
}

impl Collector {
    fn start() -> Collector {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let received = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&received);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let kept = Arc::clone(&kept);
                std::thread::spawn(move || while_open(&stream.unwrap(), &kept));
            }
        });
        Collector { address, received }
    }

    fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    fn spans(&self) -> Vec<Span> {
        let received = self.received.lock().unwrap();
        received.iter().flat_map(|spans| &spans.scope_spans).flat_map(|scope| scope.spans.clone()).collect()
    }

    fn await_span(&self, what: &str, is_it: impl Fn(&Span) -> bool) -> Span {
        eventually(what, || self.spans().into_iter().find(&is_it))
    }
}

/// Answers the requests of a connection until it is closed.
fn while_open(stream: &TcpStream, kept: &Mutex<Vec<ResourceSpans>>) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = Vec::new();
        while !head.ends_with("\r\n\r\n".as_bytes()) {
            if reader.read_until(b'\n', &mut head).unwrap() == 0 {
                return;
            }
        }
        let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
        assert!(head.starts_with("post /v1/traces http/1.1\r\n"), "{head}");
        assert!(head.contains("\r\ncontent-type: application/x-protobuf\r\n"), "{head}");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        let mut body = vec![0; length.parse().unwrap()];
        reader.read_exact(&mut body).unwrap();
        let request = ExportTraceServiceRequest::decode(body.as_slice()).unwrap();
        kept.lock().unwrap().extend(request.resource_spans);
        reader.get_mut().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
    }
}

/// The text of an attribute, or its number as text.
fn attribute(span: &Span, name: &str) -> Option<String> {
    let attribute = span.attributes.iter().find(|attribute| attribute.key == name)?;
    Some(match attribute.value.clone()?.value? {
        Value::StringValue(text) => text,
        Value::IntValue(number) => number.to_string(),
        other => panic!("{name}: {other:?}"),
    })
}

fn start(place: &Place, endpoint: &str, more: &[(&str, &str)]) -> Server {
    Server::start_with(&place.index(), |command| {
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint).envs(more.iter().copied());
    })
}

#[test]
fn a_request_has_a_span_below_that_of_its_caller() {
    let place = Place::new();
    place.build(&small_source());
    let collector = Collector::start();
    let server = start(&place, &collector.endpoint(), &[("OTEL_BSP_SCHEDULE_DELAY", "20")]);
    await_version(&server, 1);
    let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let headers = [("traceparent", traceparent), ("X-Request-Id", "traced-1")];
    let mut connection = Connection::open(server.address).unwrap();
    assert_eq!(connection.request("GET", b"/recommend/east/5", &headers).status, 200);
    fn of(id: &str) -> impl Fn(&Span) -> bool {
        move |span| attribute(span, "kindred.request.id").as_deref() == Some(id)
    }
    let span = collector.await_span("the span of the request", of("traced-1"));
    assert_eq!((span.name.as_str(), span.kind()), ("GET /recommend/{id}/{n}", SpanKind::Server));
    assert_eq!(span.trace_id, 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736_u128.to_be_bytes());
    assert_eq!(span.parent_span_id, 0x00f0_67aa_0ba9_02b7_u64.to_be_bytes());
    assert!(span.start_time_unix_nano < span.end_time_unix_nano, "{span:?}");
    for (name, value) in [
        ("http.request.method", "GET"),
        ("http.route", "/recommend/{id}/{n}"),
        ("http.response.status_code", "200"),
        ("kindred.index.version", "1"),
    ] {
        assert_eq!(attribute(&span, name).as_deref(), Some(value), "{name} in {span:?}");
    }
    // Without a caller it is the first of its trace; a caller that is not traced is obeyed.
    let unsampled = [("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00")];
    connection.request("GET", b"/profiles/7", &[unsampled[0], ("X-Request-Id", "untraced")]);
    connection.request("GET", b"/profiles/east", &[("X-Request-Id", "traced-2")]);
    let root = collector.await_span("the span of the next request", of("traced-2"));
    assert!(root.parent_span_id.is_empty() && root.trace_id != span.trace_id, "{root:?}");
    assert!(!collector.spans().iter().any(of("untraced")));
    let everything = format!("{:?}", collector.received.lock().unwrap());
    assert!(!everything.contains("east"), "ids are in no span: {everything}");
    assert!(everything.contains("\"service.name\"") && everything.contains("StringValue(\"kindred\")"));
}

#[test]
fn a_swap_has_a_span_and_one_for_each_of_its_parts() {
    let place = Place::new();
    place.build(&small_source());
    let collector = Collector::start();
    let server = start(&place, &collector.endpoint(), &[("OTEL_BSP_SCHEDULE_DELAY", "20")]);
    await_version(&server, 1);
    let of_version = |version: &'static str| {
        move |span: &Span| {
            span.name == "swap" && attribute(span, "kindred.index.version").as_deref() == Some(version)
        }
    };
    let swap = collector.await_span("the span of the swap", of_version("1"));
    assert_eq!(attribute(&swap, "kindred.index.file"), Some(file_name(1)));
    let spans = collector.spans();
    let mut parts: Vec<&Span> = spans.iter().filter(|span| span.parent_span_id == swap.span_id).collect();
    parts.sort_by_key(|span| span.start_time_unix_nano);
    let names: Vec<&str> = parts.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names, ["open", "verify", "warm", "hand_over"]);
    assert!(parts.iter().all(|span| span.trace_id == swap.trace_id));
    assert!(parts.is_sorted_by(|one, next| one.end_time_unix_nano <= next.start_time_unix_nano));
    std::fs::write(place.version_file(2), "garbage").unwrap();
    await_description(&server, "the bad file is refused", |index| index["refused"] == 1);
    let refused = collector.await_span("the span of the refusal", of_version("2"));
    let status = refused.status.unwrap();
    assert_eq!(status.code(), StatusCode::Error);
    assert!(!status.message.is_empty());
}

#[test]
fn what_waits_is_sent_at_the_end_unless_nothing_is_wanted() {
    for (sampler, is_sent) in [("always_on", true), ("always_off", false)] {
        let place = Place::new();
        place.build(&small_source());
        let collector = Collector::start();
        let variables = [
            ("OTEL_BSP_SCHEDULE_DELAY", "3600000"),
            ("OTEL_TRACES_SAMPLER", sampler),
            ("OTEL_SERVICE_NAME", "dating"),
        ];
        let mut server = start(&place, &collector.endpoint(), &variables);
        await_version(&server, 1);
        server.signal(Signal::TERM);
        assert_eq!(server.exit_status().code(), Some(0));
        assert_eq!(collector.spans().iter().any(|span| span.name == "swap"), is_sent, "{sampler}");
        let everything = format!("{:?}", collector.received.lock().unwrap());
        assert_eq!(everything.contains("StringValue(\"dating\")"), is_sent, "{everything}");
    }
}

#[test]
fn a_collector_that_never_answers_holds_up_nobody() {
    let place = Place::new();
    place.build(&small_source());
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let variables = [
        ("OTEL_BSP_SCHEDULE_DELAY", "1"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "2"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "500"),
    ];
    let mut server = start(&place, &endpoint, &variables);
    await_version(&server, 1);
    let mut connection = Connection::open(server.address).unwrap();
    for _ in 0..200 {
        assert_eq!(connection.get("/recommend/east/5").status, 200);
    }
    server.signal(Signal::TERM);
    assert_eq!(server.exit_status().code(), Some(0));
}

#[test]
fn a_variable_that_cannot_be_obeyed_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path().to_str().unwrap();
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318");
    for (name, value) in [
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://collector.test:4318"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon"),
        ("OTEL_TRACES_EXPORTER", "zipkin"),
    ] {
        let arguments = ["--index-dir", directory, "--bind", "127.0.0.1:0"];
        let output = kindred_output(&arguments, &[endpoint, (name, value)]);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{name}: {errors}");
        assert!(errors.contains(name) && errors.contains(value), "{errors}");
    }
}
