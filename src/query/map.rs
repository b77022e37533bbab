//! Answers for whoever looks at all profiles at once: where each lies on the map, and which one lies there.

use super::{AnswerError, Snapshot};
use crate::file::format::NO_PLACE;
use crate::file::{Damaged, Ordinal};

/// The map as its section has it: x and y of each profile by its ordinal, as little-endian `u16`. Who is suppressed has no
/// place, as if the vector were zero. None where the index has no map. Copies 4 bytes for each profile.
///
/// ```
/// # use kindred::file::{Index, MappedFile};
/// use kindred::query::{Snapshot, map, place_of, profile, profile_at};
///
/// # let file = MappedFile::open("tests/golden/index/format-1.knd".as_ref())?;
/// # let index = Index::open(file)?;
/// let snapshot = Snapshot::of(&index);
/// assert_eq!(map(&snapshot)?, None, "this index was built without a map");
/// let place = place_of(&snapshot, "p07")?;
/// assert_eq!(profile_at(&snapshot, place)?, Some(profile(&snapshot, "p07")?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`AnswerError::Damaged`].
pub fn map<B: AsRef<[u8]>>(snapshot: &Snapshot<'_, B>) -> Result<Option<Vec<u8>>, AnswerError> {
    let (index, hidden) = (snapshot.base(), snapshot.hidden());
    if !index.has_map() {
        return Ok(None);
    }
    let places = index.map().ok_or(Damaged("the map"))?;
    // The file is mapped as it is, so numbers in memory are little-endian as they are in the file.
    let mut bytes = bytemuck::cast_slice::<[u16; 2], u8>(places).to_vec();
    if !hidden.is_empty() {
        let (places, _) = bytes.as_chunks_mut::<{ size_of::<[u16; 2]>() }>();
        for (_, place) in (0..).zip(places).filter(|(ordinal, _)| hidden.contains(Ordinal(*ordinal))) {
            *place = bytemuck::cast(NO_PLACE);
        }
    }
    Ok(Some(bytes))
}

/// The document of the profile with that ordinal, which is its number on the map. None where there is none, or it may not
/// be seen.
///
/// # Errors
/// [`AnswerError::Damaged`].
pub fn profile_at<B: AsRef<[u8]>>(
    snapshot: &Snapshot<'_, B>,
    ordinal: Ordinal,
) -> Result<Option<Vec<u8>>, AnswerError> {
    let index = snapshot.base();
    if ordinal.0 >= index.header().profiles || snapshot.hidden().contains(ordinal) {
        return Ok(None);
    }
    Ok(Some(index.document(ordinal)?.to_vec()))
}

/// The place of a profile: the number under which [`profile_at`] finds it, and the map has its position.
///
/// # Errors
/// [`AnswerError::UnknownId`].
pub fn place_of<B: AsRef<[u8]>>(snapshot: &Snapshot<'_, B>, id: &str) -> Result<Ordinal, AnswerError> {
    snapshot.find(&snapshot.base().view(), id)
}
