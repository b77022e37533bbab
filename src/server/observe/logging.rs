//! What tracing events become: lines for people, or JSON. They go to standard error by way of a `Log`.

use std::fmt;
use std::io::{IsTerminal as _, stderr};

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::{JsonFields, Writer, format};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::log_writer::Log;
use crate::server::config::{Config, LogFormat};
use crate::server::request_id;

/// Installs the subscriber of this process, and has panics logged too. For binaries only, and once. Where what is given
/// is dropped, the last lines are written.
///
/// The level counts for Kindred's own events. What it stands on is heard from warnings on, or from a stricter level, and
/// what clients send that is no HTTP not at all: it is no change of ours.
pub fn install(config: &Config) -> Log {
    // `Level` orders by detail: the smaller one says less.
    let others = config.log_level.min(Level::WARN);
    let filter = EnvFilter::new(format!("{others},actix_http=off,kindred={}", config.log_level));
    let log = Log::on_stderr();
    let writer = log.writer();
    let builder = tracing_subscriber::fmt().with_env_filter(filter);
    // Whatever is wrong with a line is not told on standard error, where it could not be written.
    let builder = builder.with_writer(move || writer.clone()).log_internal_errors(false);
    // A process has one subscriber: if there is one already, that one stays.
    let _ = match config.log_format {
        LogFormat::Text => {
            let lines = format().with_ansi(stderr().is_terminal());
            builder.event_format(WithRequestId { lines, add: add_to_text }).try_init()
        }
        LogFormat::Json => {
            let lines = format().json().flatten_event(true).with_current_span(false).with_span_list(false);
            builder
                .with_ansi(false)
                .fmt_fields(JsonFields::new())
                .event_format(WithRequestId { lines, add: add_to_json })
                .try_init()
        }
    };
    // By the same way as all lines: a thread that panics must not wait for whoever reads the log either.
    std::panic::set_hook(Box::new(|panic| tracing::error!("{panic}")));
    log
}

/// Writes lines as another format does. Those that are written while a request is answered get its id.
struct WithRequestId<F> {
    lines: F,
    /// The line with an id in it.
    add: fn(line: &str, id: &str) -> String,
}

impl<S, N, F> FormatEvent<S, N> for WithRequestId<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let id = request_id::current();
        // Only visible characters become the id of a request.
        let Some(id) = id.as_ref().and_then(|id| id.to_str().ok()) else {
            return self.lines.format_event(context, writer, event);
        };
        let mut line = String::new();
        self.lines.format_event(context, Writer::new(&mut line), event)?;
        writer.write_str(&(self.add)(&line, id))
    }
}

fn add_to_text(line: &str, id: &str) -> String {
    format!("{} request_id={id}\n", line.trim_end_matches('\n'))
}

/// An id may have quotes in it.
fn add_to_json(line: &str, id: &str) -> String {
    let rest = line.strip_prefix('{').unwrap_or(line);
    format!("{{\"request_id\":{},{rest}", serde_json::Value::from(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_added_to_a_line_of_either_kind() {
        assert_eq!(add_to_text("INFO kindred: answered\n", "a=b"), "INFO kindred: answered request_id=a=b\n");
        let line = add_to_json("{\"level\":\"INFO\"}\n", "a\"\\b");
        assert_eq!(line, "{\"request_id\":\"a\\\"\\\\b\",\"level\":\"INFO\"}\n");
        let parsed: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(parsed, serde_json::json!({"request_id": "a\"\\b", "level": "INFO"}));
    }
}
