//! What a source is where it is something else than was expected, told by its first bytes or by its extension: so that
//! nobody has to guess from an error in its third line.

use std::io::Read;
use std::path::Path;

use super::{Cause, Format, Input, SourceError};

/// Something that is not read, or not in the format that was chosen.
struct Kind {
    /// Where its mark stands, and what that is.
    mark: (usize, &'static [u8]),
    name: &'static str,
    advice: &'static str,
    /// The formats that read it.
    formats: &'static [&'static str],
}

/// How much of a source is looked at: the mark of a tar archive ends here.
const LOOKED_AT: u64 = 512;

const PIPE: &str = "decompress it, or give what its program writes with -dc as --profiles -";
const EXPORT: &str = "export its rows as JSON lines, CSV or Parquet";

const fn kind(mark: (usize, &'static [u8]), name: &'static str, advice: &'static str) -> Kind {
    Kind { mark, name, advice, formats: &[] }
}

/// What there is of such, the most certain first.
const KINDS: &[Kind] = &[
    kind((0, b"\xfd7zXZ\0"), "compressed with xz", PIPE),
    // Its first four bytes end in the level; then comes pi.
    kind((4, b"1AY&SY"), "compressed with bzip2", PIPE),
    kind((0, b"\x04\x22\x4d\x18"), "compressed with lz4", PIPE),
    kind((0, b"\x02\x21\x4c\x18"), "compressed with lz4", PIPE),
    kind((0, b"\xff\x06\0\0sNaPpY"), "compressed with snappy", PIPE),
    kind((0, b"LZIP\x01"), "compressed with lzip", PIPE),
    kind((0, b"\x89LZO\0\r\n\x1a\n"), "compressed with lzop", PIPE),
    kind((0, b"\x1f\x9d\x90"), "compressed with compress", PIPE),
    // What was compressed once is decompressed by then.
    kind((0, b"\x1f\x8b\x08"), "compressed twice", "decompress it once"),
    kind((0, b"\x28\xb5\x2f\xfd"), "compressed twice", "decompress it once"),
    Kind {
        mark: (0, b"PK\x03\x04"),
        name: "a zip archive",
        advice: "unpack it; of an Excel workbook, which is one, save the sheet as CSV",
        formats: &["npy"],
    },
    kind((0, b"PK\x05\x06"), "an empty zip archive", "unpack it"),
    kind((257, b"ustar\x0000"), "a tar archive", "unpack it and give the files in it"),
    kind((257, b"ustar  \0"), "a tar archive", "unpack it and give the files in it"),
    kind((0, b"7z\xbc\xaf\x27\x1c"), "a 7z archive", "unpack it"),
    kind((0, b"Rar!\x1a\x07"), "a rar archive", "unpack it"),
    kind((0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "an old Excel or Office file", "save it as CSV"),
    kind((0, b"SQLite format 3\0"), "an SQLite database", EXPORT),
    kind((0, b"%PDF-"), "a PDF", "export the table that it shows as CSV"),
    kind((0, b"Obj\x01"), "an Avro file", EXPORT),
    kind((0, b"\x89HDF\r\n\x1a\n"), "an HDF5 file", EXPORT),
    Kind {
        mark: (0, b"PAR1"),
        name: "a Parquet file",
        advice: "give it as --profiles with --format parquet",
        formats: &["parquet"],
    },
    Kind {
        mark: (0, b"ARROW1\0\0"),
        name: "an Arrow file",
        advice: "give it as --profiles with --format arrow",
        formats: &["arrow"],
    },
    Kind {
        mark: (0, b"\x93NUMPY"),
        name: "a .npy file of numpy",
        advice: "give it as --vectors",
        formats: &["npy"],
    },
];

/// Extensions that say what a file is, for files that are not read.
const EXTENSIONS: &[(&[&str], &str, &str)] = &[
    (&["bz2", "xz", "lzma", "lz4", "lz", "lzo", "sz", "snappy", "z"], "compressed in a way", PIPE),
    (&["br"], "compressed with Brotli", PIPE),
    (&["zip", "tar", "tgz", "tbz2", "txz", "7z", "rar"], "an archive", "unpack it and give the files in it"),
    (&["xlsx", "xls", "ods", "xlsm"], "a workbook", "save the sheet as CSV"),
    (&["db", "sqlite", "sqlite3", "duckdb", "avro", "orc", "h5", "hdf5", "mdb"], "a file", EXPORT),
];

/// Refuses a source that is something else, with its name and what to do.
///
/// # Errors
/// [`Cause::Foreign`].
pub(super) fn check(input: &Input, format: &Format) -> Result<(), SourceError> {
    let mut first = Vec::new();
    // What cannot be read is for the reader to say, which knows where.
    let _ = input.reader().take(LOOKED_AT).read_to_end(&mut first);
    let is_marked = |kind: &&Kind| first.get(kind.mark.0..).is_some_and(|from| from.starts_with(kind.mark.1));
    match KINDS.iter().find(is_marked) {
        Some(kind) if !kind.formats.contains(&format.name) => Err(SourceError {
            input: input.name().to_owned(),
            place: None,
            cause: archive_of(&first).unwrap_or(Cause::Foreign { name: kind.name, advice: kind.advice }),
        }),
        _ => Ok(()),
    }
}

/// What a zip archive is of which the first names tell more.
fn archive_of(first: &[u8]) -> Option<Cause> {
    let has = |part: &[u8]| first.windows(part.len()).any(|window| window == part);
    let (name, advice) = match first {
        [b'P', b'K', 3, 4, ..] if has(b"/data.pkl") => (
            "a file of PyTorch",
            "read it with torch.load, and write a list of dicts with pickle.dump or vectors with numpy.save",
        ),
        [b'P', b'K', 3, 4, ..] if has(b".npy") => ("a .npz file of numpy", "give it as --vectors"),
        _ => return None,
    };
    Some(Cause::Foreign { name, advice })
}

/// What the extension of a path says of a file that is not read, and what to do with it.
pub(super) fn of_extension(path: &Path) -> Option<(&'static str, &'static str)> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    let known = EXTENSIONS.iter().find(|(extensions, ..)| extensions.contains(&extension.as_str()));
    known.map(|&(_, name, advice)| (name, advice))
}

/// Whether a file is compressed in a way that its bytes do not tell.
pub(super) fn is_without_mark(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("br"))
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::super::FORMATS;
    use super::super::samples::{gzip, samples};
    use super::*;

    fn refused(bytes: &[u8], format: &str) -> Option<String> {
        let dir = TempDir::new().unwrap();
        std::fs::write(dir.path().join("p"), bytes).unwrap();
        let input = Input::open(&dir.path().join("p"), dir.path()).unwrap();
        let format = FORMATS.iter().find(|other| other.name == format).unwrap();
        check(&input, format).err().map(|error| error.to_string())
    }

    #[test]
    fn every_kind_is_named_in_every_format_that_does_not_read_it() {
        for kind in KINDS {
            let bytes = [&vec![b' '; kind.mark.0][..], kind.mark.1, &[b' '; 600]].concat();
            for format in FORMATS.iter().filter(|format| !format.is_at_addresses()) {
                for bytes in [gzip(&bytes), bytes.clone()] {
                    // What is compressed once is read.
                    if kind.name == "compressed twice" && !bytes.starts_with(&gzip(b"")[..3]) {
                        continue;
                    }
                    match refused(&bytes, format.name) {
                        None => {
                            assert!(kind.formats.contains(&format.name) || kind.name == "compressed twice")
                        }
                        Some(error) => {
                            assert!(error.contains(kind.name) && error.contains(kind.advice), "{error}")
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_zip_archive_of_numpy_or_pytorch_is_named_as_such() {
        for (name, words) in
            [("archive/data.pkl", "PyTorch"), ("arr_0.npy", ".npz"), ("a.txt", "a zip archive")]
        {
            let bytes = [b"PK\x03\x04", &[b' '; 26][..], name.as_bytes()].concat();
            assert!(refused(&bytes, "pickle").is_some_and(|error| error.contains(words)), "{name}");
        }
    }

    #[test]
    fn no_sample_of_a_format_is_taken_for_something_else() {
        for (format, bytes) in samples() {
            assert_eq!(refused(&bytes, format), None, "{format}");
        }
        for text in [
            "",
            "P",
            "BZh9,name\n",
            "PK,name\n1,2\n",
            "ORC,x\n",
            "Obj,x\n",
            "ARROW1,x\n",
            "SQLite format 3\n",
        ] {
            assert_eq!(refused(text.as_bytes(), "csv"), None, "{text}");
        }
    }

    #[test]
    fn extensions_of_what_is_not_read_are_known_in_any_case() {
        for (path, part) in
            [("a.jsonl.bz2", "compressed"), ("a.BR", "Brotli"), ("a.tar", "archive"), ("a.XLSX", "workbook")]
        {
            let (name, advice) = of_extension(Path::new(path)).unwrap();
            assert!(name.contains(part) && !advice.is_empty(), "{path}");
        }
        assert_eq!(of_extension(Path::new("a.txt")), None);
    }
}
