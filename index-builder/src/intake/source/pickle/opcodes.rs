//! The instructions of a pickle, decoded one by one from a stream.

use std::io::{BufRead, Read};

use super::error::{Fault, PickleError, Problem};

/// The newest protocol there is.
const HIGHEST_PROTOCOL: u8 = 5;

/// A payload buffer larger than this is given back after use.
const KEPT_PAYLOAD_BYTES: usize = 1 << 20;

/// One instruction. Those that carry text or bytes leave them in [`Decoder::payload`], undecoded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Op {
    Proto,
    Frame(u64),
    Stop,
    Mark,
    Pop,
    PopMark,
    Dup,
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// Decimal text, perhaps with an L at its end; `00` and `01` are booleans if the flag is set.
    IntLine {
        booleans: bool,
    },
    /// Two's complement, little-endian.
    IntBytes,
    FloatLine,
    /// UTF-8.
    Unicode,
    /// Latin-1 with `\u` escapes.
    UnicodeLine,
    /// A Python 2 `str`.
    ByteString,
    /// A Python 2 `str` as a quoted literal.
    ByteStringLine,
    Bytes,
    EmptyList,
    EmptyDict,
    EmptySet,
    List,
    Dict,
    FrozenSet,
    /// All values above the mark.
    Tuple,
    /// That many values, 0 to 3.
    TupleOf(u8),
    Append,
    Appends,
    SetItem,
    SetItems,
    AddItems,
    Put(u64),
    Memoize,
    Get(u64),
    /// The module and the name, with a line feed between.
    Global,
    StackGlobal,
    /// The class as in [`Op::Global`], its arguments above the mark.
    Inst,
    /// The class and its arguments above the mark.
    Obj,
    Reduce,
    NewObj,
    NewObjEx,
    Build,
    /// An instruction that needs what is not in the file.
    Elsewhere(&'static str),
}

/// Decodes instructions from a stream. Memory: the largest payload, allocated as its bytes arrive.
pub(super) struct Decoder<'a> {
    input: Box<dyn BufRead + 'a>,
    offset: u64,
    payload: Vec<u8>,
}

