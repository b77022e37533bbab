//! The watcher without a single event: whatever happens to the directory, the newest complete version is opened at the
//! second poll at the latest, and a directory in which nothing happens is not listed again and again.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::tests::Scene;
use super::*;
use crate::directory::versions::file_name;
use crate::server::fixture::{PROFILES, index_bytes, publish};

/// Within so many polls a version is served that is there.
const POLLS: usize = 2;

/// A watched directory with version 1 in it, which is served and has not changed for long.
struct Settled {
    scene: Scene,
    directory: PathBuf,
}

impl Settled {
    /// The watched path leads to the directory `real`, through a link if it has another name.
    fn at(watched: &str, real: &str) -> Self {
        let mut scene = Scene::at(watched);
        let directory = scene.path().join(watched);
        fs::create_dir(scene.path().join(real)).unwrap();
        if watched != real {
            symlink(real, &directory).unwrap();
        }
        publish_long_ago(&directory, 1);
        assert_eq!(scene.polled(), 1);
        assert!(scene.watcher.known.is_some(), "nothing to look at before something changes");
        Settled { scene, directory }
    }

    fn new() -> Self {
        Self::at("index", "index")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.scene.path().join(name)
    }

    #[track_caller]
    fn serves_soon(&mut self, version: u64) {
        let served: Vec<u64> = (0..POLLS).map(|_| self.scene.polled()).collect();
        assert_eq!(served.last(), Some(&version), "{served:?}");
    }

    /// Has a file seen, and then makes it long since it and the directory have changed.
    fn rests(&mut self, path: &Path) {
        self.scene.polled();
        age(path);
        age(&self.directory);
    }

    /// Polls until the newest file is refused and nothing is expected any more. Gives the reason.
    #[track_caller]
    fn refuses(&mut self) -> String {
        let refused = self.scene.live.history().refused + 1;
        for _ in 0..=2 * decide::PATIENCE_POLLS {
            self.scene.polled();
        }
        let history = self.scene.live.history();
        assert_eq!((history.refused, history.degraded), (refused, true));
        assert!(!self.scene.watcher.earlier.awaits_something());
        assert!(self.scene.watcher.known.is_some());
        history.last_refused.unwrap().reason
    }
}

/// Makes it long since a path has changed: always the same time, so that nothing shows by it.
fn age(path: &Path) {
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    fs::File::open(path).unwrap().set_modified(long_ago).unwrap();
}

fn publish_now(directory: &Path, version: u64) {
    publish(directory, version, &index_bytes(&PROFILES));
}

/// Publishes a version so that the directory does not show it.
fn publish_long_ago(directory: &Path, version: u64) {
    age(&publish(directory, version, &index_bytes(&PROFILES)));
    age(directory);
}

#[test]
fn a_version_that_is_renamed_in_is_taken() {
    let mut settled = Settled::new();
    settled.scene.polled();
    publish_now(&settled.directory, 2);
    settled.serves_soon(2);
}

#[test]
fn another_directory_of_the_same_name_is_taken() {
    for keep in [true, false] {
        let mut settled = Settled::new();
        if keep {
            fs::rename(&settled.directory, settled.path("away")).unwrap();
        } else {
            fs::remove_dir_all(&settled.directory).unwrap();
        }
        fs::create_dir(&settled.directory).unwrap();
        publish_now(&settled.directory, 2);
        settled.serves_soon(2);
    }
}

#[test]
fn a_directory_that_becomes_a_link_is_followed_wherever_it_leads() {
    let mut settled = Settled::new();
    fs::rename(&settled.directory, settled.path("away")).unwrap();
    for (name, version) in [("one", 2), ("two", 3)] {
        fs::create_dir(settled.path(name)).unwrap();
        publish_now(&settled.path(name), version);
        symlink(name, settled.path("next")).unwrap();
        fs::rename(settled.path("next"), &settled.directory).unwrap();
        settled.serves_soon(version);
    }
}

#[test]
fn a_link_behind_the_directory_that_is_swung_is_followed() {
    let mut settled = Settled::at("..data", "revision-1");
    fs::create_dir(settled.path("revision-2")).unwrap();
    publish_now(&settled.path("revision-2"), 2);
    symlink("revision-2", settled.path("..next")).unwrap();
    fs::rename(settled.path("..next"), settled.path("..data")).unwrap();
    settled.serves_soon(2);
}

#[test]
fn a_link_that_waits_for_what_it_leads_to_is_refused_and_then_taken() {
    let mut settled = Settled::new();
    symlink(settled.path("outside"), settled.directory.join(file_name(2))).unwrap();
    for _ in 0..=decide::PATIENCE_POLLS {
        settled.scene.polled();
    }
    age(&settled.directory);
    let history = settled.scene.live.history();
    assert_eq!((history.refused, history.degraded), (1, true));
    assert_eq!(history.last_refused.unwrap().reason, "a symbolic link that leads nowhere");
    fs::write(settled.path("outside"), index_bytes(&PROFILES)).unwrap();
    settled.serves_soon(2);
    assert!(!settled.scene.live.history().degraded);
}

#[test]
fn a_file_that_is_copied_in_with_long_pauses_is_refused_in_each_and_taken_when_it_is_whole() {
    let mut settled = Settled::new();
    let bytes = index_bytes(&PROFILES);
    let path = settled.directory.join(file_name(2));
    let mut file = fs::File::create(&path).unwrap();
    let mut written = 0;
    for length in [100, 200, bytes.len() - 1] {
        file.write_all(&bytes[written..length]).unwrap();
        written = length;
        settled.rests(&path);
        assert!(settled.refuses().contains("incomplete"));
    }
    file.write_all(&bytes[written..]).unwrap();
    settled.serves_soon(2);
}

#[test]
fn a_file_that_had_its_length_before_its_content_is_taken_when_it_is_whole() {
    let mut settled = Settled::new();
    let bytes = index_bytes(&PROFILES);
    let path = settled.directory.join(file_name(2));
    let mut file = fs::File::create(&path).unwrap();
    file.set_len(bytes.len() as u64).unwrap();
    settled.rests(&path);
    assert!(settled.refuses().contains("magic"));
    file.write_all(&bytes).unwrap();
    settled.serves_soon(2);
}

#[test]
fn a_directory_in_which_nothing_happens_is_listed_only_now_and_then() {
    let mut settled = Settled::new();
    publish_long_ago(&settled.directory, 2);
    let served: Vec<u64> = (0..=FULL_LOOK_POLLS).map(|_| settled.scene.polled()).collect();
    let (last, before) = served.split_last().unwrap();
    assert!(
        before.iter().all(|&version| version == 1),
        "the stamp says that nothing has changed: {served:?}"
    );
    assert_eq!(*last, 2, "stamps can lie");
}

/// Also when most of what is in it is none of the server's business.
#[test]
fn a_full_directory_is_listed_no_more_often() {
    let mut settled = Settled::new();
    for number in 0..5_000 {
        fs::write(settled.directory.join(format!("index-{number:07}.knd")), "").unwrap();
    }
    age(&settled.directory);
    settled.scene.polled();
    let polls = 4 * (FULL_LOOK_POLLS + 1);
    let mut looks = 0;
    for _ in 0..polls {
        settled.scene.polled();
        looks += usize::from(settled.scene.watcher.polls_since_look == 0);
    }
    assert_eq!(looks, 4, "in {polls} polls");
    publish_now(&settled.directory, 2);
    settled.serves_soon(2);
}
