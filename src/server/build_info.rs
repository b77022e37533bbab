//! What the program was built from.

/// The version of the package.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The commit, as `KINDRED_COMMIT` said or as git did when a release was built; else `unknown`.
pub const COMMIT: &str = env!("KINDRED_COMMIT");
/// The compiler, as it calls itself.
pub const RUSTC: &str = env!("KINDRED_RUSTC");
/// The kind of machine.
pub const TARGET: &str = env!("KINDRED_TARGET");

/// All of that in a line, for `--version`.
pub const LINE: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    " (commit ",
    env!("KINDRED_COMMIT"),
    ", ",
    env!("KINDRED_RUSTC"),
    ", ",
    env!("KINDRED_TARGET"),
    ")"
);
