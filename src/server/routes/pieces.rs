//! The body of an answer that is large: sent piece by piece from where its parts were made, never copied together.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::Bytes;

use super::super::memory::{Full, Share};

/// What a piece takes besides its bytes.
const OVERHEAD: usize = size_of::<Bytes>();

/// The most that is handed on at once: the connection copies what it is given.
const CHUNK_BYTES: usize = 64 << 10;

/// Pieces in their order, and the memory that they take until they have been sent.
#[derive(Debug)]
pub struct Pieces {
    queue: VecDeque<Bytes>,
    length: usize,
    share: Share,
}

impl Pieces {
    /// Nothing yet, with a share that has room for something else as well.
    pub fn new(share: Share) -> Pieces {
        Pieces { queue: VecDeque::new(), length: 0, share }
    }

    /// Adds a piece at the end; `besides` is what the share has room for as well.
    ///
    /// # Errors
    /// There is no more memory.
    pub fn push(&mut self, piece: Bytes, besides: usize) -> Result<(), Full> {
        self.length += piece.len();
        self.queue.push_back(piece);
        self.share.resize(self.length + self.queue.capacity() * OVERHEAD + besides)
    }

    /// The bytes of all pieces.
    pub fn length(&self) -> usize {
        self.length
    }
}

impl MessageBody for Pieces {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.length as u64)
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        let Some(first) = self.queue.front_mut() else { return Poll::Ready(None) };
        if first.len() > CHUNK_BYTES {
            return Poll::Ready(Some(Ok(first.split_to(CHUNK_BYTES))));
        }
        Poll::Ready(self.queue.pop_front().map(Ok))
    }
}
