//! A small HTTP/1.1 client that sends request targets exactly as they are given and takes answers literally.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// Far longer than any answer takes on a busy machine: only a hang gets here.
const READ_TIMEOUT: Duration = Duration::from_secs(120);

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Response {
    /// A header's value, if it is there exactly once.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values =
            self.headers.iter().filter(|(found, _)| found == name).map(|(_, value)| value.as_str());
        let value = values.next();
        assert!(values.next().is_none(), "{name} is there twice in {:?}", self.headers);
        value
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The version that answered.
    pub fn version(&self) -> Option<u64> {
        self.header("x-index-version").map(|version| version.parse().unwrap())
    }

    /// The ids of an answer without distances, in their order.
    pub fn ids(&self) -> Vec<Value> {
        self.json().as_array().unwrap().iter().map(|profile| profile["_id"].clone()).collect()
    }
}

/// A connection that is kept alive.
pub struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    pub fn open(address: SocketAddr) -> io::Result<Connection> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(READ_TIMEOUT))?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream: BufReader::new(stream) })
    }

    /// Sends a request without a body.
    pub fn send(&mut self, method: &str, target: &[u8], headers: &[(&str, &str)]) -> io::Result<()> {
        let mut request = [method.as_bytes(), b" ", target, b" HTTP/1.1\r\nHost: localhost\r\n"].concat();
        for (name, value) in headers {
            request.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        request.extend_from_slice(b"\r\n");
        self.stream.get_mut().write_all(&request)
    }

    /// Sends bytes as they are.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    /// The connection once more, for whoever writes while this one reads.
    pub fn try_clone_stream(&self) -> TcpStream {
        self.stream.get_ref().try_clone().unwrap()
    }

    /// Sends a body of JSON and waits for the answer.
    pub fn post(&mut self, target: &str, headers: &[(&str, &str)], body: &str) -> Response {
        let length = body.len().to_string();
        let headers =
            [headers, &[("Content-Type", "application/json"), ("Content-Length", &length)]].concat();
        // An answer may come before the body has been taken, and the connection be closed behind it.
        let sent = self
            .send("POST", target.as_bytes(), &headers)
            .and_then(|()| self.stream.get_mut().write_all(body.as_bytes()));
        self.receive("POST").unwrap_or_else(|error| panic!("POST {target}: {error}, after {sent:?}"))
    }

    /// Waits for the first bytes of an answer and takes none.
    pub fn wait_for_answer(&mut self) -> io::Result<()> {
        if self.stream.fill_buf()?.is_empty() { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    }

    /// Reads the answer to a request with that method.
    pub fn receive(&mut self, method: &str) -> io::Result<Response> {
        let status_line = self.line()?;
        let status = status_line.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status: u16 = status.unwrap_or_else(|| panic!("no status in {status_line:?}"));
        let mut headers = Vec::new();
        loop {
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').unwrap_or_else(|| panic!("no header: {line:?}"));
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut response = Response { status, headers, body: Vec::new() };
        assert_eq!(response.header("transfer-encoding"), None, "answers say how long they are");
        if method != "HEAD" && status != 304 && status != 204 {
            let length = response.header("content-length").expect("an answer says how long it is");
            response.body = vec![0; length.parse().unwrap()];
            self.stream.read_exact(&mut response.body)?;
        }
        Ok(response)
    }

    /// A line without its end.
    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        match line.strip_suffix("\r\n") {
            Some(line) => Ok(line.to_owned()),
            None => Err(io::Error::new(io::ErrorKind::UnexpectedEof, format!("cut off after {line:?}"))),
        }
    }

    pub fn request(&mut self, method: &str, target: &[u8], headers: &[(&str, &str)]) -> Response {
        let target_text = String::from_utf8_lossy(target);
        self.send(method, target, headers)
            .and_then(|()| self.receive(method))
            .unwrap_or_else(|error| panic!("{method} {target_text}: {error}"))
    }

    pub fn get(&mut self, target: &str) -> Response {
        self.request("GET", target.as_bytes(), &[])
    }

    /// Fails unless the server has closed the connection without another byte.
    pub fn assert_nothing_more(&mut self) {
        let mut rest = Vec::new();
        // A reset closes a connection as well.
        let _ = self.stream.read_to_end(&mut rest);
        assert!(rest.is_empty(), "{:?}", String::from_utf8_lossy(&rest));
    }
}

/// One request with a body of JSON on a connection of its own.
pub fn post(address: SocketAddr, target: &str, body: &Value) -> Response {
    Connection::open(address).unwrap().post(target, &[], &body.to_string())
}

/// One request on a connection of its own.
pub fn get(address: SocketAddr, target: &str) -> Response {
    Connection::open(address).unwrap().get(target)
}
