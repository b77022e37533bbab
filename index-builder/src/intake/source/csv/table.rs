//! Reading a CSV file: its layout is recognised, its columns are decided, and its records are given.

use std::io::{BufRead, Read};

use kindred::profile::Value;

use super::super::encoding::{Encoding, decoded};
use super::super::lists::{array, of_text};
use super::super::{
    Cause, Input, MAX_RECORD_BYTES, NOT_UNICODE, Place, ReadOptions, Record, Sink, SourceError, compression,
};
use super::column::Kind;
use super::dialect::{Dialect, Escape, Known, Layout, recognise};
use super::encoding::check_kind;
use super::fault::{CsvFault, cells};
use super::number::number;
use super::rows::Rows;
use super::survey::{Column, ID_FIELDS, Survey, note_about_text, open, place_of_not_utf8};

/// How much of a file says how it is laid out.
const SAMPLE_BYTES: u64 = 256 << 10;

/// The share of rows, in percent, that may be ragged where a backslash is taken for an escape because of the quotes.
const RAGGED_PERCENT: u64 = 1;

const RAGGED: &str = "wrong number of cells";
const NUL: &str = "NUL byte in the text";
const HEADER_AGAIN: &str = "the names of the columns once more";

/// The extensions of files with tabs between the cells.
const TAB_EXTENSIONS: [&str; 2] = ["tsv", "tab"];

type Reading = Rows<Box<dyn BufRead>>;

/// Reads a CSV file.
pub(in super::super) fn read(
    input: &Input,
    options: &ReadOptions,
    sink: &mut Sink<'_>,
) -> Result<(), SourceError> {
    let say = |note: String| options.notes.add(format!("{}: {note}", input.name()));
    let (layout, encoding, note) = recognised(input, options)?;
    note.into_iter().for_each(say);
    let (mut layout, survey) = survey_of(input, layout)?;
    survey.check().map_err(|(line, cause)| at(input, Some(line), cause))?;
    layout.has_spare_cell = survey.has_spare_cell();
    note_about_text(encoding, layout.dialect).into_iter().for_each(say);
    let columns = survey.columns(layout, options);
    survey.say(input.name(), &columns, &options.notes);
    with_rows(input, layout, |rows| give(rows, layout, &columns, sink))
}

fn at(input: &Input, line: Option<u64>, cause: Cause) -> SourceError {
    SourceError { input: input.name().to_owned(), place: line.map(Place::Line), cause }
}

/// Reads the file from its start; an error gets the path and the line.
fn with_rows<T>(
    input: &Input,
    layout: Layout,
    work: impl FnOnce(&mut Reading) -> Result<T, Cause>,
) -> Result<T, SourceError> {
    let (reader, _) = decoded(input.reader()).map_err(|error| SourceError::io(input.name(), error))?;
    let mut rows = Rows::new(reader, layout.dialect, MAX_RECORD_BYTES);
    work(&mut rows).map_err(|cause| at(input, Some(rows.line()), cause))
}

/// How the file is laid out and written, by its beginning, and what is to be said about that.
fn recognised(
    input: &Input,
    options: &ReadOptions,
) -> Result<(Layout, Encoding, Option<String>), SourceError> {
    let io = |error| SourceError::io(input.name(), error);
    let (mut reader, encoding) = decoded(input.reader()).map_err(io)?;
    let mut sample = Vec::new();
    Read::take(&mut reader, SAMPLE_BYTES).read_to_end(&mut sample).map_err(io)?;
    check_kind(&sample, encoding).map_err(|fault| at(input, None, fault.into()))?;
    let named = options.id_field.as_deref().map(|name| [name]);
    let known = Known {
        usual: usual_separator(input.name()),
        asked: options.separator,
        id_names: named.as_ref().map_or(&ID_FIELDS[..], |name| &name[..]),
    };
    let goes_on = sample.len() as u64 == SAMPLE_BYTES;
    let (layout, note) =
        recognise(&sample, goes_on, &known).map_err(|(line, cause)| at(input, Some(line), cause))?;
    Ok((layout, encoding, note))
}

