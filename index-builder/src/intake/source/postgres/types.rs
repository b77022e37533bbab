//! What a value of a column is, by the column's type.
//!
//! | PostgreSQL | becomes |
//! | --- | --- |
//! | `bool`, integers, `real`, `double precision`, every kind of text, enums | themselves; NaN and infinity are null |
//! | `numeric` | decimal text, so that no digit is lost; `::float8` makes a number of it |
//! | `uuid`, `date`, `time`, `timestamp` | text; `timestamptz` in UTC |
//! | `json`, `jsonb` | what is in it |
//! | `bytea` | base64 text |
//! | arrays | lists; `real[]` packed, so that it is a vector as it is |
//! | `vector`, `halfvec` of pgvector | packed lists |
//! | domains | as the type behind them |

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use half::f16;
use kindred::profile::Value;
use kindred::profile::json::parse_list;
use postgres::fallible_iterator::FallibleIterator;
use postgres::types::{Kind, Type};
use postgres_protocol::types as wire;

use super::super::lists::{doubles, singles};
use super::super::{NOT_UNICODE, json};
use super::values;

/// Why a value is not read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// The record cannot be used, for a reason that is counted.
    Record(&'static str),
    /// The server's answer is not as the type is written.
    Answer,
}

/// How the values of a type are read.
#[derive(Debug)]
pub(super) enum Decoder {
    Plain(fn(&[u8]) -> Result<Value, Unread>),
    Single,
    Double,
    Array(Box<Decoder>),
}

impl Decoder {
    /// `None` for a type that is not read.
    pub(super) fn of(kind: &Type) -> Option<Decoder> {
        match kind.kind() {
            Kind::Array(element) => {
                return Decoder::of(element).map(|element| Decoder::Array(Box::new(element)));
            }
            Kind::Domain(base) => return Decoder::of(base),
            Kind::Enum(_) => return Some(Decoder::Plain(text)),
            Kind::Simple => {}
            _ => return None,
        }
        Some(match *kind {
            Type::FLOAT4 => Decoder::Single,
            Type::FLOAT8 => Decoder::Double,
            Type::BOOL => Decoder::Plain(|raw| checked(wire::bool_from_sql(raw)).map(Value::Bool)),
            Type::INT2 => {
                Decoder::Plain(|raw| checked(wire::int2_from_sql(raw)).map(|n| Value::Int(n.into())))
            }
            Type::INT4 => {
                Decoder::Plain(|raw| checked(wire::int4_from_sql(raw)).map(|n| Value::Int(n.into())))
            }
            Type::INT8 => Decoder::Plain(|raw| checked(wire::int8_from_sql(raw)).map(Value::Int)),
            Type::OID => Decoder::Plain(|raw| checked(wire::oid_from_sql(raw)).map(|n| Value::Int(n.into()))),
            Type::NUMERIC => Decoder::Plain(values::numeric),
            Type::TEXT
            | Type::VARCHAR
            | Type::BPCHAR
            | Type::NAME
            | Type::UNKNOWN
            | Type::XML
            | Type::CHAR => Decoder::Plain(text),
            Type::JSON => Decoder::Plain(|raw| json::parse_value(raw).map_err(Unread::Record)),
            Type::JSONB => Decoder::Plain(jsonb),
            Type::UUID => Decoder::Plain(values::uuid),
            Type::DATE => Decoder::Plain(values::date),
            Type::TIME => Decoder::Plain(values::time),
            Type::TIMESTAMP => Decoder::Plain(|raw| values::timestamp(raw, "")),
            Type::TIMESTAMPTZ => Decoder::Plain(|raw| values::timestamp(raw, "+00:00")),
            Type::BYTEA => Decoder::Plain(|raw| Ok(Value::Text(STANDARD.encode(raw)))),
            // Types of extensions have no fixed number.
            _ => match kind.name() {
                "citext" => Decoder::Plain(text),
                "vector" => Decoder::Plain(|raw| vector(raw, f32::from_be_bytes)),
                "halfvec" => Decoder::Plain(|raw| vector(raw, |number| f16::from_be_bytes(number).to_f32())),
                _ => return None,
            },
        })
    }

