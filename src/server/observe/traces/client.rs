//! Sends spans to a collector over HTTP, from the thread that gathers them.

use std::time::Duration;

use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use ureq::Agent;

/// The longest answer of a collector that is read: it says at most how many spans it has refused.
const LONGEST_ANSWER: u64 = 1 << 20;

/// A client without TLS, for a collector on this machine or in this network.
#[derive(Debug)]
pub struct PlainClient(Agent);

impl PlainClient {
    /// Gives up on a request after that time.
    pub fn new(timeout: Duration) -> PlainClient {
        let config =
            Agent::config_builder().timeout_global(Some(timeout)).http_status_as_error(false).build();
        PlainClient(config.into())
    }
}

#[async_trait::async_trait]
impl HttpClient for PlainClient {
    /// Blocks. The one thread that asks has nothing else to do.
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (parts, body) = request.into_parts();
        let answer = self.0.run(Request::from_parts(parts, body.to_vec()))?;
        let (parts, mut body) = answer.into_parts();
        let body = body.with_config().limit(LONGEST_ANSWER).read_to_vec()?;
        Ok(Response::from_parts(parts, body.into()))
    }
}
