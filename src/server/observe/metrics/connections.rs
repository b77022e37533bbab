//! Connections, from when they can be asked on to when they are closed.

use prometheus::{IntCounter, IntGauge};

use super::register::{Register, set};

/// Connections that clients have opened.
#[derive(Debug)]
pub struct ConnectionMetrics {
    open: IntGauge,
    opened: IntCounter,
    most: IntGauge,
}

/// An open connection. It counts as one until it is dropped.
#[derive(Debug)]
pub struct OpenConnection(IntGauge);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl ConnectionMetrics {
    /// Registers them.
    ///
    /// # Errors
    /// Two metrics have the same name.
    pub fn new(register: &Register<'_>) -> Result<Self, prometheus::Error> {
        Ok(ConnectionMetrics {
            open: register.gauge("kindred_connections_open", "Open connections.")?,
            opened: register.counter(
                "kindred_connections_total",
                "Accepted connections; with TLS, counted after the handshake.",
            )?,
            most: register.gauge(
                "kindred_connections_max",
                "Limit of open connections; further ones wait to be accepted.",
            )?,
        })
    }

    /// Counts a connection.
    pub fn open(&self) -> OpenConnection {
        self.opened.inc();
        self.open.inc();
        OpenConnection(self.open.clone())
    }

    /// How many there may be.
    pub fn note_most(&self, most: usize) {
        set(&self.most, most as u64);
    }
}
