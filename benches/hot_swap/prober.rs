//! Asks one question at a time on a connection of its own, to see which version answers.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use ureq::Agent;

use crate::PATIENCE;

/// Between two questions: so rarely that the load hardly grows by it.
const PAUSE: Duration = Duration::from_millis(1);

pub struct Prober {
    agent: Agent,
    url: String,
}

impl Prober {
    pub fn new(address: SocketAddr, id: &str, n: usize) -> Prober {
        let agent = Agent::config_builder().timeout_global(Some(PATIENCE)).build().into();
        Prober { agent, url: format!("http://{address}/recommend/{id}/{n}") }
    }

    /// The version that answers, and its answer. Every status but 200 is an error.
    pub fn ask(&self) -> Result<(u64, String)> {
        let mut response = self.agent.get(&self.url).call()?;
        let version = response.headers().get("x-index-version").context("no X-Index-Version")?;
        Ok((version.to_str()?.parse()?, response.body_mut().read_to_string()?))
    }

    /// Asks until a version answers that is as new. Gives how long that took since it was published, and how many
    /// questions failed meanwhile.
    pub fn await_version(&self, version: u64, published: Instant) -> Result<(Duration, u64)> {
        let mut failed = 0;
        loop {
            match self.ask() {
                Ok((answered, _)) if answered >= version => return Ok((published.elapsed(), failed)),
                Ok(_) => {}
                Err(_) => failed += 1,
            }
            ensure!(
                published.elapsed() < PATIENCE,
                "version {version} never answered; {failed} questions failed"
            );
            thread::sleep(PAUSE);
        }
    }
}
