//! A JSON document: an array of objects, or an object that has one in it (`--records`).

use std::io::BufRead;
use std::ops::ControlFlow;

use kindred::profile::json::Changed;

use super::super::error::Found;
use super::super::{Cause, Input, MAX_RECORD_BYTES, Place, ReadOptions, Sink, SourceError};
use super::array::read_elements;
use super::path::{Target, WHOLE, read_at};
use super::stream::{Element, Stream};
use super::survey::survey;
use super::{check_signature, note_changes};

/// Reads a source that is one JSON document.
pub(in super::super) fn read(
    input: &Input,
    options: &ReadOptions,
    sink: &mut Sink<'_>,
) -> Result<(), SourceError> {
    check_signature(input)?;
    let mut changed = Changed::default();
    let open = || Stream::new(input.reader()).map_err(|error| SourceError::io(input.name(), error));
    let mut stream = open()?;
    let target = options
        .records
        .as_deref()
        .map(|path| Target { path, id_field: options.id_field.as_deref().unwrap_or("_id") });
    let read = read_document(&mut stream, target, MAX_RECORD_BYTES, &mut changed, sink);
    note_changes(changed, input, options);
    read.map_err(|cause| {
        let place = match cause {
            // Said of the document as a whole.
            Cause::NoSuchMember { .. } | Cause::ObjectDocument(_) | Cause::Columns => None,
            _ => Some(Place::Byte(stream.offset)),
        };
        SourceError { input: input.name().to_owned(), place, cause }
    })
}

/// Reads the records of a document. Where an error is returned, the stream stands at its place.
pub(super) fn read_document<R: BufRead>(
    stream: &mut Stream<R>,
    target: Option<Target<'_>>,
    limit: usize,
    changed: &mut Changed,
    sink: &mut Sink<'_>,
) -> Result<(), Cause> {
    let path = target.as_ref().map(|target| target.path);
    let flow = match (stream.peek()?, target) {
        (None, _) => return Err(Cause::EmptyJson),
        (Some(b'['), _) if path.is_none_or(|path| path == WHOLE) => {
            read_elements(stream, limit, changed, sink)?
        }
        (Some(b'['), _) => return Err(Cause::RecordsOfArray),
        (Some(b'{'), Some(target)) => read_at(stream, &target, limit, changed, sink)?,
        (Some(b'{'), None) => return Err(explain_object(stream)),
        (other, _) => return Err(Cause::NotAnArray(Found(other))),
    };
    match (flow, path) {
        (ControlFlow::Break(()), _) => Ok(()),
        (ControlFlow::Continue(()), None) => close(stream, Cause::AfterArray),
        (ControlFlow::Continue(()), Some(_)) => close(stream, Cause::AfterDocument),
    }
}

/// Goes on to the end of the file, where nothing else may come.
fn close<R: BufRead>(stream: &mut Stream<R>, otherwise: fn(Found) -> Cause) -> Result<(), Cause> {
    match stream.peek()? {
        None => Ok(()),
        other => Err(otherwise(Found(other))),
    }
}

/// Why a document that is an object is not read, and what to do: it is looked through for lists of objects.
fn explain_object<R: BufRead>(stream: &mut Stream<R>) -> Cause {
    match survey(stream).and_then(|found| Ok((found, stream.peek()?))) {
        Ok((found, None)) => found.explain(),
        Ok((_, Some(b'{'))) => Cause::JsonLines,
        Ok((_, other)) => Cause::AfterDocument(Found(other)),
        Err(cause) => cause,
    }
}

/// Goes behind a value that nobody asked for.
pub(super) fn pass_over<R: BufRead>(stream: &mut Stream<R>) -> Result<Element, Cause> {
    match stream.peek()? {
        None => return Err(Cause::TruncatedDocument),
        found @ Some(b',' | b']' | b'}') => return Err(Cause::ExpectedValue(Found(found))),
        Some(_) => {}
    }
    stream.cut_element(0, &mut Vec::new()).map_err(Cause::within_document)
}

/// Goes behind what separates two members of an object; false if the object ends there.
pub(super) fn next_member<R: BufRead>(stream: &mut Stream<R>) -> Result<bool, Cause> {
    match stream.peek()? {
        Some(b',') => stream.skip(1),
        Some(b'}') => {
            stream.skip(1);
            return Ok(false);
        }
        None => return Err(Cause::TruncatedDocument),
        other => return Err(Cause::ExpectedMember(Found(other))),
    }
    Ok(true)
}

/// Opens the object that comes next; false if there is nothing in it, which is then behind.
pub(super) fn open_object<R: BufRead>(stream: &mut Stream<R>) -> Result<bool, Cause> {
    stream.skip(1);
    if stream.peek()? == Some(b'}') {
        stream.skip(1);
        return Ok(false);
    }
    Ok(true)
}

/// The longest name of a member that is looked at.
const MAX_NAME_BYTES: usize = 4 << 10;

/// Takes the name of a member and goes behind its colon. A name that is too long, or no text, is empty.
pub(super) fn name_of_member<R: BufRead>(
    stream: &mut Stream<R>,
    buffer: &mut Vec<u8>,
) -> Result<String, Cause> {
    match stream.peek()? {
        Some(b'"') => {}
        None => return Err(Cause::TruncatedDocument),
        other => return Err(Cause::ExpectedMember(Found(other))),
    }
    let name = match stream.cut_text(MAX_NAME_BYTES, buffer)? {
        Element::Whole => match super::parse_value(buffer) {
            Ok(kindred::profile::Value::Text(name)) => name,
            _ => String::new(),
        },
        Element::TooLarge => String::new(),
    };
    stream.expect(b':', Cause::ExpectedMember)?;
    Ok(name)
}
