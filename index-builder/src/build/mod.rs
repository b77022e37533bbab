//! `build`: read, vectorize, link, check, publish.
//!
//! ```text
//! request    what is asked for, checked
//! run        the steps in their order, and the checks between them
//! reading    the first step: the source becomes profiles
//! assemble   the last one: all that was found becomes a file
//! ```

pub mod assemble;
mod reading;
pub mod request;
mod run;

pub use run::build;
