//! What requests share.

use std::sync::{Arc, OnceLock};

use actix_web::http::header::HeaderValue;

use super::access::Access;
use super::access::host::HostCheck;
use super::encoding::Encodings;
use super::live::Live;
use super::observe::metrics::Metrics;
use super::observe::traces::Traces;
use super::pools::{Batches, Pool};
use super::stopping::Stopping;

/// What requests are answered from.
#[derive(Debug)]
pub struct State {
    /// The index that is served, and everything that belongs to it.
    pub live: Arc<Live>,
    /// What is counted, besides what is counted of the index.
    pub metrics: Arc<Metrics>,
    /// Where exact searches run.
    pub exact: Pool,
    /// Where all other searches run that the neighbour table does not answer.
    pub searches: Pool,
    /// Where spans go.
    pub traces: Traces,
    /// Where requests of many questions are answered.
    pub batches: Batches,
    /// Who may ask, and how often.
    pub access: Arc<Access>,
    /// What the server says about its own interface, once somebody has asked for it.
    pub document: OnceLock<Encodings>,
    /// Whether the server is ending.
    pub stopping: Arc<Stopping>,
    /// Largest n of a request.
    pub max_n: usize,
    /// Whether requests are logged with their ids.
    pub log_ids: bool,
    /// By which names it may be asked.
    pub hosts: HostCheck,
    /// What browsers are told about TLS.
    pub hsts: Option<HeaderValue>,
}
