//! The two passes.

use std::io::{self, BufRead, Read};
use std::ops::ControlFlow;

use super::error::{PickleError, Problem};
use super::machine::Machine;
use super::opcodes::Decoder;
use super::scan::scan;
use crate::intake::source::Record;
use crate::intake::source::signature::{SIGNATURE_BYTES, is_json, kind_of};

/// What reading a pickle took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    /// How many records came, unusable ones too.
    pub records: u64,
    /// The most values that were on the stack at a time, a record that waits to be handed on being one.
    pub highest_stack: usize,
    /// How many values were remembered because a pickle uses them again.
    pub remembered: usize,
    /// How many pickles the file had, one after the other.
    pub pickles: u64,
}

/// Reads the records of a file of one pickle or of several, in the order of the file.
///
/// `open` gives the uncompressed file from its beginning; it is called three times. `id_field` is the field that the keys
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
    let mut first = Vec::with_capacity(SIGNATURE_BYTES);
    open()?.take(SIGNATURE_BYTES as u64).read_to_end(&mut first)?;
    check_signature(&first)?;
    let (mut scanner, mut decoder) = (Decoder::new(open()?), Decoder::new(open()?));
    let mut machine = Machine::new(scan(&mut scanner)?, id_field, sink);
    let mut pickles = 1;
    let mut has_more = scanner.has_more()?;
    while has_more {
        machine.expect_several();
        machine.run(&mut decoder)?;
        if machine.stopped() {
            break;
        }
        let end = scanner.offset();
        machine.restart(scan(&mut scanner).map_err(|error| after(end, error))?);
        has_more = scanner.has_more()?;
        pickles += 1;
    }
    if !machine.stopped() {
        machine.run(&mut decoder)?;
    }
    Ok(Figures {
        pickles,
        records: machine.records(),
        highest_stack: machine.highest_stack(),
        remembered: machine.remembered(),
    })
}

/// Refuses what is known to be no pickle.
fn check_signature(first: &[u8]) -> Result<(), PickleError> {
    const JSON: &str = "JSON text: --format json for an array, --format jsonl for an object a line";
    let kind = kind_of(first).or_else(|| is_json(first).then_some(JSON));
    kind.map_or(Ok(()), |kind| Err(PickleError::Refused { at: 0, problem: Problem::Another(kind) }))
}

/// The error of what follows the pickle that ends at `end`.
fn after(end: u64, error: PickleError) -> PickleError {
    match error {
        PickleError::Refused { at, problem } => {
            PickleError::Refused { at, problem: Problem::After { end, problem: Box::new(problem) } }
        }
        io => io,
    }
}
