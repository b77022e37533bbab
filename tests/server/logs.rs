//! Log lines as those read them who collect them.

use serde_json::Value;

use super::fixture::{Place, await_description, await_version, file_name, small_source};
use super::http::Connection;
use super::process::{Server, eventually};

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
