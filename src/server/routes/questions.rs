//! The body of `POST /recommend`, read in one pass: what is asked, judged but not yet looked up.
//!
//! What is wrong with the request as a whole is a [`Problem`] instead of an answer; what is wrong with one question is
//! the answer to that question.

use std::ops::RangeInclusive;

use jiter::{Jiter, Peek};

use super::super::problem::Problem;
use super::parameters::check_id;
use crate::file::format::MAX_DIMENSION;
use crate::profile::json::{ParseError, Reason, next_fields, next_integer};
use crate::profile::{Fields, ItemId, MAX_DOCUMENT_BYTES, MAX_ID_BYTES, Value};
use crate::query::Subject;

/// Questions of one request.
pub const MAX_QUESTIONS: usize = 1_000;

/// Recommendations that one request may ask for, all questions together.
pub const MAX_RECOMMENDATIONS: usize = 100_000;

/// Ids that may be excluded: as many as a member sees in a long while, and few enough to hold.
pub const MAX_EXCLUDED: usize = 10_000;

/// The longest text of a profile: a document of the longest, and a vector beside it.
const MAX_PROFILE_BYTES: usize = 2 * MAX_DOCUMENT_BYTES;

/// What text starts with that some programs write, and that means nothing.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The keys that a body may have. Of the first three one has elements.
const KEYS: [&str; 6] = ["ids", "vectors", "profiles", "n", "exclude", "distances"];

const ONE_OF: &str = "give one of ids, vectors and profiles";

/// What has to become a vector.
#[derive(Debug)]
pub enum Raw {
    /// Numbers, as they were given.
    Numbers(Vec<f32>),
    /// The fields of a profile.
    Profile(Fields),
}

/// What a question is about, or why it has no answer.
pub type Judged = Result<Subject<'static>, Problem>;

/// The questions of a request.
#[derive(Debug, PartialEq)]
pub struct Questions {
    /// One for each question.
    pub subjects: Vec<Judged>,
    /// How many recommendations each wants.
    pub n: usize,
    /// Ids that are in no answer.
    pub exclude: Vec<String>,
    /// Whether distances are wanted.
    pub distances: bool,
}

/// Why there is no vector.
#[derive(Debug)]
pub enum NoVector {
    /// The answer to the question.
    Question(Problem),
    /// The answer to the whole request, which ends.
    Request(Problem),
}

/// What makes vectors.
pub type Vectorize<'a> = dyn FnMut(Raw) -> Result<Vec<f32>, NoVector> + 'a;

/// Reads a body. Vectors are made as they are read, so that no more than one profile is held.
///
/// # Errors
/// [`Problem::BadBody`], [`Problem::UnknownKey`] and [`Problem::BadParameter`], whatever comes first in the text, and
/// then what is missing; and what `vectorize` gives.
pub fn read(text: &[u8], max_n: usize, vectorize: &mut Vectorize<'_>) -> Result<Questions, Problem> {
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    if let Some(encoding) = other_encoding(text) {
        let reason = format!("expected UTF-8, and this looks like {encoding}");
        return Err(Problem::BadBody { line: 1, column: 1, reason });
    }
    if text.trim_ascii().is_empty() {
        let reason = "the body is empty; a JSON object is expected".to_owned();
        return Err(Problem::BadBody { line: 1, column: 1, reason });
    }
    let mut reader = Reader { json: Jiter::new(text), n_range: 1..=max_n, vectorize };
    let read = reader.object().and_then(|parts| parts.complete(&(1..=max_n)));
    read.map_err(|failure| match failure {
        Failure::Problem(problem) => problem,
        Failure::Text { at, reason } => {
            let position = reader.json.error_position(at);
            Problem::BadBody { line: position.line, column: position.column, reason }
        }
    })
}

/// How a text is written that is not UTF-8: with a mark, or with zeros beside its first characters, which are ASCII.
fn other_encoding(text: &[u8]) -> Option<&'static str> {
    match text {
        [0, 0, 0xfe, 0xff, ..] | [0xff, 0xfe, 0, 0, ..] | [0, 0, 0, _, ..] | [_, 0, 0, 0, ..] => {
            Some("UTF-32")
        }
        [0xfe, 0xff, ..] | [0xff, 0xfe, ..] | [0, _, ..] | [_, 0, ..] => Some("UTF-16"),
        _ => None,
    }
}

