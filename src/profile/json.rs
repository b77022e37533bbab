//! The text of a JSON value, parsed into a [`Value`]: the one parser of profiles, whether they come from a source, from
//! an index file or over HTTP, so that a profile is vectorized alike wherever it comes from.
//!
//! RFC 8259, and what Python's `json` writes beyond it: bare `NaN`, `Infinity` and `-Infinity`. These, and numbers
//! too large for a double, are null; but a list of numbers only keeps them, as [`Value::Floats`], because a vector
//! that holds one must be refused and not repaired.
//!
//! The objects of MongoDB's extended JSON (`{"$oid": "..."}`) are the values that they stand for: see `extended`.

use indexmap::IndexMap;
use jiter::{Jiter, JiterError, JiterErrorType, JsonErrorType, Peek};

use super::extended::{self, Extended};
use super::{Fields, MAX_ID_BYTES, Value};

/// How deep lists and maps may lie within one another: as deep as common JSON readers go by default, so that what
/// is accepted here can be read again by whoever asks for it.
const MAX_DEPTH: usize = 127;

/// Why a text is not a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct ParseError {
    /// What is wrong.
    pub reason: Reason,
    /// Behind how many bytes that was seen.
    pub at: usize,
}

/// What is wrong with a text: one of the reasons under which records are counted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// It is no JSON, in this way.
    #[error("not valid JSON")]
    NotJson(JsonErrorType),
    /// It holds what is not Unicode: bytes that are not UTF-8, or half of a surrogate pair.
    #[error("text is not Unicode")]
    NotUnicode,
    /// Lists and maps lie too deep within one another.
    #[error("nested too deeply")]
    TooDeep,
    /// The value is longer than was allowed.
    #[error("too long")]
    TooLong,
}

/// The value that a text is.
///
/// # Errors
/// Why it is none.
///
/// ```
/// use kindred::profile::{Value, json::parse};
///
/// let Ok(Value::Map(fields)) = parse(br#"{"_id": 7, "name": "Ada"}"#) else { panic!("no map") };
/// assert_eq!(fields[0], ("_id".to_owned(), Value::Int(7)));
/// assert!(parse(b"{").is_err());
/// ```
pub fn parse(text: &[u8]) -> Result<Value, ParseError> {
    parse_counting(text, &mut Changed::default())
}

/// What a value does not have any more of its text, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Changed {
    /// Numbers that are not finite and became null.
    pub not_finite: u64,
    /// Names that came again in the same map, whose earlier value went.
    pub repeated: u64,
}

impl Changed {
    /// Adds what was changed elsewhere.
    pub fn add(&mut self, other: Changed) {
        self.not_finite += other.not_finite;
        self.repeated += other.repeated;
    }
}

/// The same as [`parse`], and adds to `changed` what was changed.
///
/// # Errors
/// As [`parse`].
pub fn parse_counting(text: &[u8], changed: &mut Changed) -> Result<Value, ParseError> {
    let mut json = Jiter::new(text).with_allow_inf_nan();
    let first = json.peek()?;
    let mut parser = Parser { json: &mut json, end: usize::MAX, changed };
    let value = parser.value(first, 0)?;
    let value = parser.or_null(value);
    json.finish()?;
    Ok(value)
}

/// The list that a text is, if it is a JSON list and nothing else.
pub fn parse_list(text: &str) -> Option<Value> {
    if !text.starts_with('[') {
        return None;
    }
    parse(text.as_bytes()).ok()
}

/// The fields of the map that comes next in a longer text, which `json` has peeked at and no more; [`parse`] gives the
/// same for the map's own text, but for a map that is a value of extended JSON as a whole. As soon as the map is seen to
/// have more than `longest` bytes, nothing more is read.
///
/// # Errors
/// Why it is none; `json` stands where that was seen.
pub fn next_fields(json: &mut Jiter<'_>, longest: usize) -> Result<Fields, ParseError> {
    let end = json.current_index().saturating_add(longest);
    let mut parser = Parser { json, end, changed: &mut Changed::default() };
    let fields = parser.map(1)?;
    parser.check_length()?;
    Ok(fields)
}

