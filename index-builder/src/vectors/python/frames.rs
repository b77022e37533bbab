//! What goes through the pipes between the builder and the child that runs the Python function.
//!
//! All numbers are little-endian. To the child go batches:
//!
//! ```text
//! u32 count, then count times: u32 length, length bytes: a profile as a JSON document
//! ```
//!
//! and from it come answers, first one about the loading and then one for each profile, in their order:
//!
//! ```text
//! u32 length of the body, u8 kind, body
//!   kind 0  loaded       the greeting
//!   kind 1  not loaded   u8 reason, text
//!   kind 2  singles      a vector of f32
//!   kind 3  doubles      a vector of f64
//!   kind 4  raised       text: the last line of the traceback
//!   kind 5  no vector    text: what was returned instead
//! ```
//!
//! What comes from the child is untrusted: every declared length is compared with its bound before anything is
//! allocated, and what does not fit this table is a [`BadFrame`].

/// The most numbers a vector may have. The child is told, so that it refuses longer ones by name.
pub const MAX_NUMBERS: usize = 1 << 20;

/// The longest profile that is sent, in bytes of JSON. Far above what a profile's document may have, because fields
/// count here that are vectorized and not stored.
pub const MAX_PROFILE_BYTES: usize = 1 << 26;

/// The longest text in an answer. The shim cuts at 500 characters, which are at most this many bytes.
pub const MAX_TEXT_BYTES: usize = 4096;

/// The bytes before an answer's body: its length and its kind.
pub const HEADER_BYTES: usize = 5;

/// What a child that has loaded the function says first, so that a program which is no Python is not taken for one.
const GREETING: &[u8] = b"kindred python 1";

/// An answer of the child.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The function is there and can be called.
    Loaded,
    /// The function is not there, and why.
    NotLoaded(NotLoaded, String),
    /// A profile's vector, of 1 to [`MAX_NUMBERS`] numbers.
    Vector(Vec<f32>),
    /// The function raised for this profile: the last line of the traceback.
    Raised(String),
    /// The function returned something else than a vector: what.
    NotAVector(String),
}

/// Why the child could not load the function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotLoaded {
    /// Importing the file raised.
    Raised,
    /// The file defines nothing of that name.
    Missing,
    /// What has that name cannot be called.
    NotCallable,
}

/// Bytes that are no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadFrame {
    /// The kind is none of the table.
    #[error("an answer of the unknown kind {0}")]
    Kind(u8),
    /// The body is longer than its kind allows, or not a whole number of numbers.
    #[error("an answer of kind {kind} with {bytes} bytes")]
    Length {
        /// The answer's kind.
        kind: u8,
        /// The declared length of its body.
        bytes: usize,
    },
    /// The body is not what its kind holds.
    #[error("an answer of kind {0} with other content than that kind has")]
    Content(u8),
}

/// The length and the kind of an answer whose body is still to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    kind: u8,
    bytes: usize,
}

impl Header {
    /// Reads a header.
    ///
    /// # Errors
    /// [`BadFrame`] where the kind is unknown or the length impossible for it.
    pub fn parse(header: [u8; HEADER_BYTES]) -> Result<Header, BadFrame> {
        let [a, b, c, d, kind] = header;
        // A length that does not fit is beyond every bound, too.
        let bytes = usize::try_from(u32::from_le_bytes([a, b, c, d])).unwrap_or(usize::MAX);
        let allowed = match kind {
            0 => bytes == GREETING.len(),
            1 => (1..=1 + MAX_TEXT_BYTES).contains(&bytes),
            2 => is_vector(bytes, size_of::<f32>()),
            3 => is_vector(bytes, size_of::<f64>()),
            4 | 5 => bytes <= MAX_TEXT_BYTES,
            _ => return Err(BadFrame::Kind(kind)),
        };
        if allowed { Ok(Header { kind, bytes }) } else { Err(BadFrame::Length { kind, bytes }) }
    }

    /// The length of the body, which is within the bound of its kind.
    pub fn body_bytes(&self) -> usize {
        self.bytes
    }

    /// Reads the body that belongs to this header.
    ///
    /// # Errors
    /// [`BadFrame`] where the body has another length or does not hold what its kind says.
    pub fn parse_body(&self, body: &[u8]) -> Result<Answer, BadFrame> {
        let kind = self.kind;
        if body.len() != self.bytes {
            return Err(BadFrame::Length { kind, bytes: body.len() });
        }
        match (kind, body) {
            (0, GREETING) => Ok(Answer::Loaded),
            (1, [0, detail @ ..]) => Ok(Answer::NotLoaded(NotLoaded::Raised, text(detail))),
            (1, [1, detail @ ..]) => Ok(Answer::NotLoaded(NotLoaded::Missing, text(detail))),
            (1, [2, detail @ ..]) => Ok(Answer::NotLoaded(NotLoaded::NotCallable, text(detail))),
            (2, body) => Ok(Answer::Vector(singles(body))),
            (3, body) => Ok(Answer::Vector(doubles(body))),
            (4, detail) => Ok(Answer::Raised(text(detail))),
            (5, detail) => Ok(Answer::NotAVector(text(detail))),
            (kind, _) => Err(BadFrame::Content(kind)),
        }
    }
}

