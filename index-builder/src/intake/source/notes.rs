//! What a person should know of a source and that is no error.

use std::cell::RefCell;
use std::rc::Rc;

/// The most notes that are kept; a source that has more to say repeats itself.
const MOST: usize = 50;

/// Sentences about a source: what was passed over, what something was taken for, what looks like a mistake. The build
/// shows them when the source is read, and keeps them in its summary and its record.
///
/// Clones share what is in them.
#[derive(Debug, Clone, Default)]
pub struct Notes(Rc<RefCell<Vec<String>>>);

impl Notes {
    /// Adds a sentence that names the file, the thing and what can be done; once, however often it is given. Values of
    /// profiles have no place in it but as a short example.
    pub fn add(&self, note: impl Into<String>) {
        let (note, mut notes) = (note.into(), self.0.borrow_mut());
        if notes.len() < MOST && !notes.contains(&note) {
            notes.push(note);
        }
    }

    /// What was added since this was called last, in order.
    pub fn take(&self) -> Vec<String> {
        self.0.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_kept_once_and_there_are_not_endlessly_many() {
        let notes = Notes::default();
        let clone = notes.clone();
        for number in 0..1000 {
            notes.add(format!("note {number}"));
            clone.add("note 0");
        }
        let taken = notes.take();
        assert_eq!((taken.len(), taken[0].as_str(), taken[1].as_str()), (MOST, "note 0", "note 1"));
        assert!(clone.take().is_empty());
    }
}