/// The whole number that comes next in a longer text, as a value: text where it is larger than any integer. `7.0` and
/// `70e-1` are 7: JSON knows no integers, and programs write them like this.
///
/// # Errors
/// Why it is none; `None` where it is a number that is not whole, or whole with more than [`MAX_ID_BYTES`] digits.
pub fn next_integer(json: &mut Jiter<'_>, first: Peek) -> Result<Option<Value>, ParseError> {
    let at = json.current_index();
    let text = std::str::from_utf8(json.known_number_bytes(first)?);
    let invalid = |_| ParseError { reason: Reason::NotJson(JsonErrorType::InvalidNumber), at };
    Ok(whole_digits(text.map_err(invalid)?).map(|digits| whole_number(&digits)))
}

/// The digits of a number that is whole, by moving the point in its text: no digit is rounded away.
fn whole_digits(text: &str) -> Option<String> {
    let (sign, unsigned) = text.strip_prefix('-').map_or(("", text), |unsigned| ("-", unsigned));
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    if digits.bytes().all(|byte| byte == b'0') {
        return Some("0".to_owned());
    }
    // An exponent that is no i64 moves the point farther than any text has digits.
    let end = exponent.parse::<i64>().ok()?.checked_add(i64::try_from(whole.len()).ok()?)?;
    let end = usize::try_from(end).ok()?;
    let kept = digits.trim_end_matches('0').len();
    let leading = digits.len() - digits.trim_start_matches('0').len();
    if end < kept || end.saturating_sub(leading) > MAX_ID_BYTES {
        return None;
    }
    digits.truncate(end);
    let zeros = end - digits.len();
    Some(format!("{sign}{}{}", digits.get(leading..)?, "0".repeat(zeros)))
}

struct Parser<'a, 'j> {
    json: &'a mut Jiter<'j>,
    /// Where the text has to end.
    end: usize,
    changed: &'a mut Changed,
}

/// A value as it stands in the text.
enum Parsed {
    Value(Value),
    /// NaN or an infinity, which only a list of numbers keeps.
    NotFinite(f32),
}

impl Parser<'_, '_> {
    fn check_length(&self) -> Result<(), ParseError> {
        if self.json.current_index() <= self.end { Ok(()) } else { Err(self.failed(Reason::TooLong)) }
    }

    fn failed(&self, reason: Reason) -> ParseError {
        ParseError { reason, at: self.json.current_index() }
    }

    /// The value that starts with `first`, within `depth` lists and maps.
    fn value(&mut self, first: Peek, depth: usize) -> Result<Parsed, ParseError> {
        self.check_length()?;
        let value = match first {
            Peek::Null => self.json.known_null().map(|()| Value::Null)?,
            Peek::True | Peek::False => Value::Bool(self.json.known_bool(first)?),
            Peek::String => Value::Text(self.json.known_str()?.to_owned()),
            Peek::Array | Peek::Object if depth == MAX_DEPTH => return Err(self.failed(Reason::TooDeep)),
            Peek::Array => self.list(depth + 1)?,
            Peek::Object => {
                let fields = self.map(depth + 1)?;
                match extended::read(&fields) {
                    None => Value::Map(fields),
                    Some(Extended::Value(value)) => value,
                    Some(Extended::NotFinite(number)) => return Ok(Parsed::NotFinite(number)),
                }
            }
            _ => {
                let at = self.json.current_index();
                return number(self.json.known_number_bytes(first)?, at);
            }
        };
        Ok(Parsed::Value(value))
    }

    fn list(&mut self, depth: usize) -> Result<Value, ParseError> {
        let mut values = Vec::new();
        let mut not_finite = Vec::new();
        let mut only_numbers = true;
        let mut next = self.json.known_array()?;
        while let Some(first) = next {
            match self.value(first, depth)? {
                Parsed::Value(value) => {
                    only_numbers &= value.as_number().is_some();
                    values.push(value);
                }
                Parsed::NotFinite(number) => {
                    not_finite.push((values.len(), number));
                    values.push(Value::Null);
                }
            }
            next = self.json.array_step()?;
        }
        if only_numbers && !not_finite.is_empty() {
            return Ok(Value::Floats(floats(&values, &not_finite)));
        }
        self.changed.not_finite += not_finite.len() as u64;
        Ok(Value::List(values))
    }

