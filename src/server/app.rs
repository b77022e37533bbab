//! Starts and stops the server: settings in, and what they say put together.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix_web::http::header::HeaderValue;
use actix_web::{rt, web};
use sd_notify::NotifyState;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use super::access::host::HostCheck;
use super::access::{Access, Keys, KeysError};
use super::config::{Config, Hosts};
use super::live::watcher;
use super::live::{Live, LiveError};
use super::observe::metrics::Metrics;
use super::observe::traces::{Traces, TracesError};
use super::observe::watchdog::{self, Pulse};
use super::pools::{Batches, Pool};
use super::reload::{self, Reloader, Watched};
use super::state::State;
use super::stopping::{self, Stopped};
use super::tls::{Certificate, TlsError};
use super::{listen, routes};
use crate::time::rfc3339;

/// How long requests may wait for the first index when the server starts: longer than an index of usual size takes to be
/// opened, and shorter than clients and load balancers wait.
const LONGEST_FIRST_LOOK: Duration = Duration::from_secs(5);
/// How long sending the last spans may take, when there is nothing else left to do.
const SPANS_TIMEOUT: Duration = Duration::from_secs(3);

/// A key that is taken back should not count for longer, however rarely the index directory is looked at.
const LONGEST_BETWEEN_RELOADS: Duration = Duration::from_secs(2);

