//! Why a source gave no profile at all.

use super::{DEFAULT_ID_FIELD, SECOND_ID_FIELD, describe};
use crate::ground::names::{listed, nearest, shown};
use crate::intake::fields::{FieldsSeen, IdGuess};
use crate::intake::skipped::Skipped;
use crate::intake::source::ROW_NUMBERS;
use kindred::counted::counted;

/// What is known when no record can be used.
pub(super) struct Nothing<'a> {
    pub id_field: &'a str,
    /// Whether the field of the id was named.
    pub is_named: bool,
    pub valid_id_seen: bool,
    pub vector_field: Option<&'a str>,
    pub read: u64,
    pub fields: &'a FieldsSeen,
    pub guess: &'a IdGuess,
    pub skipped: &'a Skipped,
}

impl Nothing<'_> {
    pub fn message(&self) -> String {
        let what = if self.valid_id_seen { "no record can be used".to_owned() } else { self.no_id() };
        let (read, skipped) = (self.read, self.skipped.total());
        let figures =
            format!("{what}: {} read, {skipped} skipped{}", counted(read, "record"), describe(self.skipped));
        match self.hint() {
            Some(hint) => format!("{figures}\n{hint}"),
            None => figures,
        }
    }

    fn no_id(&self) -> String {
        if self.fields.first().is_empty() {
            let why = if self.read == 0 { "the source has no record" } else { "none is an object of fields" };
            return format!("no record has a valid id: {why}");
        }
        if self.has_field() {
            return format!("no record has a valid id in the field {:?}", self.id_field);
        }
        let looked_for = match self.is_named {
            true => format!("{:?}", self.id_field),
            false => format!("{DEFAULT_ID_FIELD:?} or {SECOND_ID_FIELD:?}"),
        };
        format!("no record has a valid id: none has the field {looked_for}")
    }

    /// Whether some record had the field that was looked for.
    fn has_field(&self) -> bool {
        let is_there = |name: &str| self.fields.names().any(|other| other == name || is_below(other, name));
        is_there(self.id_field) || !self.is_named && is_there(SECOND_ID_FIELD)
    }

    fn hint(&self) -> Option<String> {
        if self.fields.first().is_empty() {
            return (self.read > 0).then(|| {
                "A profile is an object of fields with an id, such as {\"_id\": \"a\", \"name\": \"Ann\"}"
                    .to_owned()
            });
        }
        if !self.valid_id_seen {
            return (!self.has_field() && !self.fields.first().is_empty()).then(|| self.which_id());
        }
        let vector = self.vector_field?;
        let field = self.fields.get(vector).filter(|field| field.values > 0);
        let meant = || match nearest(vector, self.fields.names()) {
            Some(name) => format!("which no record has; did you mean {}?", shown(name)),
            None => "which no record has.".to_owned(),
        };
        let what = match field {
            None => meant(),
            Some(field) if field.lengths.is_empty() => "which holds no list of numbers.".to_owned(),
            Some(_) => return None,
        };
        let fields = self.fields.vectors_first();
        Some(format!("The vector is looked for in the field {vector:?}, {what} {fields}."))
    }

    fn which_id(&self) -> String {
        let first = listed(self.fields.first().iter().map(String::as_str));
        let meant = self.is_named.then(|| nearest(self.id_field, self.fields.names())).flatten();
        let likely = match meant.or_else(|| self.guess.best()) {
            Some(name) => format!("Say which is the id: --id-field {}", shown(name)),
            None => "None of them differs in every record; --id-field NAME says which is the id".to_owned(),
        };
        let numbers = self.fields.first().iter().filter(|name| name.parse::<f64>().is_ok()).count();
        let headless = match numbers {
            0 => "",
            _ => " Some of these look like values: the first line of a table has to name its columns.",
        };
        format!(
            "The first record has: {first}. {likely}; --id-field {ROW_NUMBERS} numbers the records.{headless}"
        )
    }
}

fn is_below(path: &str, name: &str) -> bool {
    path.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'))
}
