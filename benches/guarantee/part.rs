//! One part: load without and with something beside it in turn, what was measured, and whether what must hold does.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Result, anyhow};
use serde_json::{Value, json};

use crate::LIMIT;
use crate::client::{Load, Run};
use crate::publish::Settled;

/// After so many versions memory must not grow any more: buffers are as long as they get, and every thread has its own.
pub const SETTLING: usize = 10;
/// So that there is something to compare after that.
pub const LEAST_VERSIONS: u64 = SETTLING as u64 + 2;
/// Growth that counts as none: bytes, and a share of what there is.
const ROOM: (u64, f64) = (2 << 20, 0.02);
/// Before anything is measured, so that it starts with warm caches.
const WARM_UP: Duration = Duration::from_secs(1);

/// How a part is driven.
pub struct Driver {
    /// Of what a closed loop reaches.
    pub share: f64,
    pub rounds: usize,
    /// Length of a run with nothing beside it.
    pub quiet: Duration,
    pub connections: usize,
}

/// What a part measured.
pub struct Part {
    name: &'static str,
    rate: f64,
    closed: Run,
    alone: Runs,
    beside: Runs,
    settled: Vec<Settled>,
}

/// Runs of one kind: all of them together, and the p99 of each.
struct Runs {
    all: Run,
    p99_ms: Vec<f64>,
}

/// Ends the load, also when what runs beside it has failed.
struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

impl Driver {
    /// Finds the rate, then has runs alone and runs beside some of `all` numbers, each of which is given to `act`.
    pub fn alternate(
        &self,
        name: &'static str,
        load: &Load,
        all: RangeInclusive<u64>,
        act: impl Fn(u64) -> Result<Option<Settled>> + Sync,
    ) -> Result<Part> {
        let client = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        client.block_on(load.drive(WARM_UP))?;
        let closed = client.block_on(load.drive(self.quiet))?;
        // Far below what the server can take: requests do not queue, and a stall stands out.
        let rate = closed.per_second() * self.share;
        let quiet = || client.block_on(load.drive_at(rate, self.quiet));
        let (mut alone, mut beside, mut settled) = (Runs::new()?, Runs::new()?, Vec::new());
        alone.push(quiet()?)?;
        let all: Vec<u64> = all.collect();
        for numbers in all.chunks(all.len().div_ceil(self.rounds)) {
            let going = Arc::new(AtomicBool::new(true));
            let (run, done) = thread::scope(|scope| {
                let stop = StopOnDrop(Arc::clone(&going));
                let act = &act;
                let actor = scope.spawn(move || -> Result<Vec<_>> {
                    let _stop = stop;
                    numbers.iter().map(|&number| act(number)).collect()
                });
                let run = client.block_on(load.drive_while(rate, move |_| going.load(Ordering::Relaxed)));
                (run, actor.join())
            });
            settled.extend(done.map_err(|_| anyhow!("a thread panicked"))??.into_iter().flatten());
            beside.push(run?)?;
            alone.push(quiet()?)?;
        }
        Ok(Part { name, rate, closed, alone, beside, settled })
    }
}

impl Part {
    fn failures(&self) -> impl Iterator<Item = (&String, &u64)> {
        [&self.closed, &self.alone.all, &self.beside.all].into_iter().flat_map(|run| &run.failures)
    }

    /// p99 beside the rest, in multiples of p99 alone.
    fn ratio(&self) -> f64 {
        self.beside.all.quantile_ms(0.99) / self.alone.all.quantile_ms(0.99)
    }

    /// Where versions are swapped, the ratio has a limit.
    fn within(&self) -> Option<bool> {
        (!self.settled.is_empty()).then(|| self.ratio() <= LIMIT)
    }

