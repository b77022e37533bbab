//! Which file to serve: the decisions, without files, threads or time.
//!
//! [`next_step`] looks at what is in the directory, what is served and what is remembered, and names one step.
//! [`settle`] takes steps until there is none left. Every step changes what is served or adds to what is remembered, so each
//! file is opened at most once per look.

use std::collections::{HashMap, HashSet};

use super::super::generation::LoadFailure;
use crate::directory::served::{self, Pin};
use crate::directory::versions::VersionSeen;
use crate::file::FileIdentity;

/// Polls for which a file may be shorter than it says without changing, and for which a directory may be without the
/// served version before a lower one is taken.
pub(super) const PATIENCE_POLLS: u32 = 2;

/// Device and inode of a directory.
pub type Place = (u64, u64);

/// What a look at the directory found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// Device and inode of the directory: the path may lead to another one than before.
    pub place: Place,
    /// The pin.
    pub pin: Pin,
    /// The files, by ascending version.
    pub files: Vec<VersionSeen>,
}

/// What is served while a decision is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Served {
    /// Its version.
    pub version: u64,
    /// What its file was when it was opened.
    pub identity: FileIdentity,
    /// Whether the file is still that.
    pub intact: bool,
}

/// One file, at one time of change.
type Key = (u64, FileIdentity);

fn key(file: &VersionSeen) -> Key {
    (file.version, file.identity)
}

/// What is known about a file that could not be served.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Verdict {
    /// Not an index; it will be one only by changing.
    Bad,
    /// Could not be read; may be readable next time.
    Unreadable,
    /// Shorter than it says, and unchanged for this many polls.
    Incomplete { polls: u32, reason: String },
}

/// What earlier looks found out. Holds nothing about files that are gone.
#[derive(Debug, Default)]
pub struct EarlierLooks {
    verdicts: HashMap<Key, Verdict>,
    /// Opened in vain during this look.
    attempted: HashSet<Key>,
    /// So many of the newest files are not worth trying in this look, which is found out about each only once.
    passed: usize,
    /// The directory in which the served file was seen last.
    home: Option<Place>,
    /// What the directory has had since it is without the served file.
    astray: Option<Astray>,
}

/// The served file is not what a start would find here: it is gone, and so is every version as high, or the directory
/// itself is another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Astray {
    place: Place,
    /// The newest file there.
    newest: Option<Key>,
    /// For how many polls that has been so.
    polls: u32,
}

impl EarlierLooks {
    /// Whether a file may become readable without the directory changing.
    pub fn awaits_something(&self) -> bool {
        self.verdicts.values().any(|verdict| *verdict != Verdict::Bad)
            || self.astray.is_some_and(|astray| astray.polls < PATIENCE_POLLS)
    }

    /// Whether the served file is not what a start would find, so that the directory says nothing about it.
    pub fn is_astray(&self) -> bool {
        self.astray.is_some()
    }

    /// Whether the served file is not what a start would find, by this look.
    pub fn would_be_astray(&self, look: &Look, served: Option<Served>) -> bool {
        let Some(served) = served.filter(|served| served.intact) else { return false };
        let is_outranked = look.files.last().is_some_and(|newest| newest.version >= served.version);
        look.pin == Pin::None
            && !is_in(look, served)
            && (!is_outranked || self.home.is_some_and(|home| home != look.place))
    }

    /// Follows where the served file is.
    fn follow(&mut self, look: &Look, served: Option<Served>, is_poll: bool) {
        if served.is_none_or(|served| is_in(look, served)) {
            self.home = served.map(|_| look.place);
        }
        let now = Astray { place: look.place, newest: look.files.last().map(key), polls: 0 };
        self.astray = self.would_be_astray(look, served).then(|| match self.astray {
            Some(before) if Astray { polls: 0, ..before } == now => {
                Astray { polls: before.polls.saturating_add(u32::from(is_poll)), ..before }
            }
            _ => now,
        });
    }

    /// Whether a lower version may take the place of an intact one that is astray.
    fn may_go_back(&self) -> bool {
        self.astray.is_some_and(|astray| astray.polls >= PATIENCE_POLLS)
    }

    /// Begins a look. Gives the files whose time to become complete is over, with what is wrong with them.
    fn begin<'a>(&mut self, look: &'a Look, is_poll: bool) -> Vec<(&'a VersionSeen, String)> {
        let there: HashMap<Key, &VersionSeen> = look.files.iter().map(|file| (key(file), file)).collect();
        self.verdicts.retain(|key, _| there.contains_key(key));
        self.attempted.clear();
        self.passed = 0;
        let mut given_up = Vec::new();
        for (key, verdict) in &mut self.verdicts {
            let Verdict::Incomplete { polls, reason } = verdict else { continue };
            *polls += u32::from(is_poll);
            if *polls >= PATIENCE_POLLS {
                given_up.extend(there.get(key).map(|file| (*file, std::mem::take(reason))));
                *verdict = Verdict::Bad;
            }
        }
        given_up.sort_unstable_by_key(|(file, _)| file.version);
        given_up
    }

    /// Remembers a failure. Gives whether it is a refusal that has not been told yet.
    fn note(&mut self, file: &VersionSeen, failure: &LoadFailure) -> bool {
        let key = key(file);
        self.attempted.insert(key);
        let verdict = match failure {
            LoadFailure::Vanished => return false,
            LoadFailure::Incomplete(reason) => Verdict::Incomplete { polls: 0, reason: reason.clone() },
            LoadFailure::Unreadable(_) => Verdict::Unreadable,
            LoadFailure::Bad(_) => Verdict::Bad,
        };
        let told = !matches!(verdict, Verdict::Incomplete { .. });
        let previous = self.verdicts.insert(key, verdict);
        told && previous != Some(Verdict::Unreadable)
    }

    /// Goes on to the newest file that is worth trying. None before it becomes so during this look.
    fn pass_over(&mut self, look: &Look) {
        let rest = served::from_the_newest(&look.files).skip(self.passed);
        self.passed += rest.take_while(|file| self.chance(file) != Chance::Now).count();
    }

    fn chance(&self, file: &VersionSeen) -> Chance {
        let key = key(file);
        match self.verdicts.get(&key) {
            Some(Verdict::Bad) => Chance::Refused,
            Some(Verdict::Incomplete { .. }) => Chance::Later,
            Some(Verdict::Unreadable) if self.attempted.contains(&key) => Chance::Refused,
            None if self.attempted.contains(&key) => Chance::Later,
            Some(Verdict::Unreadable) | None => Chance::Now,
        }
    }
}

