//! Which old versions go when a new one has come.

use std::fs;
use std::path::Path;

use kindred::directory::versions::{VersionFile, list, read_pin};

use super::record;

/// The fewest good versions that stay: the one that was just published, and one to go back to.
const FEWEST: usize = 2;

/// Removes what is older than the newest `keep` good versions, `published` among them, and older than the newest good
/// one before `published`, however small `keep` is. Damaged versions do not count, and go when they are old. The
/// pinned one stays. `is_good` is asked only where something may have to go.
pub(super) fn remove_old(
    directory: &Path,
    published: u64,
    keep: usize,
    is_good: impl Fn(&Path) -> bool,
) -> Vec<u64> {
    let (versions, pinned) = match (list(directory), read_pin(directory)) {
        (Ok(versions), Ok(pinned)) => (versions, pinned),
        (Err(error), _) => {
            tracing::warn!(directory = %directory.display(), %error, "old versions are kept: listing failed");
            return Vec::new();
        }
        (_, Err(error)) => {
            tracing::warn!(directory = %directory.display(), %error, "old versions are kept: one may be pinned");
            return Vec::new();
        }
    };
    let others: Vec<VersionFile> = versions.into_iter().filter(|file| file.version != published).collect();
    let others_kept = keep.max(FEWEST) - 1;
    let old = beyond(&others, others_kept, |file| {
        let good = is_good(&file.path);
        if !good {
            tracing::warn!(file = %file.path.display(), "a damaged version does not count for --keep");
        }
        good
    });
    let mut removed = Vec::new();
    for file in old.iter().filter(|file| Some(file.version) != pinned) {
        match fs::remove_file(&file.path) {
            Ok(()) => {
                removed.push(file.version);
                record::remove(directory, file.version);
            }
            Err(error) => tracing::warn!(file = %file.path.display(), %error, "an old version is kept"),
        }
    }
    removed
}

/// The versions, which are in ascending order, that are older than the newest `keep` good ones.
fn beyond(
    versions: &[VersionFile],
    keep: usize,
    mut is_good: impl FnMut(&VersionFile) -> bool,
) -> &[VersionFile] {
    if versions.len() <= keep {
        return &[];
    }
    let mut good = 0;
    for (place, file) in versions.iter().enumerate().rev() {
        good += usize::from(is_good(file));
        if good == keep {
            return versions.get(..place).unwrap_or_default();
        }
    }
    &[]
}

#[cfg(test)]
mod tests {
    use super::*;
    use kindred::directory::pin;
    use kindred::directory::versions::file_name;

    /// A directory with these versions, of which those in lower case are damaged. The one in brackets is pinned.
    fn directory_of(versions: &str) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        let mut version = 0;
        let mut is_pinned = false;
        for kind in versions.chars() {
            match kind {
                '[' => is_pinned = true,
                ']' => is_pinned = false,
                kind => {
                    version += 1;
                    let content = if kind.is_uppercase() { "good" } else { "damaged" };
                    fs::write(directory.path().join(file_name(version)), content).unwrap();
                    if is_pinned {
                        pin::write(directory.path(), version).unwrap();
                    }
                }
            }
        }
        directory
    }

    fn left(versions: &str, keep: usize) -> Vec<u64> {
        let directory = directory_of(versions);
        let there = list(directory.path()).unwrap();
        let published = there.last().unwrap().version;
        let is_good = |path: &Path| fs::read(path).unwrap() == b"good";
        let removed = remove_old(directory.path(), published, keep, is_good);
        let left: Vec<u64> = list(directory.path()).unwrap().iter().map(|file| file.version).collect();
        let mut all = [removed, left.clone()].concat();
        all.sort_unstable();
        assert_eq!(all, there.iter().map(|file| file.version).collect::<Vec<_>>());
        left
    }

    #[test]
    fn only_good_versions_count() {
        assert_eq!(left("GGGG", 3), [2, 3, 4]);
        assert_eq!(left("GddG", 3), [1, 2, 3, 4]);
        assert_eq!(left("GGddG", 3), [1, 2, 3, 4, 5]);
        assert_eq!(left("GGGddG", 3), [2, 3, 4, 5, 6]);
        assert_eq!(left("dGdGdG", 3), [2, 3, 4, 5, 6]);
        assert_eq!(left("dddG", 3), [1, 2, 3, 4], "there may be something to be had of them");
    }

    #[test]
    fn the_last_good_version_before_the_new_one_stays_however_few_are_to_be_kept() {
        for keep in [0, 1, 2] {
            assert_eq!(left("GGddG", keep), [2, 3, 4, 5], "{keep}");
            assert_eq!(left("GGG", keep), [2, 3], "{keep}");
            assert_eq!(left("G", keep), [1], "{keep}");
        }
    }

    #[test]
    fn the_pinned_version_stays_good_or_not() {
        assert_eq!(left("[G]GGGG", 2), [1, 4, 5]);
        assert_eq!(left("[d]GGGG", 2), [1, 4, 5]);
        assert_eq!(left("G[d]dGG", 2), [2, 4, 5]);
        assert_eq!(left("GG[G]dG", 2), [3, 4, 5]);
    }

    #[test]
    fn every_mix_leaves_the_way_back() {
        for mix in 0..64u32 {
            for keep in 1..5 {
                let kinds: String = (0..6).map(|bit| if mix >> bit & 1 == 1 { 'G' } else { 'd' }).collect();
                let left = left(&format!("{kinds}G"), keep);
                let good: Vec<u64> = (1..=6).filter(|&version| mix >> (version - 1) & 1 == 1).collect();
                let wanted = &good[good.len().saturating_sub(keep.max(2) - 1)..];
                assert!(wanted.iter().all(|version| left.contains(version)), "{kinds} {keep}: {left:?}");
                assert!(left.contains(&7));
            }
        }
    }

    #[test]
    fn nothing_is_verified_where_nothing_has_to_go() {
        let directory = directory_of("GGG");
        let removed = remove_old(directory.path(), 3, 3, |_| panic!("asked"));
        assert!(removed.is_empty());
    }
}
