//! `kindred hash-key`: from a key to its line in the file of keys.

use std::fmt::Write as _;
use std::io::{self, Read, Write};

use super::keys::{DIGEST_BYTES, Key, Scopes};
use crate::server::config::HashKeyArguments;

/// Below this, keys can be guessed.
const MIN_CHARACTERS: usize = 12;
/// What still fits into a header with everything else.
const MAX_CHARACTERS: usize = 512;

/// Why there is no line.
#[derive(Debug, thiserror::Error)]
pub enum HashKeyError {
    /// The name or the scopes are not allowed. The process exits with 2.
    #[error("{0}")]
    Usage(String),
    /// The key is not allowed. Does not repeat it.
    #[error(
        "the key has {characters} characters; allowed: {MIN_CHARACTERS} to {MAX_CHARACTERS} printable ASCII \
         characters without blanks, on one line"
    )]
    Key {
        /// How many it has.
        characters: usize,
    },
    /// Reading, writing, or getting random bytes failed.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// Reads a key from `input`, or makes one and writes it to `errors`, and writes its line to `out`.
///
/// # Errors
/// See [`HashKeyError`].
pub fn hash_key(
    arguments: &HashKeyArguments,
    input: impl Read,
    out: &mut dyn Write,
    errors: &mut dyn Write,
) -> Result<(), HashKeyError> {
    let scopes: Scopes = arguments.scopes.parse().map_err(HashKeyError::Usage)?;
    // Before the key is read or shown: a name that is not allowed must not cost it.
    let line =
        |secret: &str| Key::new(&arguments.name, scopes, secret.as_bytes()).map_err(HashKeyError::Usage);
    line("")?;
    let secret = if arguments.generate { random_key()? } else { read_key(input)? };
    let line = line(&secret)?;
    if arguments.generate {
        writeln!(errors, "{secret}")?;
    }
    writeln!(out, "{line}")?;
    Ok(())
}

fn random_key() -> Result<String, HashKeyError> {
    let mut bytes = [0; DIGEST_BYTES];
    getrandom::fill(&mut bytes).map_err(|error| HashKeyError::Io(io::Error::other(error)))?;
    Ok(bytes.iter().fold(String::new(), |mut key, byte| {
        // Writing to a string cannot fail.
        let _ = write!(key, "{byte:02x}");
        key
    }))
}

fn read_key(input: impl Read) -> Result<String, HashKeyError> {
    // One more than is allowed, and the end of a line.
    let mut bytes = Vec::new();
    input.take(MAX_CHARACTERS as u64 + 3).read_to_end(&mut bytes)?;
    let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let text = String::from_utf8_lossy(line);
    let characters = text.chars().count();
    let is_allowed = line.iter().all(u8::is_ascii_graphic);
    if !is_allowed || !(MIN_CHARACTERS..=MAX_CHARACTERS).contains(&characters) {
        return Err(HashKeyError::Key { characters });
    }
    Ok(text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::access::Keys;

    fn run(
        name: &str,
        scopes: &str,
        generate: bool,
        input: &[u8],
    ) -> (Result<(), HashKeyError>, String, String) {
        let arguments = HashKeyArguments { name: name.to_owned(), scopes: scopes.to_owned(), generate };
        let (mut out, mut errors) = (Vec::new(), Vec::new());
        let result = hash_key(&arguments, input, &mut out, &mut errors);
        (result, String::from_utf8(out).unwrap(), String::from_utf8(errors).unwrap())
    }

    #[test]
    fn the_line_of_a_key_lets_that_key_in() {
        for input in [&b"twelve-chars"[..], b"twelve-chars\n", b"twelve-chars\r\n"] {
            let (result, out, errors) = run("app", "read,observe", false, input);
            result.unwrap();
            assert!(out.starts_with("app\tread,observe\t") && errors.is_empty(), "{out}");
            assert!(!out.contains("twelve"));
            assert!(Keys::parse(out.as_bytes()).unwrap().find(b"twelve-chars").is_some());
        }
    }

    #[test]
    fn a_key_that_is_made_is_shown_once_and_is_another_each_time() {
        let made: Vec<String> = (0..2)
            .map(|_| {
                let (result, out, errors) = run("app", "read", true, b"");
                result.unwrap();
                let key = errors.trim_end().to_owned();
                assert!(key.len() >= 40 && !out.contains(&key));
                assert!(Keys::parse(out.as_bytes()).unwrap().find(key.as_bytes()).is_some());
                key
            })
            .collect();
        assert_ne!(made[0], made[1]);
    }

    #[test]
    fn what_is_no_key_is_refused_and_not_repeated() {
        let long = vec![b'a'; 513];
        for input in [
            &b""[..],
            b"\n",
            b"elevenchars",
            b"two words of it",
            b"two-lines\nof-it-all",
            b"\xff\xfe____________",
            &long,
        ] {
            let (result, out, _) = run("app", "read", false, input);
            let message = result.unwrap_err().to_string();
            assert!(message.contains("12 to 512"), "{message}");
            assert!(!message.contains("elevenchars") && out.is_empty());
        }
        for (name, scopes) in
            [("", "read"), ("a b", "read"), ("app", ""), ("app", "all"), ("app", "read,read")]
        {
            let (result, out, errors) = run(name, scopes, true, b"");
            assert!(matches!(result, Err(HashKeyError::Usage(_))), "{name} {scopes}");
            assert!(out.is_empty() && errors.is_empty());
        }
    }
}
