//! Connections: from a listener to requests that actix-web answers.
//!
//! actix-web's own `HttpServer` offers HTTP/2 to everybody who comes by TLS, and answers what is no request without a
//! word. So the same parts are put together here: its listener and workers, TLS where there is a certificate, a
//! [`Wire`] that says something instead, and its HTTP.

mod below;
pub(super) mod limits;
mod preflight;
mod sockets;
mod wire;

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_cors::Cors;
use actix_http::error::DispatchError;
use actix_http::{HttpService, Protocol};
use actix_server::ServerBuilder;
use actix_service::{IntoServiceFactory as _, ServiceFactoryExt as _, fn_service, map_config};
use actix_web::App;
use actix_web::dev::{AppConfig, Server};
use actix_web::http::header::{ETAG, RETRY_AFTER};
use actix_web::middleware::{Condition, from_fn};
use actix_web::web::ServiceConfig;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use self::preflight::on_every_answer;
use self::wire::{LONGEST_UNREAD, Patience, Stream, Wire};
use super::access::RATE_HEADERS;
use super::config::Config;
use super::headers::{X_INDEX_VERSION, X_REQUEST_ID};
use super::observe::metrics::Metrics;
use super::observe::watchdog::Pulse;
use super::tls::H2;

pub use self::sockets::open;
pub use self::wire::Answering;

/// For how long what a client still sends is taken after it was refused: who sends meets an answer, not a closed door.
const LINGER: Duration = Duration::from_secs(1);

/// Starts the workers, and answers on the listeners what `answers` adds to an application.
///
/// # Errors
/// The system gives no threads.
pub fn start(
    config: &Config,
    answers: impl FnOnce(&mut ServiceConfig) + Clone + Send + 'static,
    metrics: &Arc<Metrics>,
    listeners: Vec<TcpListener>,
    tls: Option<ServerConfig>,
    pulse: &Arc<Pulse>,
) -> io::Result<Server> {
    let tls = tls.map(|tls| TlsAcceptor::from(Arc::new(tls)));
    let connections = limits::connections(config.max_connections);
    metrics.connections.note_most(connections);
    let mut builder = ServerBuilder::default()
        .workers(config.workers)
        .max_concurrent_connections(connections.div_ceil(config.workers))
        .shutdown_timeout(whole_seconds(config.shutdown_timeout))
        .disable_signals();
    let ending = builder.graceful_shutdown_signal();
    let (metrics, origins, pulse) = (Arc::clone(metrics), config.cors_origins.clone(), Arc::clone(pulse));
    let (keep_alive, patience) = (config.keep_alive, config.client_timeout);
    let answer = move || {
        pulse.join();
        let (tls, ending) = (tls.clone(), ending.clone());
        let (of_wire, of_connection) = (Arc::clone(&metrics), Arc::clone(&metrics));
        let of_preflight = Arc::clone(&metrics);
        let with_id = from_fn(move |request, next| {
            let metrics = Arc::clone(&of_preflight);
            async move { on_every_answer(request, next, &metrics).await }
        });
        let application = App::new()
            .wrap(Condition::new(!origins.is_empty(), cors(&origins)))
            // Around the one before: what that answers itself gets an id here.
            .wrap(Condition::new(!origins.is_empty(), with_id))
            .configure(answers.clone());
        let http = HttpService::<Wire, _, _>::build()
            .graceful_shutdown_signal(move || {
                let ending = ending.clone();
                async move { ending.notified().await }
            })
            .keep_alive(keep_alive)
            .client_request_timeout(patience)
            .client_disconnect_timeout(LINGER)
            // They go with the connection.
            .on_connect_ext(move |wire: &Wire, extensions| {
                extensions.insert(of_connection.connections.open());
                extensions.insert(wire.answering());
            })
            .finish(map_config(
                application.into_factory().map_err(|error: actix_web::Error| error.error_response()),
                |()| AppConfig::default(),
            ));
        fn_service(move |stream: TcpStream| {
            let (tls, metrics) = (tls.clone(), Arc::clone(&of_wire));
            async move {
                let peer = stream.peer_addr().ok();
                let (stream, protocol) = accept(stream, tls, patience).await.map_err(DispatchError::Io)?;
                let patience = Patience { head: patience, unread: LONGEST_UNREAD };
                Ok((Wire::new(stream, protocol, patience, metrics), protocol, peer))
            }
        })
        .and_then(http)
    };
    for listener in listeners {
        builder = builder.listen("kindred", listener, answer.clone())?;
    }
    Ok(builder.run())
}

/// Makes a connection one that is spoken on: by TLS, where there is a certificate.
async fn accept(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    patience: Duration,
) -> io::Result<(Stream, Protocol)> {
    // The last piece of an answer must not wait until the client has acknowledged the one before, which it may put off.
    stream.set_nodelay(true)?;
    let Some(tls) = tls else { return Ok((Stream::Plain(stream), Protocol::Http1)) };
    let stream = timeout(patience, tls.accept(stream)).await.map_err(io::Error::other)??;
    let is_http2 = stream.get_ref().1.alpn_protocol() == Some(H2);
    Ok((Stream::Tls(Box::new(stream)), if is_http2 { Protocol::Http2 } else { Protocol::Http1 }))
}

/// Pages of these origins may ask as others do, and read what says which version answered and how often they may ask.
fn cors(origins: &[String]) -> Cors {
    let said = [ETAG, RETRY_AFTER, X_REQUEST_ID].map(|name| name.as_str().to_owned());
    let cors = Cors::default()
        .allowed_methods(["GET", "HEAD", "POST", "DELETE"])
        .allowed_headers([
            "authorization",
            "content-type",
            "x-api-key",
            "if-match",
            "if-none-match",
            X_REQUEST_ID.as_str(),
            // What tracing in browsers adds to every request (W3C Trace Context and Baggage).
            "traceparent",
            "tracestate",
            "baggage",
        ])
        .expose_headers(said.iter().map(String::as_str).chain([X_INDEX_VERSION.as_str()]).chain(RATE_HEADERS))
        .max_age(600);
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}

/// Whole seconds are what actix-server takes; more is better than less.
fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn no_piece_of_an_answer_waits_for_an_acknowledgement() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (accepted, _client) = tokio::join!(listener.accept(), TcpStream::connect(address));
        let (stream, protocol) = accept(accepted.unwrap().0, None, LINGER).await.unwrap();
        let Stream::Plain(stream) = stream else { panic!("there is no certificate") };
        assert!(stream.nodelay().unwrap());
        assert_eq!(protocol, Protocol::Http1);
    }

    #[test]
    fn a_timeout_is_never_shortened() {
        for (given, seconds) in [(0, 0), (1, 1), (999, 1), (1000, 1), (1001, 2)] {
            assert_eq!(whole_seconds(Duration::from_millis(given)), seconds, "{given} ms");
        }
    }
}
