//! Two versions beside each other: which profiles came and went, and whom the others are recommended now.
//!
//! One comparison for the gates of a build, for `diff` and for `report`:
//!
//! ```text
//! opened       a version, and who is suppressed beside it
//! matching     the ids of two versions: added, removed, kept; a seeded sample of the kept ones
//! first_ten    for each of the sample: how many of the ten it was recommended it no longer is
//! difference   all of that, and what else is different: documents, parameters, vectorizer
//! gates        refuses to publish what differs too much from what is served
//! ```

mod difference;
mod first_ten;
mod gates;
mod matching;
mod opened;

pub use difference::{Difference, parameters};
pub use first_ten::FirstTen;
pub use gates::{Compared, Gates, Served};
pub use matching::{Matching, SEED, Sample};
pub use opened::{Opened, before, open_index};
