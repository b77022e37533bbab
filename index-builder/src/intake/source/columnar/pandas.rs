//! The column that pandas adds to a table for an index without a name.

use arrow_schema::{DataType, Field, Schema};

/// What pandas puts before and behind the number of a level.
const INDEX: (&str, &str) = ("__index_level_", "__");

/// The first column of a CSV file that pandas wrote with its index, as pandas reads it again.
const UNNAMED: &str = "Unnamed: 0";

/// Whether a column is the number that pandas gave each row because nobody named an index: of whole numbers, under a
/// name that stands for none. The levels of an index of several are no such numbers.
pub(super) fn counts_rows(schema: &Schema, field: &Field) -> bool {
    let levels = schema.fields().iter().filter(|other| is_level(other.name())).count();
    let stands_for_no_name = field.name() == UNNAMED || is_level(field.name()) && levels == 1;
    stands_for_no_name && is_whole(field.data_type())
}

/// What is said of such a column.
pub(super) fn note(file: &str, name: &str) -> String {
    format!(
        "{file}: the column {name:?} is the number of the row, as pandas writes it, and is left out; if it is the \
         id, give --id-field '{name}'"
    )
}

fn is_level(name: &str) -> bool {
    let number = name.strip_prefix(INDEX.0).and_then(|rest| rest.strip_suffix(INDEX.1));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit()))
}

fn is_whole(kind: &DataType) -> bool {
    kind.is_integer()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_without_a_name_is_one_column_of_whole_numbers() {
        let counts = |columns: &[(&str, DataType)]| {
            let fields = columns.iter().map(|(name, kind)| Field::new(*name, kind.clone(), true));
            let schema = Schema::new(fields.collect::<Vec<_>>());
            schema.fields().iter().map(|field| counts_rows(&schema, field)).collect::<Vec<_>>()
        };
        let (whole, text) = (DataType::Int64, DataType::Utf8);
        assert_eq!(counts(&[("a", whole.clone()), ("__index_level_0__", whole.clone())]), [false, true]);
        assert_eq!(counts(&[("Unnamed: 0", whole.clone()), ("Unnamed: 0", text.clone())]), [true, false]);
        assert_eq!(counts(&[("__index_level_0__", text)]), [false]);
        assert_eq!(
            counts(&[("__index_level_0__", whole.clone()), ("__index_level_1__", whole.clone())]),
            [false, false]
        );
        for name in ["__index_level___", "__index_level_x__", "index", "__index_level_0__b"] {
            assert_eq!(counts(&[(name, whole.clone())]), [false], "{name}");
        }
    }
}
