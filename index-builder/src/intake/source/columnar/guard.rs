//! Keeps a panic in somebody else's reader from ending the build without a message that names the file.
//!
//! The readers of Parquet and Arrow check much of what they read and promise no more: on a damaged file they may
//! panic. What they were called for is dropped then, so nothing half done is used again.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use super::super::Cause;

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Calls `work`; a panic is an error with its message, and is not printed.
pub(super) fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, Cause> {
    silence();
    GUARDED.set(true);
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    GUARDED.set(false);
    result.map_err(|payload| {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
        Cause::Table(format!("it is damaged: {}", text.unwrap_or("the reader gave up")))
    })
}

/// The hook prints every panic but those that are caught here.
fn silence() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let print = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !GUARDED.get() {
                print(info);
            }
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_that_says_what_happened() {
        assert_eq!(guarded(|| 7).unwrap(), 7);
        let numbers: Vec<u8> = Vec::new();
        let error = guarded(|| numbers[std::hint::black_box(3)]).unwrap_err().to_string();
        assert!(error.contains("damaged") && error.contains("index is 3"), "{error}");
        assert!(guarded(|| panic!("plain")).unwrap_err().to_string().contains("plain"));
        assert!(!GUARDED.get());
    }
}
