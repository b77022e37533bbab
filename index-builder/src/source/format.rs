//! The table of formats, and how one of them is chosen.

use std::fmt;
use std::ops::ControlFlow;
use std::path::Path;
use std::str::FromStr;

use super::{Cause, Input, Record, STANDARD_INPUT, SourceError, csv, json, pickle};

/// The id field that stands for "number the records": such a source has no field with an id.
pub const ROW_NUMBERS: &str = "row";

/// What takes the records of a source, one after the other; it ends the reading with [`ControlFlow::Break`].
pub type Sink<'a> = dyn FnMut(Record) -> ControlFlow<()> + 'a;

/// What the readers need to know of the command line.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// The field with the id as it was given; `None` for `_id`, else `id`. See [`ROW_NUMBERS`].
    pub id_field: Option<String>,
}

/// How the profiles of a source are written: a row of [`FORMATS`].
#[derive(Clone, Copy)]
pub struct Format {
    /// What `--format` calls it.
    pub name: &'static str,
    /// The extensions of its files, without the dot, in lower case.
    pub extensions: &'static [&'static str],
    read: fn(&Input, &ReadOptions, &mut Sink<'_>) -> Result<(), SourceError>,
}

/// Every format that can be read.
pub static FORMATS: &[Format] = &[
    Format { name: "pickle", extensions: &["pickle", "pkl"], read: read_pickle },
    Format { name: "jsonl", extensions: &["jsonl", "ndjson"], read: json::read_lines },
    Format { name: "json", extensions: &["json"], read: json::read_array },
    Format { name: "csv", extensions: &["csv"], read: csv::read },
];

/// Reads a pickle; the ids of a dict id -> dict go into the id field, `_id` where none was named.
fn read_pickle(input: &Input, options: &ReadOptions, sink: &mut Sink<'_>) -> Result<(), SourceError> {
    let named = options.id_field.as_deref().filter(|&name| name != ROW_NUMBERS);
    pickle::read(&|| Ok(input.reader()), named.unwrap_or("_id"), sink).map_err(|error| SourceError {
        input: input.name().to_owned(),
        place: None,
        cause: Cause::Pickle(error),
    })
}

/// Gives every record of `input` to `sink`, in the order of the source: one call per record, usable or not, so that
/// the calls can be counted. Ends early, without an error, when the sink says so.
///
/// # Errors
/// When the source as a whole cannot be read: [`SourceError`] names the path, the place and the cause. The sink has
/// had the records before that place by then.
pub fn read(
    format: &Format,
    input: &Input,
    options: &ReadOptions,
    sink: &mut Sink<'_>,
) -> Result<(), SourceError> {
    (format.read)(input, options, sink)
}

/// The value of `--format`: a format or "auto".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FormatChoice {
    /// By the extension of the path.
    #[default]
    Auto,
    /// This one, whatever the extension.
    Is(&'static Format),
}

/// Why it is not known which format to read: an error in the command line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// There is no format with this name.
    #[error("there is no format {given:?}; allowed are {}", names())]
    UnknownName {
        /// What was given.
        given: String,
    },
    /// The extension says nothing.
    #[error(
        "the extension of {path} says nothing about its format; known are {} (and .gz behind them), \
             or give --format {}",
        extensions(),
        names()
    )]
    UnknownExtension {
        /// The path.
        path: String,
    },
    /// Standard input has no extension.
    #[error("standard input needs a format; give --format {}", names())]
    StandardInput,
}

impl FormatChoice {
    /// The format to read `path` in. An extension counts in upper case too, and a `.gz` behind it is passed over.
    ///
    /// # Errors
    /// [`FormatError::StandardInput`] and [`FormatError::UnknownExtension`], if this is [`FormatChoice::Auto`].
    pub fn resolve(self, path: &Path) -> Result<&'static Format, FormatError> {
        if let FormatChoice::Is(format) = self {
            return Ok(format);
        }
        if path.as_os_str() == STANDARD_INPUT {
            return Err(FormatError::StandardInput);
        }
        Format::of_extension(path)
            .ok_or_else(|| FormatError::UnknownExtension { path: path.display().to_string() })
    }
}

impl Format {
    fn of_extension(path: &Path) -> Option<&'static Format> {
        let extension = |path: &Path| Some(path.extension()?.to_str()?.to_ascii_lowercase());
        let mut given = extension(path)?;
        if given == "gz" {
            given = extension(Path::new(path.file_stem()?))?;
        }
        FORMATS.iter().find(|format| format.extensions.contains(&given.as_str()))
    }
}

impl FromStr for FormatChoice {
    type Err = FormatError;

    fn from_str(given: &str) -> Result<FormatChoice, FormatError> {
        if given == "auto" {
            return Ok(FormatChoice::Auto);
        }
        let format = FORMATS.iter().find(|format| format.name == given);
        format.map(FormatChoice::Is).ok_or_else(|| FormatError::UnknownName { given: given.to_owned() })
    }
}

impl fmt::Display for FormatChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FormatChoice::Auto => "auto",
            FormatChoice::Is(format) => format.name,
        })
    }
}

impl fmt::Debug for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Format").field(&self.name).finish()
    }
}

// Names are unique in the table; function pointers cannot be compared reliably.
impl PartialEq for Format {
    fn eq(&self, other: &Format) -> bool {
        self.name == other.name
    }
}

