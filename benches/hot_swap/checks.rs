//! What needs no clock: every architecture swaps without a failed request and lets the former index go, and the queue
//! loses nothing when it is handed over.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};

use anyhow::{Context, Result, anyhow, ensure};
use kindred::directory::versions;
use libtest_mimic::Trial;

use crate::architecture::Architecture;
use crate::memory::{mapped_indexes, processes};
use crate::prober::Prober;
use crate::process::await_condition;
use crate::queue::{Queue, SLOTS};
use crate::served::Served;
use crate::shelf::{Shelf, publish};
use crate::wire::{Question, Reply};

const PROFILES: u32 = 300;
const N: usize = 10;
const SWAPS: u64 = 12;
const ASKERS: usize = 4;
/// Answers between two swaps.
const ANSWERS: u64 = 30;

pub fn all() -> Vec<Trial> {
    let swaps = |architecture: Architecture| {
        let name = format!("{} swaps without a failed request", architecture.name());
        check(&name, move || swaps_under_requests(architecture))
    };
    let mut checks = Vec::from(Architecture::ALL.map(swaps));
    checks.push(check("every question is taken and answered once", || hand_over(1)));
    checks.push(check("a queue that is handed over loses no question", || hand_over(40)));
    checks.push(check("what does not fit into a slot is refused", slots_have_limits));
    checks.push(check("questions and replies come out as they went in", wire_keeps_all));
    checks
}

/// A check whose failure is told with all its causes.
fn check(name: &str, run: impl FnOnce() -> Result<()> + Send + 'static) -> Trial {
    Trial::test(name, || run().map_err(|error| format!("{error:#}").into()))
}

/// The answers of all versions to one question.
type Expected = BTreeMap<u64, Vec<u8>>;

fn swaps_under_requests(architecture: Architecture) -> Result<()> {
    let shelf = Shelf::fill(1 + SWAPS, PROFILES, N)?;
    let index_dir = shelf.index_dir()?;
    let server = architecture.start(index_dir.path())?;
    let prober = |id: &str| Prober::new(server.address, id, N);
    let ids = shelf.sample.questions(ASKERS);
    let expected: Vec<Expected> = ids.iter().map(|id| expected(&shelf, id)).collect::<Result<_>>()?;
    let (ended, answers) = (AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|scope| {
        let asking = ids.iter().zip(&expected).map(|(id, expected)| {
            let (prober, ended, answers) = (prober(id), &ended, &answers);
            scope.spawn(move || ask_until(ended, &prober, expected, answers))
        });
        let asking: Vec<_> = asking.collect();
        let swapped = (2..=1 + SWAPS).try_for_each(|version| {
            let published = publish(index_dir.path(), version)?;
            let (_, failed) = prober(&ids[0]).await_version(version, published)?;
            ensure!(failed == 0, "{failed} questions failed before version {version} answered");
            let enough = answers.load(Ordering::Relaxed) + ANSWERS;
            await_condition("questions are answered", || Ok(answers.load(Ordering::Relaxed) >= enough))
        });
        ended.store(true, Ordering::Relaxed);
        asking
            .into_iter()
            .try_for_each(|thread| thread.join().map_err(|_| anyhow!("a thread panicked"))?)?;
        swapped
    })
    .with_context(|| server.last_lines())?;
    await_condition("only the newest index is mapped, and by no more processes than before", || {
        let newest = versions::file_name(1 + SWAPS);
        let processes = processes(server.id())?.len();
        Ok(mapped_indexes(server.id())? == [newest] && processes == architecture.processes())
    })
}

