//! What the map of a generation can be coloured by, made once for all who ask.

use std::sync::{Arc, Mutex, PoisonError};

use actix_web::http::header::HeaderValue;
use actix_web::web::Bytes;

use crate::file::Damaged;
use crate::file::reader::View;
use crate::query::Suppressed;
use crate::query::attributes::{Attributes, ColourField};

/// Fields whose codes are kept while nobody is sent them.
const MOST_KEPT: usize = 4;

/// The fields that the map can be coloured by, from one state of the reading.
#[derive(Debug)]
pub struct Colouring {
    /// What has been read.
    pub attributes: Arc<Attributes>,
    /// The fields, those that suit best first.
    pub fields: Vec<ColourField>,
    /// The entity tag of all that is said about them: that of the generation once all profiles have been read.
    pub etag: HeaderValue,
    /// The codes of fields by their place, the last that were asked for at the end. Those that are being sent are all here, so
    /// that no field is in memory twice.
    kept: Mutex<Vec<(usize, Bytes)>>,
}

impl Colouring {
    /// Looks for the fields. `etag` is that of the generation.
    ///
    /// # Errors
    /// [`Damaged`] where the file has changed.
    pub fn new(
        view: &View<'_>,
        suppressed: &Suppressed,
        attributes: Arc<Attributes>,
        etag: &HeaderValue,
    ) -> Result<Colouring, Damaged> {
        let fields = attributes.colour_fields(view, suppressed)?;
        let etag =
            if attributes.is_complete() { etag.clone() } else { partial(etag, attributes.looked_at()) };
        Ok(Colouring { attributes, fields, etag, kept: Mutex::default() })
    }

    /// What each profile has in a field, one byte each; the suppressed are those that this was made for. None for a field that
    /// the map is not coloured by. Others who want some wait meanwhile.
    pub fn codes(&self, suppressed: &Suppressed, field: &str) -> Option<Bytes> {
        let (place, field) = self.fields.iter().enumerate().find(|(_, it)| it.field == field)?;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let codes = match kept.iter().position(|(other, _)| *other == place) {
            Some(number) => kept.remove(number).1,
            None => Bytes::from(self.attributes.codes(field, suppressed)),
        };
        kept.push((place, codes.clone()));
        while kept.len() > MOST_KEPT
            && let Some(unused) = kept.iter().position(|(_, codes)| codes.is_unique())
        {
            kept.remove(unused);
        }
        Some(codes)
    }
}

/// The tag of what is known while only so many profiles have been read.
fn partial(etag: &HeaderValue, looked_at: u32) -> HeaderValue {
    let tag = etag.to_str().unwrap_or_default().trim_end_matches('"');
    // What stood in a header, and digits, can stand in one.
    HeaderValue::try_from(format!("{tag}-r{looked_at}\"")).unwrap_or_else(|_| etag.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::SuppressedIds;
    use crate::file::Index;
    use crate::query::attributes::AttributeReader;
    use crate::server::fixture::{PROFILES, documents_bytes};

    /// Six fields with two values each.
    fn index() -> Index<Vec<u8>> {
        let document = |number: usize| {
            let fields: Vec<String> = (0..6).map(|it| format!(r#""f{it}":"{}""#, number % 2)).collect();
            format!(r#"{{"_id":"{number}",{}}}"#, fields.join(","))
        };
        let documents: Vec<String> = (0..PROFILES.len()).map(document).collect();
        Index::open(documents_bytes(&PROFILES, &documents)).unwrap()
    }

    fn colouring(index: &Index<Vec<u8>>, profiles: u32) -> Colouring {
        let mut reader = AttributeReader::new("_id");
        reader.read(&index.view(), profiles, usize::MAX).unwrap();
        let attributes = Arc::new(reader.finish(index.view().profiles()));
        let etag = HeaderValue::from_static("\"c0ffee\"");
        Colouring::new(&index.view(), &Suppressed::NOBODY, attributes, &etag).unwrap()
    }

    #[test]
    fn all_who_ask_for_a_field_share_its_codes_and_only_a_few_are_kept() {
        let index = index();
        let colouring = colouring(&index, u32::MAX);
        let codes = |field: &str| colouring.codes(&Suppressed::NOBODY, field).unwrap();
        let sent = codes("f0");
        assert_eq!(sent[..], [0, 1, 0, 1, 0, 1]);
        for field in ["f1", "f2", "f3", "f4", "f5", "f1"] {
            codes(field);
            assert!(colouring.kept.lock().unwrap().len() <= MOST_KEPT, "{field}");
        }
        assert_eq!(codes("f0").as_ptr(), sent.as_ptr(), "somebody is still being sent these");
        let all: Vec<Bytes> = (0..6).map(|it| codes(&format!("f{it}"))).collect();
        assert_eq!(codes("f3").as_ptr(), all[3].as_ptr());
        assert_eq!(colouring.kept.lock().unwrap().len(), 6, "none is there twice");
        drop((all, sent));
        codes("f1");
        assert_eq!(colouring.kept.lock().unwrap().len(), MOST_KEPT);
        assert_eq!(colouring.codes(&Suppressed::NOBODY, "_id"), None);
    }

    #[test]
    fn the_tag_says_how_far_the_reading_was() {
        let index = index();
        assert_eq!(colouring(&index, u32::MAX).etag, "\"c0ffee\"");
        assert_eq!(colouring(&index, 4).etag, "\"c0ffee-r4\"");
    }

    #[test]
    fn values_of_suppressed_profiles_make_no_field() {
        let index = index();
        let ids = PROFILES.iter().skip(1).map(|(id, _)| id.as_bytes().to_vec()).collect();
        let suppressed = Suppressed::in_index(&index.view(), &SuppressedIds(ids));
        let attributes = colouring(&index, u32::MAX).attributes;
        let etag = HeaderValue::from_static("\"c0ffee-1\"");
        let colouring = Colouring::new(&index.view(), &suppressed, attributes, &etag).unwrap();
        assert_eq!(colouring.fields, []);
    }
}