/// A batch of profiles as the child reads it. No profile may be longer than [`MAX_PROFILE_BYTES`].
pub fn encode_batch(profiles: &[&[u8]]) -> Vec<u8> {
    let bytes: usize = profiles.iter().map(|profile| 4 + profile.len()).sum();
    let mut batch = Vec::with_capacity(4 + bytes);
    batch.extend_from_slice(&length(profiles.len()));
    for profile in profiles {
        batch.extend_from_slice(&length(profile.len()));
        batch.extend_from_slice(profile);
    }
    batch
}

fn length(length: usize) -> [u8; 4] {
    // Lengths are bounded far below u32::MAX by who calls; a larger one would leave the child waiting, which the
    // timeout ends.
    u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes()
}

fn is_vector(bytes: usize, number: usize) -> bool {
    bytes.is_multiple_of(number) && (1..=MAX_NUMBERS).contains(&(bytes / number))
}

fn singles(body: &[u8]) -> Vec<f32> {
    body.as_chunks().0.iter().map(|&number| f32::from_le_bytes(number)).collect()
}

/// Rounded to single precision; what is outside its range becomes infinite.
fn doubles(body: &[u8]) -> Vec<f32> {
    body.as_chunks().0.iter().map(|&number| f64::from_le_bytes(number) as f32).collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(bytes: u32, kind: u8) -> Result<Header, BadFrame> {
        let [a, b, c, d] = bytes.to_le_bytes();
        Header::parse([a, b, c, d, kind])
    }

    fn answer(kind: u8, body: &[u8]) -> Result<Answer, BadFrame> {
        header(body.len() as u32, kind)?.parse_body(body)
    }

    #[test]
    fn every_declared_length_is_bounded_before_anything_is_allocated() {
        for kind in 0..=u8::MAX {
            assert!(header(u32::MAX, kind).is_err(), "{kind}");
        }
        let longest = (MAX_NUMBERS * 8) as u32;
        assert!(header(longest, 3).is_ok());
        assert_eq!(header(longest + 8, 3), Err(BadFrame::Length { kind: 3, bytes: longest as usize + 8 }));
        assert_eq!(header(longest, 2), Err(BadFrame::Length { kind: 2, bytes: longest as usize }));
        assert_eq!(header(7, 2), Err(BadFrame::Length { kind: 2, bytes: 7 }));
        assert_eq!(header(0, 2), Err(BadFrame::Length { kind: 2, bytes: 0 }));
        assert_eq!(header(0, 6), Err(BadFrame::Kind(6)));
    }

    #[test]
    fn a_body_that_is_not_what_its_kind_holds_is_no_answer() {
        assert_eq!(answer(0, b"kindred python 1"), Ok(Answer::Loaded));
        assert_eq!(answer(0, b"kindred python 2"), Err(BadFrame::Content(0)));
        assert_eq!(answer(1, b"\x03text"), Err(BadFrame::Content(1)));
        assert_eq!(answer(1, b"\x01text"), Ok(Answer::NotLoaded(NotLoaded::Missing, "text".into())));
        assert_eq!(answer(4, b"a\xffb"), Ok(Answer::Raised("a\u{fffd}b".into())));
        let four = header(4, 2).unwrap();
        assert_eq!(four.parse_body(&[0; 8]), Err(BadFrame::Length { kind: 2, bytes: 8 }));
    }

    #[test]
    fn doubles_are_rounded_and_those_outside_single_precision_become_infinite() {
        let body: Vec<u8> = [0.1, 1e39, -1e39, 1e-50].iter().flat_map(|n: &f64| n.to_le_bytes()).collect();
        assert_eq!(answer(3, &body), Ok(Answer::Vector(vec![0.1, f32::INFINITY, f32::NEG_INFINITY, 0.0])));
    }

    #[test]
    fn a_batch_says_how_many_profiles_it_has_and_how_long_each_is() {
        assert_eq!(encode_batch(&[]), [0, 0, 0, 0]);
        assert_eq!(encode_batch(&[b"{}", b""]), [2, 0, 0, 0, 2, 0, 0, 0, b'{', b'}', 0, 0, 0, 0]);
    }
}
