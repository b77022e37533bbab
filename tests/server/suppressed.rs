//! Members who have left: in no answer from one moment to the next, whatever version is served.

use super::fixture::{Place, await_version, random_vectors, small_server, source_of};
use super::http::{Connection, get};
use super::process::{Server, eventually, index_builder};

fn change(place: &Place, command: &str, ids: &[&str]) {
    let directory = place.index().display().to_string();
    index_builder([&[command, &directory, "--"], ids].concat());
}

#[test]
fn who_has_left_is_in_no_answer_and_the_next_nearest_take_the_place() {
    let place = Place::new();
    place.build(&source_of(&random_vectors(300, 8)));
    let server = Server::start(&place.index());
    await_version(&server, 1);
    let all = get(server.address, "/recommend/p7/299").ids();
    let (gone, stays) = (all[0].as_str().unwrap().to_owned(), all[1].as_str().unwrap().to_owned());
    let known = get(server.address, &format!("/profiles/{stays}"));
    let etag = known.header("etag").unwrap().to_owned();
    let directory = place.index().display().to_string();
    index_builder(["suppress", &directory, "--even-if-unknown", &gone, "nobody"]);
    eventually("the profile is gone", || {
        (get(server.address, &format!("/profiles/{gone}")).status == 404).then_some(())
    });
    assert_eq!(get(server.address, &format!("/recommend/{gone}/3")).status, 404);
    for query in ["", "?exact=true", "?ef=299"] {
        let answer = get(server.address, &format!("/recommend/p7/299{query}"));
        assert_eq!(answer.ids(), all[1..], "{query}");
        assert_eq!(answer.version(), Some(1));
        let short = get(server.address, &format!("/recommend/p7/5{query}"));
        assert_eq!(short.ids(), all[1..6], "{query}");
    }
    let mut connection = Connection::open(server.address).unwrap();
    let again = connection.request("GET", b"/recommend/p7/5", &[("If-None-Match", &etag)]);
    assert_eq!(again.status, 200, "the client's copy may hold who has left");
    let metrics = get(server.address, "/metrics");
    assert!(metrics.text().contains("kindred_index_suppressed_profiles 1\n"), "{}", metrics.text());
    assert!(!server.log().contains(&format!("{gone} ")), "the log counts, and names nobody");

    // Neither a new version nor an old one brings anybody back.
    assert_eq!(place.build(&source_of(&random_vectors(300, 8))), 2);
    await_version(&server, 2);
    assert_eq!(get(server.address, &format!("/profiles/{gone}")).status, 404);
    index_builder(["pin", &place.index().display().to_string(), "1"]);
    await_version(&server, 1);
    assert_eq!(get(server.address, &format!("/profiles/{gone}")).status, 404);
    assert_eq!(get(server.address, "/recommend/p7/299").ids(), all[1..]);
    let restarted = Server::start(&place.index());
    await_version(&restarted, 1);
    assert_eq!(get(restarted.address, &format!("/profiles/{gone}")).status, 404, "from the first answer on");

    change(&place, "unsuppress", &[&gone]);
    eventually("the profile is back", || {
        (get(server.address, &format!("/profiles/{gone}")).status == 200).then_some(())
    });
    assert_eq!(get(server.address, "/recommend/p7/299").ids(), all);
    assert_eq!(get(server.address, &format!("/profiles/{stays}")).header("etag"), Some(etag.as_str()));
}

#[test]
fn any_id_can_be_suppressed_and_a_list_that_is_written_by_hand_counts() {
    let (place, server) = small_server();
    for (id, target) in [("a/b", "a%2Fb"), ("7", "7"), ("😀", "%F0%9F%98%80"), ("--", "--"), ("-5", "-5")] {
        assert_eq!(get(server.address, &format!("/profiles/{target}")).status, 200, "{id}");
        change(&place, "suppress", &[id]);
        eventually("it is gone", || {
            (get(server.address, &format!("/profiles/{target}")).status == 404).then_some(())
        });
    }
    std::fs::write(place.index().join("SUPPRESSED"), "east\r\n\n7").unwrap();
    eventually("the list counts", || (get(server.address, "/profiles/east").status == 404).then_some(()));
    eventually("and nothing else", || (get(server.address, "/profiles/--").status == 200).then_some(()));
    assert_eq!(get(server.address, "/profiles/7").status, 404);
}

#[test]
fn a_list_in_another_encoding_is_named_and_what_counted_before_still_counts() {
    let (place, server) = small_server();
    let list = place.index().join("SUPPRESSED");
    std::fs::write(&list, "\u{feff}east\r\n# a note\r\n").unwrap();
    eventually("a byte order mark is no part of the id", || {
        (get(server.address, "/profiles/east").status == 404).then_some(())
    });
    eventually("the odd line is told", || server.log().contains("line 2 of SUPPRESSED").then_some(()));
    let utf16: Vec<u8> = "\u{feff}7\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    std::fs::write(&list, utf16).unwrap();
    eventually("the encoding is told", || server.log().contains("UTF-16").then_some(()));
    assert_eq!(get(server.address, "/profiles/east").status, 404);
    assert_eq!(get(server.address, "/profiles/7").status, 200);
}
