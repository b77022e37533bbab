//! The body of an answer that is large: sent piece by piece from where its parts were made, never copied together.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::Bytes;

use crate::server::pools::memory::{Full, Share};

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

/// Bytes that many answers share. A connection copies whatever it is handed, so a client that does not read would hold a
/// copy of all of them.
#[derive(Debug)]
pub struct Shared(pub Bytes);

impl MessageBody for Shared {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.0.len() as u64)
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        if self.0.is_empty() {
            return Poll::Ready(None);
        }
        let next = self.0.len().min(CHUNK_BYTES);
        Poll::Ready(Some(Ok(self.0.split_to(next))))
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use std::pin::pin;

    use super::*;
    use crate::server::pools::memory::MemoryBudget;

    #[actix_web::test]
    async fn all_bytes_come_in_order_a_little_at_a_time_and_then_the_memory_is_back() {
        let memory = MemoryBudget::new(1 << 20);
        let mut pieces = Pieces::new(memory.share());
        let texts: Vec<Vec<u8>> = [0, 1, CHUNK_BYTES, 3 * CHUNK_BYTES + 7, 5]
            .iter()
            .map(|&length| vec![length as u8; length])
            .collect();
        for text in &texts {
            pieces.push(Bytes::from(text.clone()), 0).unwrap();
        }
        assert_eq!(pieces.size(), BodySize::Sized(texts.concat().len() as u64));
        assert!(memory.share().resize(1 << 20).is_err(), "they take some");
        let mut sent = Vec::new();
        {
            let mut pieces = pin!(pieces);
            while let Some(chunk) = poll_fn(|context| pieces.as_mut().poll_next(context)).await {
                let chunk = chunk.unwrap();
                assert!(chunk.len() <= CHUNK_BYTES);
                sent.extend_from_slice(&chunk);
            }
        }
        assert_eq!(sent, texts.concat());
        assert_eq!(memory.share().resize(1 << 20), Ok(()));
    }

    #[test]
    fn what_there_is_no_memory_for_is_not_kept_for_long() {
        let memory = MemoryBudget::new(4096);
        let mut pieces = Pieces::new(memory.share());
        assert_eq!(pieces.push(Bytes::from_static(&[0; 2048]), 0), Ok(()));
        assert_eq!(pieces.push(Bytes::from_static(&[0; 4096]), 0), Err(Full));
        assert_eq!(Pieces::new(memory.share()).push(Bytes::from_static(b"1"), 4096), Err(Full), "besides");
    }

    #[actix_web::test]
    async fn bytes_that_are_shared_are_handed_on_a_little_at_a_time() {
        let bytes: Vec<u8> = (0..CHUNK_BYTES * 2 + 5).map(|place| place as u8).collect();
        let mut body = Box::pin(Shared(bytes.clone().into()));
        assert_eq!(body.size(), BodySize::Sized(bytes.len() as u64));
        let mut sent = Vec::new();
        while let Some(Ok(chunk)) = poll_fn(|context| body.as_mut().poll_next(context)).await {
            assert!(!chunk.is_empty() && chunk.len() <= CHUNK_BYTES);
            sent.extend_from_slice(&chunk);
        }
        assert_eq!(sent, bytes);
    }
}
