//! Spans of requests and swaps, and the exporter behind them, set up by the variables of the OpenTelemetry specification.

use std::env::VarError;
use std::time::{Duration, SystemTime};

use actix_web::http::header::HeaderMap;
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::{
    Span as _, SpanKind, Status, TraceContextExt as _, Tracer as _, TracerProvider as _,
};
use opentelemetry::{Context, Key, KeyValue};
use opentelemetry_otlp::{SpanExporter, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};

use super::client::PlainClient;
use super::{Answered, Opened, TracesError};
use crate::directory::versions;
use crate::server::build_info::VERSION;
use crate::server::headers::{X_INDEX_VERSION, X_REQUEST_ID};

/// Where spans go to: the first that is set.
const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];
/// How long the collector may take, in milliseconds: the first that is set.
const TIMEOUTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"];
/// As the specification has it.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);
/// How spans are encoded: the one way there is here, if any is asked for.
const PROTOCOLS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"];
const PROTOCOL: &str = "http/protobuf";
const DISABLED: &str = "OTEL_SDK_DISABLED";
const EXPORTER: &str = "OTEL_TRACES_EXPORTER";

const SERVICE_NAME: Key = Key::from_static_str("service.name");
/// What the specification calls a service whose name nobody has set.
const UNKNOWN_SERVICE: &str = "unknown_service";

/// Makes spans, or none where the environment names no collector. Spans wait in a bounded queue for a thread that sends
/// them; where it is full they are dropped, and no request waits.
#[derive(Debug, Clone, Default)]
pub struct Traces(Option<Tracing>);

#[derive(Debug, Clone)]
struct Tracing {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

impl Traces {
    /// Reads the environment and starts the thread that sends.
    ///
    /// # Errors
    /// A variable that is set to something that cannot be done here.
    pub fn from_environment() -> Result<Traces, TracesError> {
        let is_disabled = variable(DISABLED)?.is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let exporter = variable(EXPORTER)?;
        let Some((name, endpoint)) = first(&ENDPOINTS)? else { return Ok(Traces::default()) };
        if is_disabled || exporter.as_deref() == Some("none") {
            return Ok(Traces::default());
        }
        require(EXPORTER, exporter.as_deref(), "otlp")?;
        if let Some((name, protocol)) = first(&PROTOCOLS)? {
            require(name, Some(&protocol), PROTOCOL)?;
        }
        if !endpoint.starts_with("http://") {
            let reason = format!("{endpoint:?} is not allowed; allowed: http://HOST:PORT, without TLS");
            return Err(TracesError { variable: name, reason });
        }
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(PlainClient::new(timeout()?))
            .build()
            .map_err(|error| TracesError { variable: name, reason: error.to_string() })?;
        let provider =
            SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource()).build();
        let tracer = provider.tracer("kindred");
        tracing::info!("sending traces to {endpoint}");
        Ok(Traces(Some(Tracing { provider, tracer })))
    }

    /// Makes the span of a request, below the one that its `traceparent` names (W3C Trace Context).
    pub fn observe_request(&self, answered: &Answered<'_>) {
        let Some(Tracing { tracer, .. }) = &self.0 else { return };
        let end = SystemTime::now();
        let parent = TraceContextPropagator::new()
            .extract_with_context(&Context::new(), &Headers(answered.request.headers()));
        let method = answered.request.method().as_str();
        let mut attributes = vec![
            KeyValue::new("http.request.method", method.to_owned()),
            KeyValue::new("http.route", answered.route),
            KeyValue::new("http.response.status_code", i64::from(answered.answer.status().as_u16())),
        ];
        let headers = [("kindred.request.id", X_REQUEST_ID), ("kindred.index.version", X_INDEX_VERSION)];
        attributes.extend(headers.into_iter().filter_map(|(name, header)| {
            let value = answered.answer.headers().get(header)?.to_str().ok()?;
            Some(KeyValue::new(name, value.to_owned()))
        }));
        let mut span = tracer
            .span_builder(format!("{method} {}", answered.route))
            .with_kind(SpanKind::Server)
            .with_start_time(end.checked_sub(answered.took).unwrap_or(end))
            .with_attributes(attributes)
            .start_with_context(tracer, &parent);
        // What a client does wrong is no error of this server.
        if answered.answer.status().is_server_error() {
            span.set_status(Status::error(""));
        }
        span.end_with_timestamp(end);
    }

