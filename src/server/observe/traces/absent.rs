//! What there is of traces without the feature `otel`: nothing.

use std::time::Duration;

use super::{Answered, Opened, TracesError};

/// No traces.
#[derive(Debug, Clone, Default)]
pub struct Traces(());

impl Traces {
    /// None.
    ///
    /// # Errors
    /// None: without the feature, the environment is not asked.
    pub fn from_environment() -> Result<Traces, TracesError> {
        Ok(Traces(()))
    }

    /// Does nothing.
    pub fn observe_request(&self, _: &Answered<'_>) {}

    /// Does nothing.
    pub fn observe_swap(&self, _: &Opened<'_>) {}

    /// Does nothing.
    pub fn shutdown(&self, _: Duration) {}
}