    fn memory(&self) -> [(&'static str, Growth); 2] {
        let growth = |of: fn(&Settled) -> u64| Growth::of(self.settled.iter().map(of).collect());
        [
            ("memory of its own", growth(|settled| settled.own_bytes)),
            ("memory with what is mapped", growth(|settled| settled.resident_bytes)),
        ]
    }

    /// What does not hold, in sentences. That an old file stayed mapped has ended the part before.
    pub fn broken(&self, strict: bool) -> Vec<String> {
        let name = self.name;
        let failed = self.failures().map(|(reason, count)| format!("{name}: {count} requests: {reason}"));
        let grown = self.memory().into_iter().filter(|(_, growth)| !growth.is_none());
        let grown = grown.map(|(of, growth)| {
            format!("{name}: {of} grew from {} to {} bytes", growth.settled_bytes, growth.last_bytes)
        });
        let slow = (strict && self.within() == Some(false))
            .then(|| format!("{name}: p99 is {:.2} times what it is without, above {LIMIT}", self.ratio()));
        failed.chain(grown).chain(slow).collect()
    }

    pub fn print(&self) {
        let verdict = match self.within() {
            Some(true) => format!(", at most {LIMIT}: holds"),
            Some(false) => format!(", at most {LIMIT}: DOES NOT HOLD"),
            None => String::new(),
        };
        let (swaps, ratio) = (self.settled.len(), self.ratio());
        println!(
            "{}: {:.0} requests/s, {swaps} swaps; p99 {ratio:.2} times as long{verdict}",
            self.name, self.rate
        );
        println!("  alone: {}", self.alone.json());
        println!("  beside it: {}", self.beside.json());
    }

    pub fn json(&self) -> Value {
        let memory = |growth: &Growth| json!([growth.settled_bytes, growth.last_bytes]);
        let [own, resident] = self.memory().map(|(_, growth)| growth);
        let seconds: Vec<f64> = self.settled.iter().map(|settled| settled.seconds).collect();
        json!({
            "name": self.name,
            "requests_per_second": self.rate,
            "closed_per_second": self.closed.per_second(),
            "swaps": self.settled.len(),
            "versions_answering": self.beside.all.versions.len(),
            "mapped_index_files": self.settled.last().map(|settled| settled.mapped_index_files),
            "failed": self.failures().map(|(_, count)| count).sum::<u64>(),
            "alone": self.alone.json(),
            "beside": self.beside.json(),
            "p99_ratio": self.ratio(),
            "p99_within_limit": self.within(),
            "settled_after_seconds": seconds,
            "own_bytes": memory(&own),
            "resident_bytes": memory(&resident),
            "memory_flat": own.is_none() && resident.is_none(),
        })
    }
}

impl Runs {
    fn new() -> Result<Runs> {
        Ok(Runs { all: Run::new()?, p99_ms: Vec::new() })
    }

    fn push(&mut self, run: Run) -> Result<()> {
        self.p99_ms.push(run.quantile_ms(0.99));
        self.all.add(&run)
    }

    fn json(&self) -> Value {
        let ms = |quantile| self.all.quantile_ms(quantile);
        json!({
            "answers": self.all.answers(),
            "p50_ms": ms(0.5),
            "p99_ms": ms(0.99),
            "p99.9_ms": ms(0.999),
            "max_ms": ms(1.0),
            "p99_ms_by_round": self.p99_ms,
        })
    }
}

/// Memory after the first versions and after the last: medians, because a single one depends on what is under way.
struct Growth {
    settled_bytes: u64,
    last_bytes: u64,
}

impl Growth {
    fn of(bytes: Vec<u64>) -> Growth {
        let rest = bytes.get(SETTLING..).unwrap_or_default();
        let width = (rest.len() / 2).min(10);
        let median = |bytes: &[u64]| {
            let mut sorted = bytes.to_vec();
            sorted.sort_unstable();
            sorted.get(sorted.len() / 2).copied().unwrap_or(0)
        };
        Growth { settled_bytes: median(&rest[..width]), last_bytes: median(&rest[rest.len() - width..]) }
    }

    fn is_none(&self) -> bool {
        let (bytes, share) = ROOM;
        self.last_bytes <= self.settled_bytes + bytes + (self.settled_bytes as f64 * share) as u64
    }
}
