//! Which field is the id, what an id may be, and ids that come twice.

#![allow(clippy::unwrap_used, reason = "clippy takes the helpers of an integration test for ordinary code")]

mod common;

use common::{Place, Value, ids, json, jsonl, numbered};

/// Profiles with these ids, and vectors in `v`.
fn with_ids(ids: &[Value]) -> Place {
    let profiles: Vec<Value> =
        ids.iter().enumerate().map(|(n, id)| json!({"_id": id, "n": n, "v": [1.0, n]})).collect();
    Place::with(&profiles)
}

#[test]
fn records_without_a_valid_id_are_skipped_and_counted_by_reason() {
    let mut profiles = numbered(3);
    let bad = [json!(null), json!(true), json!(7.5), json!(""), json!("é".repeat(257)), json!([1])];
    profiles.extend(bad.map(|id| json!({"_id": id, "v": [1, 2, 3, 4]})));
    profiles.push(json!({"v": [1, 2, 3, 4]}));
    let place = Place::with(&profiles);
    let summary = place.build_vectors(&["--max-skipped", "1"]);
    assert_eq!(summary["profiles"], 3);
    assert_eq!(
        summary["skipped"],
        json!({
            "id missing": 1, "id null": 1, "id boolean": 1, "id float": 1, "id empty": 1,
            "id over 512 bytes": 1, "id neither text nor integer": 1,
        })
    );
    assert_eq!(place.inspect(1)["skipped"], summary["skipped"], "the file says so too");
}

#[test]
fn the_summary_names_the_first_ten_of_each_reason() {
    let mut profiles: Vec<Value> = (0..12).map(|_| json!({"_id": null})).collect();
    profiles.extend(numbered(2));
    let summary = Place::with(&profiles).build(&["--max-skipped", "1"]).done();
    assert!(summary.contains("12 x id null: record 1, record 2,"), "{summary}");
    assert!(summary.contains("record 10, ...") && !summary.contains("record 11"), "{summary}");
}

#[test]
fn the_longest_id_and_ids_of_every_kind_of_text_can_be_asked_for() {
    let longest = "é".repeat(256);
    let keys = [&longest, "a/b", "..", "-5", "--exact", "a b", "+", "%2F", "😀", "\"", "name"];
    let place = with_ids(&keys.map(|key| json!(key)));
    place.build_vectors(&[]);
    for key in keys {
        let answer = place.query(&[], key, "100");
        assert_eq!(answer.as_array().unwrap().len(), keys.len() - 1);
        assert!(!ids(&answer).contains(&key), "{key:?} is in its own answer");
    }
}

#[test]
fn integers_are_ids_and_come_back_as_integers() {
    let place = with_ids(&[json!(7), json!(-3), json!(u64::MAX), json!(i64::MIN), json!("text")]);
    place.build_vectors(&[]);
    let answer = place.query(&[], "text", "10");
    let mut found: Vec<String> =
        answer.as_array().unwrap().iter().map(|profile| profile["_id"].to_string()).collect();
    found.sort_unstable();
    assert_eq!(found, ["-3", "-9223372036854775808", "18446744073709551615", "7"]);
    assert_eq!(place.others("-3").len(), 4);
}

#[test]
fn no_record_with_a_valid_id_is_exit_1_and_nothing_is_published() {
    for text in ["", "\n\n", "{}\n", "{\"_id\":null}\n{\"name\":\"x\"}\n", "not JSON\n[1]\n"] {
        let place = Place::empty();
        place.write("profiles.jsonl", text);
        place.build(&["--max-skipped", "1"]).fails(1, &["no record has a valid id"]);
        place.assert_nothing_published();
    }
    let place = Place::with(&numbered(3));
    place.build(&["--id-field", "uid"]).fails(1, &["no record has a valid id", "\"uid\"", "3 x id missing"]);
    place.assert_nothing_published();
}