/// Why the server does not run.
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
    /// The file of keys cannot be used.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Traces cannot be sent.
    #[error(transparent)]
    Traces(#[from] TracesError),
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

impl From<LiveError> for ServeError {
    fn from(error: LiveError) -> ServeError {
        match error {
            LiveError::Thread(error) => ServeError::Start(error),
            LiveError::Metrics(error) => ServeError::Metrics(error),
        }
    }
}

impl ServeError {
    /// Whether a setting is to blame, so that the process exits with 2 and not with 1.
    pub fn is_usage(&self) -> bool {
        matches!(self, ServeError::Keys(_) | ServeError::Traces(_))
    }
}

/// Serves until SIGTERM or SIGINT, and then until every accepted request is answered.
///
/// # Errors
/// See [`ServeError`].
pub fn run(config: &Config) -> Result<(), ServeError> {
    rt::System::new().block_on(serve(config))
}

/// The signals that are for us.
struct Signals {
    /// Heard, so that a log that reaches the limit on file sizes loses lines and does not kill. Nobody waits for it.
    _file_size: Signal,
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Signals {
    fn new() -> io::Result<Signals> {
        Ok(Signals {
            _file_size: signal(SignalKind::from_raw(libc::SIGXFSZ))?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for the one that ends the server, and has files read again meanwhile.
    async fn until_the_end(mut self, reloader: &Reloader) -> (&'static str, Signal) {
        loop {
            let name = tokio::select! {
                _ = self.terminate.recv() => "SIGTERM",
                _ = self.interrupt.recv() => "SIGINT",
                _ = self.hang_up.recv() => {
                    tracing::info!("SIGHUP: reading keys and certificates again");
                    reloader.reload();
                    continue;
                }
            };
            return (name, self.interrupt);
        }
    }
}

async fn serve(config: &Config) -> Result<(), ServeError> {
    // Before anything else: a signal that comes while the server starts must not kill.
    let signals = Signals::new()?;
    let keys = config.api_keys.as_deref().map(Keys::read).transpose()?;
    if keys.as_ref().is_some_and(Keys::is_empty) {
        tracing::warn!("api_keys: there is no key in the file, so nobody may ask");
    }
    let certificate = config.tls.as_ref().map(Certificate::load).transpose()?;
    let traces = Traces::from_environment()?;
    let listeners =
        listen::open(&config.bind).map_err(|(address, source)| ServeError::Bind { address, source })?;
    let addresses: Vec<SocketAddr> =
        listeners.iter().map(TcpListener::local_addr).collect::<Result<_, _>>()?;
    let settings = watcher::Settings {
        directory: config.index_dir.clone(),
        poll_interval: config.poll_interval,
        residency: config.residency,
        traces: traces.clone(),
    };
    let (live, watcher) = Live::new(settings)?;
    let live = Arc::new(live);
    let first_look = watcher.start()?;
    let state = web::Data::new(State {
        live: Arc::clone(&live),
        metrics: Arc::new(Metrics::new()?),
        exact: Pool::new("exact", config.max_exact, 0)?,
        searches: Pool::new("search", config.workers, config.max_queue)?,
        traces,
        batches: Batches::new(config.workers, config.max_queue, config.client_timeout)?,
        hosts: HostCheck::new(keys.is_some(), &addresses, hosts(config)),
        access: Arc::new(Access::new(keys, config.rate_limit, config.trusted_proxies.clone())),
        document: OnceLock::new(),
        stopping: Arc::default(),
        max_n: config.max_n,
        log_ids: config.log_ids,
        hsts: config.hsts.filter(|_| certificate.is_some()).and_then(hsts),
    });
    let reloader = watch_files(config, &state, certificate.as_ref())?;
    // Who connects meanwhile waits, and is answered from the index instead of with 503.
    if tokio::time::timeout(LONGEST_FIRST_LOOK, first_look).await.is_err() {
        tracing::info!("the index is still being opened; until then the answer is 503");
    }
    let pulse = Arc::new(Pulse::default());
    let answering = listeners.iter().map(TcpListener::try_clone).collect::<Result<_, _>>()?;
    let tls = certificate.as_ref().map(|it| it.server_config(config.http2)).transpose()?;
    let answers = routes::configure(state.clone());
    let server = listen::start(config, answers, &state.metrics, answering, tls, &pulse)?;
    let handle = server.handle();
    let stopping = Arc::clone(&state.stopping);
    let timeout = config.shutdown_timeout;
    let (hurry, hurried) = oneshot::channel();
    rt::spawn(async move {
        let (name, interrupt) = signals.until_the_end(&reloader).await;
        tracing::info!("{name}: accepting no more, answering what was accepted");
        stopping.set();
        watchdog::tell(&NotifyState::Stopping);
        if stopping::stop(handle, listeners, interrupt, timeout).await == Stopped::AtOnce {
            let _ = hurry.send(());
        }
    });
    let scheme = if certificate.is_some() { "https" } else { "http" };
    let places: Vec<String> = addresses.iter().map(|address| format!("{scheme}://{address}")).collect();
    tracing::info!("listening on {}", places.join(" and "));
    tracing::info!("watching {} with {} workers", config.index_dir.display(), config.workers);
    watchdog::tell(&NotifyState::Ready);
    watchdog::start(pulse);
    let result = tokio::select! {
        result = server => result.map_err(ServeError::Run),
        Ok(()) = hurried => Ok(()),
    };
    live.stop();
    state.traces.shutdown(SPANS_TIMEOUT);
    tracing::info!("stopped");
    result
}

/// The names that this server may be asked by: those of the setting, and the one that it listens by.
fn hosts(config: &Config) -> Hosts {
    let hosts = config.allowed_hosts.clone();
    match &config.bind.name {
        Some(name) => hosts.and(name.clone()),
        None => hosts,
    }
}

/// What a browser is told that is to come by TLS only, for so long.
fn hsts(duration: Duration) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("max-age={}", duration.as_secs())).ok()
}

fn watch_files(
    config: &Config,
    state: &web::Data<State>,
    certificate: Option<&Arc<Certificate>>,
) -> io::Result<Reloader> {
    let mut watched = Vec::new();
    if let Some(path) = config.api_keys.clone() {
        let access = Arc::clone(&state.access);
        watched.push(Watched {
            name: "api_keys",
            paths: vec![path.clone()],
            reload: Box::new(move || {
                let count = access.reload_keys(&path).map_err(|error| error.to_string())?;
                Ok(format!("{count} keys count"))
            }),
        });
    }
    if let Some(certificate) = certificate.cloned() {
        watched.push(Watched {
            name: "tls_cert and tls_key",
            paths: certificate.files().to_vec(),
            reload: Box::new(move || {
                certificate.reload().map_err(|error| error.to_string())?;
                let until = certificate.not_after().map(|end| format!(", which expires on {}", rfc3339(end)));
                Ok(format!("new connections are shown that certificate{}", until.unwrap_or_default()))
            }),
        });
    }
    let (access, metrics, certificate) =
        (Arc::clone(&state.access), Arc::clone(&state.metrics), certificate.cloned());
    let every_time = move || {
        access.forget_idle_clients();
        if let Some(certificate) = &certificate {
            certificate.warn_of_end();
            metrics.note_certificate_end(certificate.not_after());
        }
    };
    every_time();
    let interval = config.poll_interval.min(LONGEST_BETWEEN_RELOADS);
    reload::start(interval, watched, Arc::clone(&state.metrics), every_time)
}
