//! The two passes.

use std::io::{self, BufRead};
use std::ops::ControlFlow;

use super::error::PickleError;
use super::machine::Machine;
use super::opcodes::Decoder;
use super::scan::scan;
use crate::source::Record;

/// What reading a pickle took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    /// How many records came, unusable ones too.
    pub records: u64,
    /// The most values that were on the stack at a time, a record that waits to be handed on being one.
    pub highest_stack: usize,
    /// How many values were remembered because the file uses them again.
    pub remembered: usize,
}

/// Reads the records of a pickle, in the order of the file.
///
/// `open` gives the uncompressed file from its beginning; it is called twice. `id_field` is the field that the keys
/// of a dict of profiles become. Every record goes to `sink` as soon as it is complete; reading ends without an error
/// when `sink` breaks.
///
/// After an error everything that `sink` got must be forgotten: what is wrong with a file is often at its end.
///
/// Time is linear in the file, apart from a bounded factor for objects that are used in many places. Memory is that of
/// the largest record, of those that a pickler writes in one go (a thousand), of what the file uses again, and at
/// most a small multiple of the file.
///
/// # Errors
/// [`PickleError::Io`] if reading fails; [`PickleError::Refused`] if the file is not a pickle, is damaged, needs what
/// is not in it, or is no list of dicts and no dict of dicts.
pub fn read<'a>(
    open: &dyn Fn() -> io::Result<Box<dyn BufRead + 'a>>,
    id_field: &str,
    sink: &mut dyn FnMut(Record) -> ControlFlow<()>,
) -> Result<(), PickleError> {
    read_with_figures(open, id_field, sink).map(|_| ())
}

/// The same as [`read`], and says what it took.
///
/// # Errors
/// As [`read`].
pub fn read_with_figures<'a>(
    open: &dyn Fn() -> io::Result<Box<dyn BufRead + 'a>>,
    id_field: &str,
    sink: &mut dyn FnMut(Record) -> ControlFlow<()>,
) -> Result<Figures, PickleError> {
    let slots = scan(&mut Decoder::new(open()?))?;
    let mut machine = Machine::new(slots, id_field, sink);
    machine.run(&mut Decoder::new(open()?))?;
    Ok(Figures {
        records: machine.records(),
        highest_stack: machine.highest_stack(),
        remembered: machine.remembered(),
    })
}
