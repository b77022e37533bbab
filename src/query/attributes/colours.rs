//! Colours for the map: which fields have few values or are numbers, and what each profile has.

use super::numbers::Scale;
use super::texts::Texts;
use super::{Attribute, Attributes, found_text};
use crate::file::reader::View;
use crate::file::{Damaged, Ordinal};
use crate::query::Suppressed;

/// Values of a field that have a colour of their own: as many as people tell apart.
pub const MOST_COLOURS: usize = 7;

/// What stands for a value without a colour of its own.
pub const ANOTHER_VALUE: u8 = 254;

/// What stands for a profile that has no value, may not be seen, or has not been looked at.
pub const NO_VALUE: u8 = 255;

/// The values with colours have to be so large a share, or the map would be of one colour.
const COLOURED_SHARE: f64 = 0.25;

/// A field that the map can be coloured by.
#[derive(Debug, Clone, PartialEq)]
pub struct ColourField {
    /// Its name; those of maps are joined by dots.
    pub field: String,
    /// What its values are.
    pub kind: ColourKind,
    /// Its place among all fields.
    place: usize,
    /// Of a category: the numbers of the texts that have colours.
    coloured: Vec<usize>,
}

/// What a field has.
#[derive(Debug, Clone, PartialEq)]
pub enum ColourKind {
    /// Texts, or true and false. The most frequent first: the place of a value in the list is its number.
    Category {
        /// Those that have a number.
        values: Vec<ColourValue>,
        /// Profiles with another value.
        others: u32,
    },
    /// Numbers, on a scale of 254 steps from 0 to 253.
    Number {
        /// What the first step stands for, and everything below.
        low: f32,
        /// What the last step stands for, and everything above.
        high: f32,
    },
}

/// A value that has a number of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColourValue {
    /// As the first profile that has it writes it.
    pub value: String,
    /// Profiles that have it.
    pub profiles: u32,
}

impl Attributes {
    /// The fields that the map can be coloured by: first those with few values, which all have a colour, then others with a
    /// few frequent values, then numbers. Who is suppressed counts for nothing here. Costs a look at every distinct text and
    /// every number.
    ///
    /// # Errors
    /// [`Damaged`] where the file has changed.
    pub fn colour_fields(
        &self,
        view: &View<'_>,
        suppressed: &Suppressed,
    ) -> Result<Vec<ColourField>, Damaged> {
        let visible = (0..self.looked_at).filter(|&it| !suppressed.contains(Ordinal(it))).count();
        let mut fields = Vec::new();
        for (place, field) in self.fields.iter().enumerate() {
            let name = field.name.clone();
            if let Some(Scale { low, high }) = scale(field, suppressed) {
                let kind = ColourKind::Number { low, high };
                fields.push(ColourField { field: name, kind, place, coloured: Vec::new() });
            } else if let Some((kind, coloured)) = category(field, view, suppressed, visible)? {
                fields.push(ColourField { field: name, kind, place, coloured });
            }
        }
        fields.sort_by_key(|field| match &field.kind {
            ColourKind::Category { others, .. } => (u8::from(*others > 0), *others),
            ColourKind::Number { .. } => (2, 0),
        });
        Ok(fields)
    }

    /// What each profile has in a field, one byte each by its ordinal: the number of its value or the step of its number,
    /// [`ANOTHER_VALUE`] or [`NO_VALUE`]. The field is one of [`Attributes::colour_fields`] for the same who are suppressed.
    pub fn codes(&self, field: &ColourField, suppressed: &Suppressed) -> Vec<u8> {
        let mut codes = vec![NO_VALUE; self.profiles as usize];
        let Some(attribute) = self.fields.get(field.place) else { return codes };
        let mut put = |ordinal: Ordinal, code: u8| {
            if let Some(place) = codes.get_mut(ordinal.0 as usize) {
                *place = code;
            }
        };
        match field.kind {
            ColourKind::Number { low, high } => {
                let scale = Scale { low, high };
                let numbers = attribute.numbers.visible(suppressed);
                numbers.for_each(|(ordinal, number)| put(ordinal, scale.step(number)));
            }
            ColourKind::Category { .. } => {
                for number in 0..attribute.texts.distinct() {
                    let code = field.coloured.iter().position(|&it| it == number);
                    let code = code.map_or(ANOTHER_VALUE, |code| code as u8);
                    visible(&attribute.texts, number, suppressed).for_each(|ordinal| put(ordinal, code));
                }
            }
        }
        codes
    }
}

