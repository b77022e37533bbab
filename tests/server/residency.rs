//! A served file that is cut, overwritten or unlinked under requests: right answers or 503, and the process lives.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::fixture::{Place, await_version, random_vectors, source_of};
use super::http::{Connection, get};
use super::process::{Server, eventually};

const PROFILES: usize = 3_000;
const CLIENTS: usize = 3;

/// The answers that are right, by what was asked.
struct Truth(Vec<(String, Vec<u8>)>);

impl Truth {
    fn of(server: &Server) -> Truth {
        let targets = (0..40).flat_map(|number| {
            let id = number * 70;
            [
                format!("/recommend/p{id}/10"),
                format!("/profiles/p{id}"),
                format!("/recommend/p{id}/20?exact=true"),
                format!("/recommend/p{id}/10?ef=50"),
            ]
        });
        let mut connection = Connection::open(server.address).unwrap();
        Truth(
            targets
                .map(|target| {
                    let response = connection.get(&target);
                    assert_eq!(response.status, 200, "{target}");
                    (target, response.body)
                })
                .collect(),
        )
    }
}

/// What the clients of a [`while_asked`] have seen.
struct Seen {
    right: AtomicU64,
    unavailable: AtomicU64,
}

/// Harms the index while clients ask all the time, until `until` is so. Every answer is right or 503.
fn while_asked(server: &Server, truth: &Truth, harm: impl FnOnce(), until: impl Fn(&Seen) -> bool) -> Seen {
    let stop = AtomicBool::new(false);
    let seen = Seen { right: AtomicU64::new(0), unavailable: AtomicU64::new(0) };
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (stop, seen) = (&stop, &seen);
            scope.spawn(move || {
                let mut connection = Connection::open(server.address).unwrap();
                for (target, body) in truth.0.iter().cycle().skip(client * 37) {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let response = connection.get(target);
                    match response.status {
                        200 if response.version() == Some(1) => {
                            assert!(response.body == *body, "{target} got a wrong answer");
                            seen.right.fetch_add(1, Ordering::Relaxed);
                        }
                        // Other versions have the same profiles.
                        200 => assert!(response.body == *body, "{target} got a wrong answer"),
                        503 => {
                            seen.unavailable.fetch_add(1, Ordering::Relaxed);
                        }
                        other => panic!("{target}: {other} {}", response.text()),
                    }
                }
            });
        }
        eventually("requests are answered", || (seen.right.load(Ordering::Relaxed) > 50).then_some(()));
        harm();
        eventually("what was to be has come", || until(&seen).then_some(()));
        stop.store(true, Ordering::Relaxed);
    });
    seen
}

fn serving(more: &[&str]) -> (Place, Server, Truth, PathBuf) {
    let place = Place::new();
    place.build(&source_of(&random_vectors(PROFILES, 16)));
    let server = Server::start_with(&place.index(), |command| {
        command.args(more).args(["--max-exact", "8"]);
    });
    await_version(&server, 1);
    let truth = Truth::of(&server);
    let path = place.version_file(1);
    (place, server, truth, path)
}

fn cut(path: &Path, length: u64) {
    File::options().write(true).open(path).unwrap().set_len(length).unwrap();
}

fn counted(server: &Server, name: &str) -> u64 {
    let metrics = get(server.address, "/metrics");
    let value = metrics.text().lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
    value.unwrap_or_else(|| panic!("no {name} in {}", metrics.text()))
}