impl<'a> Decoder<'a> {
    pub(super) fn new(input: Box<dyn BufRead + 'a>) -> Decoder<'a> {
        Decoder { input, offset: 0, payload: Vec::new() }
    }

    /// How many bytes have been decoded: the offset of the next instruction.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Whether there is anything behind what was decoded.
    pub(super) fn has_more(&mut self) -> Result<bool, PickleError> {
        Ok(!self.input.fill_buf()?.is_empty())
    }

    /// What the last instruction carried.
    pub(super) fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The next instruction.
    pub(super) fn next(&mut self) -> Result<Op, PickleError> {
        let start = self.offset;
        self.decode().map_err(|fault| match fault {
            Fault::Problem(Problem::Truncated) if self.offset == 0 => Fault::Problem(Problem::Empty).at(0),
            other => other.at(start),
        })
    }

    fn decode(&mut self) -> Result<Op, Fault> {
        if self.payload.capacity() > KEPT_PAYLOAD_BYTES {
            self.payload = Vec::new();
        }
        let [code] = self.array()?;
        Ok(match code {
            b'(' => Op::Mark,
            b'.' => Op::Stop,
            b'0' => Op::Pop,
            b'1' => Op::PopMark,
            b'2' => Op::Dup,
            b'N' => Op::None,
            0x88 => Op::Bool(true),
            0x89 => Op::Bool(false),
            b']' => Op::EmptyList,
            b'}' => Op::EmptyDict,
            0x8f => Op::EmptySet,
            b'l' => Op::List,
            b'd' => Op::Dict,
            0x91 => Op::FrozenSet,
            b't' => Op::Tuple,
            b')' => Op::TupleOf(0),
            0x85..=0x87 => Op::TupleOf(code - 0x84),
            b'a' => Op::Append,
            b'e' => Op::Appends,
            b's' => Op::SetItem,
            b'u' => Op::SetItems,
            0x90 => Op::AddItems,
            0x94 => Op::Memoize,
            0x93 => Op::StackGlobal,
            b'o' => Op::Obj,
            b'R' => Op::Reduce,
            0x81 => Op::NewObj,
            0x92 => Op::NewObjEx,
            b'b' => Op::Build,
            _ => return self.decode_with_argument(code),
        })
    }

    fn decode_with_argument(&mut self, code: u8) -> Result<Op, Fault> {
        Ok(match code {
            b'K' => Op::Int(i64::from(u8::from_le_bytes(self.array()?))),
            b'M' => Op::Int(i64::from(u16::from_le_bytes(self.array()?))),
            b'J' => Op::Int(i64::from(i32::from_le_bytes(self.array()?))),
            b'G' => Op::Float(f64::from_be_bytes(self.array()?)),
            0x8a => self.sized::<1>(Op::IntBytes)?,
            0x8b => self.signed_size(Op::IntBytes)?,
            0x8c => self.sized::<1>(Op::Unicode)?,
            b'X' => self.sized::<4>(Op::Unicode)?,
            0x8d => self.sized::<8>(Op::Unicode)?,
            b'C' => self.sized::<1>(Op::Bytes)?,
            b'B' => self.sized::<4>(Op::Bytes)?,
            0x8e | 0x96 => self.sized::<8>(Op::Bytes)?,
            b'U' => self.sized::<1>(Op::ByteString)?,
            b'T' => self.signed_size(Op::ByteString)?,
            b'q' => Op::Put(u64::from(u8::from_le_bytes(self.array()?))),
            b'r' => Op::Put(u64::from(u32::from_le_bytes(self.array()?))),
            b'h' => Op::Get(u64::from(u8::from_le_bytes(self.array()?))),
            b'j' => Op::Get(u64::from(u32::from_le_bytes(self.array()?))),
            b'I' => self.line(Op::IntLine { booleans: true })?,
            b'L' => self.line(Op::IntLine { booleans: false })?,
            b'F' => self.line(Op::FloatLine)?,
            b'S' => self.line(Op::ByteStringLine)?,
            b'V' => self.line(Op::UnicodeLine)?,
            b'p' => Op::Put(self.slot_line()?),
            b'g' => Op::Get(self.slot_line()?),
            b'c' => self.two_lines(Op::Global)?,
            b'i' => self.two_lines(Op::Inst)?,
            0x80 => match self.array()? {
                [version] if version > HIGHEST_PROTOCOL => return Err(Problem::Protocol(version).into()),
                _ => Op::Proto,
            },
            0x95 => Op::Frame(u64::from_le_bytes(self.array()?)),
            0x82..=0x84 => Op::Elsewhere("an extension code of the program that wrote it"),
            b'P' | b'Q' => Op::Elsewhere("a persistent id of the program that wrote it"),
            0x97 | 0x98 => Op::Elsewhere("an out-of-band buffer"),
            unknown => return Err(Problem::UnknownOpcode(unknown).into()),
        })
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let mut bytes = [0; N];
        self.input.read_exact(&mut bytes)?;
        self.offset += N as u64;
        Ok(bytes)
    }

    /// Reads a payload whose unsigned length takes `N` bytes.
    fn sized<const N: usize>(&mut self, op: Op) -> Result<Op, Fault> {
        let length = self.array::<N>()?.iter().rev().fold(0, |sum, &byte| sum << 8 | u64::from(byte));
        self.fill(length, op)
    }

    fn signed_size(&mut self, op: Op) -> Result<Op, Fault> {
        let length = i32::from_le_bytes(self.array()?);
        self.fill(u64::try_from(length).map_err(|_| Problem::Malformed("a negative length"))?, op)
    }

    fn fill(&mut self, length: u64, op: Op) -> Result<Op, Fault> {
        self.payload.clear();
        // `read_to_end` allocates as bytes arrive, whatever the length says.
        let read = self.input.by_ref().take(length).read_to_end(&mut self.payload)? as u64;
        self.offset += read;
        if read == length { Ok(op) } else { Err(Problem::Truncated.into()) }
    }

    fn line(&mut self, op: Op) -> Result<Op, Fault> {
        self.payload.clear();
        self.append_line()?;
        Ok(op)
    }

    fn two_lines(&mut self, op: Op) -> Result<Op, Fault> {
        self.payload.clear();
        self.append_line()?;
        self.payload.push(b'\n');
        self.append_line()?;
        Ok(op)
    }

    /// Appends a line, without its line feed, to the payload.
    fn append_line(&mut self) -> Result<(), Fault> {
        let read = self.input.read_until(b'\n', &mut self.payload)?;
        self.offset += read as u64;
        if read > 0 && self.payload.pop() == Some(b'\n') { Ok(()) } else { Err(Problem::Truncated.into()) }
    }

    fn slot_line(&mut self) -> Result<u64, Fault> {
        self.line(Op::None)?;
        let text = str::from_utf8(&self.payload).ok().map(str::trim);
        let slot = text.and_then(|digits| digits.parse().ok());
        slot.ok_or(Problem::Malformed("the number of a memo slot is no number").into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(bytes: &[u8]) -> Result<(Op, Vec<u8>), PickleError> {
        let mut decoder = Decoder::new(Box::new(bytes));
        let op = decoder.next()?;
        assert_eq!(decoder.offset(), bytes.len() as u64);
        Ok((op, decoder.payload().to_vec()))
    }

    fn problem(bytes: &[u8]) -> Problem {
        match Decoder::new(Box::new(bytes)).next() {
            Err(PickleError::Refused { problem, .. }) => problem,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn numbers_are_read_in_their_byte_order() {
        assert_eq!(decode(b"K\xff").unwrap().0, Op::Int(255));
        assert_eq!(decode(b"M\x01\x02").unwrap().0, Op::Int(0x0201));
        assert_eq!(decode(b"J\xff\xff\xff\xff").unwrap().0, Op::Int(-1));
        assert_eq!(decode(b"G\x3f\xf8\0\0\0\0\0\0").unwrap().0, Op::Float(1.5));
        assert_eq!(decode(b"r\x01\0\0\x80").unwrap().0, Op::Put(0x8000_0001));
        assert_eq!(decode(b"g12\n").unwrap().0, Op::Get(12));
    }

    #[test]
    fn payloads_are_exactly_as_long_as_they_say() {
        assert_eq!(decode(b"\x8c\x02ab").unwrap(), (Op::Unicode, b"ab".to_vec()));
        assert_eq!(decode(b"\x8d\x01\0\0\0\0\0\0\0a").unwrap(), (Op::Unicode, b"a".to_vec()));
        assert_eq!(decode(b"\x96\x01\0\0\0\0\0\0\0a").unwrap(), (Op::Bytes, b"a".to_vec()));
        assert_eq!(decode(b"T\x01\0\0\0a").unwrap(), (Op::ByteString, b"a".to_vec()));
        assert_eq!(decode(b"cos\nsystem\n").unwrap(), (Op::Global, b"os\nsystem".to_vec()));
        assert_eq!(decode(b"V\n").unwrap(), (Op::UnicodeLine, vec![]));
    }

    #[test]
    fn a_declared_length_is_not_believed() {
        assert_eq!(problem(b"\x8e\xff\xff\xff\xff\xff\xff\xff\xffabc"), Problem::Truncated);
        assert_eq!(problem(b"T\xff\xff\xff\xff"), Problem::Malformed("a negative length"));
        assert_eq!(problem(b"\x8b\0\0\0\x80"), Problem::Malformed("a negative length"));
    }

    #[test]
    fn what_is_no_instruction_is_refused() {
        assert_eq!(problem(b"{"), Problem::UnknownOpcode(b'{'));
        assert_eq!(problem(b""), Problem::Empty);
        assert_eq!(problem(b"X\0\0"), Problem::Truncated);
        assert_eq!(problem(b"cmodule\nname"), Problem::Truncated);
        assert_eq!(problem(b"cmodule\n"), Problem::Truncated);
        assert_eq!(problem(b"\x80\x06"), Problem::Protocol(6));
        assert_eq!(problem(b"p-1\n"), Problem::Malformed("the number of a memo slot is no number"));
    }
}