    /// The value of what the server sent; null for `None`.
    pub(super) fn value(&self, raw: Option<&[u8]>) -> Result<Value, Unread> {
        let Some(raw) = raw else { return Ok(Value::Null) };
        match self {
            Decoder::Plain(decode) => decode(raw),
            Decoder::Single => checked(wire::float4_from_sql(raw)).map(Value::float32),
            Decoder::Double => checked(wire::float8_from_sql(raw)).map(Value::float),
            Decoder::Array(element) => array(element, raw),
        }
    }

    /// A list of values.
    fn list(&self, raw: &[Option<&[u8]>]) -> Result<Value, Unread> {
        fn numbers<T>(
            raw: &[Option<&[u8]>],
            number: impl Fn(&[u8]) -> Result<T, WireError>,
        ) -> Result<Vec<Option<T>>, Unread> {
            raw.iter().map(|raw| raw.map(|raw| checked(number(raw))).transpose()).collect()
        }
        match self {
            Decoder::Single => Ok(singles(numbers(raw, wire::float4_from_sql)?.into_iter())),
            Decoder::Double => Ok(doubles(numbers(raw, wire::float8_from_sql)?.into_iter())),
            _ => raw.iter().map(|raw| self.value(*raw)).collect::<Result<_, _>>().map(Value::List),
        }
    }
}

type WireError = Box<dyn std::error::Error + Sync + Send>;

pub(super) fn checked<T>(decoded: Result<T, WireError>) -> Result<T, Unread> {
    decoded.map_err(|_| Unread::Answer)
}

/// An array; one of several dimensions is a list of lists.
fn array(element: &Decoder, raw: &[u8]) -> Result<Value, Unread> {
    let array = checked(wire::array_from_sql(raw))?;
    let dimensions: Vec<i32> =
        array.dimensions().map(|dimension| Ok(dimension.len)).collect().map_err(|_| Unread::Answer)?;
    let items: Vec<Option<&[u8]>> = array.values().collect().map_err(|_| Unread::Answer)?;
    let mut lengths = dimensions.iter().rev().map(|&length| usize::try_from(length).unwrap_or(0).max(1));
    let Some(innermost) = lengths.next() else { return element.list(&[]) };
    let mut lists =
        items.chunks(innermost).map(|items| element.list(items)).collect::<Result<Vec<_>, _>>()?;
    for length in lengths {
        lists = lists.chunks(length).map(|lists| Value::List(lists.to_vec())).collect();
    }
    match lists.len() {
        0 => element.list(&[]),
        1 => Ok(lists.swap_remove(0)),
        _ => Err(Unread::Answer),
    }
}

fn text(raw: &[u8]) -> Result<Value, Unread> {
    let text = str::from_utf8(raw).map_err(|_| Unread::Record(NOT_UNICODE))?;
    Ok(Value::Text(text.to_owned()))
}

/// A version, which is 1, and JSON.
fn jsonb(raw: &[u8]) -> Result<Value, Unread> {
    match raw {
        [1, text @ ..] => json::parse_value(text).map_err(Unread::Record),
        _ => Err(Unread::Answer),
    }
}