    /// The fields of a map. A name that comes again keeps its first place and takes the last value, as in Python.
    fn map(&mut self, depth: usize) -> Result<Fields, ParseError> {
        let mut fields = IndexMap::new();
        let mut next = self.json.known_object()?.map(str::to_owned);
        while let Some(name) = next {
            let first = self.json.peek()?;
            let value = self.value(first, depth)?;
            let value = self.or_null(value);
            if fields.insert(name, value).is_some() {
                self.changed.repeated += 1;
            }
            next = self.json.next_key()?.map(str::to_owned);
        }
        Ok(fields.into_iter().collect())
    }

    fn or_null(&mut self, value: Parsed) -> Value {
        match value {
            Parsed::Value(value) => value,
            Parsed::NotFinite(_) => {
                self.changed.not_finite += 1;
                Value::Null
            }
        }
    }
}

/// A number's text as a value. Whole numbers stay whole: above `u64` they are kept as text rather than rounded.
fn number(text: &[u8], at: usize) -> Result<Parsed, ParseError> {
    let invalid = || ParseError { reason: Reason::NotJson(JsonErrorType::InvalidNumber), at };
    let text = std::str::from_utf8(text).map_err(|_| invalid())?;
    let is_whole = text.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit());
    if is_whole {
        return Ok(Parsed::Value(whole_number(text)));
    }
    // Rust reads "NaN", "Infinity" and "-Infinity" too, and gives an infinity for 1e999.
    let number: f64 = text.parse().map_err(|_| invalid())?;
    Ok(if number.is_finite() {
        Parsed::Value(Value::Float(number))
    } else {
        Parsed::NotFinite(number as f32)
    })
}

fn whole_number(digits: &str) -> Value {
    digits.parse().map_or_else(|_| Value::Text(digits.to_owned()), Value::integer)
}

/// The numbers of a list as a packed list, with those that are not finite put back in their places.
fn floats(values: &[Value], not_finite: &[(usize, f32)]) -> Vec<f32> {
    let mut floats: Vec<f32> =
        values.iter().map(|value| value.as_number().map_or(f32::NAN, |number| number as f32)).collect();
    for &(at, number) in not_finite {
        floats[at] = number;
    }
    floats
}

