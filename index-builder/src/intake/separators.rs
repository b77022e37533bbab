//! `--list-separator`: texts that are lists.

use indexmap::IndexMap;
use kindred::profile::separated::{ListSeparator, split};
use kindred::profile::{Fields, Value};

/// Fields that are remembered as having a separator or not; texts of others stay.
const MOST_FIELDS: usize = 10_000;

/// Which texts are lists.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListSeparators {
    /// What separates the elements in every field at the top that has it.
    pub everywhere: Option<String>,
    /// What separates them in single fields.
    pub fields: Vec<ListSeparator>,
}

impl ListSeparators {
    /// What `;` and `interests=;` mean, each as it was given.
    ///
    /// # Errors
    /// Where a separator is empty, or there are two for the same.
    pub fn parse(given: &[String]) -> Result<ListSeparators, String> {
        let mut parsed = ListSeparators::default();
        for given in given {
            match given.split_once('=') {
                Some((field, separator)) if !field.trim().is_empty() && !separator.is_empty() => {
                    let field = field.trim().to_owned();
                    if parsed.fields.iter().any(|other| other.field == field) {
                        return Err(format!("the field {field:?} has two separators"));
                    }
                    parsed.fields.push(ListSeparator { field, separator: plain(separator) });
                }
                Some((_, "")) if given.len() > 1 => {
                    return Err(format!(
                        "{given:?}: the separator is missing; ';' and 'interests=;' are allowed"
                    ));
                }
                _ if given.is_empty() => {
                    return Err("the separator is empty; ';' and 'interests=;' are allowed".to_owned());
                }
                _ if parsed.everywhere.is_some() => {
                    return Err(
                        "one separator is for all fields, and two are given; 'interests=;' is for one"
                            .to_owned(),
                    );
                }
                _ => parsed.everywhere = Some(plain(given)),
            }
        }
        Ok(parsed)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.everywhere.is_none() && self.fields.is_empty()
    }

    /// Whether the texts of a field are lists by its name.
    pub fn name(&self, field: &str) -> bool {
        self.fields.iter().any(|list| list.field == field)
    }
}

/// Blanks around a separator are taken off with those around elements, so that `; ` is `;`.
fn plain(separator: &str) -> String {
    match separator.trim() {
        "" => separator.to_owned(),
        trimmed => trimmed.to_owned(),
    }
}

/// Makes lists of texts while records come, and remembers of which fields.
#[derive(Debug, Default)]
pub struct Splitter {
    separators: ListSeparators,
    /// Fields that have no separator of their own: how many texts had the one for all, and how many not.
    seen: IndexMap<String, (u64, u64)>,
}

impl Splitter {
    /// One for these.
    pub fn new(separators: ListSeparators) -> Splitter {
        Splitter { separators, seen: IndexMap::new() }
    }

    /// Makes lists of a record's texts, but for fields that `is_kept` names.
    pub fn apply(&mut self, fields: &mut Fields, is_kept: impl Fn(&str) -> bool) {
        for list in &self.separators.fields {
            list.apply(fields);
        }
        let Some(separator) = &self.separators.everywhere else { return };
        for (name, value) in fields {
            let Value::Text(text) = value else { continue };
            if text.is_empty() || is_kept(name) || self.separators.name(name) {
                continue;
            }
            if !self.seen.contains_key(name) && self.seen.len() < MOST_FIELDS {
                self.seen.insert(name.clone(), (0, 0));
            }
            let Some((with, without)) = self.seen.get_mut(name) else { continue };
            if text.contains(separator.as_str()) {
                *with += 1;
                *value = split(text, separator);
            } else {
                *without += 1;
            }
        }
    }

    /// The fields whose texts are lists, and a sentence about those that were found.
    pub fn finish(self) -> (Lists, Option<String>) {
        let ListSeparators { everywhere, mut fields } = self.separators;
        let Some(separator) = everywhere else { return (Lists { fields, wrapped: Vec::new() }, None) };
        let found: Vec<_> = self.seen.into_iter().filter(|(_, (with, _))| *with > 0).collect();
        let shares = found.iter().map(|(name, (with, without))| {
            format!(
                "{} ({} % of its texts)",
                crate::ground::names::shown(name),
                100 * with / (with + without)
            )
        });
        let note = match found.is_empty() {
            true => format!("--list-separator: no text has {separator:?} in it"),
            false => format!(
                "--list-separator {separator:?} makes lists of {}; 'NAME={separator}' does it for one field",
                shares.take(20).collect::<Vec<_>>().join(", ")
            ),
        };
        let list = |name: &String| ListSeparator { field: name.clone(), separator: separator.clone() };
        let incomplete = found.iter().filter(|(_, (_, without))| *without > 0);
        let wrapped = incomplete.map(|(name, _)| list(name)).collect();
        fields.extend(found.iter().map(|(name, _)| list(name)));
        (Lists { fields, wrapped }, Some(note))
    }
}

/// The fields whose texts are lists.
#[derive(Debug, Default)]
pub struct Lists {
    /// All of them.
    pub fields: Vec<ListSeparator>,
    /// Those of which single texts without a separator have been kept as they were.
    pub wrapped: Vec<ListSeparator>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(given: &[&str]) -> Result<ListSeparators, String> {
        ListSeparators::parse(&given.iter().map(|&text| text.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_separator_is_for_all_fields_or_for_one() {
        let list =
            |field: &str, separator: &str| ListSeparator { field: field.into(), separator: separator.into() };
        let cases = [
            (&[";"][..], Some(";"), vec![]),
            (&["; "], Some(";"), vec![]),
            (&[" "], Some(" "), vec![]),
            (&["="], Some("="), vec![]),
            (&["a=;", "s.b= | ", ","], Some(","), vec![list("a", ";"), list("s.b", "|")]),
            (&["a=="], None, vec![list("a", "=")]),
        ];
        for (given, everywhere, fields) in cases {
            let expected = ListSeparators { everywhere: everywhere.map(str::to_owned), fields };
            assert_eq!(parse(given), Ok(expected), "{given:?}");
        }
        for (given, part) in
            [(&[""][..], "empty"), (&["a="], "missing"), (&[";", "|"], "two"), (&["a=;", "a=|"], "two")]
        {
            assert!(parse(given).unwrap_err().contains(part), "{given:?}");
        }
    }
}
