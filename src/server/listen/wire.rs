//! A connection as actix-http reads and writes it.

use std::cell::Cell;
use std::future::Future as _;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_http::Protocol;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};
use tokio_rustls::server::TlsStream;

use super::below;
use crate::server::observe::metrics::{Below, Metrics};

/// What bytes go over.
pub enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// For how long a client may take none of what is there for it. Who reads slowly takes some now and then.
pub const LONGEST_UNREAD: Duration = Duration::from_secs(60);

/// How many requests of a connection are being answered.
#[derive(Debug, Clone, Default)]
pub struct Answering(Rc<Cell<usize>>);

/// One of them, until it is dropped.
#[derive(Debug)]
pub struct OneAnswer(Answering);

impl Answering {
    /// Counts one more.
    pub fn begin(&self) -> OneAnswer {
        self.0.set(self.0.get() + 1);
        OneAnswer(self.clone())
    }

    fn is_idle(&self) -> bool {
        self.0.get() == 0
    }
}

impl Drop for OneAnswer {
    fn drop(&mut self) {
        let count = &self.0.0;
        count.set(count.get().saturating_sub(1));
    }
}

/// For how long things may take on a connection.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Sending the line and the headers of a request.
    pub head: Duration,
    /// Taking nothing of an answer.
    pub unread: Duration,
}

/// A connection. What actix-http refuses without a word is said in ours; see [`below`]. And it bounds two times that
/// actix-http does not: how long the head of a request takes that is not the first, and how long an answer waits for a
/// client that does not read.
pub struct Wire {
    stream: Stream,
    is_http1: bool,
    patience: Patience,
    answering: Answering,
    /// Whether anything was written yet.
    answered: bool,
    /// Whether bytes came since anything was written.
    asked: bool,
    /// Ends the patience for a head.
    head: Option<Pin<Box<Sleep>>>,
    /// Ends the patience for a client that does not read.
    unread: Option<Pin<Box<Sleep>>>,
    /// Whether the client has sent anything.
    heard: bool,
    /// What is to be written before anything else.
    owed: Vec<u8>,
    metrics: Arc<Metrics>,
}

impl Wire {
    pub fn new(stream: Stream, protocol: Protocol, patience: Patience, metrics: Arc<Metrics>) -> Wire {
        Wire {
            stream,
            is_http1: matches!(protocol, Protocol::Http1),
            patience,
            answering: Answering::default(),
            answered: false,
            asked: false,
            head: None,
            unread: None,
            heard: false,
            owed: Vec::new(),
            metrics,
        }
    }

    /// Counts the requests that are being answered, for whoever answers them.
    pub fn answering(&self) -> Answering {
        self.answering.clone()
    }

    /// A result of writing; an error where the client has read nothing for too long.
    fn unless_unread<T>(
        &mut self,
        result: Poll<io::Result<T>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if result.is_ready() {
            self.unread = None;
            return result;
        }
        let patience = self.patience.unread;
        let timer = self.unread.get_or_insert_with(|| Box::pin(sleep(patience)));
        ready!(timer.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    /// Writes what is owed. Where nothing is, that says nothing about the client.
    fn pay(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.owed.is_empty() {
            return Poll::Ready(Ok(()));
        }
        let paid = self.poll_owed(context);
        self.unless_unread(paid, context)
    }

    /// An error where what came is no whole head for too long. The first one on a connection is the framework's.
    fn unless_slow(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        if !(self.is_http1 && self.answered && self.asked && self.answering.is_idle()) {
            self.head = None;
            return Ok(());
        }
        let patience = self.patience.head;
        let timer = self.head.get_or_insert_with(|| Box::pin(sleep(patience)));
        if timer.as_mut().poll(context).is_pending() {
            return Ok(());
        }
        self.metrics.requests.observe_below(Below::HeadTimeout);
        tracing::debug!(reason = Below::HeadTimeout.name(), "closed without an answer");
        Err(io::ErrorKind::TimedOut.into())
    }

    fn stream(&mut self) -> Pin<&mut (dyn Duplex + 'static)> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream),
            Stream::Tls(stream) => Pin::new(stream.as_mut()),
        }
    }

    fn poll_owed(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.owed.is_empty() {
            let owed = std::mem::take(&mut self.owed);
            let written = self.stream().poll_write(context, &owed);
            self.owed = owed;
            match ready!(written)? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => drop(self.owed.drain(..written)),
            }
        }
        Poll::Ready(Ok(()))
    }