impl From<JiterError> for ParseError {
    fn from(error: JiterError) -> ParseError {
        let reason = match error.error_type {
            // The last of these is a high surrogate without its other half; where the text ends within an escape the
            // error is another one.
            JiterErrorType::JsonError(
                JsonErrorType::InvalidUnicodeCodePoint
                | JsonErrorType::LoneLeadingSurrogateInHexEscape
                | JsonErrorType::UnexpectedEndOfHexEscape,
            ) => Reason::NotUnicode,
            JiterErrorType::JsonError(error) => Reason::NotJson(error),
            // Nothing is asked for here but what was seen to come.
            JiterErrorType::WrongType { .. } => Reason::NotJson(JsonErrorType::ExpectedSomeValue),
        };
        ParseError { reason, at: error.index }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    use super::*;

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    fn list(values: impl IntoIterator<Item = Value>) -> Value {
        Value::List(values.into_iter().collect())
    }

    /// `parse` with the packed lists made visible, since NaN does not equal itself.
    fn shown(json: &str) -> String {
        format!("{:?}", parse(json.as_bytes()))
    }

    #[test]
    fn values_keep_their_types() {
        let cases = [
            ("null", Value::Null),
            (" true ", Value::Bool(true)),
            ("false", Value::Bool(false)),
            ("0", Value::Int(0)),
            ("-0", Value::Int(0)),
            ("-9223372036854775808", Value::Int(i64::MIN)),
            ("9223372036854775808", Value::UInt(1 << 63)),
            ("18446744073709551615", Value::UInt(u64::MAX)),
            ("18446744073709551616", text("18446744073709551616")),
            ("-9223372036854775809", text("-9223372036854775809")),
            (
                "1000000000000000000000000000000000000000000",
                text("1000000000000000000000000000000000000000000"),
            ),
            ("3.0", Value::Float(3.0)),
            ("1e5", Value::Float(100_000.0)),
            ("-2.5E-3", Value::Float(-0.0025)),
            ("0.1", Value::Float(0.1)),
            ("1e-999", Value::Float(0.0)),
            (r#""""#, text("")),
            (r#""\u00e9\ud83d\ude00\n\/\u0000""#, text("é😀\n/\0")),
            ("[]", list([])),
            ("{}", Value::Map(vec![])),
            ("[1,2.5]", list([Value::Int(1), Value::Float(2.5)])),
        ];
        for (json, value) in cases {
            assert_eq!(parse(json.as_bytes()), Ok(value), "{json}");
        }
    }

    #[test]
    fn numbers_that_are_not_finite_are_null_outside_lists_of_numbers() {
        for json in ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"] {
            assert_eq!(parse(json.as_bytes()), Ok(Value::Null), "{json}");
            let pair = format!("[{json}, null]");
            assert_eq!(parse(pair.as_bytes()), Ok(list([Value::Null, Value::Null])), "{pair}");
            let pair = format!(r#"[{json}, "x"]"#);
            assert_eq!(parse(pair.as_bytes()), Ok(list([Value::Null, text("x")])), "{pair}");
        }
    }

    #[test]
    fn lists_of_numbers_keep_what_is_not_finite() {
        assert_eq!(shown("[1,NaN,2.5]"), "Ok(Floats([1.0, NaN, 2.5]))");
        assert_eq!(shown("[1e999, -Infinity]"), "Ok(Floats([inf, -inf]))");
        assert_eq!(shown("[Infinity]"), "Ok(Floats([inf]))");
        assert_eq!(shown("[[1,NaN],[2]]"), "Ok(List([Floats([1.0, NaN]), List([Int(2)])]))");
        assert_eq!(shown("[1e300, 2]"), "Ok(List([Float(1e300), Int(2)]))", "finite, so nothing is packed");
    }

    #[test]
    fn a_name_that_comes_twice_keeps_its_first_place_and_its_last_value() {
        let map = parse(br#"{"b":1,"a":2,"b":{"x":3,"x":4}}"#);
        let inner = Value::Map(vec![("x".into(), Value::Int(4))]);
        assert_eq!(map, Ok(Value::Map(vec![("b".into(), inner), ("a".into(), Value::Int(2))])));
    }

    fn reason(json: &[u8]) -> Reason {
        parse(json).unwrap_err().reason
    }

    #[test]
    fn a_failure_says_what_and_where() {
        for (json, error, at) in [
            ("", "not valid JSON", 0),
            ("{\"a\":01}", "not valid JSON", 6),
            ("{\"a\":\"\\ud800\"}", "text is not Unicode", 12),
            ("[1, 2] 3", "not valid JSON", 7),
        ] {
            let failure = parse(json.as_bytes()).unwrap_err();
            assert_eq!((failure.to_string().as_str(), failure.at), (error, at), "{json}");
        }
    }

    #[test]
    fn a_map_within_a_longer_text_is_what_its_own_text_is() {
        let text = br#"[{"a":[1,{"b":-0.5}]} , {"c":"long"},3]"#;
        let mut json = Jiter::new(text);
        assert_eq!(json.next_array().unwrap(), Some(Peek::Object));
        assert_eq!(parse(br#"{"a":[1,{"b":-0.5}]}"#), Ok(Value::Map(next_fields(&mut json, 20).unwrap())));
        assert_eq!(json.array_step().unwrap(), Some(Peek::Object));
        assert_eq!(next_fields(&mut json, 11).unwrap_err().reason, Reason::TooLong);
        let endless = format!("[{{\"a\":[{}", "1,".repeat(100_000));
        let mut json = Jiter::new(endless.as_bytes());
        json.next_array().unwrap();
        let failure = next_fields(&mut json, 1000).unwrap_err();
        assert_eq!(failure.reason, Reason::TooLong, "before the end of the text is reached");
        assert!(failure.at < 1010, "{failure:?}");
    }

    #[test]
    fn an_integer_within_a_longer_text_stays_whole() {
        let text = b"[7,-0,18446744073709551616,1.0,1e3,205.00,70E-1,0.5e+1,-0.0,0e999,1.5,15e-1,1e-1,1e513,1e99999999999999999999]";
        let mut json = Jiter::new(text);
        let mut next = json.next_array().unwrap();
        let mut found = Vec::new();
        while let Some(first) = next {
            found.push(next_integer(&mut json, first).unwrap());
            next = json.array_step().unwrap();
        }
        let large = Value::Text("18446744073709551616".to_owned());
        let whole = [1, 1000, 205, 7, 5, 0, 0].map(|number| Some(Value::Int(number)));
        let first = [Some(Value::Int(7)), Some(Value::Int(0)), Some(large)];
        assert_eq!(found, [&first[..], &whole, &[const { None }; 5]].concat());
    }

    #[test]
    fn no_digit_of_a_whole_number_is_rounded_away() {
        let nine = "9".repeat(30);
        for (text, digits) in [
            ("9007199254740993.0", Some("9007199254740993")),
            ("9.007199254740993e15", Some("9007199254740993")),
            ("1.0000000000000000000000000000001", None),
            ("00012.50e1", Some("125")),
            ("-1.20e2", Some("-120")),
            ("1e511", Some(format!("1{}", "0".repeat(511)).as_str())),
            ("1e512", None),
            (&nine, Some(nine.as_str())),
            ("NaN", None),
            ("-Infinity", None),
            ("", None),
        ] {
            assert_eq!(whole_digits(text).as_deref(), digits, "{text}");
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(nested(MAX_DEPTH).as_bytes()).is_ok());
        assert_eq!(reason(nested(MAX_DEPTH + 1).as_bytes()), Reason::TooDeep);
        assert_eq!(reason("[".repeat(1 << 20).as_bytes()), Reason::TooDeep);
        assert_eq!(reason(r#"{"a":"#.repeat(1 << 16).as_bytes()), Reason::TooDeep);
        let deepest = serde_json::from_str::<serde_json::Value>(&nested(MAX_DEPTH));
        assert!(deepest.is_ok(), "what is accepted can be read again");
    }

    #[test]
    fn a_map_of_very_many_fields_is_read_in_linear_time() {
        let fields: Vec<String> = (0..100_000).map(|at| format!("\"{}\":{at}", at % 50_000)).collect();
        let json = format!("{{{}}}", fields.join(","));
        let Ok(Value::Map(fields)) = parse(json.as_bytes()) else { panic!("no map") };
        assert_eq!(fields.len(), 50_000);
        assert_eq!(fields[7], ("7".to_owned(), Value::Int(50_007)));
    }

    #[test]
    fn a_list_in_a_text_is_a_list_and_nothing_else_is() {
        assert_eq!(parse_list("[1, 2] "), Some(list([Value::Int(1), Value::Int(2)])));
        assert!(matches!(parse_list("[1, NaN]"), Some(Value::Floats(_))));
        for text in ["", "1", "{}", " [1]", "[1", "[1] and more", "['a']", "[0.1 0.2]"] {
            assert_eq!(parse_list(text), None, "{text}");
        }
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::Int),
            (1 << 63..=u64::MAX).prop_map(Value::UInt),
            any::<u64>().prop_map(|bits| Value::float(f64::from_bits(bits))),
            any::<f32>().prop_map(Value::float32),
            any::<String>().prop_map(Value::Text),
        ];
        leaf.prop_recursive(6, 64, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Value::List),
                prop::collection::btree_map(any::<String>(), inner, 0..8)
                    .prop_map(|fields| Value::Map(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(2), ..ProptestConfig::default() })]

        #[test]
        fn every_value_reads_back_from_the_json_that_it_is_written_as(value in any_value()) {
            let json = serde_json::to_vec(&value).unwrap();
            prop_assert_eq!(parse(&json), Ok(value));
        }

        #[test]
        fn no_bytes_make_the_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = parse(&bytes);
        }

        #[test]
        fn no_changed_record_makes_the_parser_panic(edits in prop::collection::vec((0..90_usize, any::<u8>()), 1..6)) {
            let mut json = br#"{"_id":"5c\ud83d\ude00","age":-1.5e3,"v":[1,NaN,-Infinity],"m":{"a":null,"b":true}}"#
                .to_vec();
            for (at, byte) in edits {
                let at = at % json.len();
                json[at] = byte;
            }
            let _ = parse(&json);
        }
    }
}
