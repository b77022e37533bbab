use std::path::PathBuf;

use super::*;

fn identity(inode: u64) -> FileIdentity {
    FileIdentity { device: 1, inode, size: 100, mtime_ns: 5 }
}

/// A file whose inode is its version.
fn file(version: u64) -> VersionSeen {
    VersionSeen {
        version,
        path: PathBuf::from(format!("index-{version:08}.knd")),
        identity: identity(version),
    }
}

/// The directory of all looks that name no other.
const HERE: Place = (1, 1000);
const ELSEWHERE: Place = (1, 2000);

fn look(pin: Pin, versions: &[u64]) -> Look {
    Look { place: HERE, pin, files: versions.iter().copied().map(file).collect() }
}

fn look_elsewhere(versions: &[u64]) -> Look {
    Look { place: ELSEWHERE, ..look(Pin::None, versions) }
}

fn serving(version: u64) -> Option<Served> {
    Some(Served { version, identity: identity(version), intact: true })
}

fn condemned(version: u64) -> Option<Served> {
    Some(Served { version, identity: identity(version), intact: false })
}

fn remembering(verdicts: &[(u64, Verdict)]) -> EarlierLooks {
    let verdicts =
        verdicts.iter().map(|(version, verdict)| (key(&file(*version)), verdict.clone())).collect();
    EarlierLooks { verdicts, ..EarlierLooks::default() }
}

fn incomplete() -> Verdict {
    Verdict::Incomplete { polls: 0, reason: "short".to_owned() }
}

/// What is said about it, the pin, the versions there, what is served, what is remembered, and what follows.
type Case = (&'static str, Pin, &'static [u64], Option<Served>, Vec<(u64, Verdict)>, Expect);

/// How opening fails.
type Failing = fn() -> LoadFailure;

/// A step without its borrow: the version to open, or nothing to serve, or whether degraded.
#[derive(Debug, PartialEq)]
enum Expect {
    Open(u64),
    ServeNothing,
    Stay,
    StayDegraded,
}

fn step(look: &Look, served: Option<Served>, mut memory: EarlierLooks) -> Expect {
    memory.follow(look, served, false);
    match next_step(look, served, &memory) {
        Step::Open(file) => Expect::Open(file.version),
        Step::ServeNothing => Expect::ServeNothing,
        Step::Stay { degraded: false } => Expect::Stay,
        Step::Stay { degraded: true } => Expect::StayDegraded,
    }
}

