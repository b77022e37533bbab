//! Reads documents, and collects what they say by field.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{Attribute, Attributes, numbers, texts};
use crate::file::reader::View;
use crate::file::{Damaged, Ordinal};

/// Fields beyond these are not known: documents of others may have a field for each of them.
pub const MOST_FIELDS: usize = 64;

/// Maps in maps that are looked into.
const DEEPEST: usize = 3;

/// Longer names are nobody's to choose from.
const MOST_NAME_BYTES: usize = 128;

/// What is collected takes about this much memory; where more would be needed, the remaining profiles are not read. While
/// one field is put in order at the end, it takes up to half of its memory more.
const MOST_MEMORY: usize = 256 << 20;

/// Reads the documents of an index, some at a time.
#[derive(Debug)]
pub struct AttributeReader {
    id_field: String,
    next: u32,
    fields: Vec<Collected>,
    numbers: HashMap<String, usize>,
}

#[derive(Debug)]
struct Collected {
    name: String,
    texts: texts::Collector,
    numbers: numbers::Numbers,
}

impl AttributeReader {
    /// Nothing read yet. The field of the id is left out: ids have a search of their own.
    pub fn new(id_field: &str) -> AttributeReader {
        let (fields, numbers) = (Vec::new(), HashMap::new());
        AttributeReader { id_field: id_field.to_owned(), next: 0, fields, numbers }
    }

    /// Reads so many profiles more, in the order of ordinals, or fewer where their documents have so many bytes together.
    /// Gives whether there is more to read, and room for it.
    ///
    /// # Errors
    /// [`Damaged`] where the file has changed.
    pub fn read(&mut self, view: &View<'_>, more: u32, bytes: usize) -> Result<bool, Damaged> {
        let end = self.next.saturating_add(more).min(view.profiles());
        let mut left = bytes;
        while self.next < end && left > 0 {
            let ordinal = Ordinal(self.next);
            let document = view.document(ordinal).ok_or(Damaged("a document"))?;
            let mut parser = serde_json::Deserializer::from_slice(document);
            let look = Look { reader: self, ordinal, path: "", depth: 0 };
            // A document is what the builder wrote. One that has changed is found out by the look at the file.
            look.deserialize(&mut parser).map_err(|_| Damaged("a document"))?;
            self.next += 1;
            left = left.saturating_sub(document.len());
        }
        let taken: usize = self.fields.iter().map(|it| it.texts.taken() + it.numbers.taken()).sum();
        Ok(self.next < view.profiles() && taken < MOST_MEMORY)
    }

    /// What has been read, ready to be asked. `profiles` are those of the index.
    pub fn finish(self, profiles: u32) -> Attributes {
        let fields = self.fields.into_iter().map(|it| Attribute {
            name: it.name,
            texts: it.texts.finish(),
            numbers: it.numbers.finish(),
        });
        Attributes { looked_at: self.next, profiles, fields: fields.collect() }
    }

    /// None for a name that nobody can ask for.
    fn field(&mut self, name: &str) -> Option<&mut Collected> {
        let may_be_asked = (1..=MOST_NAME_BYTES).contains(&name.len());
        let number = match self.numbers.get(name) {
            Some(&number) => number,
            None if self.fields.len() < MOST_FIELDS && may_be_asked => {
                let collected = Collected {
                    name: name.to_owned(),
                    texts: Default::default(),
                    numbers: Default::default(),
                };
                self.fields.push(collected);
                self.numbers.insert(name.to_owned(), self.fields.len() - 1);
                self.fields.len() - 1
            }
            None => return None,
        };
        self.fields.get_mut(number)
    }
}

/// Looks at one value of a document, and at those in it.
struct Look<'a> {
    reader: &'a mut AttributeReader,
    ordinal: Ordinal,
    /// The name of the field; empty for the document itself.
    path: &'a str,
    depth: usize,
}

impl Look<'_> {
    fn number(self, number: f64) {
        if let Some(field) = self.reader.field(self.path) {
            field.numbers.add(number, self.ordinal);
        }
    }
}

impl<'de> DeserializeSeed<'de> for Look<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Look<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        let folded = texts::folded(text);
        if !folded.is_empty()
            && let Some(field) = self.reader.field(self.path)
        {
            field.texts.add(&folded, self.ordinal);
        }
        Ok(())
    }

    fn visit_bool<E>(self, switch: bool) -> Result<(), E> {
        if let Some(field) = self.reader.field(self.path) {
            field.texts.add_switch(switch, self.ordinal);
        }
        Ok(())
    }

    fn visit_f64<E>(self, number: f64) -> Result<(), E> {
        self.number(number);
        Ok(())
    }

    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        self.number(number as f64);
        Ok(())
    }

    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        self.number(number as f64);
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    // Which of the elements of a list would be its text, its colour?
    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while elements.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Look { reader, ordinal, path, depth } = self;
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            let is_id = depth == 0 && *key == *reader.id_field;
            if is_id || depth >= DEEPEST {
                map.next_value::<IgnoredAny>()?;
            } else if depth == 0 {
                map.next_value_seed(Look { reader, ordinal, path: &key, depth: depth + 1 })?;
            } else {
                let path = format!("{path}.{key}");
                map.next_value_seed(Look { reader, ordinal, path: &path, depth: depth + 1 })?;
            }
        }
        Ok(())
    }
}
