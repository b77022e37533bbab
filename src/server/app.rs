//! Starts and stops the server, and wires it into actix-web.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer, rt, web};
use tokio::signal::unix::{SignalKind, signal};

use super::config::Config;
use super::exact_pool::ExactPool;
use super::live_index::LiveIndex;
use super::metrics::Metrics;
use super::{routes, watcher};

/// Between accepting no more and stopping: connections that were accepted get to the worker that answers them.
const HAND_OVER: Duration = Duration::from_millis(50);

/// What requests are answered from.
#[derive(Debug)]
pub struct State {
    /// The index that is served.
    pub live: Arc<LiveIndex>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Where exact searches run.
    pub exact: ExactPool,
    /// Largest n of a request.
    pub max_n: usize,
}

/// Why the server does not run. The process exits with 1.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The system gives no thread or no signals.
    #[error("cannot start: {0}")]
    Start(#[from] io::Error),
    /// Two metrics have the same name.
    #[error("cannot count: {0}")]
    Metrics(#[from] prometheus::Error),
    /// The server ended with an error.
    #[error("the server failed: {0}")]
    Run(io::Error),
}

/// Adds everything that Kindred answers to an application.
///
/// All paths go to one service, because routes are matched on the raw path ([`super::raw_path`] says why).
pub fn configure(state: web::Data<State>) -> impl FnOnce(&mut web::ServiceConfig) {
    move |config| {
        config.app_data(state).default_service(web::to(routes::dispatch));
    }
}

/// Serves until SIGTERM or SIGINT, and then until every accepted request is answered.
///
/// # Errors
/// See [`ServeError`].
pub fn run(config: &Config) -> Result<(), ServeError> {
    rt::System::new().block_on(serve(config))
}

async fn serve(config: &Config) -> Result<(), ServeError> {
    let live = Arc::new(LiveIndex::default());
    let metrics = Arc::new(Metrics::new()?);
    let state = web::Data::new(State {
        live: Arc::clone(&live),
        metrics: Arc::clone(&metrics),
        exact: ExactPool::new(config.max_exact)?,
        max_n: config.max_n,
    });
    // Before listening: a signal that comes between the two must not kill.
    let (terminate, interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let server = HttpServer::new(move || App::new().configure(configure(state.clone())))
        .workers(config.workers)
        .shutdown_timeout(whole_seconds(config.shutdown_timeout))
        .disable_signals()
        .bind(config.bind)
        .map_err(|source| ServeError::Bind { address: config.bind, source })?;
    let addresses = server.addrs();
    let settings =
        watcher::Settings { directory: config.index_dir.clone(), poll_interval: config.poll_interval };
    let waker = watcher::start(settings, live, metrics)?;
    let server = server.run();
    rt::spawn(stop_on_signal(server.handle(), terminate, interrupt));
    for address in addresses {
        tracing::info!("listening on http://{address}");
    }
    tracing::info!("watching {} with {} workers", config.index_dir.display(), config.workers);
    let result = server.await.map_err(ServeError::Run);
    waker.stop();
    tracing::info!("stopped");
    result
}

async fn stop_on_signal(
    server: ServerHandle,
    mut terminate: tokio::signal::unix::Signal,
    mut interrupt: tokio::signal::unix::Signal,
) {
    let name = tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    };
    tracing::info!("{name}: accepting no more, answering what was accepted");
    // Stopping drops connections that are on their way to a worker; pausing first lets them arrive.
    server.pause().await;
    rt::time::sleep(HAND_OVER).await;
    tokio::select! {
        () = server.stop(true) => {}
        _ = interrupt.recv() => {
            tracing::warn!("SIGINT again: stopping at once");
            server.stop(false).await;
        }
    }
}

/// Whole seconds are what actix-web takes; more is better than less.
fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_never_shortened() {
        for (given, seconds) in [(0, 0), (1, 1), (999, 1), (1000, 1), (1001, 2)] {
            assert_eq!(whole_seconds(Duration::from_millis(given)), seconds, "{given} ms");
        }
    }
}
