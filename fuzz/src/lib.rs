//! What is fuzzed: everything that reads bytes of others.
//!
//! A target is a function that takes any bytes and panics where something is wrong. [`TARGETS`] is the one table of
//! them; `fuzz_targets/` hands the same functions to libFuzzer, one program each, and `tests/fuzzing` in the workspace
//! above replays the corpora and mutates them without it. A further target is a function here, a row of the table, a
//! program in `fuzz_targets/`, a folder of seeds in `corpus/` and its words in `dictionaries/`.

pub mod http_target;
pub mod index_file;
pub mod keys_file;
#[allow(dead_code, reason = "the tests of index files use the rest of it")]
#[path = "../../tests/index_support/pieces.rs"]
mod pieces;
pub mod sources;

/// Something that is fuzzed.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// What it is called: the name of its program, of its corpus and of its crashes.
    pub name: &'static str,
    /// Takes any bytes; panics where something is wrong.
    pub run: fn(&[u8]),
}

/// Every target.
pub const TARGETS: [Target; 6] = [
    Target { name: "index_file", run: index_file::run },
    Target { name: "pickle", run: sources::pickle },
    Target { name: "jsonl", run: sources::jsonl },
    Target { name: "csv", run: sources::csv },
    Target { name: "keys_file", run: keys_file::run },
    Target { name: "http_target", run: http_target::run },
];