/// The separator that the name of a file stands for.
fn usual_separator(name: &str) -> u8 {
    let name = name.to_ascii_lowercase();
    let compressed = compression::EXTENSIONS.iter().find_map(|end| name.strip_suffix(end)?.strip_suffix('.'));
    let extension = compressed.unwrap_or(&name).rsplit_once('.').map_or("", |(_, extension)| extension);
    if TAB_EXTENSIONS.contains(&extension) { b'\t' } else { b',' }
}

/// Reads the file as RFC 4180 has it; where its quotes or the widths of its rows are wrong, looks whether a backslash
/// is an escape in it, which is only believed if all of it reads well that way.
fn survey_of(input: &Input, layout: Layout) -> Result<(Layout, Survey), SourceError> {
    let survey = |layout| with_rows(input, layout, |rows| Survey::new(rows, layout));
    let plain = survey(layout);
    let most_ragged = match &plain {
        Ok(survey) if survey.ragged() == 0 => return Ok((layout, plain?)),
        Ok(_) => 0,
        Err(SourceError { cause: Cause::Csv(_) | Cause::EndlessRecord, .. }) => RAGGED_PERCENT,
        Err(_) => return Ok((layout, plain?)),
    };
    for escape in [Escape::All, Escape::Quotes] {
        let other = Layout { dialect: Dialect { escape, ..layout.dialect }, ..layout };
        if let Ok(survey) = survey(other)
            && survey.seen.escapes > 0
            && (escape == Escape::Quotes || survey.seen.lone == 0)
            && survey.ragged() * 100 <= survey.rows * most_ragged
        {
            return Ok((other, survey));
        }
    }
    Ok((layout, plain?))
}

/// Reads to the end and gives every record to the sink.
fn give(rows: &mut Reading, layout: Layout, columns: &[Column], sink: &mut Sink<'_>) -> Result<(), Cause> {
    open(rows, layout)?;
    let width = columns.len() + usize::from(layout.has_spare_cell);
    while rows.advance()? {
        let unusable = |reason, place| Record::Unusable { reason, place };
        let record = match rows.texts() {
            _ if rows.len() != width => {
                let (line, found) = (rows.line(), rows.len());
                unusable(RAGGED, format!("line {line} ({found} {} instead of {width})", cells(found)))
            }
            None => unusable(NOT_UNICODE, place_of_not_utf8(rows, columns)),
            Some(_) if rows.bytes().contains(&0) => unusable(NUL, Place::Line(rows.line()).to_string()),
            Some(texts) if is_header(columns, texts.clone()) => {
                unusable(HEADER_AGAIN, Place::Line(rows.line()).to_string())
            }
            Some(texts) => {
                let fields = columns.iter().zip(texts).filter(|(column, _)| column.kind != Kind::LeftOut);
                Record::Fields(fields.map(field).collect::<Result<_, Cause>>()?)
            }
        };
        if sink(record).is_break() {
            break;
        }
    }
    Ok(())
}

/// Whether a row has the names of the columns in its cells, as in files that were put one behind the other.
fn is_header<'t>(columns: &[Column], texts: impl Iterator<Item = &'t str>) -> bool {
    let is_name = |(column, text): (&Column, &str)| text.trim_start_matches('\u{feff}').trim() == column.name;
    columns.len() > 1 && columns.iter().zip(texts).all(is_name)
}

fn field((column, cell): (&Column, &str)) -> Result<(String, Value), Cause> {
    let text = || Value::Text(cell.to_owned());
    let value = match column.kind {
        Kind::Id => text(),
        _ if cell.is_empty() => Value::Null,
        Kind::Number(style) => number(cell, style).unwrap_or_else(text),
        Kind::Arrays => array(cell).unwrap_or_else(text),
        Kind::Text | Kind::LeftOut => match of_text(cell) {
            Ok(value) => value.unwrap_or_else(text),
            Err(_) => return Err(CsvFault::CutList { column: column.name.clone() }.into()),
        },
    };
    Ok((column.name.clone(), value))
}

#[cfg(test)]
mod tests;