#[test]
fn a_field_that_is_no_id_is_named_with_those_that_may_be() {
    let member =
        |n: usize| json!({"age": 30 + n % 3, "member_id": 100 + n, "first_name": format!("Name {n}")});
    let place = Place::with(&(0..9).map(member).collect::<Vec<_>>());
    place.build(&[]).fails(
        1,
        &[
            "none has the field \"_id\" or \"id\"",
            "The first record has: age, member_id, first_name.",
            "--id-field member_id",
            "--id-field row",
            "9 x id missing: record 1",
        ],
    );
    place.build(&["--id-field", "memberid"]).fails(1, &["\"memberid\"", "--id-field member_id"]);
    place.assert_nothing_published();
    place.build(&["--id-field", "member_id"]).done();
    // Whatever the format.
    place.write("people.csv", "user_id,name\n1,Ann\n2,Bob\n");
    place
        .build_from("people.csv", &[])
        .fails(1, &["The first record has: user_id, name.", "--id-field user_id"]);
}

#[test]
fn ids_with_characters_that_nobody_sees_are_skipped_and_shown_escaped() {
    let bad = ["a\nb", "\u{0}", "tab\there", "c1\u{85}", "line\u{2028}end", "del\u{7f}"];
    let place = with_ids(&bad.into_iter().chain(["good", "gööd 😀"]).map(|id| json!(id)).collect::<Vec<_>>());
    let ran = place.build(&["--vectorizer", "field:v"]);
    ran.fails(1, &["6 x id with a control character: record 1 (a\\nb), record 2 (\\0)", "\\u{2028}"]);
    let summary = place.build_vectors(&["--max-skipped", "1"]);
    assert_eq!(summary["skipped"], json!({"id with a control character": 6}));
    assert_eq!(summary["examples"]["id with a control character"], "record 1 (a\\nb)");
}

#[test]
fn ids_that_pandas_has_made_floats_of_are_integers_and_it_is_said() {
    let place = with_ids(&[json!(1.0), json!("a"), json!(2.5)]);
    let ran = place.build(&["--max-skipped", "1", "--vectorizer", "field:v", "--json"]);
    assert!(ran.stderr.contains("1 whole id written as floats"), "{}", ran.stderr);
    assert_eq!(ran.json()["skipped"], json!({"id float": 1}));
    assert_eq!(place.others("a")[0]["_id"], 1);
}

#[test]
fn an_id_that_comes_twice_is_exit_1_with_the_first_ten() {
    let profiles: Vec<Value> =
        (0..36).map(|n| json!({"_id": format!("twin{:02}", n % 12), "n": n})).collect();
    let place = Place::with(&profiles);
    let message = place.build(&[]).fails(1, &["12 ids", "\"twin00\"", "\"twin09\"", "--on-duplicate-id"]);
    assert!(!message.contains("twin10"), "{message}");
    place.assert_nothing_published();
    // An integer and its decimal text are the same id.
    with_ids(&[json!(7), json!("7")]).build(&[]).fails(1, &["\"7\""]);
}

#[test]
fn the_first_or_the_last_of_a_duplicate_is_kept_where_that_is_asked_for() {
    for (what, kept) in [("first", [0, 2]), ("last", [4, 3])] {
        let place = with_ids(&["b", "b", "a", "a", "b"].map(|id| json!(id)));
        let summary = place.build_vectors(&["--on-duplicate-id", what]);
        assert_eq!((&summary["duplicates"], &summary["profiles"]), (&json!(3), &json!(2)));
        assert_eq!(summary["examples"]["duplicate id"], "a");
        assert_eq!(place.query(&[], "a", "5"), json!([{"_id": "b", "n": kept[0]}]));
        assert_eq!(place.query(&[], "b", "5"), json!([{"_id": "a", "n": kept[1]}]));
    }
}

#[test]
fn the_field_id_is_the_id_where_no_record_has_an_underscored_one() {
    let place = Place::with(&[json!({"id": 1, "x": "a"}), json!({"id": 2, "x": "b"}), json!({"x": "c"})]);
    let summary = place.build(&["--json", "--max-skipped", "1"]).json();
    assert_eq!(
        (&summary["id_field"], &summary["profiles"], &summary["skipped"]),
        (&json!("id"), &json!(2), &json!({"id missing": 1}))
    );
    assert_eq!(place.query(&[], "1", "5"), json!([{"id": 2, "x": "b"}]));
}

#[test]
fn which_field_is_the_id_is_decided_once_for_the_source() {
    let profiles =
        [json!({"id": 1, "x": "a"}), json!({"id": 2, "x": "b"}), json!({"_id": 3, "id": 4, "x": "c"})];
    let summary = Place::with(&profiles).build(&["--json", "--max-skipped", "1"]).json();
    assert_eq!(
        (&summary["id_field"], &summary["profiles"], &summary["skipped"]),
        (&json!("_id"), &json!(1), &json!({"id missing": 2}))
    );
}