/// Why a body is not read to its end.
enum Failure {
    Problem(Problem),
    /// The text is not as it has to be, behind so many bytes.
    Text {
        at: usize,
        reason: String,
    },
}

impl<E: Into<ParseError>> From<E> for Failure {
    fn from(error: E) -> Failure {
        let error: ParseError = error.into();
        let reason = match &error.reason {
            Reason::NotJson(problem) => format!("{}: {problem}", error.reason),
            Reason::TooLong => format!("a profile has more than {MAX_PROFILE_BYTES} bytes"),
            Reason::NotUnicode | Reason::TooDeep => error.reason.to_string(),
        };
        Failure::Text { at: error.at, reason }
    }
}

/// What has been read so far.
#[derive(Default)]
struct Parts {
    seen: Vec<&'static str>,
    /// The name of the list of questions.
    list: &'static str,
    subjects: Option<Vec<Judged>>,
    n: Option<usize>,
    exclude: Vec<String>,
    distances: bool,
}

impl Parts {
    fn complete(self, n_range: &RangeInclusive<usize>) -> Result<Questions, Failure> {
        let subjects = self.subjects.ok_or_else(|| bad("ids", format!("is missing; {ONE_OF}")))?;
        let n = self.n.ok_or_else(|| Failure::Problem(Problem::missing_number("n", n_range)))?;
        if n.saturating_mul(subjects.len()) > MAX_RECOMMENDATIONS {
            let reason = format!(
                "must be at most {} for {} questions, not {n}: one request may ask for {MAX_RECOMMENDATIONS} \
                 recommendations",
                MAX_RECOMMENDATIONS / subjects.len(),
                subjects.len(),
            );
            return Err(bad("n", reason));
        }
        Ok(Questions { subjects, n, exclude: self.exclude, distances: self.distances })
    }
}

struct Reader<'a, 'j> {
    json: Jiter<'j>,
    n_range: RangeInclusive<usize>,
    vectorize: &'a mut Vectorize<'a>,
}

impl Reader<'_, '_> {
    fn object(&mut self) -> Result<Parts, Failure> {
        let mut parts = Parts::default();
        if self.json.peek()? != Peek::Object {
            return Err(self.expected("an object"));
        }
        let mut next = self.json.known_object()?.map(known_key);
        while let Some(key) = next {
            let key = key.map_err(Failure::Problem)?;
            if parts.seen.contains(&key) {
                return Err(bad(key, "may be given only once".to_owned()));
            }
            parts.seen.push(key);
            // What is null is as if it were not there: many programs write every member that they know.
            if self.json.peek()? == Peek::Null {
                self.json.known_null()?;
            } else {
                self.value(key, &mut parts)?;
            }
            next = self.json.next_key()?.map(known_key);
        }
        self.json.finish()?;
        Ok(parts)
    }

    fn value(&mut self, key: &'static str, parts: &mut Parts) -> Result<(), Failure> {
        match key {
            "n" => parts.n = Some(self.n()?),
            "distances" => parts.distances = self.switch()?,
            "exclude" => {
                parts.exclude = self.list(key, MAX_EXCLUDED, |reader, first| reader.id(first))?;
                // Nobody has such an id, and one may be as long as a body.
                parts.exclude.retain(|id| id.len() <= MAX_ID_BYTES);
            }
            list => self.questions(list, parts)?,
        }
        Ok(())
    }

    /// A list of questions. One that is empty asks nothing, and contradicts no other.
    fn questions(&mut self, list: &'static str, parts: &mut Parts) -> Result<(), Failure> {
        let other = parts.list;
        let is_second = parts.subjects.as_ref().is_some_and(|subjects| !subjects.is_empty());
        let subjects = self.list(list, MAX_QUESTIONS, |reader, first| {
            if is_second {
                return Err(bad(list, format!("contradicts {other}; {ONE_OF}")));
            }
            match list {
                "ids" => reader.id(first).map(|id| check_id(&id).map(|()| id.into())),
                "vectors" => reader.numbers(first).and_then(|raw| reader.vector(Raw::Numbers(raw))),
                _ => reader.profile(first).and_then(|raw| reader.vector(Raw::Profile(raw))),
            }
        })?;
        if !is_second {
            (parts.list, parts.subjects) = (list, Some(subjects));
        }
        Ok(())
    }

