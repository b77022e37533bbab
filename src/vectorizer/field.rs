//! Profiles that bring their vector with them: in one field, or in one field for each number.

use std::collections::HashMap;

use super::kind::{Kind, Stored, Vectorize, VectorizeError};
use super::unit::{as_numbers, number_of, numbers_of};
use crate::profile::path::take;
use crate::profile::{Fields, Value};

/// `field:NAME`: the vector is in a field.
pub const FIELD: Kind = Kind { name: "field", argument: Some("NAME"), restore: Some(field) };

/// `columns:NAMES`: each number of the vector is in a field of its own. NAMES are patterns; which fields they are, in
/// order, is the state, a JSON list.
pub const COLUMNS: Kind = Kind { name: "columns", argument: Some("NAMES"), restore: Some(columns) };

#[derive(Debug)]
struct Field {
    name: String,
    /// Whether its texts have been made lists by now.
    is_split: bool,
    dimension: usize,
}

#[derive(Debug)]
struct Columns(Vec<String>);

fn field(stored: &Stored<'_>) -> Result<Box<dyn Vectorize>, VectorizeError> {
    let name = stored.argument.to_owned();
    let is_split = stored.lists.iter().any(|list| list.field == name);
    Ok(Box::new(Field { name, is_split, dimension: stored.dimension }))
}

fn columns(stored: &Stored<'_>) -> Result<Box<dyn Vectorize>, VectorizeError> {
    let names = serde_json::from_slice(stored.state);
    let names = names.map_err(|_| VectorizeError::NoColumns { name: stored.name.to_owned() })?;
    Ok(Box::new(Columns(names)))
}

impl Vectorize for Field {
    fn dimension(&self) -> usize {
        self.dimension
    }

    fn vectorize(&self, mut fields: Fields) -> Result<Vec<f32>, VectorizeError> {
        let value = match take(&mut fields, &self.name) {
            Some(Value::List(parts)) if self.is_split => Some(as_numbers(parts)),
            value => value,
        };
        numbers_of(value).map_err(|reason| VectorizeError::NoVector { field: self.name.clone(), reason })
    }
}

impl Vectorize for Columns {
    fn dimension(&self) -> usize {
        self.0.len()
    }

    fn vectorize(&self, fields: Fields) -> Result<Vec<f32>, VectorizeError> {
        let fields: HashMap<&str, &Value> =
            fields.iter().map(|(name, value)| (name.as_str(), value)).collect();
        let number = |name: &String| {
            number_of(fields.get(name.as_str()).copied())
                .map_err(|reason| VectorizeError::NoVector { field: name.clone(), reason })
        };
        self.0.iter().map(number).collect()
    }
}
