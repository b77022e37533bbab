//! From a profile to its scalar values, each with the path that leads to it.

use std::borrow::Cow;

use super::config::HashingConfig;
use super::words::{Spelling, fold};
use crate::profile::path::{Paths, select};
use crate::profile::{Fields, Value};

/// The longest path of a field, in bytes; fields with longer paths are not vectorized.
pub const MAX_FIELD_NAME_BYTES: usize = 1024;

/// How deep maps and lists may be nested; what is deeper is not vectorized.
pub const MAX_DEPTH: usize = 64;

/// Where a scalar value was found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'p> {
    /// The names that lead there, joined by dots.
    pub path: &'p str,
    /// Whether one of the values on the way is a list.
    pub in_list: bool,
}

/// Why a value is not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreached {
    /// The path to it would be longer than [`MAX_FIELD_NAME_BYTES`].
    LongPath,
    /// It is nested deeper than [`MAX_DEPTH`].
    Deep,
}

/// Calls `visit` with every scalar value of the selected fields, in the order of the profile. A null is passed over.
pub(super) fn walk(fields: &Fields, config: &HashingConfig, visit: &mut impl FnMut(Place<'_>, &Value)) {
    walk_and_tell(fields, config, visit, &mut |_, _| {});
}

/// The same, and calls `unreached` with the path to each value that is left out, as far as it is one.
pub(super) fn walk_and_tell(
    fields: &Fields,
    config: &HashingConfig,
    visit: &mut impl FnMut(Place<'_>, &Value),
    unreached: &mut impl FnMut(Unreached, &str),
) {
    let mut walker = Walker { path: String::new(), visit, unreached };
    walker.map(fields, &Taken { only: config.only(), ignored: config.ignored() }, false, 0);
}

struct Walker<'v, V, U> {
    path: String,
    visit: &'v mut V,
    unreached: &'v mut U,
}

/// What of a value is vectorized.
struct Taken<'c> {
    /// What is named in it; `None`: all of it.
    only: Option<Paths<'c>>,
    ignored: Paths<'c>,
}

impl<V: FnMut(Place<'_>, &Value), U: FnMut(Unreached, &str)> Walker<'_, V, U> {
    fn map(&mut self, fields: &Fields, taken: &Taken<'_>, in_list: bool, depth: usize) {
        let parent = self.path.len();
        for (name, value) in fields {
            let Some((only, ignored)) = select(name, fields, taken.only.as_ref(), &taken.ignored) else {
                continue;
            };
            if depth > 0 {
                self.path.push('.');
            }
            if self.path.len() + name.len() > MAX_FIELD_NAME_BYTES {
                let whole = [self.path.as_str(), name].concat();
                (self.unreached)(Unreached::LongPath, &whole);
            } else {
                self.path.push_str(name);
                self.value(value, &Taken { only, ignored }, in_list, depth + 1);
            }
            self.path.truncate(parent);
        }
    }

    fn value(&mut self, value: &Value, taken: &Taken<'_>, in_list: bool, depth: usize) {
        if depth > MAX_DEPTH {
            return (self.unreached)(Unreached::Deep, &self.path);
        }
        match value {
            Value::Null => {}
            Value::List(values) => {
                values.iter().for_each(|element| self.value(element, taken, true, depth + 1));
            }
            Value::Map(fields) => self.map(fields, taken, in_list, depth),
            // The path that is named goes on, and the value does not.
            _ if taken.only.is_some() => {}
            Value::Bool(_) | Value::Int(_) | Value::UInt(_) | Value::Float(_) | Value::Text(_) => {
                (self.visit)(Place { path: &self.path, in_list }, value);
            }
            Value::Floats(numbers) => {
                for number in numbers.iter().filter(|number| number.is_finite()) {
                    (self.visit)(Place { path: &self.path, in_list: true }, &Value::float32(*number));
                }
            }
        }
    }
}

/// A scalar value as text in the one form of all ways to write it, entities decoded; `None` if nothing remains. Equal
/// numbers have equal texts, whether they are whole by type or by value.
pub(super) fn folded_value(value: &Value) -> Option<Cow<'_, str>> {
    let Value::Text(text) = value else { return value_text(value) };
    let folded = match htmlize::unescape(text.as_str()) {
        Cow::Borrowed(text) => fold(text, Spelling::Exact),
        Cow::Owned(text) => Cow::Owned(fold(&text, Spelling::Exact).into_owned()),
    };
    (!folded.is_empty()).then_some(folded)
}

/// A scalar value as text, entities decoded and blanks at the ends removed; `None` if nothing remains. Equal numbers
/// have equal texts, whether they are whole by type or by value.
pub(super) fn value_text(value: &Value) -> Option<Cow<'_, str>> {
    let text = match value {
        Value::Bool(true) => Cow::Borrowed("true"),
        Value::Bool(false) => Cow::Borrowed("false"),
        Value::Int(number) => Cow::Owned(number.to_string()),
        Value::UInt(number) => Cow::Owned(number.to_string()),
        // Adding 0 makes -0 the same as 0.
        Value::Float(number) => Cow::Owned((number + 0.0).to_string()),
        Value::Text(text) => trimmed(htmlize::unescape(text.as_str())),
        Value::Null | Value::List(_) | Value::Floats(_) | Value::Map(_) => return None,
    };
    (!text.is_empty()).then_some(text)
}

fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) if text.trim().len() == text.len() => Cow::Owned(text),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    }
}
