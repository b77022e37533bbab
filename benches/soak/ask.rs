//! The clients: what each asks, and what it must be answered.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::http::{Connection, Response};
use crate::versions::{Version, ZERO_ID, id};

/// Of requests and connections, as they are counted.
pub const KINDS: usize = 18;
const PROFILES: usize = 400;
/// More than the neighbour table holds, so that the answer goes on with a search.
const BEYOND_TABLE: usize = 120;
/// Versions that answers may still come from.
const KNOWN: usize = 10;
/// Requests of a connection that stays, before it is opened anew.
const STAY: u64 = 1000;
/// Between requests: the builder needs a processor too.
const PAUSE: Duration = Duration::from_millis(1);
/// Between two pieces of a request or an answer. A whole request takes less than the server's patience of 5 s.
const DAWDLE: Duration = Duration::from_millis(50);

/// A version as the clients expect it.
pub fn version(number: u64) -> Version {
    Version::new(number, PROFILES, BEYOND_TABLE)
}

/// What the clients know.
pub struct World {
    address: SocketAddr,
    pub going: AtomicBool,
    known: RwLock<BTreeMap<u64, Arc<Version>>>,
    /// The newest version that anybody was answered from.
    newest: AtomicU64,
    /// Which profile is next.
    asked: AtomicU64,
}

/// Answers by kind, and what was wrong.
#[derive(Default)]
pub struct Tally {
    pub answers: BTreeMap<&'static str, u64>,
    pub failures: BTreeMap<String, u64>,
}

impl Tally {
    pub fn add(&mut self, other: Tally) {
        other.answers.into_iter().for_each(|(kind, count)| *self.answers.entry(kind).or_default() += count);
        other.failures.into_iter().for_each(|(what, count)| *self.failures.entry(what).or_default() += count);
    }

    fn count(&mut self, kind: &'static str) {
        *self.answers.entry(kind).or_default() += 1;
    }
}

impl World {
    pub fn new(address: SocketAddr, first: Arc<Version>) -> World {
        let known = RwLock::new(BTreeMap::from([(first.number, first)]));
        let (newest, asked) = (AtomicU64::new(0), AtomicU64::new(0));
        World { address, going: AtomicBool::new(true), known, newest, asked }
    }

    /// A version that will be published next.
    pub fn expect(&self, version: Arc<Version>) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(version.number, version);
        while known.len() > KNOWN {
            known.pop_first();
        }
    }

    /// Has a client go on until the end, whatever happens to it.
    pub fn repeat(&self, mut client: impl FnMut(&mut Tally) -> Result<()>) -> Tally {
        let mut tally = Tally::default();
        while self.going.load(Ordering::Relaxed) {
            if let Err(error) = client(&mut tally) {
                *tally.failures.entry(format!("{error:#}")).or_default() += 1;
            }
        }
        tally
    }

    fn profile(&self) -> usize {
        // Steps that come by every profile, in no order.
        (self.asked.fetch_add(1, Ordering::Relaxed) * 7 % PROFILES as u64) as usize
    }

    /// Whether a body is what the version must answer, and the version is not older than any before the request.
    fn judge(
        &self,
        newest: u64,
        version: Option<u64>,
        body: &[u8],
        right: impl Fn(&Version) -> String,
    ) -> Result<()> {
        let version = version.context("an answer without a version")?;
        ensure!(version >= newest, "went back to an older version");
        self.newest.fetch_max(version, Ordering::Relaxed);
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).get(&version).map(Arc::clone);
        let known = known.context("an answer from a version that was not published lately")?;
        ensure!(body == right(&known).as_bytes(), "not the answer of the version that it claims to be from");
        Ok(())
    }

    /// One request and what it must be answered: its kind's name in the tally.
    fn ask(
        &self,
        connection: &mut Connection,
        turn: u64,
        tag: &mut Option<(String, u64)>,
    ) -> Result<&'static str> {
        let (newest, profile) = (self.newest.load(Ordering::Relaxed), self.profile());
        let id = id(profile);
        let mut get = |target: &str, headers: &[(&str, &str)]| exchange(connection, "GET", target, headers);
        let (kind, target, n, distances) = match turn % 14 {
            0..=3 => ("table answers", format!("/recommend/{id}/10"), 10, false),
            4 => ("graph answers", format!("/recommend/{id}/10?distances=true&ef={PROFILES}"), 10, true),
            5 => ("exact answers", format!("/recommend?id={id}&n=10&exact=true"), 10, false),
            6 => ("answers beyond the table", format!("/recommend/{id}/{BEYOND_TABLE}"), BEYOND_TABLE, false),
            7 | 8 => {
                let target = format!("/recommend/{id}/10");
                let fields = tag.iter().map(|(tag, _)| ("If-None-Match", tag.as_str())).collect::<Vec<_>>();
                let response = get(&target, &fields)?;
                let version = response.version();
                if response.status == 304 {
                    ensure!(tag.as_ref().map(|(_, version)| *version) == version, "304 from another version");
                    return Ok("conditional answers, 304");
                }
                ensure!(response.status == 200, "{} to a conditional request", response.status);
                ensure!(
                    tag.as_ref().is_none_or(|(_, known)| Some(*known) != version),
                    "200 where 304 was due"
                );
                self.judge(newest, version, &response.body, |version| version.recommend(profile, 10, false))?;
                *tag = response.header("etag").map(str::to_owned).zip(version);
                return Ok("conditional answers, 200");
            }
            9 => {
                let response = get(&format!("/profiles/{id}"), &[])?;
                ensure!(response.status == 200, "{} for a profile", response.status);
                self.judge(newest, response.version(), &response.body, |version| {
                    version.profile(profile).to_owned()
                })?;
                return Ok("profiles");
            }
            10 => return expect(connection, "GET", "/index", 200, "/index"),
            11 => return expect(connection, "GET", "/metrics", 200, "/metrics"),
            12 => return expect(connection, "HEAD", "/health/ready", 200, "/health/ready"),
            _ => return self.ask_wrongly(connection, turn / 14, &id),
        };
        let response = get(&target, &[])?;
        ensure!(response.status == 200, "{} to a request for {kind}", response.status);
        self.judge(newest, response.version(), &response.body, |version| {
            version.recommend(profile, n, distances)
        })
        .with_context(|| kind)?;
        Ok(kind)
    }

    fn ask_wrongly(&self, connection: &mut Connection, turn: u64, id: &str) -> Result<&'static str> {
        match turn % 5 {
            0 => expect(connection, "GET", "/recommend/nobody/10", 404, "404, no such profile"),
            1 => expect(connection, "GET", "/no/such/path", 404, "404, no such path"),
            2 => expect(connection, "GET", &format!("/recommend/{id}/0"), 400, "400"),
            3 => expect(connection, "DELETE", &format!("/recommend/{id}/10"), 405, "405"),
            _ => expect(connection, "GET", &format!("/recommend/{ZERO_ID}/10"), 422, "422"),
        }
    }
}

