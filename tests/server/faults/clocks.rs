//! Clocks that go back: versions are numbers, and no time of a file or of the system decides which is newer.
//! That the system's clock is set back while both programs use it is in `tests/system/faults.sh`.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::super::fixture::Place;
use super::scene::{Scene, good};

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;
const YEAR_2100: u64 = 4_102_444_800;

fn set_time(path: &Path, time: SystemTime) {
    File::open(path).unwrap().set_modified(time).unwrap();
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap().as_secs()
}

#[test]
fn versions_ascend_whatever_the_time_of_a_build_is() {
    let mut scene = Scene::new();
    let now = seconds(SystemTime::now());
    for (version, time) in (2..).zip([now, now - HOUR, now - DAY, 1, YEAR_2100, now - HOUR]) {
        let mut build = scene.build_command(version);
        let output = build.env("SOURCE_DATE_EPOCH", time.to_string()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let good = scene.learn(version);
        scene.takes(version, &good);
        if time > now {
            scene.assert_metric("kindred_index_age_seconds", 0);
        }
    }
}

#[test]
fn versions_go_by_their_numbers_whatever_the_times_of_files_are() {
    let place = Place::new();
    fs::create_dir(place.index()).unwrap();
    let now = SystemTime::now();
    let times = [
        UNIX_EPOCH + Duration::from_secs(YEAR_2100),
        now,
        now - Duration::from_secs(HOUR),
        now - Duration::from_secs(DAY),
        UNIX_EPOCH + Duration::from_secs(1),
    ];
    // The later the version, the older its file; each comes with its time, as a copy that keeps times does.
    let publish = |place: &Place, version: u64, time: SystemTime, bytes: &[u8]| {
        let aside = place.path().join("aside");
        fs::write(&aside, bytes).unwrap();
        set_time(&aside, time);
        fs::rename(&aside, place.version_file(version)).unwrap();
    };
    let goods: Vec<_> = (1..).zip(times).map(|(build, time)| (build, time, good(&place, build))).collect();
    for (version, time, good) in &goods[..2] {
        publish(&place, *version, *time, &good.bytes);
    }
    let mut scene = Scene::serving(place);
    scene.takes(2, &goods[1].2);
    for (version, time, good) in &goods[2..] {
        // Nor do the times of the directory and of the lock file count.
        set_time(&scene.place.index(), *time);
        publish(&scene.place, *version, *time, &good.bytes);
        scene.takes(*version, good);
    }
    let build = scene.build_command(6).output().unwrap();
    assert!(build.status.success(), "{build:?}");
    set_time(&scene.place.index().join("builder.lock"), times[0]);
    let sixth = scene.learn(6);
    scene.takes(6, &sixth);
    assert!(scene.build_command(7).output().unwrap().status.success());
    let seventh = scene.learn(7);
    scene.takes(7, &seventh);
}
