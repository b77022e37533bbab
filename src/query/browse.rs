//! Answers for whoever looks around: ids that begin alike, a profile at random, the distance of two.

use super::{AnswerError, BEFORE_DISTANCE, find, node_distance, plain_body, write_distance};
use crate::file::reader::View;
use crate::file::{Damaged, Index, Ordinal};
use crate::query::Suppressed;

/// The documents of the first profiles whose ids start with these bytes, ordered by id. Costs a binary search and a look
/// at each of them.
///
/// # Errors
/// [`AnswerError::Damaged`].
pub fn profiles_with_prefix<B: AsRef<[u8]>>(
    index: &Index<B>,
    suppressed: &Suppressed,
    prefix: &str,
    limit: usize,
) -> Result<Vec<u8>, AnswerError> {
    let view = index.view();
    let mut found = Vec::new();
    let mut next = suppressed.next_visible(view.first_from(prefix.as_bytes()).ok_or(Damaged("an id"))?);
    while found.len() < limit && next.0 < view.profiles() {
        if !view.id(next).ok_or(Damaged("an id"))?.starts_with(prefix.as_bytes()) {
            break;
        }
        found.push(next);
        // Below the number of profiles, so there is one more.
        next = suppressed.next_visible(Ordinal(next.0 + 1));
    }
    Ok(plain_body(&view, found.into_iter())?)
}

/// The document of one of the profiles that may be seen, each as likely as any other where `random` is any number with
/// the same chance. None where there is none. Costs the same however many are suppressed.
///
/// # Errors
/// [`AnswerError::Damaged`].
pub fn random_profile<B: AsRef<[u8]>>(
    index: &Index<B>,
    suppressed: &Suppressed,
    random: u64,
) -> Result<Option<Vec<u8>>, AnswerError> {
    let view = index.view();
    let visible = (view.profiles() as usize).saturating_sub(suppressed.len());
    if visible == 0 {
        return Ok(None);
    }
    // The high half of the product is below `visible`, so it fits; and nobody is likelier by more than 2^-32.
    let number = (u128::from(random) * visible as u128) >> u64::BITS;
    let document = view.document(suppressed.nth_visible(number as u32)).ok_or(Damaged("a document"))?;
    Ok(Some(document.to_vec()))
}

/// How far apart two profiles are: `{"distance":0.25}`, with the number that recommendations show.
///
/// # Errors
/// See [`AnswerError`]: the outer one is about the first profile, the inner one about the second.
pub fn distance_between<B: AsRef<[u8]>>(
    index: &Index<B>,
    suppressed: &Suppressed,
    from: &str,
    to: &str,
) -> Result<Result<Vec<u8>, AnswerError>, AnswerError> {
    let view = index.view();
    let from = node(&view, suppressed, from)?;
    let to = match node(&view, suppressed, to) {
        Ok(to) => to,
        Err(error) => return Ok(Err(error)),
    };
    let mut body = BEFORE_DISTANCE.to_vec();
    write_distance(&mut body, node_distance(&view, from, to))?;
    body.push(b'}');
    Ok(Ok(body))
}

/// The node of a profile that may be seen and has one.
fn node(view: &View<'_>, suppressed: &Suppressed, id: &str) -> Result<u32, AnswerError> {
    let ordinal = find(view, suppressed, id)?;
    view.node_of(ordinal).ok_or(Damaged("a profile's node"))?.ok_or(AnswerError::ZeroVector)
}