fn exchange(
    connection: &mut Connection,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
) -> Result<Response> {
    connection.send(method, target.as_bytes(), headers).context("a connection broke while sending")?;
    connection.receive(method).context("a connection broke")
}

fn expect(
    connection: &mut Connection,
    method: &str,
    target: &str,
    status: u16,
    kind: &'static str,
) -> Result<&'static str> {
    let response = exchange(connection, method, target, &[])?;
    ensure!(response.status == status, "{} instead of {status}, {kind}", response.status);
    Ok(kind)
}

/// Many requests of every kind over one connection.
pub fn stay(world: &World, client: u64, tally: &mut Tally) -> Result<()> {
    let mut connection = Connection::open(world.address)?;
    let mut tag = None;
    for turn in 0..STAY {
        if !world.going.load(Ordering::Relaxed) {
            break;
        }
        tally.count(world.ask(&mut connection, turn + client, &mut tag)?);
        thread::sleep(PAUSE);
    }
    Ok(())
}

/// A connection for one request, and one that ends in the middle of it.
pub fn come_and_go(world: &World, tally: &mut Tally) -> Result<()> {
    let turn = world.asked.load(Ordering::Relaxed);
    world.ask(&mut Connection::open(world.address)?, turn, &mut None)?;
    tally.count("connections for one request");
    TcpStream::connect(world.address)?.write_all(b"GET /recommend/p0")?;
    tally.count("connections that end within a request");
    thread::sleep(PAUSE * 10);
    Ok(())
}

/// Sends a request in small pieces, and takes the answer in small pieces.
pub fn dawdle(world: &World, tally: &mut Tally) -> Result<()> {
    let (newest, profile) = (world.newest.load(Ordering::Relaxed), world.profile());
    let request = format!(
        "GET /recommend/{}/{BEYOND_TABLE}?distances=true HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        id(profile)
    );
    let mut stream = TcpStream::connect(world.address)?;
    for piece in request.as_bytes().chunks(10) {
        stream.write_all(piece)?;
        thread::sleep(DAWDLE);
    }
    let (mut answer, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        let bytes = stream.read(&mut piece).context("a slow client's connection broke")?;
        if bytes == 0 {
            break;
        }
        answer.extend_from_slice(&piece[..bytes]);
        thread::sleep(DAWDLE);
    }
    let text = String::from_utf8(answer).context("an answer that is no text")?;
    let (head, body) = text.split_once("\r\n\r\n").context("an answer without a head")?;
    ensure!(head.starts_with("HTTP/1.1 200 "), "not 200 for a slow client: {head}");
    let version = head
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("x-index-version: ")?.parse().ok());
    world
        .judge(newest, version, body.as_bytes(), |version| version.recommend(profile, BEYOND_TABLE, true))?;
    tally.count("slow clients");
    Ok(())
}
