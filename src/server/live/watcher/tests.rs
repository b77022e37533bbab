//! The watcher on real files, turn by turn, without its thread.

use std::fs;
use std::path::Path;

use super::*;
use crate::directory::versions::PIN_FILE;
use crate::server::fixture::{PROFILES, index_bytes, publish};

pub(super) struct Scene {
    dir: tempfile::TempDir,
    pub(super) live: Arc<LiveIndex>,
    pub(super) watcher: Watcher,
}

impl Scene {
    pub(super) fn new() -> Self {
        Self::at("")
    }

    /// Watches a path inside a fresh directory.
    pub(super) fn at(relative: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let live = Arc::new(LiveIndex::default());
        let settings = Settings {
            directory: dir.path().join(relative),
            poll_interval: Duration::from_secs(3600),
            residency: Residency::Mapped,
            traces: Traces::default(),
        };
        let metrics = Arc::new(IndexMetrics::new().unwrap());
        let (watcher, _) = Watcher::new(settings, Arc::clone(&live), metrics);
        Scene { dir, live, watcher }
    }

    pub(super) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(super) fn publish(&self, version: u64) {
        publish(self.path(), version, &index_bytes(&PROFILES));
    }

    /// The version served after a poll; 0 for none.
    pub(super) fn polled(&mut self) -> u64 {
        self.watcher.poll();
        self.live.current().map_or(0, |generation| generation.version)
    }
}

#[test]
fn versions_are_served_as_they_come() {
    let mut scene = Scene::new();
    assert_eq!(scene.polled(), 0);
    for version in [1, 2, 5] {
        scene.publish(version);
        assert_eq!(scene.polled(), version);
    }
    let history = scene.live.history();
    assert_eq!((history.swaps, history.refused, history.degraded), (2, 0, false));
}

#[test]
fn a_directory_that_comes_late_goes_and_comes_again_is_followed() {
    let mut scene = Scene::at("later");
    let later = scene.path().join("later");
    assert_eq!(scene.polled(), 0);
    fs::create_dir(&later).unwrap();
    publish(&later, 1, &index_bytes(&PROFILES));
    assert_eq!(scene.polled(), 1);
    fs::remove_dir_all(&later).unwrap();
    assert_eq!(scene.polled(), 1, "what is mapped stays");
    fs::create_dir(&later).unwrap();
    publish(&later, 2, &index_bytes(&PROFILES));
    assert_eq!(scene.polled(), 2);
}

#[test]
fn a_link_that_is_turned_to_another_directory_is_followed() {
    let mut scene = Scene::at("current");
    for (name, version) in [("one", 1), ("two", 2)] {
        fs::create_dir(scene.path().join(name)).unwrap();
        publish(&scene.path().join(name), version, &index_bytes(&PROFILES));
    }
    let turn = |scene: &Scene, to: &str| {
        std::os::unix::fs::symlink(to, scene.path().join("next")).unwrap();
        fs::rename(scene.path().join("next"), scene.path().join("current")).unwrap();
    };
    turn(&scene, "one");
    assert_eq!(scene.polled(), 1);
    turn(&scene, "two");
    assert_eq!(scene.polled(), 2);
}

#[test]
fn a_link_inside_the_directory_may_lead_nowhere_at_first() {
    let mut scene = Scene::new();
    std::os::unix::fs::symlink("data", scene.path().join("index-00000003.knd")).unwrap();
    assert_eq!(scene.polled(), 0);
    fs::write(scene.path().join("data"), index_bytes(&PROFILES)).unwrap();
    assert_eq!(scene.polled(), 3);
}

#[test]
fn a_broken_newest_file_is_refused_once_and_the_served_one_stays() {
    let mut scene = Scene::new();
    scene.publish(1);
    assert_eq!(scene.polled(), 1);
    let mut bytes = index_bytes(&PROFILES);
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    publish(scene.path(), 2, &bytes);
    for _ in 0..3 {
        assert_eq!(scene.polled(), 1);
    }
    let history = scene.live.history();
    assert_eq!((history.swaps, history.refused, history.degraded), (0, 1, true));
    let refusal = history.last_refused.unwrap();
    assert_eq!(refusal.file, "index-00000002.knd");
    assert!(refusal.reason.contains("checksum"), "{}", refusal.reason);
    scene.publish(3);
    assert_eq!(scene.polled(), 3);
    assert!(!scene.live.history().degraded);
}

#[test]
fn a_file_copied_slowly_is_served_when_it_is_whole_and_one_left_short_is_refused() {
    let mut scene = Scene::new();
    let bytes = index_bytes(&PROFILES);
    let path = scene.path().join("index-00000001.knd");
    for length in [0, 5, 127, 128, 500, bytes.len() - 1] {
        fs::write(&path, &bytes[..length]).unwrap();
        assert_eq!(scene.polled(), 0);
    }
    fs::write(&path, &bytes).unwrap();
    assert_eq!(scene.polled(), 1);
    assert_eq!(scene.live.history().refused, 0);
    publish(scene.path(), 2, &bytes[..500]);
    for _ in 0..3 {
        assert_eq!(scene.live.history().refused, 0);
        assert_eq!(scene.polled(), 1);
    }
    assert_eq!(scene.live.history().refused, 1);
}