/// The scale of a field that is one of numbers.
fn scale(field: &Attribute, suppressed: &Suppressed) -> Option<Scale> {
    let mut numbers: Vec<f32> = field.numbers.visible(suppressed).map(|(_, number)| number).collect();
    let with_text = (0..field.texts.distinct()).map(|number| count(&field.texts, number, suppressed));
    // A field of texts may have a few numbers.
    let is_scale = numbers.len() as u64 >= with_text.map(u64::from).sum();
    is_scale.then(|| Scale::of(&mut numbers)).flatten()
}

/// The category that a field has if it has few values or some frequent ones, and the numbers of the texts that have colours.
fn category(
    field: &Attribute,
    view: &View<'_>,
    suppressed: &Suppressed,
    profiles: usize,
) -> Result<Option<(ColourKind, Vec<usize>)>, Damaged> {
    let texts = &field.texts;
    let counts: Vec<u32> = (0..texts.distinct()).map(|number| count(texts, number, suppressed)).collect();
    let with_text: u64 = counts.iter().map(|&count| u64::from(count)).sum();
    let frequent = frequent(&counts);
    let coloured: u64 = frequent.iter().filter_map(|&it| counts.get(it)).map(|&it| u64::from(it)).sum();
    let distinct = counts.iter().filter(|&&count| count > 0).count() as u64;
    // Names of their own are no values that some have in common.
    if distinct < 2 || 2 * distinct > with_text || (coloured as f64) < COLOURED_SHARE * profiles as f64 {
        return Ok(None);
    }
    let mut values = Vec::with_capacity(frequent.len());
    for &number in &frequent {
        let first = visible(texts, number, suppressed).next().ok_or(Damaged("a value"))?;
        let document = view.document(first).ok_or(Damaged("a document"))?;
        let folded = texts.text(number);
        // In a document that has a name twice, only the last is found as it is written.
        let value = found_text(document, &field.name, folded).unwrap_or_else(|| folded.to_owned());
        values.push(ColourValue { value, profiles: counts.get(number).copied().unwrap_or_default() });
    }
    Ok(Some((ColourKind::Category { values, others: (with_text - coloured) as u32 }, frequent)))
}

/// The profiles that may be seen and have a text.
fn visible(texts: &Texts, number: usize, suppressed: &Suppressed) -> impl Iterator<Item = Ordinal> {
    texts.profiles_of(number).iter().copied().filter(|ordinal| !suppressed.contains(*ordinal))
}

/// How many they are.
fn count(texts: &Texts, number: usize, suppressed: &Suppressed) -> u32 {
    match suppressed.is_empty() {
        true => texts.profiles_of(number).len() as u32,
        false => visible(texts, number, suppressed).count() as u32,
    }
}

/// The numbers of the texts that most profiles have, the most frequent first, else by text.
fn frequent(counts: &[u32]) -> Vec<usize> {
    let mut best: Vec<(u32, usize)> = Vec::with_capacity(MOST_COLOURS + 1);
    for (number, &count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let place = best.partition_point(|&(other, _)| other >= count);
        if place < MOST_COLOURS {
            best.insert(place, (count, number));
            best.truncate(MOST_COLOURS);
        }
    }
    best.into_iter().map(|(_, number)| number).collect()
}