    /// Makes the span of a swap and one below it for each of its parts.
    pub fn observe_swap(&self, opened: &Opened<'_>) {
        let Some(Tracing { tracer, .. }) = &self.0 else { return };
        let end = SystemTime::now();
        let start = end.checked_sub(opened.took).unwrap_or(end);
        let span = tracer
            .span_builder("swap")
            .with_kind(SpanKind::Internal)
            .with_start_time(start)
            .with_attributes([
                KeyValue::new("kindred.index.version", opened.version.to_string()),
                KeyValue::new("kindred.index.file", versions::file_name(opened.version)),
            ])
            .start_with_context(tracer, &Context::new());
        let context = Context::new().with_span(span);
        match &opened.outcome {
            Ok(phases) => {
                let mut at = start;
                for (name, took) in *phases {
                    let builder = tracer.span_builder(*name).with_start_time(at);
                    at += *took;
                    builder.start_with_context(tracer, &context).end_with_timestamp(at);
                }
            }
            Err(reason) => context.span().set_status(Status::error((*reason).to_owned())),
        }
        context.span().end_with_timestamp(end);
    }

    /// Sends what is waiting, for as long as `timeout` allows. There are no spans afterwards.
    pub fn shutdown(&self, timeout: Duration) {
        let Some(Tracing { provider, .. }) = &self.0 else { return };
        if let Err(error) = provider.shutdown_with_timeout(timeout) {
            tracing::warn!("some traces may not have been sent: {error}");
        }
    }
}

/// The headers of a request, for whoever looks for its trace.
struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(|name| name.as_str()).collect()
    }
}

/// What the environment says of this service; its name is that of the program where nothing is said.
fn resource() -> Resource {
    let version = KeyValue::new("service.version", VERSION);
    let given = Resource::builder().with_attribute(version.clone()).build();
    let is_named = given.get(&SERVICE_NAME).is_some_and(|name| !name.as_str().starts_with(UNKNOWN_SERVICE));
    if is_named {
        return given;
    }
    Resource::builder().with_attribute(version).with_service_name("kindred").build()
}

fn timeout() -> Result<Duration, TracesError> {
    let Some((variable, value)) = first(&TIMEOUTS)? else { return Ok(DEFAULT_TIMEOUT) };
    let milliseconds = value.parse().map_err(|_| TracesError {
        variable,
        reason: format!("{value:?} is not allowed; allowed: a number of milliseconds"),
    })?;
    Ok(Duration::from_millis(milliseconds))
}

fn require(variable: &'static str, given: Option<&str>, allowed: &str) -> Result<(), TracesError> {
    match given.filter(|given| *given != allowed) {
        Some(other) => {
            Err(TracesError { variable, reason: format!("{other:?} is not allowed; allowed: {allowed}") })
        }
        None => Ok(()),
    }
}

/// The first of some variables that is set.
fn first(names: &[&'static str]) -> Result<Option<(&'static str, String)>, TracesError> {
    for &name in names {
        if let Some(value) = variable(name)? {
            return Ok(Some((name, value)));
        }
    }
    Ok(None)
}

/// A variable; one that is empty counts as not set (OpenTelemetry specification, environment variables).
fn variable(name: &'static str) -> Result<Option<String>, TracesError> {
    match std::env::var(name) {
        Ok(value) => Ok(Some(value).filter(|value| !value.is_empty())),
        Err(VarError::NotPresent) => Ok(None),
        Err(error @ VarError::NotUnicode(_)) => {
            Err(TracesError { variable: name, reason: error.to_string() })
        }
    }
}