#[test]
fn one_step_follows_from_what_is_there_what_is_served_and_what_is_known() {
    use Expect::{Open, ServeNothing, Stay, StayDegraded};
    use Pin::{None as NoPin, Unreadable, Version};
    let bad = |version| (version, Verdict::Bad);
    let cases: Vec<Case> = vec![
        ("an empty directory", NoPin, &[], None, vec![], Stay),
        ("the first file", NoPin, &[1], None, vec![], Open(1)),
        ("the highest is taken first", NoPin, &[1, 2, 3], None, vec![], Open(3)),
        ("the served one is the highest", NoPin, &[1, 2], serving(2), vec![], Stay),
        ("a newer one comes", NoPin, &[1, 2, 3], serving(2), vec![], Open(3)),
        ("a newer one is bad", NoPin, &[1, 2, 3], serving(2), vec![bad(3)], StayDegraded),
        (
            "the newest two are bad, none between is tried",
            NoPin,
            &[1, 2, 3],
            serving(1),
            vec![bad(3)],
            StayDegraded,
        ),
        ("a newer one is on its way", NoPin, &[1, 2], serving(1), vec![(2, incomplete())], Stay),
        ("the served file was deleted", NoPin, &[1], serving(2), vec![], StayDegraded),
        ("everything was deleted", NoPin, &[], serving(2), vec![], StayDegraded),
        ("nothing served, the newest is bad", NoPin, &[1, 2], None, vec![bad(2)], Open(1)),
        ("nothing served, the newest is on its way", NoPin, &[1, 2], None, vec![(2, incomplete())], Open(1)),
        ("nothing served, all are bad", NoPin, &[1, 2], None, vec![bad(1), bad(2)], StayDegraded),
        ("the unreadable is tried again", NoPin, &[1], None, vec![(1, Verdict::Unreadable)], Open(1)),
        ("a pinned one is taken although it is lower", Version(1), &[1, 2], serving(2), vec![], Open(1)),
        ("the pinned one is served", Version(1), &[1, 2], serving(1), vec![], Stay),
        ("the pinned one is missing", Version(7), &[1, 2], serving(1), vec![], StayDegraded),
        ("the pinned one is missing, nothing is served", Version(7), &[1, 2], None, vec![], Open(2)),
        ("the pinned one is bad", Version(1), &[1, 2], serving(2), vec![bad(1)], StayDegraded),
        (
            "the pinned one is bad, nothing is served",
            Version(1),
            &[1, 2, 3],
            None,
            vec![bad(1), bad(3)],
            Open(2),
        ),
        ("the pinned one was deleted while served", Version(1), &[2], serving(1), vec![], StayDegraded),
        ("the pin makes no sense", Unreadable, &[1, 2], serving(1), vec![], StayDegraded),
        ("the pin makes no sense, nothing is served", Unreadable, &[1, 2], None, vec![], Open(2)),
        ("unpinned, the highest is taken again", NoPin, &[1, 2], serving(1), vec![], Open(2)),
        ("the served file was changed, a newer one is there", NoPin, &[1, 2], condemned(1), vec![], Open(2)),
        (
            "the served file was changed, an older one is there",
            NoPin,
            &[1, 2],
            condemned(2),
            vec![bad(2)],
            Open(1),
        ),
        (
            "the served file was changed, nothing else is there",
            NoPin,
            &[1],
            condemned(1),
            vec![bad(1)],
            ServeNothing,
        ),
        ("the served file was changed and deleted", NoPin, &[], condemned(1), vec![], ServeNothing),
    ];
    for (case, pin, files, served, verdicts, expected) in cases {
        assert_eq!(step(&look(pin, files), served, remembering(&verdicts)), expected, "{case}");
    }
}

#[test]
fn a_file_of_the_same_version_that_is_another_file_is_opened() {
    let served = Some(Served { version: 1, identity: identity(99), intact: true });
    assert_eq!(step(&look(Pin::None, &[1]), served, EarlierLooks::default()), Expect::Open(1));
}

#[test]
fn a_bad_file_that_was_changed_is_tried_again() {
    let memory = remembering(&[(2, Verdict::Bad)]);
    let mut changed = look(Pin::None, &[1, 2]);
    changed.files[1].identity.mtime_ns += 1;
    assert_eq!(step(&changed, serving(1), memory), Expect::Open(2));
}

/// Opens what is not listed as failing, and writes down what it was told to do.
#[derive(Default)]
struct FakeHost {
    served: Option<Served>,
    failing: HashMap<u64, Failing>,
    log: Vec<String>,
}

impl Host for FakeHost {
    fn served(&self) -> Option<Served> {
        self.served
    }

    fn open(&mut self, file: &VersionSeen) -> Result<(), LoadFailure> {
        self.log.push(format!("open {}", file.version));
        if let Some(failure) = self.failing.get(&file.version) {
            return Err(failure());
        }
        self.served = Some(Served { version: file.version, identity: file.identity, intact: true });
        Ok(())
    }

    fn serve_nothing(&mut self) {
        self.log.push("serve nothing".to_owned());
        self.served = None;
    }

    fn went_back(&mut self, from: u64, to: u64) {
        self.log.push(format!("back from {from} to {to}"));
    }

    fn refuse(&mut self, file: &VersionSeen, _: &str) {
        self.log.push(format!("refuse {}", file.version));
    }
}

fn bad() -> LoadFailure {
    LoadFailure::Bad("bad".to_owned())
}

fn short() -> LoadFailure {
    LoadFailure::Incomplete("short".to_owned())
}

fn unreadable() -> LoadFailure {
    LoadFailure::Unreadable("permission denied".to_owned())
}

impl FakeHost {
    fn failing(failures: &[(u64, Failing)]) -> Self {
        FakeHost { failing: failures.iter().copied().collect(), ..FakeHost::default() }
    }

