//! Where profiles come from: one module per kind of input, all of them giving [`record::Record`]s.

pub mod pickle;
pub mod record;
