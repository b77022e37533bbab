//! Pages for people, whose files are in the program.

pub(super) mod asset;
pub(super) mod docs;
pub(super) mod explorer;
