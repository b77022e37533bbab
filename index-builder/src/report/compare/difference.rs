//! All that is different between two versions.

use std::fmt;

use anyhow::Context;
use kindred::counted::counted;
use kindred::file::{Damaged, Header, Metadata};
use kindred::time::rfc3339;
use rayon::prelude::*;
use serde::Serialize;

use super::{FirstTen, Matching, Opened, SEED, Sample};

/// Two versions beside each other.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// The one that is compared with.
    pub old: Side,
    /// The one that is compared.
    pub new: Side,
    /// Whether the vectors were made differently: by another vectorizer, or by one that was fitted to other profiles.
    pub vectorizer_changed: bool,
    /// The parameters that are not the same.
    pub parameters: Vec<Parameter>,
    /// Profiles that only the new one has.
    pub added: u64,
    /// Profiles that only the old one has.
    pub removed: u64,
    /// Profiles that both have.
    pub kept: u64,
    /// Kept profiles that were looked at, for what follows.
    pub sample: u64,
    /// Those of them whose document is not the same to the byte.
    pub documents_changed: u64,
    /// How their first ten changed.
    pub first_ten: FirstTen,
}

/// One of two versions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Side {
    /// Its file.
    pub file: String,
    /// The number in the file's name, where it has one.
    pub version: Option<u64>,
    /// When it was built.
    pub created: String,
    /// Its profiles.
    pub profiles: u32,
    /// What made its vectors.
    pub vectorizer: String,
    /// What tells two states of the vectorizer apart.
    pub fingerprint: String,
}

impl Side {
    fn of(opened: &Opened) -> Side {
        let (header, metadata) = (opened.index.header(), opened.index.metadata());
        Side {
            file: opened.path.display().to_string(),
            version: opened.version,
            created: rfc3339(header.created),
            profiles: header.profiles,
            vectorizer: metadata.vectorizer.name.clone(),
            fingerprint: metadata.vectorizer.fingerprint.clone(),
        }
    }
}

/// A parameter that two versions were not built with alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What it was.
    pub old: String,
    /// What it is.
    pub new: String,
}

/// What a version was built with, by name.
pub fn parameters(header: &Header, metadata: &Metadata) -> Vec<(&'static str, String)> {
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let table = metadata.table.map(|table| format!("{} each, {}", table.neighbours, kind(table.kind)));
    vec![
        ("source", format!("{} ({})", metadata.source.name, metadata.source.format)),
        ("id field", metadata.id_field.clone()),
        ("vectorizer", metadata.vectorizer.name.clone()),
        ("language", or_none(metadata.vectorizer.language.clone())),
        ("dimension", header.dimension.to_string()),
        ("exposed fields", or_none(metadata.exposed.as_ref().map(|names| names.join(", ")))),
        ("graph", metadata.graph.builder.clone()),
        ("m", header.m.to_string()),
        ("ef of the construction", metadata.graph.ef_construction.to_string()),
        ("ef of searches", metadata.default_ef.to_string()),
        ("neighbour table", or_none(table)),
        ("seed", metadata.graph.seed.to_string()),
    ]
}

fn kind(kind: kindred::file::TableKind) -> &'static str {
    match kind {
        kindred::file::TableKind::Exact => "exact",
        kindred::file::TableKind::Approximate => "approximate",
    }
}

impl Difference {
    /// Compares two versions. The same files give the same result.
    ///
    /// Costs a comparison for each id, and for each profile of the sample two answers.
    ///
    /// # Errors
    /// Where a file has changed since it was opened.
    pub fn between(old: &Opened, new: &Opened, sample: Option<Sample>) -> anyhow::Result<Difference> {
        let counts = [old, new].map(|side| side.index.header().profiles as usize);
        let sample = sample.unwrap_or_else(|| Sample::of_two(counts[0], counts[1]));
        let which = || format!("{} and {}", old.path.display(), new.path.display());
        let matching = Matching::of(&old.index, &new.index, sample, SEED).with_context(which)?;
        let metadata = [old, new].map(|side| side.index.metadata());
        let before = parameters(old.index.header(), metadata[0]);
        let now = parameters(new.index.header(), metadata[1]);
        let parameters = before
            .into_iter()
            .zip(now)
            .filter(|(before, now)| before != now)
            .map(|((name, old), (_, new))| Parameter { name, old, new })
            .collect();
        Ok(Difference {
            old: Side::of(old),
            new: Side::of(new),
            vectorizer_changed: metadata[0].vectorizer != metadata[1].vectorizer,
            parameters,
            added: matching.added,
            removed: matching.removed,
            kept: matching.kept,
            sample: matching.sample.len() as u64,
            documents_changed: documents_changed(old, new, &matching).with_context(which)?,
            first_ten: FirstTen::compare(old, new, &matching.sample).with_context(which)?,
        })
    }

    /// What became of the vectorizer, in words.
    pub fn vectorizer(&self) -> String {
        let (old, new) = (&self.old, &self.new);
        if !self.vectorizer_changed {
            return format!("{}, the same", new.vectorizer);
        }
        if old.vectorizer != new.vectorizer {
            return format!("{} -> {}", old.vectorizer, new.vectorizer);
        }
        format!("{}, another state of it: {} -> {}", new.vectorizer, old.fingerprint, new.fingerprint)
    }
}

fn documents_changed(old: &Opened, new: &Opened, matching: &Matching) -> Result<u64, Damaged> {
    let changed = matching
        .sample
        .par_iter()
        .map(|&(before, now)| Ok(u64::from(old.index.document(before)? != new.index.document(now)?)))
        .collect::<Result<Vec<u64>, Damaged>>()?;
    Ok(changed.into_iter().sum())
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, side) in [("old", &self.old), ("new", &self.new)] {
            writeln!(
                f,
                "{name:<14}{}: {}, created {}",
                side.file,
                counted(side.profiles.into(), "profile"),
                side.created
            )?;
        }
        writeln!(f, "vectorizer    {}", self.vectorizer())?;
        for Parameter { name, old, new } in &self.parameters {
            writeln!(f, "parameter     {name}: {old} -> {new}")?;
        }
        writeln!(f, "profiles      {} added, {} removed, {} kept", self.added, self.removed, self.kept)?;
        let how =
            if self.sample == self.kept { "all that were kept" } else { "a sample of those that were kept" };
        writeln!(f, "looked at     {}, {how}", self.sample)?;
        writeln!(
            f,
            "documents     {} changed{}",
            self.documents_changed,
            percent(self.documents_changed, self.sample)
        )?;
        let FirstTen { compared, changed_share, gone_share, .. } = self.first_ten;
        writeln!(
            f,
            "first ten     {changed_share:.4} changed on average, {gone_share:.4} because profiles are gone"
        )?;
        write!(f, "changed of them, in so many profiles of {compared}")?;
        for (name, count) in self.first_ten.distribution() {
            write!(f, "\n  {name:<10}{count:>12}{}", percent(count, compared))?;
        }
        Ok(())
    }
}

/// A share behind a number; nothing where there is no whole.
fn percent(part: u64, whole: u64) -> String {
    if whole == 0 { String::new() } else { format!("  {:.1} %", 100.0 * part as f64 / whole as f64) }
}
