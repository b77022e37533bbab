//! `.npz` files: zip archives of `.npy` files, as numpy's `savez` writes them, of which the only one is read.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use zip::ZipArchive;
use zip::result::ZipError;

use super::super::BUFFER_BYTES;
use super::super::input::RandomAccess;
use super::super::{Cause, Input};
use super::header::Header;

/// What a zip archive begins with.
const MAGIC: &[u8; 4] = b"PK\x03\x04";

/// What the record begins with that ends an archive, and its length without a comment.
const END: &[u8] = b"PK\x05\x06";
const END_BYTES: usize = 22;

/// The most that is looked at of a list of contents.
const MOST_DIRECTORY: u64 = 1 << 20;

/// What numpy puts behind the name of an array.
const EXTENSION: &str = ".npy";

/// The most names in a message.
const MOST_NAMES: usize = 10;

/// Whether it is such an archive.
pub(super) fn is_one(reader: &mut impl BufRead) -> io::Result<bool> {
    let mut first = Vec::new();
    Read::take(reader, MAGIC.len() as u64).read_to_end(&mut first)?;
    Ok(first == MAGIC)
}

/// The only array of an archive, as a file: a copy that has no name.
///
/// # Errors
/// For an archive that is damaged, with several arrays or with none.
pub(super) fn only_array(input: &Input) -> Result<RandomAccess, Cause> {
    let file = input.random_access().map_err(Cause::Io)?;
    let mut archive = ZipArchive::new(Seeking::new(file.clone())).map_err(|error| unreadable(&error))?;
    check_alone(&archive, &file)?;
    let number = only(&archive)?;
    // The numbers are copied up to where its header says they end, so that no archive can fill the disk.
    let array = archive.by_index(number).map_err(|error| unreadable(&error))?;
    let mut array = BufReader::with_capacity(BUFFER_BYTES, array);
    let header = Header::read(&mut array).map_err(|error| error.cause(damaged))?;
    drop(array);
    let most = header.bytes().and_then(|bytes| bytes.checked_add(header.start)).unwrap_or(u64::MAX - 1);
    let mut array = archive.by_index(number).map_err(|error| unreadable(&error))?;
    // One more is enough to see that there is more. The checksum is compared at the end, so that must be seen too.
    let copy = input.spooled((&mut array).take(most + 1)).map_err(damaged)?;
    Ok(copy)
}

/// Refuses archives that were put one behind the other: an archive counts from its own first byte, so one of them would
/// be passed over.
fn check_alone(archive: &ZipArchive<Seeking>, file: &RandomAccess) -> Result<(), Cause> {
    let mut directory = Vec::new();
    let start = archive.central_directory_start();
    file.from(start)
        .map_err(Cause::Io)?
        .take(MOST_DIRECTORY)
        .read_to_end(&mut directory)
        .map_err(Cause::Io)?;
    let end = directory.windows(END_BYTES).position(|window| window.starts_with(END));
    // Its last two bytes are the length of a comment.
    let end = end.map(|at| {
        let comment = directory.get(at + END_BYTES - 2..).and_then(|bytes| bytes.first_chunk().copied());
        start + (at + END_BYTES) as u64 + u64::from(u16::from_le_bytes(comment.unwrap_or_default()))
    });
    if archive.offset() == 0 && end.is_none_or(|end| end >= file.length()) {
        return Ok(());
    }
    Err(Cause::Table(
        "several archives were put one behind the other; give each as a file of its own".to_owned(),
    ))
}

/// The number of the only array.
fn only(archive: &ZipArchive<Seeking>) -> Result<usize, Cause> {
    let is_array = |name: &&str| name.ends_with(EXTENSION);
    let arrays: Vec<&str> = archive.file_names().filter(is_array).collect();
    match arrays[..] {
        [name] => archive.index_for_name(name).ok_or_else(|| Cause::Table("it is damaged".to_owned())),
        [] => Err(Cause::Table(
            "it is a zip archive without an array of numpy; unpack it and give the files in it".to_owned(),
        )),
        _ => {
            let named = arrays.iter().take(MOST_NAMES).map(|name| name.trim_end_matches(EXTENSION));
            let named = named.collect::<Vec<_>>().join(", ");
            let more = if arrays.len() > MOST_NAMES { ", ..." } else { "" };
            Err(Cause::Table(format!(
                "it has {} arrays ({named}{more}), and one is read; save that alone: \
                 numpy.save(\"vectors.npy\", numpy.load(FILE)[NAME])",
                arrays.len()
            )))
        }
    }
}

fn unreadable(error: &ZipError) -> Cause {
    Cause::Table(format!("the .npz file cannot be read: {error}"))
}

/// What decompressing says has the kinds of what the system says.
fn damaged(error: io::Error) -> Cause {
    if error.raw_os_error().is_some() {
        return Cause::Io(error);
    }
    Cause::Table(format!("the array in the .npz file is damaged or truncated: {error}"))
}

/// A file with a place where it is read.
struct Seeking {
    file: RandomAccess,
    at: u64,
}

impl Seeking {
    fn new(file: RandomAccess) -> Seeking {
        Seeking { file, at: 0 }
    }
}

impl Read for Seeking {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.from(self.at)?.read(buffer)?;
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Seeking {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let (from, by) = match to {
            SeekFrom::Start(at) => (at, 0),
            SeekFrom::End(by) => (self.file.length(), by),
            SeekFrom::Current(by) => (self.at, by),
        };
        self.at = from.checked_add_signed(by).ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
