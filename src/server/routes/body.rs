//! The bodies of requests: JSON, with a bound on their size, their pace, and on what all of them take together.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderName};
use actix_web::{HttpMessage as _, HttpRequest, web};
use futures_core::Stream as _;
use tokio::time::{Instant, timeout_at};

use super::super::problem::Problem;
use crate::server::pools::batches::Batches;
use crate::server::pools::memory::Share;

/// The longest body: a thousand vectors of 1,024 numbers, each with all the digits of a double, and some room.
pub const MAX_BODY_BYTES: usize = 32 << 20;

/// How much of a body is taken and dropped: twice the longest one, so that somewhat longer ones end as well.
const MAX_DROPPED_BYTES: usize = 2 * MAX_BODY_BYTES;

/// What may take as long as a whole request without a body. A client that sends a little now and then is not waited
/// for, and one on a slow line is.
const PART_BYTES: usize = 1 << 20;

/// A byte of a body becomes up to two of vectors, which are there beside it while it is read.
const MEMORY_PER_BYTE: usize = 3;

/// The media type that is read.
const MEDIA_TYPE: &str = "application/json";

/// A body, whole but not yet looked at.
#[derive(Debug)]
pub struct Body {
    /// Its bytes.
    pub text: Vec<u8>,
    /// The memory that they and what they become may take.
    pub share: Share,
}

/// Reads a body. What is not read of it is left to the connection, which is closed after the answer.
///
/// # Errors
/// As it shows, [`Problem::BodyTooLarge`], [`Problem::BodyTimeout`], [`Problem::BodyIncomplete`] and
/// [`Problem::BatchBusy`].
pub async fn read(payload: &mut web::Payload, batches: &Batches) -> Result<Body, Problem> {
    let mut body = Body { text: Vec::new(), share: batches.memory.share() };
    let (mut part_end, mut deadline) = (PART_BYTES, Instant::now() + batches.patience);
    loop {
        let chunk = timeout_at(deadline, poll_fn(|context| Pin::new(&mut *payload).poll_next(context)))
            .await
            .map_err(|_| Problem::BodyTimeout { part: PART_BYTES, patience: batches.patience })?;
        let Some(chunk) = chunk else { return Ok(body) };
        body.add(&chunk.map_err(|_| Problem::BodyIncomplete)?)?;
        if body.text.len() >= part_end {
            (part_end, deadline) = (body.text.len() + PART_BYTES, Instant::now() + batches.patience);
        }
    }
}

/// Takes what still comes of a body that nobody reads, and drops it. Over HTTP/2 a client that still sends would lose the
/// answer otherwise: its stream is reset. At most [`MAX_DROPPED_BYTES`] are taken, each part in its time.
pub async fn drop_rest(mut payload: web::Payload, patience: Duration) {
    let (mut taken, mut part_end, mut deadline) = (0, PART_BYTES, Instant::now() + patience);
    while taken < MAX_DROPPED_BYTES {
        let next = poll_fn(|context| Pin::new(&mut payload).poll_next(context));
        let Ok(Some(Ok(chunk))) = timeout_at(deadline, next).await else { return };
        taken += chunk.len();
        if taken >= part_end {
            (part_end, deadline) = (taken + PART_BYTES, Instant::now() + patience);
        }
    }
}

/// What the headers say about a body, before any of it is read.
///
/// # Errors
/// [`Problem::BodyTooLarge`], then [`Problem::UnsupportedMediaType`].
pub fn check_headers(request: &HttpRequest) -> Result<(), Problem> {
    let header = |name: HeaderName| {
        let value = request.headers().get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    // A length that is none has been refused by the framework.
    let length = header(CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
    if length.is_some_and(|length| length > MAX_BODY_BYTES as u64) {
        return Err(Problem::BodyTooLarge { limit: MAX_BODY_BYTES });
    }
    if !request.content_type().eq_ignore_ascii_case(MEDIA_TYPE) {
        let given = header(CONTENT_TYPE).unwrap_or_default();
        return Err(Problem::UnsupportedMediaType { header: "Content-Type", given });
    }
    match header(CONTENT_ENCODING) {
        Some(given) if !given.eq_ignore_ascii_case("identity") => {
            Err(Problem::UnsupportedMediaType { header: "Content-Encoding", given })
        }
        _ => Ok(()),
    }
}

impl Body {
    fn add(&mut self, chunk: &[u8]) -> Result<(), Problem> {
        if self.text.len() + chunk.len() > MAX_BODY_BYTES {
            return Err(Problem::BodyTooLarge { limit: MAX_BODY_BYTES });
        }
        self.text.extend_from_slice(chunk);
        self.share.resize(MEMORY_PER_BYTE * self.text.capacity()).map_err(|_| Problem::BatchBusy)
    }
}
