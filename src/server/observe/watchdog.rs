//! What systemd is told: that the server listens, that it ends, and, where `WatchdogSec=` is set, that it lives.
//!
//! It lives as long as the event loops answer, those of the workers and the one that asks them. A loop that
//! does not answer keeps the message back until it does, and systemd starts the server again when that takes too long.

use std::io;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::sync::Arc;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use actix_web::rt;
use sd_notify::NotifyState;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::time::{MissedTickBehavior, interval};

/// The variable that names the socket of who started the server.
const NOTIFY_SOCKET: &str = "NOTIFY_SOCKET";
/// However short systemd's time is, no message comes sooner after the one before.
const SHORTEST: Duration = Duration::from_millis(1);

/// The event loops that have to answer.
#[derive(Debug, Default)]
pub struct Pulse {
    loops: Mutex<Vec<UnboundedSender<oneshot::Sender<()>>>>,
}

impl Pulse {
    /// Has the event loop of this thread asked from now on, until it ends.
    pub fn join(&self) {
        let (asked, mut asks) = unbounded_channel::<oneshot::Sender<()>>();
        self.loops.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
        rt::spawn(async move {
            while let Some(answer) = asks.recv().await {
                // Nobody may wait for it any more.
                let _ = answer.send(());
            }
        });
    }

    /// Waits until every loop that has not ended has answered, however long that takes. Gives whether there was one.
    pub async fn all_answer(&self) -> bool {
        let asked: Vec<_> = {
            let mut loops = self.loops.lock().unwrap_or_else(PoisonError::into_inner);
            loops.retain(|asked| !asked.is_closed());
            let ask = |asked: &UnboundedSender<oneshot::Sender<()>>| {
                let (answer, answered) = oneshot::channel();
                asked.send(answer).ok().map(|()| answered)
            };
            loops.iter().filter_map(ask).collect()
        };
        let mut somebody = false;
        for answered in asked {
            somebody |= answered.await.is_ok();
        }
        somebody
    }
}

/// Tells systemd that the server lives, again and again, where it wants to hear that.
pub fn start(pulse: Arc<Pulse>) {
    let Some(within) = sd_notify::watchdog_enabled().filter(|within| !within.is_zero()) else { return };
    tracing::info!("the service manager is told at least every {within:?} that the server answers");
    let mut ticks = interval((within / 2).max(SHORTEST));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    rt::spawn(async move {
        loop {
            ticks.tick().await;
            // One message that is lost is no reason to be silent from then on.
            if pulse.all_answer().await {
                tell(&NotifyState::Watchdog);
            }
        }
    });
}

/// Tells systemd, if it has started the server. A server that listens is ready: an index may come much later.
pub fn tell(state: &NotifyState<'_>) {
    let Some(socket) = std::env::var_os(NOTIFY_SOCKET).filter(|socket| !socket.is_empty()) else { return };
    let told = match socket.as_bytes().strip_prefix(b"@") {
        Some(name) => tell_abstract(name, state),
        None => sd_notify::notify(std::slice::from_ref(state)),
    };
    if let Err(error) = told {
        tracing::warn!("the service manager cannot be told {state}: {error}");
    }
}

/// A socket that no file stands for (sd_notify(3)); the crate knows only those with a path.
fn tell_abstract(name: &[u8], state: &NotifyState<'_>) -> io::Result<()> {
    let address = SocketAddr::from_abstract_name(name)?;
    UnixDatagram::unbound()?.send_to_addr(format!("{state}\n").as_bytes(), &address).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    /// A thread with an event loop that has joined; it ends when what is given last is dropped or used.
    fn worker(pulse: &Arc<Pulse>) -> (std::thread::JoinHandle<()>, oneshot::Sender<mpsc::Receiver<()>>) {
        let (pulse, (ready, is_ready)) = (Arc::clone(pulse), mpsc::channel());
        let (stop, stopped) = oneshot::channel::<mpsc::Receiver<()>>();
        let thread = std::thread::spawn(move || {
            rt::System::new().block_on(async {
                pulse.join();
                ready.send(()).unwrap();
                // Blocks the loop until it is let go, as a deadlock would.
                if let Ok(let_go) = stopped.await {
                    let _ = let_go.recv();
                    rt::task::yield_now().await;
                }
            });
        });
        is_ready.recv().unwrap();
        (thread, stop)
    }

    #[actix_web::test]
    async fn every_loop_has_to_answer_and_one_that_has_ended_has_not() {
        let pulse = Arc::new(Pulse::default());
        assert!(!pulse.all_answer().await, "there is nobody");
        let (first, stop_first) = worker(&pulse);
        let (second, stop_second) = worker(&pulse);
        assert!(pulse.all_answer().await);
        drop(stop_first);
        first.join().unwrap();
        assert!(pulse.all_answer().await, "the other one is there");
        assert_eq!(pulse.loops.lock().unwrap().len(), 1);
        drop(stop_second);
        second.join().unwrap();
        assert!(!pulse.all_answer().await);
    }

    #[actix_web::test]
    async fn a_loop_that_hangs_keeps_the_answer_back() {
        let pulse = Arc::new(Pulse::default());
        let (thread, hang) = worker(&pulse);
        let (let_go, held) = mpsc::channel();
        hang.send(held).unwrap();
        let answers = pulse.all_answer();
        tokio::pin!(answers);
        // Asked, and not answered, however often it is looked at: nothing but that thread could answer.
        for _ in 0..3 {
            let looked_at =
                std::future::poll_fn(|context| std::task::Poll::Ready(answers.as_mut().poll(context)));
            assert!(looked_at.await.is_pending());
        }
        drop(let_go);
        answers.await;
        thread.join().unwrap();
    }
}
