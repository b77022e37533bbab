//! What the objects of well-known libraries are, of which more is known than that they have attributes.

use kindred::profile::calendar;
use kindred::profile::{Fields, Value};

use super::globals::{Global, Known};
use super::values::Item;

/// What Django keeps beside the fields of a model.
const OF_DJANGO: [&str; 3] = ["_state", "_django_version", "_prefetched_objects_cache"];

/// The value of an instance with these attributes.
pub(super) fn instance_value(class: &Global, mut fields: Fields) -> Value {
    match class.known {
        Known::Regex => pick(&fields, [("pattern", "pattern"), ("flags", "flags")]),
        Known::BsonTimestamp => pick(&fields, [("_Timestamp__time", "t"), ("_Timestamp__inc", "i")]),
        Known::DbRef => dbref(&mut fields),
        Known::DatetimeMs => datetime_ms(&fields),
        Known::DjangoModel => {
            fields.retain(|(name, _)| !OF_DJANGO.contains(&name.as_str()));
            Value::Map(fields)
        }
        _ => Value::Map(model_fields(fields)),
    }
}

/// The fields of a model whose state has them under a name: pydantic's `__dict__` (and what it allows beside them),
/// peewee's `__data__`, MongoEngine's `_data`. Other attributes are fields themselves.
fn model_fields(mut fields: Fields) -> Fields {
    let has = |fields: &Fields, wanted: &str| fields.iter().any(|(name, _)| name == wanted);
    let is_dunder = |name: &str| name.starts_with("__") && name.ends_with("__");
    if fields.iter().all(|(name, _)| is_dunder(name) || name == "_dirty") {
        for holder in ["__dict__", "__data__"] {
            if let Some(mut inner) = take_map(&mut fields, holder) {
                let extra = take_map(&mut fields, "__pydantic_extra__").unwrap_or_default();
                inner.extend(extra.into_iter().filter(|_| holder == "__dict__"));
                return inner;
            }
        }
    }
    if has(&fields, "_fields_ordered")
        && let Some(inner) = take_map(&mut fields, "_data")
    {
        return inner;
    }
    fields
}

/// Takes a map out of the fields.
fn take_map(fields: &mut Fields, wanted: &str) -> Option<Fields> {
    let place = fields.iter().position(|(name, value)| name == wanted && matches!(value, Value::Map(_)))?;
    let (_, Value::Map(inner)) = fields.swap_remove(place) else { return None };
    Some(inner)
}

fn get<'a>(fields: &'a Fields, wanted: &str) -> Option<&'a Value> {
    fields.iter().find(|(name, _)| name == wanted).map(|(_, value)| value)
}

/// A map of two attributes under other names.
fn pick(fields: &Fields, names: [(&str, &str); 2]) -> Value {
    let field = |(from, to): (&str, &str)| (to.to_owned(), get(fields, from).cloned().unwrap_or(Value::Null));
    Value::Map(names.map(field).to_vec())
}

/// As its `as_doc` gives it, and extended JSON writes it.
fn dbref(fields: &mut Fields) -> Value {
    let more = take_map(fields, "_DBRef__kwargs").unwrap_or_default();
    let names = [("_DBRef__collection", "$ref"), ("_DBRef__id", "$id"), ("_DBRef__database", "$db")];
    let field = |(from, to): (&str, &str)| Some((to.to_owned(), get(fields, from)?.clone()));
    let document =
        names.into_iter().filter_map(field).filter(|(name, value)| name != "$db" || *value != Value::Null);
    Value::Map(document.chain(more).collect())
}

/// A moment so many milliseconds after 1970; outside the years that are read, as extended JSON would have it.
fn datetime_ms(fields: &Fields) -> Value {
    let milliseconds = get(fields, "_value").cloned().unwrap_or(Value::Null);
    let text = match &milliseconds {
        Value::Int(number) => calendar::moment(i128::from(*number) * 1_000_000, ""),
        _ => None,
    };
    text.map_or_else(|| Value::Map(vec![("$date".to_owned(), milliseconds)]), Value::Text)
}

/// The text of a path, whose parts are the arguments; `None` if they are none.
pub(super) fn path(parts: &[Item], separator: char) -> Option<String> {
    let mut path = String::new();
    for part in parts {
        let part = part.as_text()?;
        if part.starts_with('/') && separator == '/' {
            path.clear();
        } else if !path.is_empty() && !path.ends_with(separator) {
            path.push(separator);
        }
        path.push_str(part);
    }
    Some(if path.is_empty() { ".".to_owned() } else { path })
}

