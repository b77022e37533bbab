//! Refuses to publish what differs too much from what is served.

use std::path::Path;

use anyhow::Context;
use kindred::counted::counted;
use kindred::directory::SuppressedIds;
use kindred::directory::suppressed::SUPPRESSED_FILE;
use kindred::directory::versions::{PIN_FILE, read_pin};
use kindred::file::{Index, MappedFile};
use kindred::query::Suppressed;
use serde::{Deserialize, Serialize};

use super::{FirstTen, Matching, Opened, SEED, Sample, before};
use crate::ground::gate::{Gate, Refusal};

/// Kept profiles whose first ten are compared: enough that their mean is right to some hundredths.
const SAMPLE: usize = 1_000;

/// What a new version may differ in from the one that is served.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Gates {
    /// The most that the first ten of kept profiles may change on average, 0 to 1.
    pub max_drift: Option<f64>,
    /// The fewest profiles, as a share of those of the served version.
    pub min_profiles_ratio: Option<f64>,
}

/// What was found, for the record of the build.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    /// The version that was compared with.
    pub version: u64,
    /// Its profiles.
    pub profiles: u64,
    /// New profiles for each of these.
    pub profiles_ratio: f64,
    /// How much the first ten of kept profiles changed on average, where that was asked for: 1 where no profile was
    /// kept, none where those kept had nobody before.
    pub drift: Option<f64>,
    /// The part of that which is by profiles that are gone.
    pub gone_share: Option<f64>,
    /// Kept profiles that were asked about.
    pub sample: u64,
}

/// The version that is served, and what it is compared by.
#[derive(Debug)]
pub struct Served {
    gates: Gates,
    opened: Opened,
    ids: SuppressedIds,
}

impl Gates {
    /// Opens the version that a server would take now: the pinned one, else the newest, else the next that is good. None
    /// where there is none, or nothing is compared. What is in the way of comparing is told, and does not stop a build:
    /// the build may be its repair.
    ///
    /// # Errors
    /// Where the directory cannot be listed.
    pub fn served(self, directory: &Path, say: &mut dyn FnMut(String)) -> anyhow::Result<Option<Served>> {
        if self == Gates::default() {
            return Ok(None);
        }
        let pinned = read_pin(directory).unwrap_or_else(|error| {
            say(format!("warning: {} is not heeded: {error}", directory.join(PIN_FILE).display()));
            None
        });
        let ids = SuppressedIds::read(directory).unwrap_or_else(|error| {
            say(format!("warning: {} is not heeded: {error}", directory.join(SUPPRESSED_FILE).display()));
            SuppressedIds::default()
        });
        let mut refused = |why| say(format!("warning: an earlier version {why}"));
        let opened = before(directory, u64::MAX, pinned, &ids, &mut refused)?;
        if opened.is_none() {
            say("compare: there is no earlier version to compare with".to_owned());
        }
        Ok(opened.map(|opened| Served { gates: self, opened, ids }))
    }
}

impl Served {
    /// Whether answers are to be compared.
    pub fn measures_drift(&self) -> bool {
        self.gates.max_drift.is_some()
    }

    /// Compares the number of profiles. What was found is put into `compared`, whatever comes of it.
    ///
    /// # Errors
    /// [`Refusal`] where there are too few.
    pub fn check_profiles(&self, profiles: usize, compared: &mut Option<Compared>) -> anyhow::Result<()> {
        let before = self.opened.index.header().profiles;
        let ratio = profiles as f64 / f64::from(before.max(1));
        *compared = Some(Compared {
            version: self.opened.version.unwrap_or_default(),
            profiles: u64::from(before),
            profiles_ratio: ratio,
            drift: None,
            gone_share: None,
            sample: 0,
        });
        if let Some(allowed) = self.gates.min_profiles_ratio
            && ratio < allowed
        {
            let name = self.opened.name();
            let message = format!(
                "{} {} {ratio:.4} of the {before} of {name}; --min-profiles-ratio demands {allowed}; \
                 nothing is published",
                counted(profiles as u64, "profile"),
                counted(profiles as u64, "profile").is_or_are(),
            );
            return Err(Refusal { gate: Gate::Profiles, message }.into());
        }
        Ok(())
    }

    /// Compares the answers with those of a version that was written and verified, and is not published yet. Gives what
    /// came of it in words.
    ///
    /// # Errors
    /// [`Refusal`] where too much changed.
    pub fn check_drift(
        &self,
        new: Index<MappedFile>,
        compared: &mut Option<Compared>,
    ) -> anyhow::Result<String> {
        let name = self.opened.name();
        let suppressed = Suppressed::in_index(&new.view(), &self.ids);
        let new = Opened { path: self.opened.path.clone(), version: None, index: new, suppressed };
        let matching = Matching::of(&self.opened.index, &new.index, Sample::Of(SAMPLE), SEED)
            .with_context(|| name.clone())?;
        let first_ten = FirstTen::compare(&self.opened, &new, &matching.sample).context(name.clone())?;
        let FirstTen { compared: sample, changed_share, gone_share, .. } = first_ten;
        let (drift, gone_share) = if matching.kept == 0 && self.opened.index.header().profiles > 0 {
            (Some(1.0), Some(1.0))
        } else if sample > 0 {
            (Some(changed_share), Some(gone_share))
        } else {
            (None, None)
        };
        if let Some(compared) = compared {
            (compared.drift, compared.gone_share, compared.sample) = (drift, gone_share, sample);
        }
        let what = match drift {
            Some(_) if matching.kept == 0 => format!("no profile of {name} was kept"),
            Some(drift) => format!(
                "of the first ten of {sample} kept profiles a share of {drift:.4} changed since {name}, {:.4} because \
                 profiles are gone",
                gone_share.unwrap_or_default()
            ),
            None => format!("no kept profile of {name} had an answer"),
        };
        match (drift, self.gates.max_drift) {
            (Some(drift), Some(allowed)) if drift > allowed => {
                let message = format!(
                    "{what}: a drift of {drift:.4}; --max-drift allows {allowed}; nothing is published"
                );
                Err(Refusal { gate: Gate::Drift, message }.into())
            }
            _ => Ok(what),
        }
    }
}
