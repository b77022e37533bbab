//! Files that an operator names: settings, keys and certificates. A pipe counts too (`<(command)` of a shell), but nothing
//! waits for it for ever: a server that waits in `open` serves nobody, renews nothing, and does not end when it is told to.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;

/// How long a pipe may take to give all that is in it.
const LONGEST: Duration = Duration::from_secs(5);

/// The bytes of a file or a pipe; one more than `most` where there are more.
///
/// # Errors
/// What opening and reading give; for a pipe [`io::ErrorKind::UnexpectedEof`] if nothing comes out of it, and
/// [`io::ErrorKind::TimedOut`] if it does not end within five seconds.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    read_within(path, most, LONGEST)
}

fn read_within(path: &Path, most: u64, longest: Duration) -> io::Result<Vec<u8>> {
    // A pipe without a writer would block `open`.
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    let mut file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let is_file = file.metadata()?.is_file();
    let end = Instant::now() + longest;
    let mut bytes = Vec::new();
    loop {
        // What was read before an error stays.
        let wanted = (most + 1).saturating_sub(bytes.len() as u64);
        match (&mut file).take(wanted).read_to_end(&mut bytes) {
            // No keys are keys that were taken back; a pipe that is left says nothing of the kind.
            Ok(_) if !is_file && bytes.is_empty() => {
                return Err(io::Error::new(
                    io::ErrorKind::UnexpectedEof,
                    "it is a pipe, and nothing comes out of it",
                ));
            }
            Ok(_) => return Ok(bytes),
            Err(error) if !is_file && error.kind() == io::ErrorKind::WouldBlock => wait(&file, end)?,
            Err(error) => return Err(error),
        }
    }
}

/// Waits until there is something to read.
fn wait(file: &File, end: Instant) -> io::Result<()> {
    let left = end.saturating_duration_since(Instant::now());
    let timeout = Timespec { tv_sec: left.as_secs().cast_signed(), tv_nsec: left.subsec_nanos().into() };
    let mut fds = [PollFd::new(file, PollFlags::IN)];
    match poll(&mut fds, Some(&timeout)) {
        Ok(0) => {
            let message = format!("it is a pipe, and did not end within {LONGEST:?}");
            Err(io::Error::new(io::ErrorKind::TimedOut, message))
        }
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn pipe(directory: &Path) -> std::path::PathBuf {
        let path = directory.join("pipe");
        rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        path
    }

    #[test]
    fn a_file_is_read_up_to_one_byte_more_than_is_allowed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        std::fs::write(&path, "abcdef").unwrap();
        assert_eq!(read(&path, 6).unwrap(), b"abcdef");
        assert_eq!(read(&path, 3).unwrap(), b"abcd");
        assert_eq!(read(&directory.path().join("none"), 3).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert!(read(directory.path(), 3).is_err());
    }

    #[test]
    fn a_pipe_is_read_to_its_end_and_nobody_waits_for_one_without_a_writer() {
        let directory = tempfile::tempdir().unwrap();
        let path = pipe(directory.path());
        assert_eq!(read(&path, 9).unwrap_err().kind(), io::ErrorKind::UnexpectedEof, "nobody writes");
        let mut writer = OpenOptions::new().read(true).write(true).open(&path).unwrap();
        writer.write_all(b"one").unwrap();
        // The writer does not end.
        let error = read_within(&path, 9, Duration::from_millis(1)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        writer.write_all(b"two").unwrap();
        let other = {
            let path = path.clone();
            std::thread::spawn(move || read(&path, 2).unwrap())
        };
        assert_eq!(other.join().unwrap(), b"two");
    }
}
