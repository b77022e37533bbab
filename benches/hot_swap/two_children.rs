//! Architecture 1: a front and two children that switch roles. One answers; the other fetches the next index, and then
//! they change places.

use std::cell::RefCell;
use std::io;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use std::{mem, process, thread};

use anyhow::{Context, Result};
use arc_swap::ArcSwap;
use kindred::directory::versions::{self, VersionFile};
use tokio::io::BufReader;
use tokio::net::{UnixListener, UnixStream};

use crate::front::{Backend, WORKERS, serve};
use crate::helper::{Helper, report_done};
use crate::served::{Served, each_publication, newest};
use crate::wire::{Question, Reply, receive, send};

pub const FRONT: &str = "two-children";
pub const CHILD: &str = "two-children-child";
const POLL: Duration = Duration::from_millis(1);

/// Where a child answers.
struct Address {
    /// 0 or 1.
    child: usize,
    socket: String,
}

struct Child {
    process: Helper,
    address: Arc<Address>,
}

impl Child {
    fn start(child: usize, index_dir: &Path) -> Result<Child> {
        let socket = format!("kindred-hot-swap-{}-{child}", process::id());
        let index_dir = index_dir.to_str().context("a path that is not UTF-8")?;
        let process = Helper::start(CHILD, &[index_dir, &socket], Stdio::piped())?;
        Ok(Child { process, address: Arc::new(Address { child, socket }) })
    }

    /// Returns when the child can answer from that version.
    fn fetch(&mut self, file: &VersionFile) -> Result<()> {
        self.process.order(&file.version.to_string())?;
        self.process.await_done()
    }

    /// The child lets its index go.
    fn let_go(&mut self) -> Result<()> {
        self.process.order("")?;
        self.process.await_done()
    }
}

/// The main process.
pub fn run(index_dir: &Path) -> Result<()> {
    let mut answering = Child::start(0, index_dir)?;
    let mut fetching = Child::start(1, index_dir)?;
    let first = newest(index_dir)?;
    answering.fetch(&first)?;
    let current = Arc::new(ArcSwap::from(Arc::clone(&answering.address)));
    let shared = Arc::clone(&current);
    let index_dir = index_dir.to_owned();
    thread::spawn(move || {
        let ended = each_publication(&index_dir, first.version, |file| {
            fetching.fetch(file)?;
            mem::swap(&mut answering, &mut fetching);
            let former = shared.swap(Arc::clone(&answering.address));
            // Whoever got the former address before may ask there. Two of it are ours: this one and the child's.
            while Arc::strong_count(&former) > 2 {
                thread::sleep(POLL);
            }
            fetching.let_go()
        });
        eprintln!("no more switching: {ended:?}");
    });
    serve(move || Link { current: Arc::clone(&current), idle: RefCell::default() })
}

/// A worker's connections to the children.
struct Link {
    current: Arc<ArcSwap<Address>>,
    idle: RefCell<[Vec<BufReader<UnixStream>>; 2]>,
}

impl Backend for Link {
    async fn answer(&self, question: Question) -> Reply {
        // Held until the answer is here: the child keeps its index for as long.
        let address = self.current.load_full();
        let reply = self.exchange(&address, &question).await;
        reply.unwrap_or_else(|error| Reply::Failure(error.to_string()))
    }
}

impl Link {
    async fn exchange(&self, address: &Address, question: &Question) -> io::Result<Reply> {
        let idle = self.idle.borrow_mut()[address.child].pop();
        let mut stream = match idle {
            Some(stream) => stream,
            None => BufReader::new(UnixStream::connect(abstract_name(&address.socket)).await?),
        };
        send(&mut stream, &question.to_bytes()).await?;
        let reply = Reply::from_bytes(&receive(&mut stream).await?);
        self.idle.borrow_mut()[address.child].push(stream);
        reply
    }
}

/// A name that is no file, so that nothing is left behind and no path is too long.
fn abstract_name(socket: &str) -> String {
    format!("\0{socket}")
}

type Slot = Arc<RwLock<Option<Arc<Served>>>>;

/// A child: answers on its socket, and takes orders from standard input: a version to fetch, or nothing to let go.
pub fn child(index_dir: &Path, socket: &str) -> Result<()> {
    let slot = Slot::default();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build()?;
    let listener = runtime.block_on(async { UnixListener::bind(abstract_name(socket)) })?;
    runtime.spawn(accept(listener, Arc::clone(&slot)));
    for order in io::stdin().lines() {
        let order = order?;
        let fetched = match order.parse() {
            Ok(version) => {
                let path = index_dir.join(versions::file_name(version));
                Some(Arc::new(Served::open(&VersionFile { version, path })?))
            }
            Err(_) => None,
        };
        let former = mem::replace(&mut *slot.write().unwrap_or_else(PoisonError::into_inner), fetched);
        drop(former);
        report_done();
    }
    Ok(())
}

async fn accept(listener: UnixListener, slot: Slot) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(answer_all(BufReader::new(stream), Arc::clone(&slot)));
    }
}

/// Answers questions until the connection is closed, which is the error it ends with.
async fn answer_all(mut stream: BufReader<UnixStream>, slot: Slot) -> io::Result<()> {
    loop {
        let question = Question::from_bytes(&receive(&mut stream).await?)?;
        let served = slot.read().unwrap_or_else(PoisonError::into_inner).clone();
        let reply = match served {
            Some(served) => served.answer(&question),
            None => Reply::Failure("this child is fetching".to_owned()),
        };
        send(&mut stream, &reply.to_bytes()).await?;
    }
}