/// Whether opening a file is worth trying.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Chance {
    Now,
    Later,
    Refused,
}

/// Whether a look has found the file that is served.
fn is_in(look: &Look, served: Served) -> bool {
    look.files.iter().any(|file| file.version == served.version && file.identity == served.identity)
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step<'a> {
    /// Open this file, and serve it if it is good.
    Open(&'a VersionSeen),
    /// Serve nothing: what is served was changed under us, and nothing else can be read.
    ServeNothing,
    /// Leave everything as it is.
    Stay {
        /// Whether something else is served than the directory asks for.
        degraded: bool,
    },
}

/// Decides on one step.
///
/// An older one comes into question only while nothing intact is served. A lower version takes the place of an intact
/// one by pin; or where the served file is not what a start would find, and that has been so for some polls: else
/// servers of one directory would answer differently for ever.
pub fn next_step<'a>(look: &'a Look, served: Option<Served>, earlier: &EarlierLooks) -> Step<'a> {
    let intact = served.filter(|served| served.intact);
    let wanted = served::wanted(&look.files, look.pin);
    let is_pinned = look.pin != Pin::None;
    let mut degraded = is_pinned;
    if let Some(wanted) = wanted {
        if let Some(intact) = intact {
            let same = intact.version == wanted.version && intact.identity == wanted.identity;
            if same {
                return Step::Stay { degraded: false };
            }
        }
        let is_lower = !is_pinned && intact.is_some_and(|intact| intact.version > wanted.version);
        match earlier.chance(wanted) {
            Chance::Now if !is_lower => return Step::Open(wanted),
            Chance::Now => {}
            Chance::Later => degraded = is_pinned,
            Chance::Refused => degraded = true,
        }
    }
    degraded |= intact.is_some() && earlier.is_astray();
    if intact.is_none() || earlier.may_go_back() {
        let mut rest = served::from_the_newest(&look.files).skip(earlier.passed);
        if let Some(file) = rest.find(|file| earlier.chance(file) == Chance::Now) {
            return Step::Open(file);
        }
        if served.is_some() && intact.is_none() {
            return Step::ServeNothing;
        }
    }
    Step::Stay { degraded }
}

/// What [`settle`] acts on: the live index and the file system, or a stand-in.
pub trait Host {
    /// What is served now.
    fn served(&self) -> Option<Served>;
    /// Opens a file and serves it.
    ///
    /// # Errors
    /// Why it cannot be served; what was served before still is.
    fn open(&mut self, file: &VersionSeen) -> Result<(), LoadFailure>;
    /// Serves nothing any more.
    fn serve_nothing(&mut self);
    /// Tells that a lower version has taken the place of an intact one, which the directory has no more.
    fn went_back(&mut self, from: u64, to: u64);
    /// Tells that a file is refused. Comes once for each file.
    fn refuse(&mut self, file: &VersionSeen, reason: &str);
}

/// Takes steps until there is none left. `is_poll` says that the look comes from the timer, whose ticks are what an
/// incomplete file's patience is counted in. Gives whether something else is served than the directory asks for.
pub fn settle(look: &Look, is_poll: bool, earlier: &mut EarlierLooks, host: &mut impl Host) -> bool {
    for (file, reason) in earlier.begin(look, is_poll) {
        host.refuse(file, &reason);
    }
    earlier.follow(look, host.served(), is_poll);
    loop {
        let before = host.served();
        match next_step(look, before, earlier) {
            Step::Stay { degraded } => return degraded,
            Step::ServeNothing => host.serve_nothing(),
            Step::Open(file) => {
                let opened = host.open(file);
                if let Err(failure) = &opened
                    && earlier.note(file, failure)
                {
                    host.refuse(file, &failure.to_string());
                }
                if opened.is_ok() {
                    // It may be served under another identity than it was seen with, if it was replaced in between;
                    // then the next look will see that. In this one it has had its turn.
                    earlier.attempted.insert(key(file));
                    let lower = before.filter(|served| earlier.is_astray() && served.version > file.version);
                    if let Some(former) = lower {
                        host.went_back(former.version, file.version);
                    }
                    (earlier.home, earlier.astray) = (Some(look.place), None);
                }
                earlier.pass_over(look);
            }
        }
    }
}

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;
