//! Gives a target its inputs.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::process::{Resource, Rlimit, setrlimit};

use super::corpus;
use super::fuzz::{TARGETS, Target};
use super::mutate::mutate;
use super::random::Random;

/// Where random numbers start from.
const SEED: u64 = 8;

/// What this process may take of memory: the program, its threads and what small inputs may ask for. An allocation
/// that does not fit ends the process.
const ADDRESS_SPACE_BYTES: u64 = 1 << 30;

/// Replays what there is of a target, then gives it mutations: so many, or for `FUZZ_SECONDS`.
pub fn rounds(name: &str, count: u64) {
    let limit = Some(ADDRESS_SPACE_BYTES);
    setrlimit(Resource::As, Rlimit { current: limit, maximum: limit }).unwrap();
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    let inputs = corpus::inputs(name);
    assert!(!inputs.is_empty());
    let watched = Watched::new(target);
    for (path, input) in &inputs {
        assert!(watched.passes(input), "{name} failed: {}", path.display());
    }
    let inputs: Vec<Vec<u8>> = inputs.into_iter().map(|(_, input)| input).collect();
    match setting("FUZZ_SECONDS") {
        None => mutations(&watched, &inputs, SEED, |round| round < count),
        Some(seconds) => {
            let seed = setting("FUZZ_SEED").unwrap_or_else(new_seed);
            println!("{name}: mutating {} inputs for {seconds} s, FUZZ_SEED={seed}", inputs.len());
            let (started, wanted) = (Instant::now(), Duration::from_secs(seconds));
            let mut done = 0;
            mutations(&watched, &inputs, seed, |round| {
                done = round;
                started.elapsed() < wanted
            });
            println!("{name}: {done} mutations");
        }
    }
    watched.end();
}

fn setting<T: FromStr>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text:?}")))
}

fn new_seed() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64
}

fn mutations(watched: &Watched, inputs: &[Vec<u8>], seed: u64, mut go_on: impl FnMut(u64) -> bool) {
    let (mut random, words) = (Random::new(seed), corpus::words(watched.target.name));
    for round in 0.. {
        if !go_on(round) {
            break;
        }
        let [input, other] = [(); 2].map(|()| &inputs[random.below(inputs.len())]);
        let input = mutate(&mut random, input, other, &words);
        if !watched.passes(&input) {
            let (name, kept) = (watched.target.name, corpus::keep(watched.target.name, &input));
            panic!("{name} failed: mutation {round} of seed {seed}, now in {}", kept.display());
        }
    }
}

/// A target whose present input is in the file `fuzz-NAME` below cargo's temporary directory: there it is found where
/// it ended the process (no memory, no stack) or does not end.
struct Watched {
    target: &'static Target,
    path: PathBuf,
    present: File,
}

impl Watched {
    fn new(target: &'static Target) -> Watched {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{}", target.name));
        Watched { target, present: File::create(&path).unwrap(), path }
    }

    fn passes(&self, input: &[u8]) -> bool {
        // Emptying the file first would make some file systems wait for the disk.
        self.present.write_all_at(input, 0).unwrap();
        self.present.set_len(input.len() as u64).unwrap();
        std::panic::catch_unwind(|| (self.target.run)(input)).is_ok()
    }

    fn end(self) {
        std::fs::remove_file(self.path).unwrap();
    }
}
