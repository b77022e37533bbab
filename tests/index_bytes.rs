//! Index files as bytes in memory, without a file, a thread or a system call: what `make miri` can look at.
#![allow(clippy::unwrap_used, reason = "a test stops where its own setting-up fails")]

#[path = "../fuzz/src/index_file/mod.rs"]
mod index_file;
#[allow(dead_code, reason = "the tests of index files use the rest of it")]
#[path = "index_support/pieces.rs"]
mod pieces;

use index_file::BASES;
use kindred::file::Index;

/// Edits of the first base: one of each kind that `fuzz/src/index_file/edits.rs` knows.
const EDITS: [&[u8]; 6] = [
    b"\x00\x02\x05\x00\x00\x03",
    b"\x00\x04\x0d\x00\x00\x09\x00",
    b"\x00\x05\x0a\x10\x00\x08\x00",
    b"\x00\x06\x01\x00",
    b"\x00\x07\x0d\x03",
    b"\x00\x08\x12\x00\xff\xff\xff\xff\xff\xff\xff\xff",
];

#[test]
fn good_files_answer_and_edited_ones_do_no_harm() {
    BASES.into_iter().chain(EDITS).for_each(index_file::run);
}

#[test]
fn bytes_at_a_place_where_numbers_cannot_be_read_are_refused() {
    for base in BASES {
        let words = base.len().div_ceil(size_of::<u64>()) + 1;
        let mut room = vec![0_u64; words];
        let room: &mut [u8] = bytemuck::cast_slice_mut(&mut room);
        for shift in 0..size_of::<u64>() {
            let bytes = &mut room[shift..shift + base.len()];
            bytes.copy_from_slice(base);
            assert_eq!(Index::open(&*bytes).is_ok(), shift == 0, "shifted by {shift}");
        }
    }
}
