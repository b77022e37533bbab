//! What a request pays to get the current generation, while nobody and while somebody replaces it: by `ArcSwap`, as
//! `server::live` does, and by an `RwLock` around an `Arc` beside it.
//!
//! `load` is one thread's cost. `contended` is the cost with a second thread that loads all the time, which is where a
//! counter or a lock that both write to shows. While swapping, another thread replaces the value every 100 microseconds;
//! a real server does so once in hours.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread;
use std::time::Duration;

use arc_swap::ArcSwap;
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion};

const PAUSE: Duration = Duration::from_micros(100);

/// About what a generation holds besides its map.
type Generation = [u64; 32];

/// A place for a value that can be replaced while it is read.
trait Place: Sync {
    fn load(&self) -> Arc<Generation>;
    fn store(&self, generation: Arc<Generation>);
}

impl Place for ArcSwap<Generation> {
    fn load(&self) -> Arc<Generation> {
        self.load_full()
    }

    fn store(&self, generation: Arc<Generation>) {
        ArcSwap::store(self, generation);
    }
}

impl Place for RwLock<Arc<Generation>> {
    fn load(&self) -> Arc<Generation> {
        Arc::clone(&self.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn store(&self, generation: Arc<Generation>) {
        *self.write().unwrap_or_else(PoisonError::into_inner) = generation;
    }
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("swap");
    bench(&mut group, "arc_swap", &ArcSwap::from_pointee([0; 32]));
    bench(&mut group, "rwlock", &RwLock::new(Arc::new([0; 32])));
    group.finish();
    criterion.final_summary();
}

fn bench(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, place: &impl Place) {
    let read = || {
        black_box(place.load());
    };
    let replace = || {
        place.store(Arc::new([1; 32]));
        thread::sleep(PAUSE);
    };
    group.bench_function(format!("{name}/load"), |bencher| bencher.iter(read));
    group.bench_function(format!("{name}/store"), |bencher| bencher.iter(|| place.store(Arc::new([2; 32]))));
    meanwhile(read, || group.bench_function(format!("{name}/contended"), |bencher| bencher.iter(read)));
    meanwhile(replace, || group.bench_function(format!("{name}/swapping"), |bencher| bencher.iter(read)));
}

/// Runs something while another thread does something else again and again.
fn meanwhile<T>(other: impl Fn() + Sync + Send, what: impl FnOnce() -> T) {
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                other();
            }
        });
        what();
        stop.store(true, Ordering::Relaxed);
    });
}
