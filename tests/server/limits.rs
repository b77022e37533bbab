//! What comes in is bounded: long, slow, odd and too many requests harm nobody else.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::fixture::{Place, assert_problem, await_version, numbered_source, random_vectors, source_of};
use super::http::{Connection, get};
use super::process::{Server, eventually, kindred};

/// As many as an idle front end may hold.
const IDLE: u64 = 10_000;
/// Far more than it takes.
const MAX_ROUNDS: u32 = 100_000;

fn numbered_server(more: &[&str]) -> (Place, Server) {
    let place = Place::new();
    place.build(&numbered_source(1, 50));
    let server = Server::start_with(&place.index(), |command| {
        command.args(more);
    });
    await_version(&server, 1);
    (place, server)
}

/// Sends bytes and gives all that comes back until the server closes the connection.
fn exchange(address: SocketAddr, pieces: impl Iterator<Item = Vec<u8>>) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let mut reading = stream.try_clone().unwrap();
    // An answer that comes before everything is sent has to be read before the connection is reset behind it.
    let reader = std::thread::spawn(move || {
        let mut answer = Vec::new();
        let _ = reading.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    });
    for piece in pieces {
        // The server may have answered and closed already.
        if stream.write_all(&piece).is_err() {
            break;
        }
    }
    reader.join().unwrap()
}

#[test]
fn a_path_of_more_than_8_kib_is_414_and_hurts_nobody() {
    let (_place, server) = numbered_server(&[]);
    let mut connection = Connection::open(server.address).unwrap();
    for length in [8193, 20_000, 60_000] {
        let target = format!("/profiles/{}", "x".repeat(length - "/profiles/".len()));
        assert_problem(&connection.get(&target), 414, &length.to_string());
        let target = format!("/profiles?id={}", "%61".repeat(length / 3));
        assert_problem(&connection.get(&target), 414, &length.to_string());
    }
    let longest = format!("/profiles/{}", "x".repeat(8192 - "/profiles/".len()));
    assert_problem(&connection.get(&longest), 400, "an id that is too long");
    // The layer below refuses what no address can be.
    let target = format!("/profiles/{}", "x".repeat(100_000));
    let refused = Connection::open(server.address).unwrap().get(&target).status;
    assert!([400, 414].contains(&refused), "{refused}");
    assert_eq!(connection.get("/profiles/p1").status, 200);
}

#[test]
fn headers_of_ten_megabytes_are_431() {
    let (_place, server) = numbered_server(&[]);
    let head = b"GET /profiles/p1 HTTP/1.1\r\nHost: localhost\r\nX-Long: ".to_vec();
    let pieces = std::iter::once(head).chain((0..160).map(|_| vec![b'x'; 64 << 10]));
    let answer = exchange(server.address, pieces);
    assert!(answer.starts_with("HTTP/1.1 431") && answer.contains("head-too-large"), "{answer}");
    let many = (0..5_000).map(|number| format!("X-{number}: 1\r\n").into_bytes());
    let head = b"GET /profiles/p1 HTTP/1.1\r\nHost: localhost\r\n".to_vec();
    let answer = exchange(server.address, std::iter::once(head).chain(many).chain([b"\r\n".to_vec()]));
    let status = answer.get(9..12).unwrap_or_default();
    assert!(["400", "431"].contains(&status), "{answer}");
    assert_eq!(get(server.address, "/profiles/p1").status, 200);
}

#[test]
fn who_sends_too_slowly_is_told_408_and_who_sends_nothing_is_let_go() {
    let (_place, server) = numbered_server(&["--client-timeout", "300ms"]);
    let mut slow: Vec<TcpStream> = (0..50).map(|_| TcpStream::connect(server.address).unwrap()).collect();
    let mut silent = TcpStream::connect(server.address).unwrap();
    let mut connection = Connection::open(server.address).unwrap();
    for byte in b"GET /prof" {
        for stream in &mut slow {
            let _ = stream.write_all(&[*byte]);
        }
        assert_eq!(connection.get("/profiles/p1").status, 200, "everybody else is answered");
        std::thread::sleep(Duration::from_millis(60));
    }
    let answer = |stream: &mut TcpStream| {
        let mut answer = Vec::new();
        // What was sent after the answer may have made the end a reset.
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    };
    for stream in &mut slow {
        let text = answer(stream);
        assert!(text.is_empty() || text.starts_with("HTTP/1.1 408"), "{text}");
        assert!(text.is_empty() || text.contains("urn:problem-type:kindred:head-timeout"), "{text}");
    }
    assert_eq!(answer(&mut silent), "", "nothing was asked");
}