    fn list<T>(
        &mut self,
        name: &'static str,
        most: usize,
        mut element: impl FnMut(&mut Self, Peek) -> Result<T, Failure>,
    ) -> Result<Vec<T>, Failure> {
        if self.json.peek()? != Peek::Array {
            return Err(self.expected("a list"));
        }
        let mut elements = Vec::new();
        let mut next = self.json.known_array()?;
        while let Some(first) = next {
            if elements.len() == most {
                return Err(bad(name, format!("must have at most {most} elements")));
            }
            elements.push(element(self, first)?);
            next = self.json.array_step()?;
        }
        Ok(elements)
    }

    /// An id as a profile has one: text, or an integer, whose key is its decimal text.
    fn id(&mut self, first: Peek) -> Result<String, Failure> {
        const EXPECTED: &str = "an id, which is a string or an integer";
        if first == Peek::String {
            return Ok(self.json.known_str()?.to_owned());
        }
        if !first.is_num() {
            return Err(self.expected(EXPECTED));
        }
        let at = self.json.current_index();
        let id = next_integer(&mut self.json, first)?.and_then(|id| ItemId::from_value(Some(&id)).ok());
        let id = id.ok_or_else(|| Failure::Text { at, reason: format!("expected {EXPECTED}") })?;
        Ok(id.to_string())
    }

    fn numbers(&mut self, first: Peek) -> Result<Vec<f32>, Failure> {
        if first != Peek::Array {
            return Err(self.expected("a vector, which is a list of numbers"));
        }
        let mut numbers = Vec::new();
        let mut next = self.json.known_array()?;
        while let Some(first) = next {
            if !first.is_num() {
                return Err(self.expected("a number"));
            }
            let at = self.json.current_index();
            let text = std::str::from_utf8(self.json.known_number_bytes(first)?).unwrap_or_default();
            // As a source's numbers are read: to a double first, and endless where that is too small for them.
            let number: f64 =
                text.parse().map_err(|_| Failure::Text { at, reason: "expected a number".to_owned() })?;
            if numbers.len() == MAX_DIMENSION as usize {
                let reason = format!("a vector has more than {MAX_DIMENSION} numbers");
                return Err(Failure::Text { at, reason });
            }
            numbers.push(number as f32);
            next = self.json.array_step()?;
        }
        Ok(numbers)
    }

    fn profile(&mut self, first: Peek) -> Result<Fields, Failure> {
        if first != Peek::Object {
            return Err(self.expected("a profile, which is an object"));
        }
        Ok(next_fields(&mut self.json, MAX_PROFILE_BYTES)?)
    }

    fn vector(&mut self, raw: Raw) -> Result<Judged, Failure> {
        match (self.vectorize)(raw) {
            Ok(vector) => Ok(Ok(vector.into())),
            Err(NoVector::Question(problem)) => Ok(Err(problem)),
            Err(NoVector::Request(problem)) => Err(Failure::Problem(problem)),
        }
    }

    fn n(&mut self) -> Result<usize, Failure> {
        let first = self.json.peek()?;
        let number = if first.is_num() { next_integer(&mut self.json, first)? } else { None };
        let n = match number {
            Some(Value::Int(n)) => usize::try_from(n).ok(),
            _ => None,
        };
        n.filter(|n| self.n_range.contains(n))
            .ok_or_else(|| Failure::Problem(Problem::out_of_range("n", &self.n_range)))
    }

    fn switch(&mut self) -> Result<bool, Failure> {
        match self.json.peek()? {
            first @ (Peek::True | Peek::False) => Ok(self.json.known_bool(first)?),
            _ => Err(self.expected("true or false")),
        }
    }

    fn expected(&self, what: &str) -> Failure {
        Failure::Text { at: self.json.current_index(), reason: format!("expected {what}") }
    }
}

fn known_key(name: &str) -> Result<&'static str, Problem> {
    let known = KEYS.iter().find(|known| **known == name).copied();
    known.ok_or_else(|| {
        // A name may be as long as a body.
        let shown = name.chars().take(100).collect();
        Problem::UnknownKey { name: shown, known: KEYS.join(", ") }
    })
}

fn bad(name: &'static str, reason: String) -> Failure {
    Failure::Problem(Problem::BadParameter { name, reason })
}
