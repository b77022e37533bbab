//! The id of a request: it is in the answer, in traces, and in every log line that is written while it is answered.
//!
//! A front end that gives ids finds them again here; where none comes, one is made.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::hash::{BuildHasher as _, RandomState};
use std::pin::Pin;

use actix_web::http::header::{HeaderMap, HeaderValue};
use actix_web::web::Bytes;

use super::headers::X_REQUEST_ID;

/// The longest id that is taken from a request, in bytes.
const LONGEST: usize = 128;

/// Ids that are written at a time, so that most of them cost no allocation.
const BLOCK: u64 = 64;

/// Hexadecimal digits for the thread, and behind a dash for its request.
const THREAD_DIGITS: usize = 12;
const REQUEST_DIGITS: usize = 10;
const MADE_LENGTH: usize = THREAD_DIGITS + 1 + REQUEST_DIGITS;

const HEX: [u8; 16] = *b"0123456789abcdef";

/// Makes ids that no other thread makes, here or elsewhere, as far as chance has it.
struct Maker {
    thread: u64,
    next: u64,
    /// Ids that are written and not yet given, one behind the other.
    block: Bytes,
}

thread_local! {
    static MAKER: RefCell<Maker> = RefCell::new(Maker::new());
    /// The id of what this thread is answering.
    static CURRENT: RefCell<Option<HeaderValue>> = const { RefCell::new(None) };
}

impl Maker {
    fn new() -> Maker {
        Maker { thread: RandomState::new().hash_one(0) >> 16, next: 0, block: Bytes::new() }
    }

    fn make(&mut self) -> HeaderValue {
        if self.block.len() < MADE_LENGTH {
            let mut ids = Vec::with_capacity(BLOCK as usize * MADE_LENGTH);
            for request in self.next..self.next + BLOCK {
                push_hex(&mut ids, self.thread, THREAD_DIGITS);
                ids.push(b'-');
                push_hex(&mut ids, request, REQUEST_DIGITS);
            }
            self.block = Bytes::from(ids);
            self.next += BLOCK;
        }
        // Digits are always a header value.
        HeaderValue::from_maybe_shared(self.block.split_to(MADE_LENGTH))
            .unwrap_or(HeaderValue::from_static("none"))
    }
}

/// Writes the last digits of a number: `format!` would cost more than everything else about an id.
fn push_hex(text: &mut Vec<u8>, number: u64, digits: usize) {
    text.extend((0..digits).rev().map(|digit| HEX[(number >> (4 * digit) & 0xf) as usize]));
}

/// The id that a request brings, or a new one.
pub fn of(headers: &HeaderMap) -> HeaderValue {
    given(headers).unwrap_or_else(made)
}

/// The id that a request brings, if it may be taken.
pub fn given(headers: &HeaderMap) -> Option<HeaderValue> {
    headers.get(X_REQUEST_ID).filter(|id| is_allowed(id.as_bytes())).cloned()
}

/// A new id.
pub fn made() -> HeaderValue {
    MAKER.with_borrow_mut(Maker::make)
}

/// Whether an id is short, and nothing in it can be taken for something else in a log.
fn is_allowed(id: &[u8]) -> bool {
    (1..=LONGEST).contains(&id.len()) && id.iter().all(u8::is_ascii_graphic)
}

/// The id of what this thread is answering, if it is answering.
pub fn current() -> Option<HeaderValue> {
    CURRENT.with_borrow(Option::clone)
}

/// Does something for the request of this id.
pub fn within<T>(id: Option<HeaderValue>, act: impl FnOnce() -> T) -> T {
    /// What was there before comes back, whatever happens in between.
    struct Restore(Option<HeaderValue>);
    impl Drop for Restore {
        fn drop(&mut self) {
            CURRENT.set(self.0.take());
        }
    }
    let _restore = Restore(CURRENT.replace(id));
    act()
}

/// A future whose every step is done for the request of this id. Others have their steps in between. It stays where it
/// is: answering takes a few KB that need not be moved.
pub async fn follow<F: Future>(id: HeaderValue, mut future: Pin<&mut F>) -> F::Output {
    poll_fn(|context| within(Some(id.clone()), || future.as_mut().poll(context))).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;

    fn of_request(id: &[u8]) -> HeaderValue {
        let mut headers = HeaderMap::new();
        headers.insert(X_REQUEST_ID, HeaderValue::from_bytes(id).unwrap());
        of(&headers)
    }

    #[test]
    fn an_id_that_can_be_taken_for_nothing_else_is_taken() {
        for id in ["1", "a-b_c.d/e+f=", "\"{}\\", &"x".repeat(LONGEST)] {
            assert_eq!(of_request(id.as_bytes()), id);
        }
        for id in ["", "a b", "a\tb", "é", &"x".repeat(LONGEST + 1)] {
            let made = of_request(id.as_bytes());
            assert_eq!(made.len(), MADE_LENGTH, "{id}: {made:?}");
        }
    }

    #[test]
    fn no_two_made_ids_are_the_same() {
        let of_a_thread = || (0..3 * BLOCK).map(|_| of(&HeaderMap::new())).collect::<Vec<_>>();
        let mut ids = of_a_thread();
        ids.extend(std::thread::spawn(of_a_thread).join().unwrap());
        for id in &ids {
            assert!(is_allowed(id.as_bytes()) && id.len() == MADE_LENGTH, "{id:?}");
        }
        let count = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }

    #[actix_web::test]
    async fn steps_of_two_requests_keep_their_ids_apart() {
        let id = |text| HeaderValue::from_static(text);
        let steps = |own: HeaderValue| async move {
            for _ in 0..3 {
                assert_eq!(current().as_ref(), Some(&own));
                tokio::task::yield_now().await;
            }
        };
        let (one, other) = (pin!(steps(id("one"))), pin!(steps(id("other"))));
        tokio::join!(follow(id("one"), one), follow(id("other"), other));
        assert_eq!(current(), None);
    }

    #[test]
    fn a_panic_leaves_no_id_behind() {
        let panicking = || within(Some(HeaderValue::from_static("one")), || panic!("on purpose"));
        assert!(std::panic::catch_unwind(panicking).is_err());
        assert_eq!(current(), None);
    }
}
