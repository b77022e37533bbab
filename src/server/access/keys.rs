//! The file of keys: a line each, `NAME<TAB>SCOPES<TAB>SHA256-HEX`.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use super::super::bounded_file;
use crate::directory::plain_text::{BYTE_ORDER_MARK, NotUtf8, without_mark};
use sha2::{Digest as _, Sha256};
use subtle::{ConditionallySelectable as _, ConstantTimeEq as _};

/// The longest name of a key, in characters.
const MAX_NAME: usize = 64;
/// Some hundred thousand keys.
const MAX_BYTES: u64 = 64 << 20;
/// Bytes of a SHA-256.
pub(super) const DIGEST_BYTES: usize = 32;

/// What a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Ask for recommendations and profiles.
    Read,
    /// See `/metrics` and `/index`.
    Observe,
    /// Change what the server does.
    Admin,
}

impl Scope {
    /// All of them, in the order in which they are listed.
    pub const ALL: [Scope; 3] = [Scope::Read, Scope::Observe, Scope::Admin];

    /// Its name in a file of keys.
    pub fn name(self) -> &'static str {
        match self {
            Scope::Read => "read",
            Scope::Observe => "observe",
            Scope::Admin => "admin",
        }
    }
}

/// A set of scopes. None contains another: `admin` alone reads nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scopes(u8);

impl Scopes {
    /// Whether a scope is among them.
    pub fn contain(self, scope: Scope) -> bool {
        self.0 & Self::bit(scope) != 0
    }

    fn bit(scope: Scope) -> u8 {
        1 << scope as u8
    }
}

impl FromStr for Scopes {
    type Err = String;

    /// Names with commas between them, each at most once.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut scopes = Scopes::default();
        for name in text.split(',') {
            let scope = Scope::ALL.into_iter().find(|scope| scope.name() == name).ok_or_else(|| {
                format!("scopes: {name:?} is not allowed; allowed: read, observe, admin, with commas between")
            })?;
            if scopes.contain(scope) {
                return Err(format!("scopes: {name:?} is there twice"));
            }
            scopes.0 |= Self::bit(scope);
        }
        Ok(scopes)
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> =
            Scope::ALL.into_iter().filter(|scope| self.contain(*scope)).map(Scope::name).collect();
        f.write_str(&names.join(","))
    }
}

/// One key, without the key itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// What it is called in logs.
    pub name: Arc<str>,
    /// What it may do.
    pub scopes: Scopes,
    /// Its SHA-256.
    pub digest: [u8; DIGEST_BYTES],
}

impl Key {
    /// A key that is shown as `secret`.
    ///
    /// # Errors
    /// The name is not allowed.
    pub fn new(name: &str, scopes: Scopes, secret: &[u8]) -> Result<Key, String> {
        Ok(Key { name: checked_name(name)?, scopes, digest: digest(secret) })
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\t{}\t", self.name, self.scopes)?;
        self.digest.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Key {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let mut fields = line.split('\t');
        let (Some(name), Some(scopes), Some(hex), None) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            return Err(
                "a line is NAME<TAB>SCOPES<TAB>SHA256-HEX, as `kindred hash-key` prints it".to_owned()
            );
        };
        let digest = parse_hex(hex).ok_or("the hash has to be 64 hexadecimal digits")?;
        Ok(Key { name: checked_name(name)?, scopes: scopes.parse()?, digest })
    }
}

fn checked_name(name: &str) -> Result<Arc<str>, String> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if name.is_empty() || name.len() > MAX_NAME || !name.bytes().all(is_allowed) {
        return Err(format!(
            "name: {name:?} is not allowed; allowed: 1 to {MAX_NAME} letters, digits, dots, dashes and underscores"
        ));
    }
    Ok(name.into())
}

fn parse_hex(text: &str) -> Option<[u8; DIGEST_BYTES]> {
    let mut digest = [0; DIGEST_BYTES];
    if text.len() != 2 * DIGEST_BYTES || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (place, pair) in digest.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *place = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(digest)
}

fn digest(secret: &[u8]) -> [u8; DIGEST_BYTES] {
    Sha256::digest(secret).into()
}

/// Why a file of keys is not used. Says nothing of what is in the line: it may be a key that somebody put there.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// It cannot be read.
    #[error("api_keys: {} cannot be read: {source}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is in another encoding than UTF-8.
    #[error("api_keys: {}: {NotUtf8}", .path.display())]
    Encoding {
        /// The file.
        path: PathBuf,
    },
    /// A line makes no sense.
    #[error("api_keys: line {line} of {}: {reason}", .path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line's number, from 1.
        line: usize,
        /// What is wrong and what is allowed.
        reason: String,
    },
}

/// The keys that count.
#[derive(Debug, Default)]
pub struct Keys(Vec<Key>);

impl Keys {
    /// Reads a file.
    ///
    /// # Errors
    /// See `KeysError`.
    pub fn read(path: &Path) -> Result<Keys, KeysError> {
        let unreadable = |source| KeysError::Unreadable { path: path.to_owned(), source };
        let bytes = bounded_file::read(path, MAX_BYTES).map_err(unreadable)?;
        if bytes.len() as u64 > MAX_BYTES {
            let source = io::Error::new(io::ErrorKind::FileTooLarge, "it is longer than 64 MiB");
            return Err(unreadable(source));
        }
        let text = without_mark(&bytes).map_err(|NotUtf8| KeysError::Encoding { path: path.to_owned() })?;
        Self::parse(text).map_err(|(line, reason)| KeysError::Line { path: path.to_owned(), line, reason })
    }

