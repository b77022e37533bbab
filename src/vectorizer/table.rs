//! The table of vectorizers: a row for each kind that an index can be made by.
//!
//! A further one is a module here that makes vectors of profiles, and a row in [`KINDS`]; the builder has a module that
//! fits it and a row in a table of its own, which names the row here. The repository's `docs/adding-a-vectorizer.md` shows
//! how.

pub use super::field::{COLUMNS, FIELD};
pub use super::hashing::HASHING;
use super::kind::{Kind, Stored, Vectorize, VectorizeError};

/// A function of the data science team. It is a program of its own, which no file holds.
pub const PYTHON: Kind = Kind { name: "python", argument: Some("PATH[:FUNCTION]"), restore: None };

/// Every kind, in the order in which they are told.
pub const KINDS: &[&Kind] = &[
    &HASHING,
    &FIELD,
    &COLUMNS,
    &PYTHON,
    // The example of the developer guide.
    #[cfg(test)]
    &super::tags::TAGS,
];

/// Makes the vectorizer of a file by the row of its kind.
///
/// # Errors
/// [`VectorizeError::Unknown`] where none of the kinds has the name and can be made from a file,
/// [`VectorizeError::OtherDimension`] where it makes other vectors than the file has, and what the row gives.
pub fn restore(kinds: &[&Kind], stored: &Stored<'_>) -> Result<Box<dyn Vectorize>, VectorizeError> {
    let found = kinds.iter().find_map(|kind| {
        let argument = kind.argument_of(stored.name)?;
        Some((kind.restore?, Stored { argument, ..*stored }))
    });
    let Some((restore, stored)) = found else {
        let restorable = kinds.iter().filter(|kind| kind.restore.is_some()).map(|kind| kind.usage());
        return Err(VectorizeError::Unknown {
            name: stored.name.to_owned(),
            restorable: restorable.collect(),
        });
    };
    let vectorizer = restore(&stored)?;
    match vectorizer.dimension() {
        found if found == stored.dimension => Ok(vectorizer),
        found => Err(VectorizeError::OtherDimension { dimension: stored.dimension, found }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_kinds_have_a_name_in_common_and_none_has_a_colon_in_it() {
        for (place, kind) in KINDS.iter().enumerate() {
            assert!(!kind.name.is_empty() && !kind.name.contains(':'), "{kind:?}");
            assert!(KINDS[..place].iter().all(|other| other.name != kind.name), "{kind:?}");
        }
    }

    #[test]
    fn the_example_of_the_developer_guide_is_the_file_that_is_tested_here() {
        let guide = include_str!("../../docs/adding-a-vectorizer.md");
        assert!(guide.contains(include_str!("tags.rs")), "the guide shows another file");
    }

    #[test]
    fn no_state_of_any_kind_makes_a_panic() {
        let states: [&[u8]; 6] = [b"", b"[]", b"[\"a\",\"b\"]", b"{\"a\":", b"KHV2", b"\xff\xff\xff\xff"];
        for (kind, state) in KINDS.iter().flat_map(|kind| states.map(|state| (kind, state))) {
            let name = format!("{}{}", kind.name, if kind.argument.is_some() { ":a" } else { "" });
            for dimension in [0, 2] {
                let stored = Stored { name: &name, argument: "", state, dimension, lists: &[] };
                match (restore(KINDS, &stored), kind.restore) {
                    (Ok(vectorizer), _) => assert_eq!(vectorizer.dimension(), dimension, "{name}"),
                    (Err(error), None) => assert!(matches!(error, VectorizeError::Unknown { .. }), "{error}"),
                    (Err(error), Some(_)) => {
                        assert!(!matches!(error, VectorizeError::Unknown { .. }), "{error}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_no_file_holds_is_told_with_what_one_may_hold() {
        let stored = |name| Stored { name, argument: "", state: b"", dimension: 2, lists: &[] };
        let rows = &[&HASHING, &FIELD, &COLUMNS, &PYTHON];
        for name in ["python:model.py:embed", "hashing:64", "field", "fields:v", "", "nobody"] {
            assert_eq!(
                restore(rows, &stored(name)).unwrap_err().to_string(),
                format!(
                    "the index was made by the vectorizer {name:?}, which is not in the file; only hashing, \
                     field:NAME and columns:NAMES are"
                )
            );
        }
    }
}
