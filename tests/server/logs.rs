//! Log lines as those read them who collect them.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use kindred::server::testing::MOST_WAITING_BYTES;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::fixture::{Place, await_description, await_version, file_name, small_source};
use super::http::Connection;
use super::process::{Server, eventually, kindred};

/// What each line must have, whatever it says.
fn parsed(line: &str) -> Value {
    let event: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let text = |name: &str| event[name].as_str().unwrap_or_else(|| panic!("no {name} in {line}"));
    assert!(
        text("timestamp").ends_with('Z') && humantime::parse_rfc3339(text("timestamp")).is_ok(),
        "{line}"
    );
    assert!(["ERROR", "WARN", "INFO", "DEBUG", "TRACE"].contains(&text("level")), "{line}");
    assert!(text("target").starts_with("kindred"), "{line}");
    assert!(!text("message").is_empty(), "{line}");
    event
}

/// Waits for a line whose message starts so.
fn await_line(server: &Server, start: &str) -> Value {
    eventually(start, || {
        let log = server.log();
        let mut lines = log.lines().map(parsed);
        lines.find(|event| event["message"].as_str().unwrap().starts_with(start))
    })
}

#[test]
fn every_line_is_an_object_with_what_it_tells_in_fields() {
    let place = Place::new();
    place.build(&small_source());
    let server = Server::start_with(&place.index(), |command| {
        command.args(["--log-format", "json", "--log-level", "trace", "--log-ids"]);
    });
    await_version(&server, 1);
    std::fs::write(place.version_file(2), "garbage").unwrap();
    await_description(&server, "the bad file is refused", |index| index["refused"] == 1);

    let serving = await_line(&server, "serving");
    assert_eq!((&serving["version"], &serving["file"]), (&1.into(), &file_name(1).into()));
    assert!(serving["seconds"].as_f64().unwrap() > 0.0, "{serving}");
    let refused = await_line(&server, "refused");
    assert_eq!((&refused["version"], &refused["file"]), (&2.into(), &file_name(2).into()));
    assert!(!refused["reason"].as_str().unwrap().is_empty(), "{refused}");
    assert_eq!((&refused["level"], &refused["request_id"]), (&"ERROR".into(), &Value::Null));

    let mut connection = Connection::open(server.address).unwrap();
    let id = "\"odd\\id\"";
    let answer = connection.request("GET", b"/recommend/no%22body/5?exact=true", &[("X-Request-Id", id)]);
    assert_eq!((answer.status, answer.header("x-request-id")), (404, Some(id)));
    let line = eventually("the request is logged", || {
        server.log().lines().map(parsed).find(|event| event["request_id"] == id)
    });
    for (name, value) in [
        ("message", Value::from("answered")),
        ("method", "GET".into()),
        ("route", "/recommend/{id}/{n}".into()),
        ("status", 404.into()),
        ("path", "/recommend/no%22body/5?exact=true".into()),
    ] {
        assert_eq!(line[name], value, "{name} in {line}");
    }
    assert!(line["seconds"].as_f64().unwrap() > 0.0, "{line}");
}

#[test]
fn lines_for_people_name_the_request_too() {
    let place = Place::new();
    place.build(&small_source());
    let server = Server::start_with(&place.index(), |command| {
        command.arg("--log-ids");
    });
    await_version(&server, 1);
    let mut connection = Connection::open(server.address).unwrap();
    connection.request("GET", b"/profiles/east", &[("X-Request-Id", "from-outside-1")]);
    let line = eventually("the request is logged", || {
        server.log().lines().find(|line| line.contains("path=/profiles/east ")).map(str::to_owned)
    });
    assert!(line.ends_with(" request_id=from-outside-1"), "{line}");
    assert!(line.contains("answered method=GET route=\"/profiles/{id}\" status=200"), "{line}");
}

/// Where standard error goes, as a shell writes it.
const NOWHERE: [&str; 4] = ["2>/dev/full", "2>&-", "2>&1 | true", ">&- 2>&-"];

/// Runs `kindred` with its standard error there, and gives its exit code.
fn run_without_log(arguments: &[&str], place: &Path, nowhere: &str) -> String {
    let mut shell = Command::new("bash");
    // The code goes to a file, which is open whatever the shell closes.
    let script = format!("\"$0\" \"$@\" {nowhere}\necho ${{PIPESTATUS[0]}} >\"$CODE\"");
    shell.args(["-c", &script]).arg(kindred().get_program()).args(arguments);
    let code = place.join("code");
    shell.env("CODE", &code).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    assert!(shell.status().unwrap().success());
    std::fs::read_to_string(code).unwrap()
}

#[test]
fn commands_end_as_they_would_wherever_their_messages_go() {
    let place = Place::new();
    let pages = place.path().join("pages").display().to_string();
    for nowhere in NOWHERE {
        for (arguments, code) in [
            (&["--help"][..], "0\n"),
            (&["--version"], "0\n"),
            (&["completions", "bash"], "0\n"),
            (&["man", &pages], "0\n"),
            (&["--nonsense"], "2\n"),
            (&["--index-dir", "x", "--bind", "nonsense"], "2\n"),
            (&["probe", "127.0.0.1:1"], "1\n"),
            (&["hash-key", "--name", "a", "--scopes", "nonsense", "--generate"], "2\n"),
        ] {
            assert_eq!(run_without_log(arguments, place.path(), nowhere), code, "{arguments:?} {nowhere}");
        }
    }
}

#[test]
fn what_is_there_to_be_printed_and_cannot_be_is_a_failure_unless_nobody_wants_it() {
    for arguments in [&["--help"][..], &["--version"], &["completions", "bash"]] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let output = kindred().args(arguments).stdout(full).output().unwrap();
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {message}");
        assert!(message.starts_with("kindred: standard output cannot be written"), "{message}");
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = kindred().args(arguments).stdout(writer).output().unwrap();
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]), "{arguments:?}");
    }
}

