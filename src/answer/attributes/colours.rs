//! Colours for the map: which fields have few values or are numbers, and what each profile has.

use super::numbers::{Numbers, STEPS};
use super::texts::Texts;
use super::{Attribute, Attributes, found_text};
use crate::index::reader::View;
use crate::index::{Damaged, Ordinal, Suppressed};

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
    /// few frequent values, then numbers. Costs little: what was counted is kept.
    ///
    /// # Errors
    /// [`Damaged`] where the file has changed.
    pub fn colour_fields(
        &self,
        view: &View<'_>,
        suppressed: &Suppressed,
    ) -> Result<Vec<ColourField>, Damaged> {
        let mut fields = Vec::new();
        for field in &self.fields {
            if let Some((kind, _)) = self.kind_of(field, view, suppressed)? {
                fields.push(ColourField { field: field.name.clone(), kind });
            }
        }
        fields.sort_by_key(|field| match &field.kind {
            ColourKind::Category { others, .. } => (u8::from(*others > 0), *others),
            ColourKind::Number { .. } => (2, 0),
        });
        Ok(fields)
    }

    /// What a field has, and of a category the numbers of the texts that have colours.
    fn kind_of(
        &self,
        field: &Attribute,
        view: &View<'_>,
        suppressed: &Suppressed,
    ) -> Result<Option<(ColourKind, Vec<usize>)>, Damaged> {
        let counts: Vec<u32> =
            (0..field.texts.distinct()).map(|number| visible(&field.texts, number, suppressed)).collect();
        let with_text: u64 = counts.iter().map(|&count| u64::from(count)).sum();
        if let Some(Numbers { low, high, steps }) = &field.numbers
            && steps.len() as u64 >= with_text
        {
            return Ok(Some((ColourKind::Number { low: *low, high: *high }, Vec::new())));
        }
        let frequent = frequent(&counts);
        let coloured: u64 = frequent.iter().filter_map(|&it| counts.get(it)).map(|&it| u64::from(it)).sum();
        let distinct = counts.iter().filter(|&&count| count > 0).count() as u64;
        // Names of their own are no values that some have in common.
        if distinct < 2
            || 2 * distinct > with_text
            || (coloured as f64) < COLOURED_SHARE * f64::from(self.looked_at)
        {
            return Ok(None);
        }
        let mut values = Vec::with_capacity(frequent.len());
        for &number in &frequent {
            let may_be_seen = |ordinal: &&Ordinal| !suppressed.contains(**ordinal);
            let first = field.texts.profiles_of(number).iter().find(may_be_seen).ok_or(Damaged("a value"))?;
            let document = view.document(*first).ok_or(Damaged("a document"))?;
            let value = found_text(document, &field.name).ok_or(Damaged("a document"))?;
            values.push(ColourValue { value, profiles: counts.get(number).copied().unwrap_or_default() });
        }
        Ok(Some((ColourKind::Category { values, others: (with_text - coloured) as u32 }, frequent)))
    }

    /// What each profile has in a field, one byte each by its ordinal: the number of its value or the step of its number,
    /// [`ANOTHER_VALUE`] or [`NO_VALUE`]. None for a field that the map is not coloured by.
    ///
    /// # Errors
    /// [`Damaged`] where the file has changed.
    pub fn colours(
        &self,
        view: &View<'_>,
        suppressed: &Suppressed,
        field: &str,
    ) -> Result<Option<Vec<u8>>, Damaged> {
        let Some(field) = self.field(field) else { return Ok(None) };
        let Some((kind, frequent)) = self.kind_of(field, view, suppressed)? else { return Ok(None) };
        let mut codes = vec![NO_VALUE; self.profiles as usize];
        let mut put = |ordinal: Ordinal, code: u8| {
            if !suppressed.contains(ordinal)
                && let Some(place) = codes.get_mut(ordinal.0 as usize)
            {
                *place = code;
            }
        };
        match (kind, &field.numbers) {
            (ColourKind::Number { .. }, Some(numbers)) => {
                numbers.steps.iter().for_each(|&(ordinal, step)| put(ordinal, step.min(STEPS - 1)));
            }
            _ => {
                for number in 0..field.texts.distinct() {
                    let code = frequent.iter().position(|&it| it == number);
                    let code = code.map_or(ANOTHER_VALUE, |code| code as u8);
                    field.texts.profiles_of(number).iter().for_each(|&ordinal| put(ordinal, code));
                }
            }
        }
        Ok(Some(codes))
    }
}

/// How many profiles that may be seen have a text.
fn visible(texts: &Texts, number: usize, suppressed: &Suppressed) -> u32 {
    let profiles = texts.profiles_of(number);
    if suppressed.is_empty() {
        return profiles.len() as u32;
    }
    profiles.iter().filter(|&&ordinal| !suppressed.contains(ordinal)).count() as u32
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
