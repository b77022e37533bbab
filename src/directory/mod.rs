//! The index directory: what the builder and the server agree on besides the index files themselves.

#![cfg_attr(
    not(test),
    deny(
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        clippy::cast_sign_loss,
        reason = "files beside an index are anything"
    )
)]

pub mod opened;
pub mod pin;
pub(crate) mod plain_text;
pub mod served;
pub mod small_file;
pub mod suppressed;
pub mod versions;

pub use opened::{NotOpened, open};
pub use suppressed::SuppressedIds;