#[test]
fn a_server_whose_log_goes_nowhere_serves_and_ends_as_any_other() {
    let place = Place::new();
    place.build(&small_source());
    for nowhere in NOWHERE {
        // The port is one that was free just now: without a log nobody says which it is.
        let address = free_address();
        let pid = place.path().join("pid");
        let _ = std::fs::remove_file(&pid);
        let script = format!(
            "sh -c 'echo $$ >\"$1\"; exec \"$0\" --index-dir \"$2\" --bind {address} --log-ids --log-level debug' \
             \"$0\" \"$1\" \"$2\" {nowhere}\nexit ${{PIPESTATUS[0]}}"
        );
        let mut shell = Command::new("bash");
        shell.args(["-c", &script]).arg(kindred().get_program()).args([&pid, &place.index()]);
        let mut shell =
            shell.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        eventually("it answers", || {
            let mut connection = Connection::open(address).ok()?;
            (connection.request("GET", b"/health/ready", &[]).status == 200).then_some(())
        });
        let mut connection = Connection::open(address).unwrap();
        for _ in 0..20 {
            assert_eq!(connection.request("GET", b"/recommend/7/5", &[]).status, 200, "{nowhere}");
        }
        drop(connection);
        let number: i32 = std::fs::read_to_string(&pid).unwrap().trim().parse().unwrap();
        kill_process(Pid::from_raw(number).unwrap(), Signal::TERM).unwrap();
        assert_eq!(shell.wait().unwrap().code(), Some(0), "{nowhere}");
    }
}

/// Serves with a log that this test has, and gives the server, its log and its address.
fn serve_with_log(place: &Place, log: impl Into<Stdio>, address: SocketAddr) -> Child {
    let mut command = kindred();
    command.arg("--index-dir").arg(place.index()).arg("--bind").arg(address.to_string());
    command.args(["--poll-interval", "100ms", "--log-ids", "--log-level", "debug"]);
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
    eventually("it answers", || {
        let mut connection = Connection::open(address).ok()?;
        (connection.request("GET", b"/health/ready", &[]).status == 200).then_some(())
    });
    child
}

/// One that was free just now.
fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn lost_lines(connection: &mut Connection) -> u64 {
    let metrics = connection.request("GET", b"/metrics", &[]);
    let text = metrics.text();
    let line = text.lines().find_map(|line| line.strip_prefix("kindred_log_lines_lost_total "));
    line.unwrap().parse().unwrap()
}

#[test]
fn a_log_that_nobody_reads_stops_neither_requests_nor_swaps_nor_the_end() {
    let place = Place::new();
    place.build(&small_source());
    let (reader, writer) = std::io::pipe().unwrap();
    let address = free_address();
    let mut child = serve_with_log(&place, writer, address);
    let mut connection = Connection::open(address).unwrap();
    // Each line has the path in it: the pipe is full soon, then what may wait.
    let path = format!("/recommend/{}/5", "x".repeat(500));
    let asked = 2 * (MOST_WAITING_BYTES + (64 << 10)) / path.len();
    for _ in 0..asked {
        assert_eq!(connection.request("GET", path.as_bytes(), &[]).status, 404);
    }
    let lost = lost_lines(&mut connection);
    assert!(lost > 0 && (lost as usize) < asked, "{lost} of {asked}");
    place.build(&small_source());
    eventually("the new version is served", || {
        (connection.request("GET", b"/recommend/7/1", &[]).version() == Some(2)).then_some(())
    });
    drop(connection);
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    drop(reader);
}

#[test]
fn a_log_that_is_read_again_says_how_much_was_lost() {
    let place = Place::new();
    place.build(&small_source());
    let (mut reader, writer) = std::io::pipe().unwrap();
    let address = free_address();
    let mut child = serve_with_log(&place, writer, address);
    let mut connection = Connection::open(address).unwrap();
    let path = format!("/recommend/{}/5", "x".repeat(500));
    while lost_lines(&mut connection) == 0 {
        for _ in 0..500 {
            connection.request("GET", path.as_bytes(), &[]);
        }
    }
    let log = std::thread::spawn(move || {
        let mut log = String::new();
        std::io::Read::read_to_string(&mut reader, &mut log).map(|_| log)
    });
    eventually("what waited is written", || {
        // A later line comes behind what was lost.
        (connection.request("GET", b"/recommend/7/1", &[]).status == 200).then_some(())?;
        let before = lost_lines(&mut connection);
        (connection.request("GET", path.as_bytes(), &[]).status == 404).then_some(())?;
        (lost_lines(&mut connection) == before).then_some(())
    });
    drop(connection);
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let log = log.join().unwrap().unwrap();
    assert!(log.contains(" lost: nobody took them in time"), "{}", &log[log.len().saturating_sub(2000)..]);
    assert!(log.ends_with("stopped\n"), "the last lines have time to be written");
}

#[test]
fn a_log_that_is_copied_and_truncated_begins_anew() {
    let place = Place::new();
    place.build(&small_source());
    let path = place.path().join("server.log");
    // As a shell opens it for `2>`.
    let mut child = serve_with_log(&place, std::fs::File::create(&path).unwrap(), free_address());
    eventually("there is a log", || {
        std::fs::read_to_string(&path).unwrap().contains("serving").then_some(())
    });
    std::fs::File::options().write(true).open(&path).unwrap().set_len(0).unwrap();
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let log = std::fs::read(&path).unwrap();
    assert!(!log.is_empty() && !log.contains(&0), "{}", String::from_utf8_lossy(&log));
}