/// The text of a Decimal128 (IEEE 754-2008, binary integer significand), as BSON specifies it and Python prints it.
#[expect(clippy::cast_possible_truncation, reason = "at most 34 digits, and an exponent of 14 bits")]
pub(super) fn decimal128(high: u64, low: u64) -> String {
    const LARGEST: u128 = 10_u128.pow(34) - 1;
    const BIAS: i64 = 6176;
    let sign = if high >> 63 == 1 { "-" } else { "" };
    match high >> 58 & 0x1f {
        0x1f => return "NaN".to_owned(),
        0x1e => return format!("{sign}Infinity"),
        _ => {}
    }
    // Where these two bits are set, the significand would be larger than is allowed, which means zero.
    let is_zero = high >> 61 & 3 == 3;
    let exponent = (if is_zero { high >> 47 } else { high >> 49 } & 0x3fff).cast_signed() - BIAS;
    let significand = u128::from(high & 0x1_ffff_ffff_ffff) << 64 | u128::from(low);
    let digits = if is_zero || significand > LARGEST { 0 } else { significand }.to_string();
    let scientific = i64::from(digits.len() as u8) - 1 + exponent;
    if exponent > 0 || scientific < -6 {
        let (first, rest) = digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        return format!("{sign}{first}{point}{rest}E{scientific:+}");
    }
    let behind = exponent.unsigned_abs() as usize;
    if behind == 0 {
        return format!("{sign}{digits}");
    }
    let digits = format!("{digits:0>width$}", width = behind + 1);
    let (whole, fraction) = digits.split_at(digits.len() - behind);
    format!("{sign}{whole}.{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal128_is_printed_as_python_prints_it() {
        let cases = [
            (0x303c_0000_0000_0000, 150, "1.50"),
            (0x3040_0000_0000_0000, 7, "7"),
            (0xb040_0000_0000_0000, 7, "-7"),
            (0x3040_0000_0000_0000, 0, "0"),
            (0x3036_0000_0000_0000, 1, "0.00001"),
            (0x3032_0000_0000_0000, 1, "1E-7"),
            (0x3042_0000_0000_0000, 12, "1.2E+2"),
            (0x7c00_0000_0000_0000, 0, "NaN"),
            (0xf800_0000_0000_0000, 0, "-Infinity"),
            (0x6c10_0000_0000_0000, 1, "0"),
        ];
        for (high, low, text) in cases {
            assert_eq!(decimal128(high, low), text, "{high:x} {low}");
        }
        let largest = decimal128(0x5fff_ed09_bead_87c0, 0x378d_8e63_ffff_ffff);
        assert_eq!(largest, "9.999999999999999999999999999999999E+6144");
    }

    #[test]
    fn the_parts_of_a_path_are_joined() {
        let join = |parts: &[&str], separator| {
            path(&parts.iter().map(|&part| Item::text(part)).collect::<Vec<_>>(), separator)
        };
        assert_eq!(join(&["/", "a", "b"], '/').as_deref(), Some("/a/b"));
        assert_eq!(join(&["a/b", "c"], '/').as_deref(), Some("a/b/c"));
        assert_eq!(join(&["C:\\", "x", "y"], '\\').as_deref(), Some("C:\\x\\y"));
        assert_eq!(join(&[], '/').as_deref(), Some("."));
        assert_eq!(path(&[Item::Plain(Value::Int(1))], '/'), None);
    }

    fn field(name: &str, value: Value) -> (String, Value) {
        (name.to_owned(), value)
    }

    #[test]
    fn models_are_their_fields() {
        let app = Global::new("app", "Person");
        let fields = vec![field("id", Value::Int(1))];
        let pydantic = vec![
            field("__dict__", Value::Map(fields.clone())),
            field("__pydantic_extra__", Value::Map(vec![field("x", Value::Int(2))])),
            field("__pydantic_fields_set__", Value::List(vec![])),
        ];
        let both = Value::Map(vec![field("id", Value::Int(1)), field("x", Value::Int(2))]);
        assert_eq!(instance_value(&app, pydantic), both);
        let beside = vec![field("__dict__", Value::Map(vec![])), field("name", Value::Null)];
        assert_eq!(instance_value(&app, beside.clone()), Value::Map(beside), "an attribute is a field");
        let peewee =
            vec![field("__data__", Value::Map(fields.clone())), field("_dirty", Value::List(vec![]))];
        assert_eq!(instance_value(&app, peewee), Value::Map(fields.clone()));
        let django = Global::new("django.db.models.base", "model_unpickle");
        let state = vec![field("_state", Value::Map(vec![])), field("id", Value::Int(1))];
        assert_eq!(instance_value(&django, state), Value::Map(fields));
    }
}
