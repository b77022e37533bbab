//! The hand-over of generations in every order in which threads can take their steps, by loom.
//!
//! [`Retired`] is the watcher's own. The place that readers take a generation from is a stand-in, because arc-swap
//! cannot run under loom: taking a reference and replacing are one step each, which is what arc-swap promises.

use loom::cell::UnsafeCell;
use loom::model::Builder;
use loom::sync::{Arc, Mutex};
use loom::thread;

use super::*;

/// Switches away from a thread that could go on, at most, in one run: some 6,000 runs. Without a bound there are too many.
const PREEMPTIONS: usize = 4;

/// A generation. Loom fails when one thread writes to the cell while or after another reads it, unless the write is
/// ordered behind the read.
struct Mapped {
    version: u64,
    pages: UnsafeCell<()>,
}

impl Mapped {
    fn read(&self) -> u64 {
        self.pages.with(|_| ());
        self.version
    }

    fn unmap(&self) {
        self.pages.with_mut(|_| ());
    }
}

impl<T> Counted for Arc<T> {
    type Value = T;

    fn try_unwrap(self) -> Result<T, Arc<T>> {
        Arc::try_unwrap(self)
    }
}

/// Where readers take a generation from.
struct Place(Mutex<Arc<Mapped>>);

impl Place {
    fn current(&self) -> Arc<Mapped> {
        Arc::clone(&self.0.lock().unwrap())
    }

    fn replace(&self, version: u64) -> Arc<Mapped> {
        std::mem::replace(&mut self.0.lock().unwrap(), generation(version))
    }
}

fn generation(version: u64) -> Arc<Mapped> {
    Arc::new(Mapped { version, pages: UnsafeCell::new(()) })
}

/// Two requests, the second of which hands its reference to a thread that searches.
fn requests(place: &Place) {
    let first = place.current().read();
    let generation = place.current();
    let searching = Arc::clone(&generation);
    let second = searching.read();
    drop(searching);
    assert_eq!(generation.read(), second, "a request has one generation to its end");
    assert!(first <= second, "version {second} after {first}");
}

/// Swaps twice while others read, and looks at what is retired after every swap and once in the end. Gives the number
/// of generations that were unmapped.
fn hand_over<R: Counted>(retire: fn(Arc<Mapped>) -> R, unmap: fn(R::Value)) -> usize {
    const READERS: usize = 2;
    let place = Arc::new(Place(Mutex::new(generation(1))));
    let readers: Vec<_> = (0..READERS)
        .map(|_| {
            let place = Arc::clone(&place);
            thread::spawn(move || requests(&place))
        })
        .collect();
    let mut retired = Retired::default();
    let mut unmapped = 0;
    let mut sweep = |retired: &mut Retired<R>| {
        retired.sweep(|value| {
            unmap(value);
            unmapped += 1;
        });
    };
    for version in 2..=3 {
        retired.add(Some(retire(place.replace(version))));
        sweep(&mut retired);
    }
    readers.into_iter().for_each(|reader| reader.join().unwrap());
    sweep(&mut retired);
    unmapped
}

fn in_every_order(model: impl Fn() + Send + Sync + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = Some(PREEMPTIONS);
    builder.check(model);
}

#[test]
fn nobody_reads_what_is_unmapped_and_everything_is_unmapped_in_the_end() {
    in_every_order(|| assert_eq!(hand_over(|one| one, |mapped| mapped.unmap()), 2));
}

/// A reference that is not counted: the list takes it for the only one.
struct Uncounted(Arc<Mapped>);

impl Counted for Uncounted {
    type Value = Arc<Mapped>;

    fn try_unwrap(self) -> Result<Arc<Mapped>, Uncounted> {
        Ok(self.0)
    }
}

#[test]
#[should_panic(expected = "Causality violation")]
fn the_model_finds_a_watcher_that_does_not_count() {
    in_every_order(|| assert_eq!(hand_over(Uncounted, |mapped| mapped.unmap()), 2));
}

#[test]
fn what_is_used_stays_until_it_is_not() {
    let used = std::sync::Arc::new(1);
    let mut retired = Retired::default();
    retired.add(Some(std::sync::Arc::clone(&used)));
    retired.add(Some(std::sync::Arc::new(2)));
    retired.add(None);
    let mut taken = Vec::new();
    retired.sweep(|value| taken.push(value));
    assert_eq!(taken, [2]);
    drop(used);
    retired.sweep(|value| taken.push(value));
    assert_eq!(taken, [2, 1]);
    retired.sweep(|_| panic!("nothing is left"));
}