    /// What happens in one look; polls unless it says otherwise.
    fn after(&mut self, look: &Look, memory: &mut EarlierLooks) -> (Vec<String>, bool) {
        let degraded = settle(look, true, memory, self);
        (std::mem::take(&mut self.log), degraded)
    }
}

#[test]
fn starting_with_broken_newest_files_serves_the_newest_good_one_and_refuses_each_once() {
    let mut host = FakeHost::failing(&[(3, bad), (4, bad)]);
    let mut memory = EarlierLooks::default();
    let directory = look(Pin::None, &[1, 2, 3, 4]);
    let (log, degraded) = host.after(&directory, &mut memory);
    assert_eq!(log, ["open 4", "refuse 4", "open 3", "refuse 3", "open 2"]);
    assert!(degraded);
    assert_eq!(host.after(&directory, &mut memory), (vec![], true));
    let (log, degraded) = host.after(&look(Pin::None, &[1, 2, 3, 4, 5]), &mut memory);
    assert_eq!((log, degraded), (vec!["open 5".to_owned()], false));
}

#[test]
fn an_incomplete_file_is_refused_after_two_polls_without_a_change() {
    let mut host = FakeHost::failing(&[(2, short)]);
    host.served = serving(1);
    let mut memory = EarlierLooks::default();
    let directory = look(Pin::None, &[1, 2]);
    assert_eq!(host.after(&directory, &mut memory), (vec!["open 2".to_owned()], false));
    assert!(memory.awaits_something());
    assert!(!settle(&directory, false, &mut memory, &mut host), "an event is no poll");
    assert_eq!(host.after(&directory, &mut memory), (vec![], false));
    assert_eq!(host.after(&directory, &mut memory), (vec!["refuse 2".to_owned()], true));
    assert_eq!(host.after(&directory, &mut memory), (vec![], true));
    assert!(!memory.awaits_something());
}

#[test]
fn an_incomplete_file_that_grows_has_its_patience_anew_and_is_served_when_it_is_whole() {
    let mut host = FakeHost::failing(&[(2, short)]);
    host.served = serving(1);
    let mut memory = EarlierLooks::default();
    let mut directory = look(Pin::None, &[1, 2]);
    for _ in 0..5 {
        directory.files[1].identity.size += 1;
        assert_eq!(host.after(&directory, &mut memory), (vec!["open 2".to_owned()], false));
    }
    host.failing.clear();
    directory.files[1].identity.size += 1;
    assert_eq!(host.after(&directory, &mut memory), (vec!["open 2".to_owned()], false));
    assert_eq!(host.served.unwrap().version, 2);
}

#[test]
fn an_unreadable_file_is_refused_once_and_tried_at_every_look() {
    let mut host = FakeHost::failing(&[(2, unreadable)]);
    host.served = serving(1);
    let mut memory = EarlierLooks::default();
    let directory = look(Pin::None, &[1, 2]);
    assert_eq!(host.after(&directory, &mut memory).0, ["open 2", "refuse 2"]);
    assert_eq!(host.after(&directory, &mut memory), (vec!["open 2".to_owned()], true));
    assert!(memory.awaits_something());
    host.failing.clear();
    assert_eq!(host.after(&directory, &mut memory), (vec!["open 2".to_owned()], false));
}

#[test]
fn a_file_that_vanishes_before_it_is_opened_is_no_refusal() {
    let mut host = FakeHost::failing(&[(2, || LoadFailure::Vanished)]);
    let mut memory = EarlierLooks::default();
    let (log, degraded) = host.after(&look(Pin::None, &[1, 2]), &mut memory);
    assert_eq!((log, degraded), (vec!["open 2".to_owned(), "open 1".to_owned()], false));
}

#[test]
fn a_served_file_that_was_changed_is_opened_anew_and_else_nothing_is_served() {
    let mut host = FakeHost { served: condemned(1), ..FakeHost::default() };
    let mut directory = look(Pin::None, &[1]);
    directory.files[0].identity.mtime_ns += 1;
    let (log, degraded) = host.after(&directory, &mut EarlierLooks::default());
    assert_eq!((log, degraded), (vec!["open 1".to_owned()], false));
    let mut host = FakeHost::failing(&[(1, bad)]);
    host.served = condemned(1);
    let (log, degraded) = host.after(&directory, &mut EarlierLooks::default());
    assert_eq!(log, ["open 1", "refuse 1", "serve nothing"]);
    assert!(degraded);
}

