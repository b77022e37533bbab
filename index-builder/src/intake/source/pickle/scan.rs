//! The first pass: every instruction is decoded and none is run, to learn which memo slots are ever fetched.

use super::error::{Fault, PickleError, Problem};
use super::opcodes::{Decoder, Op};

/// Which memo slots are filled and which are fetched. Memory: two bits for every slot.
#[derive(Debug, Default)]
pub(super) struct Slots {
    filled: Bits,
    fetched: Bits,
    /// How many slots are filled: the one that the next MEMOIZE fills.
    count: u64,
}

impl Slots {
    /// Forgets what was filled, for the second pass, and keeps what is fetched.
    pub(super) fn rewind(&mut self) {
        self.filled = Bits::default();
        self.count = 0;
    }

    /// Takes note that a slot is filled; true if it is ever fetched. Picklers number the slots as they fill them, so
    /// a slot is never larger than the offset of the instruction that fills it, which bounds the memory of this.
    pub(super) fn fill(&mut self, slot: u64, offset: u64) -> Result<bool, Problem> {
        if slot > offset {
            return Err(Problem::Malformed("a memo slot is numbered far ahead of all others"));
        }
        if self.filled.set(slot) {
            self.count += 1;
        }
        Ok(self.fetched.has(slot))
    }

    /// Takes note that the next free slot is filled; its number if it is ever fetched.
    pub(super) fn fill_next(&mut self, offset: u64) -> Result<Option<u64>, Problem> {
        let slot = self.count;
        Ok(self.fill(slot, offset)?.then_some(slot))
    }

    fn fetch(&mut self, slot: u64) -> Result<(), Problem> {
        if !self.filled.has(slot) {
            return Err(Problem::Malformed("a memo slot is fetched that was never filled"));
        }
        self.fetched.set(slot);
        Ok(())
    }
}

/// Runs through a pickle from its first instruction to STOP; what follows is another pickle's.
///
/// # Errors
/// Truncation, unknown instructions, memo slots that were never filled, frames that do not fit; a tuple as the result.
pub(super) fn scan(decoder: &mut Decoder<'_>) -> Result<Slots, PickleError> {
    let mut slots = Slots::default();
    let mut frames = Frames::default();
    let mut result = Op::None;
    let mut module = String::new();
    loop {
        let at = decoder.offset();
        let op = decoder.next()?;
        check_names(op, decoder.payload(), &mut module).map_err(|problem| Fault::Problem(problem).at(at))?;
        let after = decoder.offset();
        note(op, at, &mut slots)
            .and_then(|()| frames.note(op, after))
            .map_err(|problem| Fault::Problem(problem).at(at))?;
        match op {
            // The machine would take the first element for the outermost container, and say so.
            Op::Stop if matches!(result, Op::Tuple | Op::TupleOf(_)) => {
                return Err(Fault::Problem(Problem::Root("a tuple".to_owned())).at(at));
            }
            Op::Stop => return Ok(slots),
            Op::Put(_) | Op::Memoize | Op::Frame(_) => {}
            _ => result = op,
        }
    }
}

/// Refuses what joblib writes between the instructions of a pickle, where it writes an array: behind it nothing can be
/// decoded. `module` is the last text that was the name of a module there.
fn check_names(op: Op, payload: &[u8], module: &mut String) -> Result<(), Problem> {
    const RAW_ARRAY: (&str, &str) = ("joblib.numpy_pickle", "NumpyArrayWrapper");
    let refused = || Problem::Class { module: RAW_ARRAY.0.to_owned(), name: RAW_ARRAY.1.to_owned() };
    let is = |text: &str| payload == text.as_bytes();
    match op {
        Op::Global if is(&format!("{}\n{}", RAW_ARRAY.0, RAW_ARRAY.1)) => return Err(refused()),
        Op::Unicode if is(RAW_ARRAY.0) => RAW_ARRAY.0.clone_into(module),
        Op::Unicode if is(RAW_ARRAY.1) && !module.is_empty() => RAW_ARRAY.1.clone_into(module),
        Op::StackGlobal if module == RAW_ARRAY.1 => return Err(refused()),
        Op::Memoize | Op::Put(_) => {}
        _ => module.clear(),
    }
    Ok(())
}