fn ask_until(ended: &AtomicBool, prober: &Prober, expected: &Expected, answers: &AtomicU64) -> Result<()> {
    while !ended.load(Ordering::Relaxed) {
        let (version, body) = prober.ask()?;
        let expected = expected.get(&version).context("a version that was never published")?;
        ensure!(body.as_bytes() == expected, "not the answer of version {version}: {body}");
        answers.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

fn expected(shelf: &Shelf, id: &str) -> Result<Expected> {
    let question = Question { id: id.to_owned(), n: N };
    let answers =
        (1..=shelf.versions).map(|version| match Served::open(&shelf.file(version))?.answer(&question) {
            Reply::Answer { body, .. } => Ok((version, body)),
            Reply::Failure(reason) => Err(anyhow!(reason)),
        });
    let answers: Expected = answers.collect::<Result<_>>()?;
    let mut distinct: Vec<&Vec<u8>> = answers.values().collect();
    distinct.dedup();
    ensure!(distinct.len() == answers.len(), "two versions give the same answer");
    Ok(answers)
}

/// For each consumer, as many questions as the queue has room for. A consumer has two threads, and the next one's
/// coming ends them.
fn hand_over(consumers: u32) -> Result<()> {
    let queue = Arc::new(Queue::create()?);
    let consuming = Arc::new(Queue::open(&queue.path())?);
    let collected = Arc::new(AtomicU64::new(0));
    let share = SLOTS as u64;
    let asking = {
        let (queue, collected) = (Arc::clone(&queue), Arc::clone(&collected));
        thread::spawn(move || ask_and_collect(&queue, share * u64::from(consumers), &collected))
    };
    // Not in a scope: where a question is lost somebody waits for ever, and the check shall fail.
    let mut threads = Vec::new();
    for consumer in 1..=consumers {
        consuming.take_over(consumer);
        await_end(&mut threads)?;
        threads.extend((0..2).map(|_| {
            let consuming = Arc::clone(&consuming);
            thread::spawn(move || invert_all(&consuming, consumer))
        }));
        await_condition("a consumer has had its share", || {
            Ok(asking.is_finished() || collected.load(Ordering::Relaxed) >= share * u64::from(consumer))
        })?;
    }
    threads.push(asking);
    consuming.take_over(0);
    await_end(&mut threads)
}

fn await_end(threads: &mut Vec<JoinHandle<Result<()>>>) -> Result<()> {
    await_condition("threads end", || Ok(threads.iter().all(JoinHandle::is_finished)))?;
    threads.drain(..).try_for_each(|thread| thread.join().map_err(|_| anyhow!("a thread panicked"))?)
}

/// Keeps all slots under way until so many questions are asked, and compares every reply.
fn ask_and_collect(queue: &Queue, questions: u64, collected: &AtomicU64) -> Result<()> {
    let mut numbers = 0..questions;
    let mut under_way = BTreeMap::new();
    let mut ask = |slot, under_way: &mut BTreeMap<u32, u64>| match numbers.next() {
        Some(number) => {
            under_way.insert(slot, number);
            queue.ask(slot, &number.to_le_bytes())
        }
        None => Ok(()),
    };
    (0..SLOTS as u32).try_for_each(|slot| ask(slot, &mut under_way))?;
    while !under_way.is_empty() {
        let (slot, reply) = queue.next_reply().context("no reply")?;
        let number = under_way.remove(&slot).context("a slot was answered twice")?;
        ensure!(reply == (!number).to_le_bytes(), "slot {slot} was asked {number} and answered {reply:?}");
        collected.fetch_add(1, Ordering::Relaxed);
        ask(slot, &mut under_way)?;
    }
    Ok(())
}

fn invert_all(queue: &Queue, consumer: u32) -> Result<()> {
    while let Some((slot, question)) = queue.take(consumer) {
        let reply: Vec<u8> = question.iter().map(|byte| !byte).collect();
        queue.reply(slot, &reply)?;
    }
    Ok(())
}

fn slots_have_limits() -> Result<()> {
    let queue = Queue::create()?;
    queue.take_over(1);
    for length in [0, 1, 4095, 1 << 16] {
        let question: Vec<u8> = (0..length).map(|place: usize| place as u8).collect();
        queue.ask(7, &question)?;
        ensure!(queue.take(1) == Some((7, question)), "{length} bytes came out as others");
    }
    ensure!(queue.ask(7, &vec![1; (1 << 16) + 1]).is_err(), "a slot took more than it has room for");
    queue.take_over(2);
    ensure!(queue.take(1).is_none(), "who is no longer the consumer still takes");
    Ok(())
}

fn wire_keeps_all() -> Result<()> {
    for id in ["", "7", "a/b", "😀"] {
        let question = Question { id: id.to_owned(), n: 10 };
        ensure!(Question::from_bytes(&question.to_bytes())? == question, "{question:?} came out as another");
    }
    for reply in [
        Reply::Answer { version: 1, body: b"[]".to_vec() },
        Reply::Answer { version: u64::MAX, body: Vec::new() },
        Reply::Failure("no profile has this id".to_owned()),
    ] {
        ensure!(Reply::from_bytes(&reply.to_bytes())? == reply, "{reply:?} came out as another");
    }
    for malformed in [&b""[..], b"1234567", b"12345678\xff"] {
        ensure!(Question::from_bytes(malformed).is_err(), "{malformed:?} was taken for a question");
    }
    ensure!(Reply::from_bytes(b"1234567").is_err(), "seven bytes were taken for a reply");
    Ok(())
}