#[test]
fn a_file_that_was_replaced_while_it_was_opened_is_not_opened_again_in_the_same_look() {
    struct Replaced(Option<Served>, u32);
    impl Host for Replaced {
        fn served(&self) -> Option<Served> {
            self.0
        }
        fn open(&mut self, file: &VersionSeen) -> Result<(), LoadFailure> {
            self.1 += 1;
            self.0 = Some(Served { version: file.version, identity: identity(1000), intact: true });
            Ok(())
        }
        fn serve_nothing(&mut self) {}
        fn went_back(&mut self, _: u64, _: u64) {}
        fn refuse(&mut self, _: &VersionSeen, _: &str) {}
    }
    let mut host = Replaced(None, 0);
    settle(&look(Pin::None, &[1]), true, &mut EarlierLooks::default(), &mut host);
    assert_eq!(host.1, 1);
}

/// Going through all of them again for each of them would never end.
#[test]
fn a_crowd_of_bad_versions_is_gone_through_once() {
    const VERSIONS: u64 = 200_000;
    struct Counting {
        served: Option<Served>,
        opened: u64,
        refused: u64,
    }
    impl Host for Counting {
        fn served(&self) -> Option<Served> {
            self.served
        }
        fn open(&mut self, file: &VersionSeen) -> Result<(), LoadFailure> {
            self.opened += 1;
            if file.version > 1 {
                return Err(bad());
            }
            self.served = serving(1);
            Ok(())
        }
        fn serve_nothing(&mut self) {}
        fn went_back(&mut self, _: u64, _: u64) {}
        fn refuse(&mut self, _: &VersionSeen, _: &str) {
            self.refused += 1;
        }
    }
    let versions: Vec<u64> = (1..=VERSIONS).collect();
    let (look, mut memory) = (look(Pin::None, &versions), EarlierLooks::default());
    let mut host = Counting { served: None, opened: 0, refused: 0 };
    for _ in 0..2 {
        assert!(settle(&look, true, &mut memory, &mut host), "something newer is asked for");
        assert_eq!((host.opened, host.refused), (VERSIONS, VERSIONS - 1));
    }
    // Nothing is served any more, and nothing else is worth trying.
    host.served = None;
    settle(&look, true, &mut memory, &mut host);
    assert_eq!((host.opened, host.refused), (VERSIONS + 1, VERSIONS - 1));
}

/// Serves version 42 of a directory that has had it.
fn serving_42() -> (FakeHost, EarlierLooks) {
    let (mut host, mut memory) = (FakeHost::default(), EarlierLooks::default());
    assert_eq!(host.after(&look(Pin::None, &[41, 42]), &mut memory), (vec!["open 42".to_owned()], false));
    (host, memory)
}

#[test]
fn a_directory_without_the_served_version_or_a_higher_one_is_followed_back_after_two_polls() {
    for after in [look(Pin::None, &[40, 41]), look_elsewhere(&[40, 41])] {
        let (mut host, mut memory) = serving_42();
        assert_eq!(host.after(&after, &mut memory), (vec![], true), "it is noticed");
        assert!(memory.awaits_something(), "looks go on although nothing changes");
        assert!(settle(&after, false, &mut memory, &mut host), "an event is no poll");
        assert_eq!(host.after(&after, &mut memory), (vec![], true));
        let back = ["open 41", "back from 42 to 41"].map(str::to_owned).to_vec();
        assert_eq!(host.after(&after, &mut memory), (back, false));
        assert_eq!(host.after(&after, &mut memory), (vec![], false));
        assert!(!memory.awaits_something());
    }
}

