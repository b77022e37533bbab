//! `/index/events`: what has happened to the index lately.

use std::fs::File;

use serde_json::Value;

use super::fixture::{Place, await_description, await_version, file_name, numbered_source};
use super::http::get;
use super::process::{Server, eventually};

fn events(server: &Server) -> Vec<Value> {
    let response = get(server.address, "/index/events");
    assert_eq!(response.status, 200);
    assert_eq!(response.header("cache-control"), Some("no-store"));
    response.json()["events"].as_array().unwrap().clone()
}

/// Kind, version and file of each.
fn in_short(events: &[Value]) -> Vec<(String, u64, String)> {
    let text = |event: &Value, name: &str| event[name].as_str().unwrap().to_owned();
    events
        .iter()
        .map(|event| (text(event, "kind"), event["version"].as_u64().unwrap(), text(event, "file")))
        .collect()
}

#[test]
fn swaps_refusals_and_changed_files_are_told_in_their_order() {
    let place = Place::new();
    let server = Server::start(&place.index());
    assert_eq!(events(&server), Vec::<Value>::new());
    place.build(&numbered_source(1, 30));
    await_version(&server, 1);
    place.build(&numbered_source(2, 30));
    await_version(&server, 2);
    std::fs::write(place.version_file(3), "garbage").unwrap();
    await_description(&server, "the bad file is refused", |index| index["refused"] == 1);
    File::options().write(true).open(place.version_file(2)).unwrap().set_len(100).unwrap();
    let told = eventually("the file is given up", || {
        Some(events(&server)).filter(|events| events.iter().any(|event| event["kind"] == "changed"))
    });
    let expected = |kind: &str, version| (kind.to_owned(), version, file_name(version));
    let mut short = in_short(&told);
    // The file that was cut may be refused before or after it is given up.
    let cut = short.iter().position(|event| *event == expected("refusal", 2));
    cut.map(|at| short.remove(at));
    // A generation is given up after another has taken its place.
    let first = expected("swap", 1);
    let order = [first.clone(), expected("swap", 2), expected("refusal", 3), first, expected("changed", 2)];
    assert_eq!(short, order, "{told:?}");
    for event in &told {
        assert!(humantime::parse_rfc3339(event["at"].as_str().unwrap()).is_ok(), "{event}");
        let is_swap = event["kind"] == "swap";
        assert_eq!(event["seconds"].as_f64().is_some_and(|seconds| seconds > 0.0), is_swap, "{event}");
        let reason = event["reason"].as_str().is_some_and(|reason| !reason.is_empty());
        assert_eq!(reason, event["kind"] == "refusal", "{event}");
    }
    let times: Vec<&str> = told.iter().map(|event| event["at"].as_str().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
}
