//! Answers that are large and the same for everybody are sent packed to those who take that.

use std::io::Write as _;

use actix_web::HttpRequest;
use actix_web::http::header::{self, AcceptEncoding, ContentEncoding, Encoding, Header as _, HeaderValue};
use actix_web::web::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use twox_hash::XxHash3_64;

/// What `Vary` says of an answer that may be packed.
pub const VARY_ENCODING: HeaderValue = HeaderValue::from_static("accept-encoding");

/// What `Content-Encoding` says of one that is.
pub const GZIP: HeaderValue = HeaderValue::from_static("gzip");

/// Less than this fits into a packet or two as it is.
const WORTH_PACKING_BYTES: usize = 1024;

/// Bytes as they are sent, and what tells them from others.
#[derive(Debug, Clone)]
pub struct Tagged {
    /// The bytes.
    pub bytes: Bytes,
    /// Their entity tag.
    pub etag: HeaderValue,
}

/// Bytes that are the same for everybody, as they are and packed.
#[derive(Debug, Clone)]
pub struct Encodings {
    /// As they are.
    pub plain: Tagged,
    /// For those who take gzip, where it is worth it.
    pub packed: Option<Tagged>,
}

impl Encodings {
    /// Packs bytes: takes as long as [`packed`].
    pub fn of(bytes: Bytes) -> Encodings {
        let packed = packed(&bytes).map(|packed| Tagged { bytes: packed, etag: etag_of_packed(&bytes) });
        Encodings { plain: Tagged { etag: etag_of(&bytes), bytes }, packed }
    }

    /// What is sent to a client, and whether it is packed.
    pub fn for_request(&self, request: &HttpRequest) -> (&Tagged, bool) {
        match self.packed.as_ref().filter(|_| takes_gzip(request)) {
            Some(packed) => (packed, true),
            None => (&self.plain, false),
        }
    }
}

/// The entity tag of bytes as they are.
pub fn etag_of(bytes: &[u8]) -> HeaderValue {
    tag(bytes, "")
}

/// The entity tag of the same bytes packed.
pub fn etag_of_packed(bytes: &[u8]) -> HeaderValue {
    tag(bytes, "-gzip")
}

fn tag(bytes: &[u8], kind: &str) -> HeaderValue {
    let hash = XxHash3_64::oneshot(bytes);
    // Digits and letters are always a header value.
    HeaderValue::try_from(format!("\"{hash:016x}{kind}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

/// Whether a client takes gzip, and not less gladly than bytes as they are.
pub fn takes_gzip(request: &HttpRequest) -> bool {
    if !request.headers().contains_key(header::ACCEPT_ENCODING) {
        return false;
    }
    let gzip = Encoding::Known(ContentEncoding::Gzip);
    AcceptEncoding::parse(request)
        .ok()
        .and_then(|accepted| accepted.negotiate([&gzip, &Encoding::identity()].into_iter()))
        .is_some_and(|chosen| chosen == gzip)
}

/// Packs bytes; `None` where that is not worth it. Takes some milliseconds for each 100 KB: not for async workers.
pub fn packed(bytes: &[u8]) -> Option<Bytes> {
    if bytes.len() < WORTH_PACKING_BYTES {
        return None;
    }
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 3), Compression::default());
    encoder.write_all(bytes).ok()?;
    let packed = encoder.finish().ok()?;
    (packed.len() < bytes.len()).then(|| packed.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;
    use std::io::Read as _;

    #[test]
    fn gzip_is_sent_to_those_who_take_it() {
        let takes = |accepted: &str| {
            takes_gzip(
                &TestRequest::default().insert_header((header::ACCEPT_ENCODING, accepted)).to_http_request(),
            )
        };
        for accepted in
            ["gzip", "gzip, deflate, br, zstd", "br;q=1.0, gzip;q=0.8, *;q=0.1", "deflate, gzip;q=0.5"]
        {
            assert!(takes(accepted), "{accepted}");
        }
        for accepted in ["", "identity", "br", "gzip;q=0", "deflate", "identity, gzip;q=0", "rubbish;;"] {
            assert!(!takes(accepted), "{accepted}");
        }
        assert!(!takes_gzip(&TestRequest::default().to_http_request()));
    }

    #[test]
    fn what_is_packed_is_smaller_and_the_same_when_it_is_unpacked() {
        let text = "kindred ".repeat(1000);
        let packed = packed(text.as_bytes()).unwrap();
        assert!(packed.len() < text.len() / 10);
        let mut unpacked = String::new();
        flate2::read::GzDecoder::new(packed.as_ref()).read_to_string(&mut unpacked).unwrap();
        assert_eq!(unpacked, text);
        assert_eq!(super::packed(b"short"), None);
    }
}