fn note(op: Op, at: u64, slots: &mut Slots) -> Result<(), Problem> {
    match op {
        Op::Put(slot) => slots.fill(slot, at).map(|_| ()),
        Op::Memoize => slots.fill_next(at).map(|_| ()),
        Op::Get(slot) => slots.fetch(slot),
        Op::Elsewhere(what) => Err(Problem::Elsewhere(what)),
        _ => Ok(()),
    }
}

/// Protocol 4 cuts a pickle into frames so that it can be read in large pieces. They mean nothing to us, but where
/// they do not fit the file is damaged.
#[derive(Debug, Default)]
struct Frames {
    end: Option<u64>,
}

impl Frames {
    fn note(&mut self, op: Op, after: u64) -> Result<(), Problem> {
        match (self.end, op) {
            (Some(_), Op::Frame(_)) => return Err(Problem::Malformed("a frame begins within another")),
            (None, Op::Frame(length)) => self.end = Some(after.saturating_add(length)),
            (Some(end), _) if after > end => {
                return Err(Problem::Malformed("a frame ends within an instruction"));
            }
            (Some(end), _) if after == end => self.end = None,
            (Some(_), Op::Stop) => return Err(Problem::Truncated),
            _ => {}
        }
        if self.end == Some(after) {
            self.end = None;
        }
        Ok(())
    }
}

/// A set of small numbers.
#[derive(Debug, Default)]
struct Bits {
    words: Vec<u64>,
}

impl Bits {
    fn has(&self, bit: u64) -> bool {
        let word = usize::try_from(bit / 64).ok().and_then(|index| self.words.get(index));
        word.is_some_and(|word| word >> (bit % 64) & 1 == 1)
    }

    /// Adds a number; true if it was not there.
    fn set(&mut self, bit: u64) -> bool {
        let index = (bit / 64) as usize;
        if index >= self.words.len() {
            self.words.resize(index + 1, 0);
        }
        let Some(word) = self.words.get_mut(index) else { return false };
        let is_new = *word >> (bit % 64) & 1 == 0;
        *word |= 1 << (bit % 64);
        is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan_bytes(bytes: &[u8]) -> Result<Slots, Problem> {
        scan(&mut Decoder::new(Box::new(bytes))).map_err(|error| match error {
            PickleError::Refused { problem, .. } => problem,
            PickleError::Io(error) => panic!("{error}"),
        })
    }

    #[test]
    fn only_fetched_slots_are_remembered() {
        let mut slots = scan_bytes(b"]q\0K\x01q\x01K\x02\x94h\x01h\x02.").unwrap();
        slots.rewind();
        assert_eq!(slots.fill(0, 9), Ok(false));
        assert_eq!(slots.fill(1, 9), Ok(true));
        assert_eq!(slots.fill_next(9), Ok(Some(2)), "MEMOIZE fills the slot after those that PUT filled");
    }

    #[test]
    fn memo_slots_must_be_filled_before_and_in_turn() {
        assert!(matches!(scan_bytes(b"]h\0."), Err(Problem::Malformed(_))));
        assert!(matches!(scan_bytes(b"]r\xff\xff\xff\xff."), Err(Problem::Malformed(_))));
    }

    #[test]
    fn frames_must_fit_and_what_follows_stop_is_left() {
        assert!(scan_bytes(b"\x80\x04\x95\x02\0\0\0\0\0\0\0].rest").is_ok());
        assert!(scan_bytes(b"\x95\x01\0\0\0\0\0\0\0].").is_ok());
        assert_eq!(scan_bytes(b"\x95\x03\0\0\0\0\0\0\0].").err(), Some(Problem::Truncated));
        assert!(matches!(scan_bytes(b"\x95\x01\0\0\0\0\0\0\0K\x01."), Err(Problem::Malformed(_))));
        let nested = b"\x95\xff\0\0\0\0\0\0\0\x95\x01\0\0\0\0\0\0\0].";
        assert!(matches!(scan_bytes(nested), Err(Problem::Malformed(_))));
    }

    #[test]
    fn what_is_not_in_the_file_is_refused() {
        for bytes in [&b"Pfoo\n."[..], b"Q.", b"\x82\x01.", b"\x97.", b"]\x98."] {
            assert!(matches!(scan_bytes(bytes), Err(Problem::Elsewhere(_))), "{bytes:?}");
        }
    }
}
