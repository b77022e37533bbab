//! The end of a server: nobody who was let in goes without an answer.

use std::net::TcpListener;
use std::os::fd::AsFd as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use actix_web::dev::ServerHandle;
use actix_web::rt;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::{SockFilter, SockRef};
use tokio::signal::unix::Signal;

/// Between accepting no more and stopping: connections that were accepted get to the worker that answers them.
const HAND_OVER: Duration = Duration::from_millis(50);
/// Between two looks at connections that wait to be accepted.
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);

/// A program for the kernel (classic BPF, see filter.txt of its networking documentation) that drops what opens a
/// connection and passes everything else. At a listening socket, byte 13 is that of the TCP header's flags.
const DROP_SYN: [SockFilter; 4] = [
    SockFilter::new(0x30, 0, 0, 13),       // A = byte 13
    SockFilter::new(0x45, 0, 1, 0x02),     // unless A & SYN, skip one
    SockFilter::new(0x06, 0, 0, 0),        // drop
    SockFilter::new(0x06, 0, 0, u32::MAX), // pass
];

/// Whether the server is ending. From then on every answer says `Connection: close`.
#[derive(Debug, Default)]
pub struct Stopping(AtomicBool);

impl Stopping {
    /// Whether it is.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// It is, from now on.
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// How stopping ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// The server ends when the answers that are under way have been given, or the time for them is over.
    InOrder,
    /// Somebody does not want to wait for that.
    AtOnce,
}

/// Stops a server: accepts who has already connected, then nobody, and waits for the answers that are under way. Another
/// SIGINT ends the waiting.
pub async fn stop(
    server: ServerHandle,
    listeners: Vec<TcpListener>,
    mut interrupt: Signal,
    timeout: Duration,
) -> Stopped {
    let deadline = Instant::now() + timeout;
    // From here on nobody connects: a client tries again after a second, and is refused or finds another server. Who
    // is connecting gets through, and who has connected is accepted as before.
    for listener in &listeners {
        if let Err(error) = SockRef::from(listener).attach_filter(&DROP_SYN) {
            tracing::warn!("connections that are on their way may be refused: {error}");
        }
    }
    let hurried = loop {
        tokio::select! {
            () = rt::time::sleep(BETWEEN_LOOKS) => {}
            _ = interrupt.recv() => break true,
        }
        if !listeners.iter().any(somebody_waits) || Instant::now() >= deadline {
            break false;
        }
    };
    if hurried {
        return at_once();
    }
    // Stopping drops connections that are on their way to a worker; pausing first lets them arrive.
    server.pause().await;
    // Else the port would stay open after the server's own listeners are gone.
    drop(listeners);
    rt::time::sleep(HAND_OVER).await;
    tokio::select! {
        () = server.stop(true) => Stopped::InOrder,
        _ = interrupt.recv() => at_once(),
    }
}

/// A server that is stopping in order cannot be asked for anything else: who hurries ends the process.
fn at_once() -> Stopped {
    tracing::warn!("SIGINT again: stopping at once");
    Stopped::AtOnce
}

/// Whether a connection waits to be accepted.
fn somebody_waits(listener: &TcpListener) -> bool {
    let mut fds = [PollFd::from_borrowed_fd(listener.as_fd(), PollFlags::IN)];
    matches!(poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })), Ok(ready) if ready > 0)
}