    fn refuse(&mut self, answer: &[u8], below: Below) {
        // Who opens a connection in advance has asked nothing, and would take the answer for that to its first request.
        if below == Below::HeadTimeout && !self.heard {
            return;
        }
        let (answer, id) = below::instead_of(answer, below);
        self.metrics.requests.observe_below(below);
        tracing::debug!(reason = below.name(), request_id = id, "answered without a request");
        self.owed = answer;
    }
}

/// Both directions.
trait Duplex: AsyncRead + AsyncWrite + Unpin {}

impl<T: AsyncRead + AsyncWrite + Unpin> Duplex for T {}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        let before = buffer.filled().len();
        let result = wire.stream().poll_read(context, buffer);
        let heard = buffer.filled().len() > before;
        (wire.heard, wire.asked) = (wire.heard || heard, wire.asked || heard);
        result
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let wire = self.get_mut();
        (wire.answered, wire.asked) = (true, false);
        if !wire.is_http1 {
            let written = wire.stream().poll_write(context, bytes);
            return wire.unless_unread(written, context);
        }
        ready!(wire.pay(context))?;
        match below::find(bytes) {
            None => {
                let written = wire.stream().poll_write(context, bytes);
                wire.unless_unread(written, context)
            }
            Some((0, below)) => {
                wire.refuse(bytes, below);
                // What cannot be written yet goes out when the connection is flushed.
                match wire.poll_owed(context) {
                    Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
                    Poll::Ready(Ok(())) | Poll::Pending => Poll::Ready(Ok(bytes.len())),
                }
            }
            Some((start, _)) => {
                let before = bytes.get(..start).unwrap_or(bytes);
                let written = wire.stream().poll_write(context, before);
                wire.unless_unread(written, context)
            }
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let wire = self.get_mut();
        if !wire.is_http1 {
            let written = wire.stream().poll_write_vectored(context, slices);
            return wire.unless_unread(written, context);
        }
        let first = slices.iter().find(|slice| !slice.is_empty()).map_or(&[][..], |slice| &**slice);
        Pin::new(wire).poll_write(context, first)
    }

    fn is_write_vectored(&self) -> bool {
        !self.is_http1
            && match &self.stream {
                Stream::Plain(stream) => stream.is_write_vectored(),
                Stream::Tls(stream) => stream.is_write_vectored(),
            }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        wire.unless_slow(context)?;
        ready!(wire.pay(context))?;
        let flushed = wire.stream().poll_flush(context);
        match wire.stream {
            // There is nothing between it and the system, so that says nothing about the client.
            Stream::Plain(_) => flushed,
            Stream::Tls(_) => wire.unless_unread(flushed, context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        ready!(wire.pay(context))?;
        wire.stream().poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    const BRIEF: Duration = Duration::from_millis(20);
    const LONG: Duration = Duration::from_secs(3600);

    /// Both ends of a connection.
    async fn connected(head: Duration, unread: Duration) -> (Wire, TcpStream) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (accepted, client) = tokio::join!(listener.accept(), TcpStream::connect(address));
        let metrics = Arc::new(Metrics::new().unwrap());
        let stream = Stream::Plain(accepted.unwrap().0);
        (Wire::new(stream, Protocol::Http1, Patience { head, unread }, metrics), client.unwrap())
    }

    #[actix_web::test]
    async fn a_client_that_takes_nothing_of_its_answer_is_let_go() {
        let (mut wire, _client) = connected(LONG, BRIEF).await;
        let piece = vec![b' '; 1 << 20];
        let error = loop {
            if let Err(error) = wire.write_all(&piece).await {
                break error;
            }
        };
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[actix_web::test]
    async fn a_head_that_does_not_end_is_let_go_and_an_answer_that_takes_long_is_not() {
        let (mut wire, mut client) = connected(BRIEF, LONG).await;
        let mut buffer = [0; 100];
        client.write_all(b"GET / HTTP/1.1").await.unwrap();
        assert!(wire.read(&mut buffer).await.unwrap() > 0);
        wire.flush().await.unwrap();
        assert!(wire.head.is_none(), "the first head is the framework's");
        wire.write_all(b"HTTP/1.1 200 OK").await.unwrap();
        client.write_all(b"GET / HT").await.unwrap();
        assert!(wire.read(&mut buffer).await.unwrap() > 0);
        let answering = wire.answering().begin();
        wire.flush().await.unwrap();
        assert!(wire.head.is_none(), "it is being answered");
        drop(answering);
        let mut wire = Box::pin(wire);
        let error = poll_fn(|context| match wire.as_mut().poll_flush(context) {
            Poll::Ready(Err(error)) => Poll::Ready(error),
            Poll::Ready(Ok(())) | Poll::Pending => Poll::Pending,
        });
        assert_eq!(error.await.kind(), io::ErrorKind::TimedOut);
    }
}