impl Eq for Format {}

fn names() -> String {
    let names: Vec<&str> = ["auto"].into_iter().chain(FORMATS.iter().map(|format| format.name)).collect();
    names.join("|")
}

fn extensions() -> String {
    let all = FORMATS.iter().flat_map(|format| format.extensions);
    all.map(|extension| format!(".{extension}")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use tempfile::TempDir;

    use super::*;

    fn read_bytes(format: &str, bytes: &[u8]) -> Result<Vec<Record>, SourceError> {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("profiles");
        std::fs::write(&path, bytes).unwrap();
        let input = Input::open(&path, dir.path()).unwrap();
        let format = format.parse::<FormatChoice>().unwrap().resolve(&path).unwrap();
        let mut records = Vec::new();
        read(format, &input, &ReadOptions::default(), &mut |record| {
            records.push(record);
            ControlFlow::Continue(())
        })?;
        Ok(records)
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    const SAMPLES: [(&str, &str); 3] = [
        ("jsonl", "{\"_id\":\"a\",\"age\":31}\n\n{\"_id\":\"b\",\"v\":[1,NaN,2.5e3]}\n"),
        ("json", "[{\"_id\":\"a\",\"age\":31},\n {\"_id\":\"b\",\"v\":[1,{\"x\":\"\\u00e9\\\"]\"}]}]\n"),
        ("csv", "_id,age,v\r\na,31,\"[1,2.5]\"\r\n\"b\"\"\n\",,x\r\nc,-1.5e3,\"\"\r\n"),
    ];

    #[test]
    fn compressed_sources_read_as_the_plain_ones() {
        for (format, text) in SAMPLES {
            let plain = read_bytes(format, text.as_bytes()).unwrap();
            assert!(plain.iter().all(|record| matches!(record, Record::Fields(_))), "{plain:?}");
            let compressed = read_bytes(format, &gzip(text.as_bytes())).unwrap();
            assert_eq!(format!("{compressed:?}"), format!("{plain:?}"));
        }
    }

    #[test]
    fn a_truncated_compressed_source_is_an_error_that_names_it() {
        for (format, text) in SAMPLES {
            let whole = gzip(text.as_bytes());
            let error = read_bytes(format, &whole[..whole.len() - 9]).unwrap_err().to_string();
            assert!(
                error.contains("/profiles") && error.contains("ends too early; the file is truncated"),
                "{error}"
            );
        }
    }

    #[test]
    fn no_edited_source_makes_its_reader_panic() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut random = move |below: usize| {
            // Knuth's MMIX generator; its high bits are the good ones.
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((state >> 33) as usize) % below
        };
        for (format, text) in SAMPLES {
            for plain in [text.as_bytes().to_vec(), gzip(text.as_bytes())] {
                for _ in 0..300 {
                    let mut bytes = plain.clone();
                    for _ in 0..=random(3) {
                        let at = random(bytes.len());
                        match random(3) {
                            0 => bytes[at] = random(256) as u8,
                            1 => bytes.insert(at, b"{}[]\",:\\\n\r\0"[random(11)]),
                            _ => bytes.truncate(at + 1),
                        }
                    }
                    let _ = read_bytes(format, &bytes);
                }
            }
        }
    }

    fn by_extension(path: &str) -> Option<&'static str> {
        FormatChoice::Auto.resolve(Path::new(path)).ok().map(|format| format.name)
    }

    #[test]
    fn the_extension_decides_in_any_case_and_behind_it_may_be_gz() {
        let known = [
            ("people.jsonl", "jsonl"),
            ("people.ndjson", "jsonl"),
            ("dir.csv/people.json", "json"),
            ("People.CSV", "csv"),
            ("people.jsonl.gz", "jsonl"),
            ("people.csv.GZ", "csv"),
            ("-.json", "json"),
        ];
        for (path, name) in known {
            assert_eq!(by_extension(path), Some(name), "{path}");
        }
        for path in
            ["people", "people.gz", "people.txt", "people.csv.gz.gz", "json", ".json", "people.", "", ".."]
        {
            assert_eq!(by_extension(path), None, "{path}");
        }
    }

    #[test]
    fn a_named_format_is_taken_whatever_the_extension() {
        for format in FORMATS {
            let choice: FormatChoice = format.name.parse().unwrap();
            assert_eq!(choice.resolve(Path::new("-")), Ok(format));
            assert_eq!(choice.resolve(Path::new("people.txt")), Ok(format));
            assert_eq!(choice.to_string(), format.name);
        }
        assert_eq!("auto".parse(), Ok(FormatChoice::Auto));
    }

    #[test]
    fn messages_say_what_was_given_and_what_is_allowed() {
        let unknown = "xml".parse::<FormatChoice>().unwrap_err().to_string();
        let extension = FormatChoice::Auto.resolve(Path::new("people.txt")).unwrap_err().to_string();
        let stream = FormatChoice::Auto.resolve(Path::new("-")).unwrap_err().to_string();
        assert!(unknown.contains("\"xml\""), "{unknown}");
        assert!(extension.contains("people.txt"), "{extension}");
        for format in FORMATS {
            for message in [&unknown, &extension, &stream] {
                assert!(message.contains(format.name), "{message}");
            }
            for allowed in format.extensions {
                assert!(extension.contains(&format!(".{allowed}")), "{extension}");
            }
        }
    }
}