    /// Reads lines; empty ones and those that begin with `#` count for nothing. No lines are no keys, so that the last
    /// key can be taken back.
    ///
    /// # Errors
    /// The number of the first line that is not allowed, and why.
    pub fn parse(bytes: &[u8]) -> Result<Keys, (usize, String)> {
        let mut keys = Keys::default();
        for (number, line) in (1..).zip(bytes.split(|&byte| byte == b'\n')) {
            // Of several files, one behind the other, each may have its mark.
            let line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() || line.starts_with(b"#") {
                continue;
            }
            let line = std::str::from_utf8(line).map_err(|_| (number, "it is not UTF-8".to_owned()))?;
            // A name may hold anything that was typed, and is therefore not repeated.
            let key: Key = line.parse().map_err(|reason| (number, without_values(reason)))?;
            if keys.0.iter().any(|other| other.name == key.name || other.digest == key.digest) {
                return Err((number, "its name or its key is there already".to_owned()));
            }
            keys.0.push(key);
        }
        Ok(keys)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The key that was shown. Takes as long for a key that is nearly right as for any other.
    pub fn find(&self, secret: &[u8]) -> Option<&Key> {
        let shown = digest(secret);
        let mut found = u32::MAX;
        for (place, key) in (0u32..).zip(&self.0) {
            found.conditional_assign(&place, key.digest.ct_eq(&shown));
        }
        self.0.get(found as usize)
    }
}

/// The part of a reason that says what is allowed.
fn without_values(reason: String) -> String {
    match reason.split_once("allowed: ") {
        Some((_, allowed)) => format!("allowed: {allowed}"),
        None => reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `sha256sum` of "correct horse battery staple".
    const DIGEST: &str = "c4bbcb1fbec99d65bf59d85c8cb62ee2db963f0fe106f483d9afa73bd4e39a8a";
    const SECRET: &[u8] = b"correct horse battery staple";

    #[test]
    fn a_key_is_found_by_what_is_shown() {
        let other = Key::new("other", "observe,admin".parse().unwrap(), b"another secret").unwrap();
        let text = format!("# keys\n\nfront-end\tread\t{DIGEST}\r\n{other}\n");
        let keys = Keys::parse(text.as_bytes()).unwrap();
        assert_eq!(keys.len(), 2);
        let found = keys.find(SECRET).unwrap();
        assert_eq!(&*found.name, "front-end");
        assert_eq!(found.to_string(), format!("front-end\tread\t{DIGEST}"));
        let scopes = Scope::ALL.map(|scope| found.scopes.contain(scope));
        assert_eq!(scopes, [true, false, false]);
        assert_eq!(keys.find(b"another secret").unwrap(), &other);
        for wrong in
            [&b""[..], b"correct horse battery stapl", b"correct horse battery staple ", DIGEST.as_bytes()]
        {
            assert_eq!(keys.find(wrong), None);
        }
        assert_eq!(Keys::parse(b"").unwrap().find(SECRET), None);
    }

    #[test]
    fn a_line_that_is_not_allowed_is_named_by_its_number_and_not_repeated() {
        let cut = &DIGEST[1..];
        let long = "n".repeat(65);
        for (line, part) in [
            ("hunter2-hunter2".to_owned(), "NAME<TAB>SCOPES<TAB>SHA256-HEX"),
            (format!("a read {DIGEST}"), "NAME<TAB>SCOPES<TAB>SHA256-HEX"),
            (format!("a\tread\t{DIGEST}\t"), "NAME<TAB>SCOPES<TAB>SHA256-HEX"),
            (format!("a\tread\t{cut}"), "64 hexadecimal digits"),
            (format!("a\tread\t{cut}g"), "64 hexadecimal digits"),
            (format!("a\tread\t+{cut}"), "64 hexadecimal digits"),
            (format!("a\twrite\t{DIGEST}"), "read, observe, admin"),
            (format!("a\t\t{DIGEST}"), "read, observe, admin"),
            (format!("a\tread,read\t{DIGEST}"), "twice"),
            (format!("\tread\t{DIGEST}"), "1 to 64 letters"),
            (format!("{long}\tread\t{DIGEST}"), "1 to 64 letters"),
            (format!("my secret\tread\t{DIGEST}"), "1 to 64 letters"),
        ] {
            let (number, reason) = Keys::parse(format!("# first\n{line}\n").as_bytes()).unwrap_err();
            assert_eq!(number, 2, "{line}");
            assert!(reason.contains(part), "{line}: {reason}");
            assert!(!reason.contains("hunter2") && !reason.contains("my secret"), "{reason}");
        }
        let twice = format!("a\tread\t{DIGEST}\nb\tread\t{DIGEST}\n");
        assert!(Keys::parse(twice.as_bytes()).unwrap_err().1.contains("already"));
        assert_eq!(Keys::parse(b"\xff\n").unwrap_err().0, 1);
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_a_name_and_another_encoding_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("keys");
        let marked = format!("\u{feff}a\tread\t{DIGEST}\r\n\u{feff}# b\n");
        std::fs::write(&path, &marked).unwrap();
        assert_eq!(&*Keys::read(&path).unwrap().find(SECRET).unwrap().name, "a");
        for bytes in [u16::to_le_bytes, u16::to_be_bytes] {
            std::fs::write(&path, marked.encode_utf16().flat_map(bytes).collect::<Vec<u8>>()).unwrap();
            let error = Keys::read(&path).unwrap_err().to_string();
            assert!(error.contains("UTF-16") && !error.contains(DIGEST), "{error}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_path() {
        let error = Keys::read(Path::new("/nowhere/keys")).unwrap_err().to_string();
        assert!(error.contains("/nowhere/keys"), "{error}");
    }
}
