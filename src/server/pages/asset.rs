//! The files of pages, in the program.

use std::sync::OnceLock;

use actix_web::http::header::HeaderValue;

use crate::server::encoding::{self, Tagged};

/// A file of a page.
#[derive(Debug)]
pub struct Asset {
    /// The last part of its path.
    pub name: &'static str,
    /// Its media type.
    pub content_type: HeaderValue,
    /// What it holds.
    pub bytes: &'static [u8],
    etag: OnceLock<HeaderValue>,
    packed: OnceLock<Option<Tagged>>,
}

impl Asset {
    /// A file with a media type that can stand in a header; any other does not compile.
    pub const fn new(name: &'static str, content_type: &'static str, bytes: &'static [u8]) -> Asset {
        Asset {
            name,
            content_type: HeaderValue::from_static(content_type),
            bytes,
            etag: OnceLock::new(),
            packed: OnceLock::new(),
        }
    }

    /// What tells this content from another.
    pub fn etag(&self) -> &HeaderValue {
        self.etag.get_or_init(|| encoding::etag_of(self.bytes))
    }

    /// The file packed, made when it is first asked for; none where that is not worth it. The first time it takes some
    /// milliseconds for each 100 KB: not for async workers.
    pub fn packed(&self) -> Option<&Tagged> {
        let make = || {
            let bytes = encoding::packed(self.bytes)?;
            Some(Tagged { bytes, etag: encoding::etag_of_packed(self.bytes) })
        };
        self.packed.get_or_init(make).as_ref()
    }
}
