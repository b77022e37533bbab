//! Architecture 2: a front whose questions go through shared memory to a child that serves one index. An auxiliary
//! process starts a child for each new index; when that is ready it takes the queue over, and the former child
//! finishes what it has taken and ends.

use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{mem, thread};

use anyhow::{Context, Result};
use kindred::directory::versions::{self, VersionFile};
use tokio::sync::oneshot;

use crate::front::{Backend, WORKERS, serve};
use crate::helper::{Helper, end_with_input, report_done};
use crate::queue::{Queue, SLOTS};
use crate::served::{Served, each_publication, newest};
use crate::wire::{Question, Reply};

pub const FRONT: &str = "spawn-per-index";
pub const AUXILIARY: &str = "spawn-per-index-auxiliary";
pub const CHILD: &str = "spawn-per-index-child";

/// The front.
pub fn run(index_dir: &Path) -> Result<()> {
    let asking = Arc::new(Asking { queue: Queue::create()?, slots: Mutex::new(Slots::new()) });
    let index_dir = index_dir.to_str().context("a path that is not UTF-8")?;
    let mut auxiliary = Helper::start(AUXILIARY, &[index_dir, &asking.queue.path()], Stdio::piped())?;
    auxiliary.await_done()?;
    let collecting = Arc::clone(&asking);
    thread::spawn(move || collecting.collect());
    serve(move || Arc::clone(&asking))
}

struct Asking {
    queue: Queue,
    slots: Mutex<Slots>,
}

/// Which slots are free, and who waits for the reply in the others.
struct Slots {
    free: Vec<u32>,
    waiting: [Option<oneshot::Sender<Vec<u8>>>; SLOTS],
}

impl Slots {
    fn new() -> Slots {
        Slots { free: (0..SLOTS as u32).collect(), waiting: [const { None }; SLOTS] }
    }
}

impl Backend for Arc<Asking> {
    async fn answer(&self, question: Question) -> Reply {
        let reply = async { Ok(Reply::from_bytes(&self.ask(&question)?.await?)?) };
        reply.await.unwrap_or_else(|error: anyhow::Error| Reply::Failure(error.to_string()))
    }
}

impl Asking {
    fn ask(&self, question: &Question) -> Result<oneshot::Receiver<Vec<u8>>> {
        let (sender, receiver) = oneshot::channel();
        let mut slots = self.lock();
        let slot = slots.free.pop().context("no slot is free")?;
        slots.waiting[slot as usize] = Some(sender);
        drop(slots);
        self.queue.ask(slot, &question.to_bytes())?;
        Ok(receiver)
    }

    /// Hands replies to those who wait for them.
    fn collect(&self) {
        while let Some((slot, reply)) = self.queue.next_reply() {
            let mut slots = self.lock();
            slots.free.push(slot);
            if let Some(sender) = slots.waiting[slot as usize].take() {
                drop(slots);
                // Who has hung up wants no reply.
                let _ = sender.send(reply);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The auxiliary process.
pub fn auxiliary(index_dir: &Path, queue: &str) -> Result<()> {
    end_with_input();
    let start = |file: &VersionFile| {
        let index_dir = index_dir.to_str().context("a path that is not UTF-8")?;
        let mut child =
            Helper::start(CHILD, &[index_dir, queue, &file.version.to_string()], Stdio::inherit())?;
        child.await_done()?;
        anyhow::Ok(child)
    };
    let first = newest(index_dir)?;
    let mut serving = start(&first)?;
    report_done();
    each_publication(index_dir, first.version, |file| {
        let former = mem::replace(&mut serving, start(file)?);
        former.join()
    })
}

/// A child: serves one index until another child takes the queue over.
pub fn child(index_dir: &Path, queue: &str, version: u32) -> Result<()> {
    end_with_input();
    let path = index_dir.join(versions::file_name(version.into()));
    let served = Served::open(&VersionFile { version: version.into(), path })?;
    let queue = Queue::open(queue)?;
    queue.take_over(version);
    report_done();
    thread::scope(|scope| {
        let answering: Vec<_> =
            (0..WORKERS).map(|_| scope.spawn(|| answer_all(&served, &queue, version))).collect();
        answering.into_iter().try_for_each(|thread| match thread.join() {
            Ok(ended) => ended,
            Err(_) => anyhow::bail!("a thread panicked"),
        })
    })
}

fn answer_all(served: &Served, queue: &Queue, version: u32) -> Result<()> {
    while let Some((slot, question)) = queue.take(version) {
        let reply = Question::from_bytes(&question).map(|question| served.answer(&question));
        let reply = reply.unwrap_or_else(|error| Reply::Failure(error.to_string()));
        if let Err(error) = queue.reply(slot, &reply.to_bytes()) {
            queue.reply(slot, &Reply::Failure(error.to_string()).to_bytes())?;
        }
    }
    Ok(())
}
