//! What the processes of a server have in memory, from `/proc`.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

/// Between two looks for the peak.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// A process and all that it has started, directly or not, and that still run.
pub fn processes(root: u32) -> Result<Vec<u32>> {
    let mut parents = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let Some(process) = entry?.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        // What has ended since is left out.
        let Ok(stat) = fs::read_to_string(format!("/proc/{process}/stat")) else { continue };
        // The name before may hold anything: "12 (name) S 1 ...".
        let parent = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(1));
        parents.push((process, parent.and_then(|parent| parent.parse::<u32>().ok()).unwrap_or(0)));
    }
    let mut family = vec![root];
    let mut next = 0;
    while let Some(&parent) = family.get(next) {
        family.extend(parents.iter().filter(|&&(_, of)| of == parent).map(|&(process, _)| process));
        next += 1;
    }
    Ok(family)
}

/// The sum of their shares of the memory they map: what several of them map counts once.
pub fn proportional_bytes(root: u32) -> Result<u64> {
    let rollups = processes(root)?
        .into_iter()
        .filter_map(|process| fs::read_to_string(format!("/proc/{process}/smaps_rollup")).ok());
    let shares: Vec<u64> = rollups.filter_map(|rollup| proportional_kibibytes(&rollup)).collect();
    (!shares.is_empty()).then(|| 1024 * shares.iter().sum::<u64>()).context("no process says how much it has")
}

fn proportional_kibibytes(rollup: &str) -> Option<u64> {
    let value = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    value.trim().trim_end_matches("kB").trim().parse().ok()
}

/// The most that they have while something runs, and what that gives.
pub fn peak<T>(root: u32, run: impl FnOnce() -> Result<T>) -> Result<(u64, T)> {
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        let looking = scope.spawn(|| {
            let mut peak = 0;
            while !ended.load(Ordering::Relaxed) {
                peak = peak.max(proportional_bytes(root)?);
                thread::sleep(LOOK_EVERY);
            }
            anyhow::Ok(peak)
        });
        let result = run();
        ended.store(true, Ordering::Relaxed);
        let peak = looking.join().map_err(|_| anyhow::anyhow!("the thread that looks panicked"))??;
        Ok((peak, result?))
    })
}

/// The index files that they map, each once.
pub fn mapped_indexes(root: u32) -> Result<Vec<String>> {
    let mut files = Vec::new();
    for process in processes(root)? {
        let maps = fs::read_to_string(format!("/proc/{process}/maps")).unwrap_or_default();
        let names = maps.lines().filter_map(|line| line.rsplit('/').next());
        files.extend(names.filter(|name| name.starts_with("index-")).map(str::to_owned));
    }
    files.sort_unstable();
    files.dedup();
    Ok(files)
}