#[test]
fn a_pin_goes_back_and_taking_it_away_goes_forward() {
    let mut scene = Scene::new();
    for version in [1, 2, 3] {
        scene.publish(version);
    }
    assert_eq!(scene.polled(), 3);
    let pin = scene.path().join(PIN_FILE);
    for (content, version, degraded) in
        [("1\n", 1, false), ("2\n", 2, false), ("77\n", 2, true), ("nonsense", 2, true)]
    {
        fs::write(&pin, content).unwrap();
        assert_eq!(scene.polled(), version, "{content}");
        assert_eq!(scene.live.history().degraded, degraded, "{content}");
    }
    fs::remove_file(&pin).unwrap();
    assert_eq!(scene.polled(), 3);
    assert!(!scene.live.history().degraded);
}

#[test]
fn a_served_file_that_is_changed_in_place_is_replaced_by_the_next_readable_one() {
    let mut scene = Scene::new();
    scene.publish(1);
    scene.publish(2);
    assert_eq!(scene.polled(), 2);
    let mut bytes = index_bytes(&PROFILES);
    // A change of length shows even where time stamps are coarse.
    bytes.push(0);
    fs::write(scene.path().join("index-00000002.knd"), &bytes).unwrap();
    assert_eq!(scene.polled(), 1);
    assert!(scene.live.history().degraded);
    fs::remove_file(scene.path().join("index-00000002.knd")).unwrap();
    fs::write(scene.path().join("index-00000001.knd"), &bytes).unwrap();
    assert_eq!(scene.polled(), 0);
}

#[test]
fn a_retired_generation_is_unmapped_when_its_last_request_has_ended() {
    let mut scene = Scene::new();
    scene.publish(1);
    scene.polled();
    let in_use = scene.live.current().unwrap();
    let released = Arc::downgrade(&in_use);
    scene.publish(2);
    scene.polled();
    assert_eq!(scene.polled(), 2);
    assert!(in_use.is_intact());
    drop(in_use);
    assert!(released.upgrade().is_some(), "the thread that ends a request unmaps nothing");
    scene.polled();
    assert!(released.upgrade().is_none());
}

#[test]
fn events_wake_the_watcher_and_its_own_reading_does_not() {
    let mut scene = Scene::new();
    scene.polled();
    scene.publish(1);
    // Bounded only for a system without events, where this test has nothing to say.
    if scene.watcher.observed.as_ref().is_none_or(|(_, watcher)| watcher.is_none()) {
        return;
    }
    assert_eq!(scene.watcher.sleeper.sleep(Duration::from_secs(60)), Cause::Event);
    assert_eq!(scene.polled(), 1);
}

#[test]
fn suppressed_ids_are_taken_out_of_every_version_at_once() {
    let mut scene = Scene::new();
    let list = scene.path().join(SUPPRESSED_FILE);
    let suppressed = |scene: &Scene| scene.live.current().unwrap().suppressed.len();
    fs::write(&list, "a\n").unwrap();
    scene.publish(1);
    assert_eq!((scene.polled(), suppressed(&scene)), (1, 1), "from the first answer on");
    fs::write(&list, "a\nzero\nnobody\n").unwrap();
    assert_eq!((scene.polled(), suppressed(&scene)), (1, 2));
    scene.publish(2);
    assert_eq!((scene.polled(), suppressed(&scene)), (2, 2));
    fs::write(scene.path().join(PIN_FILE), "1\n").unwrap();
    assert_eq!((scene.polled(), suppressed(&scene)), (1, 2), "an older version brings nobody back");
    fs::remove_file(&list).unwrap();
    assert_eq!((scene.polled(), suppressed(&scene)), (1, 0));
    assert_eq!(scene.live.history().swaps, 2, "a change of the list is no swap");
}

#[test]
fn a_list_that_cannot_be_read_changes_nothing_and_nothing_is_served_before_it_was_read() {
    let mut scene = Scene::new();
    let list = scene.path().join(SUPPRESSED_FILE);
    fs::create_dir(&list).unwrap();
    scene.publish(1);
    assert_eq!(scene.polled(), 0, "somebody who has left could be in it");
    fs::remove_dir(&list).unwrap();
    fs::write(&list, "a\n").unwrap();
    assert_eq!(scene.polled(), 1);
    fs::remove_file(&list).unwrap();
    fs::create_dir(&list).unwrap();
    scene.publish(2);
    assert_eq!(scene.polled(), 1);
    assert_eq!(scene.live.current().unwrap().suppressed.len(), 1, "what was suppressed still is");
    fs::remove_dir(&list).unwrap();
    assert_eq!(scene.polled(), 2);
}
