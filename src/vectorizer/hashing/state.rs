//! The fitted state as bytes.
//!
//! Everything that a vector depends on is in it, and nothing else. Whole numbers are unsigned LEB128 unless a width
//! is given; a text is its length in bytes and its UTF-8; a list is its length and its elements.
//!
//! | what | how |
//! | --- | --- |
//! | magic | the 4 bytes `KHV2`; other words, hashes, weights or another projection are another magic |
//! | dimension, seed | number, u64 little-endian |
//! | language | text: `en`... |
//! | id field, ignored fields | text, list of texts |
//! | fields | 0 for all of them, or 1 and a list of texts |
//! | profiles | number |
//! | fields | list, ordered by name: name, 0 number (then middle and spread, f64 little-endian), 1 category, 2 list, 3 text |
//! | frequencies | list, ordered by bucket, of those that are not 0: distance from the bucket before (the first from -1), frequency |
//!
//! A state that begins with `KHV1` is laid out alike and is read as well. It goes on making the vectors of its time, with
//! the rules of `first`, because they are compared with those in its index file.
//!
//! Reading assumes nothing about the bytes: every count is compared with what is left of them before it is used.

#![cfg_attr(
    not(test),
    deny(
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        clippy::cast_sign_loss,
        reason = "the bytes of a state are anything"
    )
)]

use super::config::{ConfigError, HashingConfig};
use super::features::BUCKETS;
use super::fit::{Field, FieldKind, MAX_FIELDS, Rules, Schema};
use super::vectorizer::HashingVectorizer;
use super::walk::MAX_FIELD_NAME_BYTES;

/// How a state begins, by its rules.
const MAGICS: [(&[u8; 4], Rules); 2] = [(b"KHV1", Rules::First), (b"KHV2", Rules::Second)];

/// Why bytes are not the state of a vectorizer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// They begin otherwise: no state, or one of another version.
    #[error("the vectorizer's state does not begin with one of {}", MAGICS.map(|(magic, _)| magic.escape_ascii().to_string()).join(", "))]
    Magic,
    /// They end too early.
    #[error("the vectorizer's state is truncated")]
    Truncated,
    /// There are more bytes than the state has.
    #[error("the vectorizer's state is followed by {0} bytes")]
    Trailing(usize),
    /// A configuration that is not allowed.
    #[error("the vectorizer's state: {0}")]
    Config(#[from] ConfigError),
    /// A language that is not known.
    #[error("the vectorizer's state has the unknown language {0:?}")]
    Language(String),
    /// Anything else that no vectorizer writes.
    #[error("the vectorizer's state has {0}")]
    Invalid(&'static str),
}

impl HashingVectorizer {
    /// The fitted state: what [`HashingVectorizer::from_bytes`] needs to vectorize identically. Two or three bytes a
    /// bucket in use, at most about 4 MiB.
    pub fn to_bytes(&self) -> Vec<u8> {
        let config = &self.schema.config;
        let magic = MAGICS.into_iter().find(|(_, rules)| *rules == self.schema.rules);
        let mut writer = Writer(magic.map(|(magic, _)| magic.to_vec()).unwrap_or_default());
        writer.number(config.dimension as u64);
        writer.0.extend(config.seed.to_le_bytes());
        writer.text(&config.language.to_string());
        writer.text(&config.id_field);
        writer.texts(&config.ignore_fields);
        writer.number(u64::from(config.fields.is_some()));
        if let Some(fields) = &config.fields {
            writer.texts(fields);
        }
        writer.number(self.profiles);
        writer.fields(&self.schema.fields);
        writer.frequencies(&self.frequencies);
        writer.0
    }

    /// The vectorizer of a state; any bytes may be given.
    ///
    /// # Errors
    /// [`StateError`], where the bytes are not exactly what [`HashingVectorizer::to_bytes`] writes.
    pub fn from_bytes(bytes: &[u8]) -> Result<HashingVectorizer, StateError> {
        let (magic, bytes) = bytes.split_first_chunk().ok_or(StateError::Magic)?;
        let known = MAGICS.into_iter().find(|(known, _)| *known == magic);
        let (_, rules) = known.ok_or(StateError::Magic)?;
        let mut reader = Reader(bytes);
        let config = reader.config()?;
        config.validate()?;
        let profiles = reader.number()?;
        let fields = reader.fields()?;
        let frequencies = reader.frequencies(profiles)?;
        match reader.0.len() {
            0 => Ok(HashingVectorizer::new(Schema { rules, config, fields }, profiles, frequencies)),
            trailing => Err(StateError::Trailing(trailing)),
        }
    }
}

struct Writer(Vec<u8>);

impl Writer {
    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push((number & 0x7f) as u8 | 0x80);
            number >>= 7;
        }
        self.0.push((number & 0x7f) as u8);
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.extend(text.as_bytes());
    }

    fn texts(&mut self, texts: &[String]) {
        self.number(texts.len() as u64);
        texts.iter().for_each(|text| self.text(text));
    }

    fn fields(&mut self, fields: &[Field]) {
        self.number(fields.len() as u64);
        for field in fields {
            self.text(&field.name);
            match field.kind {
                FieldKind::Number { middle, spread } => {
                    self.0.push(0);
                    self.0.extend(middle.to_le_bytes());
                    self.0.extend(spread.to_le_bytes());
                }
                FieldKind::Category => self.0.push(1),
                FieldKind::List => self.0.push(2),
                FieldKind::Text => self.0.push(3),
            }
        }
    }

    fn frequencies(&mut self, frequencies: &[u32]) {
        self.number(frequencies.iter().filter(|&&frequency| frequency > 0).count() as u64);
        let mut next = 0;
        for (bucket, &frequency) in frequencies.iter().enumerate().filter(|(_, frequency)| **frequency > 0) {
            self.number((bucket + 1 - next) as u64);
            self.number(u64::from(frequency));
            next = bucket + 1;
        }
    }
}

struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    fn take(&mut self, bytes: usize) -> Result<&'b [u8], StateError> {
        let (taken, rest) = self.0.split_at_checked(bytes).ok_or(StateError::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], StateError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(StateError::Truncated)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn byte(&mut self) -> Result<u8, StateError> {
        self.array().map(|[byte]| byte)
    }

    /// A number in its shortest form; another form would be two states of one fingerprint.
    fn number(&mut self) -> Result<u64, StateError> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits || (byte == 0 && shift > 0) {
                return Err(StateError::Invalid("a number that is too long"));
            }
            number |= bits << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(StateError::Invalid("a number that is too long"))
    }

    /// The length of a list or text, at most `limit`. Every element has at least a byte.
    fn length(&mut self, limit: usize) -> Result<usize, StateError> {
        let length = usize::try_from(self.number()?).unwrap_or(usize::MAX);
        if length > limit {
            return Err(StateError::Invalid("a list or a text that is too long"));
        }
        if length > self.0.len() { Err(StateError::Truncated) } else { Ok(length) }
    }

    fn text(&mut self) -> Result<String, StateError> {
        let length = self.length(MAX_FIELD_NAME_BYTES)?;
        let text = std::str::from_utf8(self.take(length)?);
        text.map(str::to_owned).map_err(|_| StateError::Invalid("text that is not UTF-8"))
    }

    fn texts(&mut self) -> Result<Vec<String>, StateError> {
        (0..self.length(MAX_FIELDS)?).map(|_| self.text()).collect()
    }

    fn config(&mut self) -> Result<HashingConfig, StateError> {
        let dimension = usize::try_from(self.number()?).unwrap_or(usize::MAX);
        let seed = u64::from_le_bytes(self.array()?);
        let language = self.text()?;
        Ok(HashingConfig {
            dimension,
            seed,
            language: language.parse().map_err(|_| StateError::Language(language))?,
            id_field: self.text()?,
            ignore_fields: self.texts()?,
            fields: match self.byte()? {
                0 => None,
                1 => Some(self.texts()?),
                _ => return Err(StateError::Invalid("neither all fields nor a list of them")),
            },
        })
    }

    fn fields(&mut self) -> Result<Vec<Field>, StateError> {
        let mut fields: Vec<Field> = Vec::new();
        for _ in 0..self.length(MAX_FIELDS)? {
            let name = self.text()?;
            if fields.last().is_some_and(|before| before.name >= name) {
                return Err(StateError::Invalid("fields that are not in order"));
            }
            fields.push(Field { name, kind: self.kind()? });
        }
        Ok(fields)
    }

    fn kind(&mut self) -> Result<FieldKind, StateError> {
        match self.byte()? {
            0 => {
                let middle = f64::from_le_bytes(self.array()?);
                let spread = f64::from_le_bytes(self.array()?);
                if middle.is_finite() && spread.is_finite() && spread >= 0.0 {
                    Ok(FieldKind::Number { middle, spread })
                } else {
                    Err(StateError::Invalid("a middle or spread that is not a number"))
                }
            }
            1 => Ok(FieldKind::Category),
            2 => Ok(FieldKind::List),
            3 => Ok(FieldKind::Text),
            _ => Err(StateError::Invalid("an unknown kind of field")),
        }
    }

    fn frequencies(&mut self, profiles: u64) -> Result<Vec<u32>, StateError> {
        let mut frequencies = vec![0; BUCKETS];
        let mut next = 0u64;
        for _ in 0..self.length(BUCKETS)? {
            let distance = self.number()?;
            next = next.saturating_add(distance);
            let place = usize::try_from(next).ok().and_then(|next| next.checked_sub(1));
            let bucket = place.filter(|_| distance > 0).and_then(|place| frequencies.get_mut(place));
            let frequency = self.number()?;
            match (bucket, u32::try_from(frequency)) {
                (Some(bucket), Ok(count)) if count > 0 && frequency <= profiles => *bucket = count,
                _ => return Err(StateError::Invalid("a frequency or a bucket that cannot be")),
            }
        }
        Ok(frequencies)
    }
}