#[test]
fn a_mapped_file_that_is_cut_under_requests_gives_503_and_then_the_next_version() {
    for keep in [0, 100, 4096, 100_000] {
        let (place, mut server, truth, path) = serving(&[]);
        let spare = std::fs::read(&path).unwrap();
        let seen = while_asked(
            &server,
            &truth,
            || cut(&path, keep),
            |seen| seen.unavailable.load(Ordering::Relaxed) > 50,
        );
        assert!(seen.right.load(Ordering::Relaxed) > 50);
        server.assert_runs();
        eventually("the change is in the log", || {
            server.log().contains("was changed in place").then_some(())
        });
        eventually("the file was given up", || {
            (counted(&server, "kindred_changed_files_total") == 1).then_some(())
        });
        assert_eq!(get(server.address, "/health/ready").status, 503);
        // Another version, by rename as builders do it.
        std::fs::write(place.path().join("two"), &spare).unwrap();
        std::fs::rename(place.path().join("two"), place.version_file(2)).unwrap();
        await_version(&server, 2);
        for (target, body) in &truth.0 {
            assert_eq!(&get(server.address, target).body, body, "{target}");
        }
    }
}

#[test]
fn a_mapped_file_that_is_overwritten_under_requests_gives_no_rubbish() {
    let (place, mut server, truth, path) = serving(&[]);
    let before = place.version_file(3);
    std::fs::copy(&path, place.path().join("three")).unwrap();
    let overwrite = || {
        let file = File::options().write(true).open(&path).unwrap();
        let length = file.metadata().unwrap().len();
        // Every byte, in pieces, so that requests find all mixtures.
        let rubbish = vec![0x5a; 4096];
        (0..length).step_by(rubbish.len()).for_each(|at| {
            let piece = &rubbish[..rubbish.len().min((length - at) as usize)];
            file.write_all_at(piece, at).unwrap();
        });
    };
    while_asked(&server, &truth, overwrite, |seen| seen.unavailable.load(Ordering::Relaxed) > 50);
    server.assert_runs();
    let back = || std::fs::rename(place.path().join("three"), &before).unwrap();
    back();
    await_version(&server, 3);
    for (target, body) in &truth.0 {
        assert_eq!(&get(server.address, target).body, body, "{target}");
    }
}

#[test]
fn a_mapped_file_that_is_unlinked_under_requests_answers_on() {
    let (_place, server, truth, path) = serving(&[]);
    let unlinked = AtomicU64::new(0);
    let unlink = || {
        std::fs::remove_file(&path).unwrap();
        unlinked.store(1, Ordering::Relaxed);
    };
    let seen = while_asked(&server, &truth, unlink, |seen| {
        // Once gone, as many answers again.
        unlinked.load(Ordering::Relaxed) == 1 && seen.right.load(Ordering::Relaxed) > 500
    });
    assert_eq!(seen.unavailable.load(Ordering::Relaxed), 0);
}

#[test]
fn a_copied_file_may_be_cut_and_overwritten_and_answers_on() {
    let (place, mut server, truth, path) = serving(&["--residency", "copied"]);
    let harmed = AtomicU64::new(0);
    let harm = || {
        cut(&path, 5000);
        std::fs::write(&path, "rubbish").unwrap();
        harmed.store(1, Ordering::Relaxed);
    };
    let seen = while_asked(&server, &truth, harm, |seen| {
        harmed.load(Ordering::Relaxed) == 1 && seen.right.load(Ordering::Relaxed) > 500
    });
    assert_eq!(seen.unavailable.load(Ordering::Relaxed), 0, "nobody can reach the copy");
    server.assert_runs();
    eventually("what the file is now was refused", || {
        (counted(&server, "kindred_refused_files_total") >= 1).then_some(())
    });
    assert_eq!(get(server.address, "/health/ready").status, 200);
    assert_eq!(place.build(&source_of(&random_vectors(50, 16))), 2);
    await_version(&server, 2);
}

#[test]
fn a_copied_file_is_not_mapped() {
    let (_place, server, ..) = serving(&["--residency", "copied"]);
    let maps = std::fs::read_to_string(format!("/proc/{}/maps", server.pid().as_raw_nonzero())).unwrap();
    assert!(!maps.contains(".knd"), "{maps}");
    let (_place, server, ..) = serving(&[]);
    let maps = std::fs::read_to_string(format!("/proc/{}/maps", server.pid().as_raw_nonzero())).unwrap();
    assert_eq!(maps.matches(".knd").count(), 1, "{maps}");
}
