//! The bytes of an answer: a JSON array of documents, or of distances and documents.

use super::nearest::Neighbour;
use super::snapshot::Key;
use crate::distance::prefetch;
use crate::file::Damaged;
use crate::file::reader::View;
use crate::search::exact::Distance;

const BEFORE_DISTANCE: &[u8] = b"{\"distance\":";
const BEFORE_PROFILE: &[u8] = b",\"profile\":";
/// The longest text of a distance, 1.1754944e-38.
const LONGEST_DISTANCE: usize = 16;

/// The whole body, with distances or without.
pub(super) fn body(view: &View<'_>, nearest: &[Neighbour], distances: bool) -> Result<Vec<u8>, Damaged> {
    if distances {
        return with_distances(view, nearest);
    }
    plain(view, nearest.iter().map(|&(_, key)| key))
}

/// The documents in one allocation of the right size.
///
/// Documents lie anywhere in the file, so each is a few waits for memory. They are looked at three times: where they
/// are, then to ask for all of them before anything depends on one, then to copy them.
pub(super) fn plain(view: &View<'_>, keys: impl Iterator<Item = Key> + Clone) -> Result<Vec<u8>, Damaged> {
    // A bracket at each end and a comma between any two; without any document, one byte too many.
    let mut length = 1;
    for key in keys.clone() {
        length += key.document(view)?.len() + 1;
    }
    for key in keys.clone() {
        prefetch(bytemuck::cast_slice(key.document(view)?));
    }
    let mut body = Vec::with_capacity(length.max(2));
    body.push(b'[');
    for (number, key) in keys.enumerate() {
        if number > 0 {
            body.push(b',');
        }
        body.extend_from_slice(key.document(view)?);
    }
    body.push(b']');
    Ok(body)
}

/// Documents and distances, in one allocation that is large enough for the longest distances.
pub(super) fn with_distances(view: &View<'_>, nearest: &[Neighbour]) -> Result<Vec<u8>, Damaged> {
    let around = BEFORE_DISTANCE.len() + LONGEST_DISTANCE + BEFORE_PROFILE.len() + 2;
    let mut length = 2;
    for &(_, key) in nearest {
        length += key.document(view)?.len() + around;
    }
    let mut body = Vec::with_capacity(length);
    body.push(b'[');
    for (number, &(Distance(distance), key)) in nearest.iter().enumerate() {
        if number > 0 {
            body.push(b',');
        }
        body.extend_from_slice(BEFORE_DISTANCE);
        write_distance(&mut body, distance)?;
        body.extend_from_slice(BEFORE_PROFILE);
        body.extend_from_slice(key.document(view)?);
        body.push(b'}');
    }
    body.push(b']');
    Ok(body)
}

/// The body that says how far apart two profiles are.
pub(super) fn distance_alone(distance: f32) -> Result<Vec<u8>, Damaged> {
    let mut body = BEFORE_DISTANCE.to_vec();
    write_distance(&mut body, distance)?;
    body.push(b'}');
    Ok(body)
}

/// The shortest text that reads back as the same number.
fn write_distance(body: &mut Vec<u8>, distance: f32) -> Result<(), Damaged> {
    // A number that is not finite comes from a changed file, and would be written as null.
    let distance = distance.is_finite().then_some(distance).ok_or(Damaged("a distance"))?;
    // Writing to memory cannot fail.
    serde_json::to_writer(body, &distance).map_err(|_| Damaged("a distance"))
}