#[test]
fn a_directory_that_still_changes_is_waited_for() {
    let (mut host, mut memory) = serving_42();
    for newest in 1..20 {
        assert_eq!(host.after(&look_elsewhere(&[newest]), &mut memory), (vec![], true), "{newest}");
    }
    assert_eq!(host.after(&look(Pin::None, &[41]), &mut memory), (vec![], true));
    assert_eq!(host.after(&look(Pin::None, &[41, 42]), &mut memory), (vec![], false), "it is back");
    assert_eq!(host.after(&look(Pin::None, &[41]), &mut memory), (vec![], true));
    let higher = (vec!["open 43".to_owned()], false);
    assert_eq!(host.after(&look(Pin::None, &[41, 43]), &mut memory), higher, "a higher one is no going back");
}

#[test]
fn an_empty_directory_is_waited_for_and_says_degraded() {
    for empty in [look(Pin::None, &[]), look_elsewhere(&[])] {
        let (mut host, mut memory) = serving_42();
        for _ in 0..5 {
            assert_eq!(host.after(&empty, &mut memory), (vec![], true));
        }
        assert_eq!(host.served.unwrap().version, 42);
        assert!(!memory.awaits_something());
    }
}

#[test]
fn the_newest_good_one_of_another_directory_is_taken() {
    let (mut host, mut memory) = serving_42();
    host.failing = [(41, bad as Failing), (43, bad as Failing)].into();
    let elsewhere = look_elsewhere(&[39, 40, 41, 43]);
    assert_eq!(host.after(&elsewhere, &mut memory).0, ["open 43", "refuse 43"]);
    assert_eq!(host.after(&elsewhere, &mut memory), (vec![], true));
    let steps = ["open 41", "refuse 41", "open 40", "back from 42 to 40"].map(str::to_owned).to_vec();
    assert_eq!(host.after(&elsewhere, &mut memory), (steps, true), "43 is asked for");
}

#[test]
fn nothing_good_elsewhere_leaves_what_is_served() {
    let (mut host, mut memory) = serving_42();
    host.failing = [(1, bad as Failing), (2, bad as Failing)].into();
    let elsewhere = look_elsewhere(&[1, 2]);
    for _ in 0..5 {
        assert!(host.after(&elsewhere, &mut memory).1);
    }
    assert_eq!(host.served.unwrap().version, 42);
}

#[test]
fn a_bad_higher_version_in_the_same_directory_is_no_reason_to_go_back() {
    let (mut host, mut memory) = serving_42();
    host.failing = [(43, bad as Failing)].into();
    let directory = look(Pin::None, &[41, 43]);
    assert_eq!(host.after(&directory, &mut memory).0, ["open 43", "refuse 43"]);
    for _ in 0..5 {
        assert_eq!(host.after(&directory, &mut memory), (vec![], true));
    }
}

#[test]
fn the_same_file_in_another_directory_is_the_same() {
    let (mut host, mut memory) = serving_42();
    assert_eq!(host.after(&look_elsewhere(&[42]), &mut memory), (vec![], false));
    // From now on, that is where it is.
    host.failing = [(43, bad as Failing)].into();
    let directory = look_elsewhere(&[41, 43]);
    for _ in 0..5 {
        host.after(&directory, &mut memory);
    }
    assert_eq!(host.served.unwrap().version, 42);
}

#[test]
fn a_pin_is_not_waited_for_and_holds_where_its_version_is_gone() {
    let (mut host, mut memory) = serving_42();
    let pinned = Look { place: ELSEWHERE, ..look(Pin::Version(40), &[40, 41]) };
    assert_eq!(host.after(&pinned, &mut memory), (vec!["open 40".to_owned()], false));
    let gone = Look { place: ELSEWHERE, ..look(Pin::Version(40), &[39]) };
    for _ in 0..5 {
        assert_eq!(host.after(&gone, &mut memory), (vec![], true));
    }
}

#[test]
fn memory_forgets_files_that_are_gone() {
    let mut host = FakeHost::failing(&[(1, bad), (2, bad)]);
    let mut memory = EarlierLooks::default();
    host.after(&look(Pin::None, &[1, 2]), &mut memory);
    assert_eq!(memory.verdicts.len(), 2);
    host.after(&look(Pin::None, &[2]), &mut memory);
    assert_eq!(memory.verdicts.len(), 1);
}
