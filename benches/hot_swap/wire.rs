//! What the processes of an architecture say to each other: questions and replies as bytes.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Beyond any question and any reply: a longer frame is none of ours.
const LONGEST_FRAME: usize = 1 << 24;
const NUMBER: usize = size_of::<u64>();

/// Who is asked about, and for how many others.
#[derive(Debug, PartialEq, Eq)]
pub struct Question {
    pub id: String,
    pub n: usize,
}

impl Question {
    pub fn to_bytes(&self) -> Vec<u8> {
        [&(self.n as u64).to_le_bytes(), self.id.as_bytes()].concat()
    }

    pub fn from_bytes(bytes: &[u8]) -> io::Result<Question> {
        let (n, id) = number_first(bytes)?;
        let id = String::from_utf8(id.to_vec()).map_err(|_| malformed("an id"))?;
        Ok(Question { id, n: usize::try_from(n).map_err(|_| malformed("a number"))? })
    }
}

/// The answer of a version, or why there is none.
#[derive(Debug, PartialEq, Eq)]
pub enum Reply {
    Answer { version: u64, body: Vec<u8> },
    Failure(String),
}

impl Reply {
    /// Versions start at 1, so 0 stands for a failure.
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Reply::Answer { version, body } => [&version.to_le_bytes(), body.as_slice()].concat(),
            Reply::Failure(reason) => [&0u64.to_le_bytes(), reason.as_bytes()].concat(),
        }
    }

    pub fn from_bytes(bytes: &[u8]) -> io::Result<Reply> {
        let (version, rest) = number_first(bytes)?;
        Ok(match version {
            0 => Reply::Failure(String::from_utf8_lossy(rest).into_owned()),
            _ => Reply::Answer { version, body: rest.to_vec() },
        })
    }
}

fn number_first(bytes: &[u8]) -> io::Result<(u64, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<NUMBER>().ok_or_else(|| malformed("a frame"))?;
    Ok((u64::from_le_bytes(*number), rest))
}

fn malformed(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{what} is malformed"))
}

/// Sends bytes with their length before them, in one piece.
pub async fn send(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> io::Result<()> {
    let length = bytes.len() as u64;
    stream.write_all(&[&length.to_le_bytes(), bytes].concat()).await
}

/// Receives what [`send`] has sent.
pub async fn receive(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let length = stream.read_u64_le().await?;
    let length = usize::try_from(length).ok().filter(|&length| length <= LONGEST_FRAME);
    let mut bytes = vec![0; length.ok_or_else(|| malformed("a length"))?];
    stream.read_exact(&mut bytes).await?;
    Ok(bytes)
}
