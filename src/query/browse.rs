//! Answers for whoever looks around: one profile, ids that begin alike, a profile at random, the distance of two.

use super::nearest::node_distance;
use super::snapshot::Key;
use super::{AnswerError, Snapshot, body};
use crate::file::{Damaged, Ordinal};

/// The document of a profile.
///
/// ```
/// # use kindred::file::{Index, MappedFile};
/// use kindred::query::{Snapshot, profile};
///
/// # let file = MappedFile::open("tests/golden/index/format-1.knd".as_ref())?;
/// # let index = Index::open(file)?;
/// let document = profile(&Snapshot::of(&index), "p07")?;
/// assert!(document.starts_with(br#"{"_id":"p07","#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`AnswerError::UnknownId`] and [`AnswerError::Damaged`].
pub fn profile<B: AsRef<[u8]>>(snapshot: &Snapshot<'_, B>, id: &str) -> Result<Vec<u8>, AnswerError> {
    let view = snapshot.base().view();
    Ok(Key::from(snapshot.find(&view, id)?).document(&view)?.to_vec())
}

/// Whether [`profile`] has an answer.
///
/// # Errors
/// See [`profile`].
pub fn has_profile<B: AsRef<[u8]>>(snapshot: &Snapshot<'_, B>, id: &str) -> Result<(), AnswerError> {
    let view = snapshot.base().view();
    Ok(Key::from(snapshot.find(&view, id)?).document(&view).map(drop)?)
}

/// The documents of the first profiles whose ids start with these bytes, ordered by id. Costs a binary search and a look
/// at each of them.
///
/// ```
/// # use kindred::file::{Index, MappedFile};
/// use kindred::query::{Snapshot, profiles_with_prefix};
///
/// # let file = MappedFile::open("tests/golden/index/format-1.knd".as_ref())?;
/// # let index = Index::open(file)?;
/// let body = profiles_with_prefix(&Snapshot::of(&index), "p1", 3)?;
/// let profiles: Vec<serde_json::Value> = serde_json::from_slice(&body)?;
/// assert_eq!(profiles.len(), 3);
/// assert_eq!(profiles[0]["_id"], "p10");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`AnswerError::Damaged`].
pub fn profiles_with_prefix<B: AsRef<[u8]>>(
    snapshot: &Snapshot<'_, B>,
    prefix: &str,
    limit: usize,
) -> Result<Vec<u8>, AnswerError> {
    let (view, hidden) = (snapshot.base().view(), snapshot.hidden());
    let mut found = Vec::new();
    let mut next = hidden.next_visible(view.first_from(prefix.as_bytes()).ok_or(Damaged("an id"))?);
    while found.len() < limit && next.0 < view.profiles() {
        if !view.id(next).ok_or(Damaged("an id"))?.starts_with(prefix.as_bytes()) {
            break;
        }
        found.push(next);
        // Below the number of profiles, so there is one more.
        next = hidden.next_visible(Ordinal(next.0 + 1));
    }
    Ok(body::plain(&view, found.into_iter().map(Key::from))?)
}

/// The document of one of the profiles that may be seen, each as likely as any other where `random` is any number with
/// the same chance. None where there is none. Costs the same however many are suppressed.
///
/// ```
/// # use kindred::file::{Index, MappedFile};
/// use kindred::query::{Snapshot, random_profile};
///
/// # let file = MappedFile::open("tests/golden/index/format-1.knd".as_ref())?;
/// # let index = Index::open(file)?;
/// let snapshot = Snapshot::of(&index);
/// assert_ne!(random_profile(&snapshot, 0)?, random_profile(&snapshot, u64::MAX)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`AnswerError::Damaged`].
pub fn random_profile<B: AsRef<[u8]>>(
    snapshot: &Snapshot<'_, B>,
    random: u64,
) -> Result<Option<Vec<u8>>, AnswerError> {
    let (view, hidden) = (snapshot.base().view(), snapshot.hidden());
    let visible = (view.profiles() as usize).saturating_sub(hidden.len());
    if visible == 0 {
        return Ok(None);
    }
    // The high half of the product is below `visible`, so it fits; and nobody is likelier by more than 2^-32.
    let number = (u128::from(random) * visible as u128) >> u64::BITS;
    let document = Key::from(hidden.nth_visible(number as u32)).document(&view)?;
    Ok(Some(document.to_vec()))
}

/// Why two profiles have no distance, and which of them is the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DistanceError {
    /// The first one.
    #[error("the first profile: {0}")]
    From(AnswerError),
    /// The second one.
    #[error("the second profile: {0}")]
    To(AnswerError),
}

/// How far apart two profiles are: `{"distance":0.25}`, with the number that recommendations show.
///
/// ```
/// # use kindred::file::{Index, MappedFile};
/// use kindred::query::{AnswerError, DistanceError, Snapshot, distance_between};
///
/// # let file = MappedFile::open("tests/golden/index/format-1.knd".as_ref())?;
/// # let index = Index::open(file)?;
/// let snapshot = Snapshot::of(&index);
/// assert_eq!(distance_between(&snapshot, "p07", "p07")?, br#"{"distance":0.0}"#);
/// let unknown = distance_between(&snapshot, "p07", "nobody");
/// assert_eq!(unknown, Err(DistanceError::To(AnswerError::UnknownId)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// See [`DistanceError`]. The first profile is looked up first.
pub fn distance_between<B: AsRef<[u8]>>(
    snapshot: &Snapshot<'_, B>,
    from: &str,
    to: &str,
) -> Result<Vec<u8>, DistanceError> {
    let view = snapshot.base().view();
    let from = snapshot.node(&view, from).map_err(DistanceError::From)?;
    let to = snapshot.node(&view, to).map_err(DistanceError::To)?;
    let body = body::distance_alone(node_distance(&view, from, to));
    body.map_err(|damaged| DistanceError::From(damaged.into()))
}