/// A vector as pgvector sends it: how many numbers, two bytes without meaning, and the numbers. No vector is so long
/// that it would begin as its text does.
fn vector<const N: usize>(raw: &[u8], number: fn([u8; N]) -> f32) -> Result<Value, Unread> {
    if let Ok(text) = str::from_utf8(raw)
        && text.starts_with('[')
    {
        return parse_list(text).ok_or(Unread::Answer);
    }
    let Some((&[high, low, _, _], numbers)) = raw.split_first_chunk::<4>() else {
        return Err(Unread::Answer);
    };
    let (numbers, rest) = numbers.as_chunks::<N>();
    if numbers.len() != usize::from(u16::from_be_bytes([high, low])) || !rest.is_empty() {
        return Err(Unread::Answer);
    }
    Ok(Value::Floats(numbers.iter().map(|&bytes| number(bytes)).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(kind: &Type, raw: &[u8]) -> Result<Value, Unread> {
        Decoder::of(kind).unwrap().value(Some(raw))
    }

    fn extension(name: &str) -> Type {
        Type::new(name.to_owned(), 70_000, Kind::Simple, "public".to_owned())
    }

    /// An array of singles as the server writes it.
    fn singles_of(dimensions: &[i32], numbers: &[Option<f32>]) -> Vec<u8> {
        let head = [dimensions.len() as i32, 0, 700].map(i32::to_be_bytes).concat();
        let dimensions =
            dimensions.iter().flat_map(|length| [length.to_be_bytes(), 1_i32.to_be_bytes()].concat());
        let numbers = numbers.iter().flat_map(|number| match number {
            Some(number) => [4_i32.to_be_bytes(), number.to_be_bytes()].concat(),
            None => (-1_i32).to_be_bytes().to_vec(),
        });
        head.into_iter().chain(dimensions).chain(numbers).collect()
    }

    #[test]
    fn arrays_are_lists_of_as_many_dimensions() {
        let array = |dimensions: &[i32], numbers: &[Option<f32>]| {
            value(&Type::FLOAT4_ARRAY, &singles_of(dimensions, numbers))
        };
        assert_eq!(array(&[2], &[Some(0.5), Some(1.0)]), Ok(Value::Floats(vec![0.5, 1.0])));
        assert_eq!(array(&[], &[]), Ok(Value::Floats(vec![])));
        assert_eq!(array(&[2], &[Some(0.1), None]), Ok(Value::List(vec![Value::Float(0.1), Value::Null])));
        let rows = array(&[2, 1], &[Some(1.0), Some(2.0)]);
        assert_eq!(rows, Ok(Value::List(vec![Value::Floats(vec![1.0]), Value::Floats(vec![2.0])])));
        assert_eq!(array(&[3], &[Some(1.0)]), Err(Unread::Answer), "fewer values than said");
    }

    #[test]
    fn vectors_of_pgvector_are_read_as_bytes_and_as_text() {
        let single = [&[0, 2, 0, 0][..], &0.5_f32.to_be_bytes(), &(-2.0_f32).to_be_bytes()].concat();
        assert_eq!(value(&extension("vector"), &single), Ok(Value::Floats(vec![0.5, -2.0])));
        let half = [&[0, 1, 0, 0][..], &f16::from_f32(0.25).to_be_bytes()].concat();
        assert_eq!(value(&extension("halfvec"), &half), Ok(Value::Floats(vec![0.25])));
        assert_eq!(
            value(&extension("vector"), b"[1,2.5]"),
            Ok(Value::List(vec![Value::Int(1), Value::Float(2.5)]))
        );
        for bad in [&b""[..], b"[1,", &[0, 3, 0, 0, 1, 2, 3, 4], &[0, 1, 0, 0, 1, 2, 3, 4, 5]] {
            assert_eq!(value(&extension("vector"), bad), Err(Unread::Answer), "{bad:?}");
        }
    }

    #[test]
    fn what_has_no_meaning_here_is_not_read() {
        for kind in [Type::INTERVAL, Type::POINT, Type::INT4_RANGE, Type::MONEY, Type::POINT_ARRAY] {
            assert!(Decoder::of(&kind).is_none(), "{kind}");
        }
        assert!(Decoder::of(&extension("hstore")).is_none());
        let domain = Type::new("word".into(), 70_001, Kind::Domain(Type::TEXT), "public".into());
        assert_eq!(value(&domain, b"x"), Ok(Value::Text("x".into())));
        let mood = Type::new("mood".into(), 70_002, Kind::Enum(vec!["sad".into()]), "public".into());
        assert_eq!(value(&mood, b"sad"), Ok(Value::Text("sad".into())));
    }

    #[test]
    fn json_is_what_is_in_it() {
        let map = Value::Map(vec![("a".into(), Value::List(vec![Value::Int(1), Value::Null]))]);
        assert_eq!(value(&Type::JSON, br#"{"a": [1, null]}"#), Ok(map.clone()));
        assert_eq!(value(&Type::JSONB, b"\x01{\"a\": [1, null]}"), Ok(map));
        assert_eq!(value(&Type::JSONB, b"\x02{}"), Err(Unread::Answer));
        assert_eq!(value(&Type::JSON, b"{"), Err(Unread::Record("not valid JSON")));
        assert_eq!(value(&Type::TEXT, b"\xff"), Err(Unread::Record(NOT_UNICODE)));
    }
}