#[test]
fn any_field_may_be_the_id() {
    let place = Place::with(&[json!({"uid": "u1", "_id": "5"}), json!({"uid": "u2", "_id": "5"})]);
    assert_eq!(place.build(&["--id-field", "uid", "--json"]).json()["id_field"], "uid");
    // The other field counts as any does.
    assert_eq!(place.query(&["--exact"], "u1", "1"), json!([{"uid": "u2", "_id": "5"}]));
}

#[test]
fn row_numbers_the_records_and_skipped_ones_use_up_a_number() {
    let place = Place::empty();
    place.write(
        "profiles.jsonl",
        "{\"name\":\"a\",\"v\":[1,0]}\nnot JSON\n{\"name\":\"b\",\"v\":[1]}\n\n{\"name\":\"c\",\"v\":[1,1]}\n",
    );
    let summary = place.build_vectors(&["--id-field", "row", "--max-skipped", "1"]);
    assert_eq!((&summary["id_field"], &summary["profiles"]), (&json!("_id"), &json!(2)));
    assert_eq!(place.query(&[], "0", "5"), json!([{"_id": 3, "name": "c"}]));
    assert_eq!(place.query(&[], "3", "5"), json!([{"_id": 0, "name": "a"}]));
}

#[test]
fn row_is_refused_where_the_source_has_a_field_of_that_name() {
    let place = Place::with(&[json!({"name": "a"}), json!({"name": "b", "row": 5})]);
    place.build(&["--id-field", "row"]).fails(2, &["row", "record 2"]);
    place.assert_nothing_published();
    let place = Place::empty();
    place.write("profiles.csv", "row,name\n1,a\n");
    place.build_from("profiles.csv", &["--id-field", "row"]).fails(2, &["row"]);
    // It would be overwritten.
    let place = Place::empty();
    place.write("profiles.jsonl", jsonl(&[json!({"_id": "x", "name": "a"})]));
    place.build(&["--id-field", "row"]).fails(2, &["_id"]);
}

#[test]
fn whole_floats_are_the_integers_that_they_were_and_it_is_said() {
    let place = with_ids(&[json!(1.0), json!(2.0), json!(null), json!(-3.0), json!(1e300)]);
    let summary = place.build_vectors(&["--max-skipped", "1"]);
    assert_eq!(summary["skipped"], json!({"id null": 1, "id float": 1}));
    assert!(summary["notes"].to_string().contains("3 whole ids written as floats"), "{summary}");
    let answer = place.query(&[], "1", "5");
    let mut found: Vec<String> =
        answer.as_array().unwrap().iter().map(|profile| profile["_id"].to_string()).collect();
    found.sort_unstable();
    assert_eq!(found, ["-3", "2"], "served as integers");
    let place = Place::empty();
    place.write("profiles.jsonl", "{\"id\":1.0,\"n\":1}\n{\"id\":2.0,\"n\":2}\n");
    assert_eq!(place.build(&["--json"]).json()["profiles"], 2, "in the second field too");
    assert_eq!(ids_of_field(&place.query(&["--exact"], "1", "1"), "id"), ["2"]);
}

fn ids_of_field(answer: &Value, field: &str) -> Vec<String> {
    answer.as_array().unwrap().iter().map(|profile| profile[field].to_string()).collect()
}

#[test]
fn ids_of_text_that_end_in_point_zero_stay_and_are_pointed_out() {
    let place = Place::empty();
    place.write("profiles.csv", "_id,n\n1.0,5\n2.0,6\n3.0,7\n");
    let summary = place.build_from("profiles.csv", &["--json"]).json();
    assert!(summary["notes"].to_string().contains("all ids are texts that end in .0"), "{summary}");
    assert_eq!(place.query(&[], "1.0", "5").as_array().unwrap().len(), 2);
    place.write("mixed.csv", "_id,n\n1.0,5\nb,6\n3.0,7\n");
    let summary = place.build_from("mixed.csv", &["--json"]).json();
    assert!(!summary["notes"].to_string().contains("end in .0"), "{summary}");
}
