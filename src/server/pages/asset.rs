//! The files of pages, in the program.

use std::sync::OnceLock;

use actix_web::http::header::HeaderValue;
use actix_web::web::Bytes;
use twox_hash::XxHash3_64;

use crate::server::encoding;

/// A file of a page.
#[derive(Debug)]
pub struct Asset {
    /// The last part of its path.
    pub name: &'static str,
    /// Its media type.
    pub content_type: HeaderValue,
    /// What it holds.
    pub bytes: &'static [u8],
    etag: OnceLock<Option<HeaderValue>>,
    packed: OnceLock<Option<Packed>>,
}

/// A file as it is sent to those who take gzip.
#[derive(Debug)]
pub struct Packed {
    /// Its bytes.
    pub bytes: Bytes,
    /// What tells it from another, and from the file as it is.
    pub etag: HeaderValue,
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

    /// What tells this content from another; none where a hash could not stand in a header, which a test rules out.
    pub fn etag(&self) -> Option<&HeaderValue> {
        let make = || HeaderValue::from_str(&format!("\"{:016x}\"", XxHash3_64::oneshot(self.bytes))).ok();
        self.etag.get_or_init(make).as_ref()
    }

    /// The file packed, made when it is first asked for; none where that is not worth it. The first time it takes some
    /// milliseconds for each 100 KB: not for async workers.
    pub fn packed(&self) -> Option<&Packed> {
        let make = || {
            let bytes = encoding::packed(self.bytes)?;
            let etag =
                HeaderValue::from_str(&format!("\"{:016x}-gzip\"", XxHash3_64::oneshot(self.bytes))).ok()?;
            Some(Packed { bytes, etag })
        };
        self.packed.get_or_init(make).as_ref()
    }
}