#[test]
fn a_further_request_on_a_connection_may_not_take_longer_than_the_first() {
    let (_place, server) = numbered_server(&["--client-timeout", "2s"]);
    let mut connection = Connection::open(server.address).unwrap();
    assert_eq!(connection.get("/profiles/p1").status, 200);
    connection.write(b"GET /profiles/p").unwrap();
    connection.assert_nothing_more();
    assert_eq!(get(server.address, "/profiles/p1").status, 200);
}

#[test]
fn ten_thousand_idle_connections_keep_nobody_from_an_answer() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }).unwrap();
    // The client has as many descriptors open as the server.
    let possible = limit.maximum.unwrap_or(u64::MAX).saturating_sub(500);
    let (place, server) = numbered_server(&["--client-timeout", "10m", "--max-connections", "15000"]);
    let idle: Vec<TcpStream> =
        (0..IDLE.min(possible)).map(|_| TcpStream::connect(server.address).unwrap()).collect();
    let mut connection = Connection::open(server.address).unwrap();
    for number in 0..50 {
        assert_eq!(connection.get(&format!("/recommend/p{number}/5")).status, 200);
        assert_eq!(get(server.address, &format!("/profiles/p{number}")).status, 200);
    }
    assert_eq!(place.build(&numbered_source(2, 50)), 2);
    await_version(&server, 2);
    drop(idle);
    assert_eq!(connection.get("/profiles/p1").version(), Some(2));
}

#[test]
fn at_the_limit_of_open_files_new_connections_wait_and_nothing_else_does() {
    let place = Place::new();
    place.build(&numbered_source(1, 50));
    let mut command = std::process::Command::new("sh");
    let settings = ["--bind", "127.0.0.1:0", "--poll-interval", "100ms", "--workers", "2"];
    command.args(["-c", "ulimit -n 128 && exec \"$@\"", "sh"]).arg(kindred().get_program());
    command.arg("--index-dir").arg(place.index()).args(settings).args(["--max-connections", "5000"]);
    let server = Server::spawn(command);
    await_version(&server, 1);
    assert!(server.log().contains("max_connections"), "{}", server.log());
    let mut connection = Connection::open(server.address).unwrap();
    assert_eq!(connection.get("/profiles/p1").status, 200);
    let mut crowd: Vec<Connection> = (0..300).map(|_| Connection::open(server.address).unwrap()).collect();
    for number in 0..50 {
        assert_eq!(connection.get(&format!("/recommend/p{number}/5")).status, 200);
    }
    assert_eq!(place.build(&numbered_source(2, 50)), 2);
    eventually("the next version is taken all the same", || {
        (connection.get("/profiles/p1").version() == Some(2)).then_some(())
    });
    // The last of them was not even accepted; it is when the others go.
    let mut last = crowd.pop().unwrap();
    last.send("GET", b"/profiles/p2", &[]).unwrap();
    drop(crowd);
    assert_eq!(last.receive("GET").unwrap().status, 200);
}

#[test]
fn dear_requests_beyond_the_queue_are_refused_and_the_table_answers_on() {
    let place = Place::new();
    place.build(&source_of(&random_vectors(6_000, 32)));
    let server = Server::start_with(&place.index(), |command| {
        command.args(["--workers", "1", "--max-queue", "1"]);
    });
    await_version(&server, 1);
    let expected = get(server.address, "/recommend/p5/100?ef=4096").body;
    let (right, refused) = (AtomicU64::new(0), AtomicU64::new(0));
    // Eight clients and room for two searches: both come soon, for as long as all of them ask.
    let is_enough = || right.load(Ordering::Relaxed) >= 100 && refused.load(Ordering::Relaxed) >= 100;
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let mut connection = Connection::open(server.address).unwrap();
                for _ in 0..MAX_ROUNDS {
                    if is_enough() {
                        return;
                    }
                    let response = connection.get("/recommend/p5/100?ef=4096");
                    if response.status == 200 {
                        assert!(response.body == expected);
                        right.fetch_add(1, Ordering::Relaxed);
                    } else {
                        assert_problem(&response, 503, "a search that is refused");
                        refused.fetch_add(1, Ordering::Relaxed);
                    }
                    assert_eq!(connection.get("/recommend/p5/50").status, 200, "the table is not refused");
                }
            });
        }
    });
    assert!(is_enough(), "{right:?} {refused:?}");
    assert_eq!(get(server.address, "/recommend/p5/100?ef=4096").body, expected, "it recovers at once");
}
