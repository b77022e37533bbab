//! Why records are left out, in the words of the summary, and when too many are.

use kindred::counted::counted;
use kindred::profile::IdError;
use kindred::vectorizer::unit::NoVector;

use crate::ground::gate::{Gate, Refusal};
use crate::intake::skipped::Skipped;
use crate::intake::source::NOT_UNICODE;

/// The reasons of a summary, as few words as will do.
pub(super) fn id_reason(error: IdError) -> &'static str {
    match error {
        IdError::Missing => "id missing",
        IdError::Null => "id null",
        IdError::Boolean => "id boolean",
        IdError::Float => "id float",
        IdError::Compound(_) => "id neither text nor integer",
        IdError::Empty => "id empty",
        IdError::Control(_) => "id with a control character",
        IdError::TooLong(_) => "id over 512 bytes",
    }
}

/// The reasons of a summary for what is no vector.
pub(crate) fn vector_reason(error: NoVector) -> &'static str {
    match error {
        NoVector::Missing => "vector missing",
        NoVector::NotNumbers => "vector not a list of numbers",
        NoVector::NumberMissing => "number of the vector missing",
        NoVector::NotANumber => "number of the vector not a number",
    }
}

/// Refuses a source of which too much was unusable.
///
/// # Errors
/// Where more than the share `max_skipped` of the records read was skipped; the figures.
pub fn check_skipped(skipped: &Skipped, read: u64, max_skipped: f64) -> anyhow::Result<()> {
    check_skipped_because(skipped, read, max_skipped, "")
}

/// The same, with more to say.
///
/// # Errors
/// Those of [`check_skipped`].
pub fn check_skipped_because(
    skipped: &Skipped,
    read: u64,
    max_skipped: f64,
    because: &str,
) -> anyhow::Result<()> {
    let share = skipped.total() as f64 / read.max(1) as f64;
    if share > max_skipped {
        let message = format!(
            "{} of {} {} skipped, a share of {share:.4}; --max-skipped allows {max_skipped}{}{because}",
            skipped.total(),
            counted(read, "record"),
            counted(skipped.total(), "record").was_or_were(),
            describe(skipped),
        );
        return Err(Refusal { gate: Gate::Skipped, message }.into());
    }
    Ok(())
}

/// What helps against a reason that does not say it.
fn what_to_do(reason: &str) -> &'static str {
    match reason {
        NOT_UNICODE => "; is the file in another encoding? iconv -f WINDOWS-1252 -t UTF-8 FILE >FILE.utf8",
        _ => "",
    }
}

/// The reasons and the first places, a line each.
pub fn describe(skipped: &Skipped) -> String {
    skipped.iter().fold(String::new(), |text, (name, reason)| {
        let more = if reason.count > reason.first.len() as u64 { ", ..." } else { "" };
        format!("{text}\n  {} x {name}: {}{more}{}", reason.count, reason.first.join(", "), what_to_do(name))
    })
}
