//! The file of keys.

use kindred::server::testing::Keys;

/// Reads a file of keys and shows it some.
pub fn run(data: &[u8]) {
    let Ok(keys) = Keys::parse(data) else { return };
    assert!(keys.len() <= data.len() / "a\tread\t".len(), "more keys than there is room for");
    for shown in [&b""[..], data, b"a key that nobody has"] {
        // To be let in by what was made up here would take a preimage of SHA-256.
        assert!(keys.find(shown).is_none(), "{}", data.escape_ascii());
    }
}
