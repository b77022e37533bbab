//! What the builder is made of; the binary only reads arguments and calls this.

pub mod source;
