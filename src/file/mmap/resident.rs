//! How much of a map is in memory.

use std::fs::File;
use std::os::fd::{AsFd as _, AsRawFd as _};

use rustix::fs::{Access, AtFlags, CWD, accessat};

/// Pages that one call asks about.
const RUN: usize = 64;
/// Calls for one answer, a few milliseconds in all. Up to 256 MiB of ordinary pages that is every page.
const RUNS: usize = 1024;

/// Whether the system tells what is in memory of a file. Of one that this process could not write, it says that
/// everything is, so that nobody learns what others read (mincore(2)).
pub fn is_told_about(file: &File) -> bool {
    // By the descriptor: the path may lead elsewhere by now, or nowhere.
    let path = format!("/proc/self/fd/{}", file.as_fd().as_raw_fd());
    let is_writable = || accessat(CWD, path.as_str(), Access::WRITE_OK, AtFlags::EACCESS).is_ok();
    let is_own =
        || rustix::fs::fstat(file).is_ok_and(|stat| stat.st_uid == rustix::process::geteuid().as_raw());
    is_own() || is_writable()
}

/// The share of a map's pages that are in memory, from 0 to 1; `None` for an empty map, or where the system does not say.
/// Of a long map, evenly spread runs of pages are looked at.
pub fn resident_share(map: &[u8]) -> Option<f64> {
    let page = rustix::param::page_size();
    let pages = map.len().div_ceil(page);
    let runs = pages.div_ceil(RUN);
    let looked_at = runs.min(RUNS);
    let (mut resident, mut asked) = (0, 0);
    for number in 0..looked_at {
        // Below `runs`, because `number` is below `looked_at`; as 128 bits, the product cannot overflow.
        let run = (number as u128 * runs as u128 / looked_at as u128) as usize;
        let bytes = map.get(run * RUN * page..)?;
        let bytes = bytes.get(..RUN * page).unwrap_or(bytes);
        resident += resident_pages(bytes, page)?;
        asked += bytes.len().div_ceil(page);
    }
    (asked > 0).then(|| resident as f64 / asked as f64)
}

/// How many of at most [`RUN`] pages are in memory. The first byte is the first of a page.
fn resident_pages(bytes: &[u8], page: usize) -> Option<usize> {
    let mut states = [0u8; RUN];
    let pages = bytes.len().div_ceil(page);
    let states = states.get_mut(..pages)?;
    // SAFETY: `bytes` is mapped for as long as it is borrowed, and the call only looks at its page tables. It writes one
    // byte for each page that the range touches: as many as `states` has, because the range begins on a page (else the
    // call fails with EINVAL and writes nothing).
    let result =
        unsafe { libc::mincore(bytes.as_ptr().cast_mut().cast(), bytes.len(), states.as_mut_ptr().cast()) };
    // The other bits have no meaning.
    (result == 0).then(|| states.iter().filter(|&&state| state & 1 == 1).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_that_were_never_touched_are_not_in_memory() {
        let page = rustix::param::page_size();
        // Longer than what is looked at page by page, and nothing in it but what is written here.
        let pages = 4 * RUN * RUNS + 7;
        let mut map = memmap2::MmapOptions::new().len(pages * page).no_reserve_swap().map_anon().unwrap();
        // Pages of the ordinary size: otherwise touching one brings its neighbours.
        map.advise(memmap2::Advice::NoHugePage).unwrap();
        assert_eq!(resident_share(&map), Some(0.0));
        // The first run is always looked at.
        for number in 0..RUN {
            map[number * page] = 1;
        }
        assert_eq!(resident_share(&map), Some(1.0 / RUNS as f64));
        let exactly = &map[..2 * RUN * page + 1];
        assert_eq!(resident_share(exactly), Some(RUN as f64 / (2 * RUN + 1) as f64));
        assert_eq!(resident_share(&[]), None);
    }

    #[test]
    fn a_map_that_begins_between_two_pages_is_not_looked_at() {
        let map = memmap2::MmapOptions::new().len(100_000).map_anon().unwrap();
        assert_eq!(resident_share(&map[1..]), None);
    }
}
