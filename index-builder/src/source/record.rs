//! What every source gives: one record after the other, usable or not.

use kindred::profile::Fields;

/// One record of a source.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    /// A map of fields, not yet checked for an id.
    Fields(Fields),
    /// Something that cannot be a profile; it is skipped and counted under its reason.
    Unusable {
        /// The reason, a short phrase that is the same for all records of its kind: "text is not Unicode".
        reason: &'static str,
        /// Where it stands or what it is, for the summary: "line 7", an id...
        place: String,
    },
}
