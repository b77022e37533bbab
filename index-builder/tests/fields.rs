//! What of a profile is vectorized, and what of it is stored and returned.

#![allow(clippy::unwrap_used, reason = "clippy takes the helpers of an integration test for ordinary code")]

mod common;

use std::fs;

use common::{Place, Value, json};

/// People whose hobby says one thing and whose city another: `h` as p0's hobby, `c` as its city.
fn people() -> Place {
    let person = |id: &str, hobby: &str, city: &str| json!({"_id": id, "hobby": hobby, "city": city, "secret": format!("zebrafinch {id}"), "v": [1, id.len()]});
    let hobbies = "climbing alpine rocks and ice";
    let city = "a quiet harbour in the north";
    Place::with(&[
        person("p0", hobbies, city),
        person("hh", hobbies, "somewhere warm and dry down south"),
        person("cc", "collecting stamps of old empires", city),
        person("nn", "juggling", "nowhere"),
    ])
}

fn nearest(place: &Place) -> Value {
    place.query(&["--exact"], "p0", "1")[0]["_id"].clone()
}

#[test]
fn only_the_fields_that_are_named_are_vectorized() {
    let place = people();
    place.build(&["--fields", "hobby"]).done();
    assert_eq!(nearest(&place), "hh");
    let place = people();
    place.build(&["--fields", "city"]).done();
    assert_eq!(nearest(&place), "cc");
}

#[test]
fn fields_that_are_ignored_are_not_vectorized() {
    let place = people();
    place.build(&["--ignore-fields", "city,secret,v"]).done();
    assert_eq!(nearest(&place), "hh");
    let place = people();
    place.build(&["--ignore-fields", "hobby,secret,v"]).done();
    assert_eq!(nearest(&place), "cc");
}

#[test]
fn the_id_says_nothing_about_likeness() {
    let profiles: Vec<Value> = (0..4).map(|n| json!({"_id": format!("word{n}"), "x": "same"})).collect();
    assert_eq!(Place::with(&profiles).build(&["--json"]).json()["nodes"], 1);
}

#[test]
fn a_field_that_no_profile_has_is_warned_about() {
    for flag in ["--fields", "--ignore-fields", "--expose"] {
        let place = people();
        let ran = place.build(&[flag, "hobby,hobbby"]);
        assert!(ran.stderr.contains(&format!("{flag}: no profile has a field \"hobbby\"")), "{}", ran.stderr);
        assert!(!ran.stderr.contains("\"hobby\""), "{}", ran.stderr);
        ran.done();
    }
}

#[test]
fn every_field_but_the_vector_is_returned_unless_it_is_said() {
    let place = people();
    place.build_vectors(&[]);
    assert_eq!(
        place.query(&[], "cc", "10")[0],
        json!({
            "_id": "hh", "hobby": "climbing alpine rocks and ice",
            "city": "somewhere warm and dry down south", "secret": "zebrafinch hh",
        })
    );
}

#[test]
fn fields_that_are_not_exposed_are_not_in_the_file() {
    for vectorizer in ["hashing", "field:v"] {
        let place = people();
        place.build(&["--vectorizer", vectorizer, "--expose", "city"]).done();
        assert_eq!(
            place.query(&["--exact"], "cc", "10")[0].as_object().unwrap().keys().collect::<Vec<_>>(),
            ["_id", "city"]
        );
        let bytes = fs::read(place.version(1)).unwrap();
        let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(holds("harbour"), "the test looks for the right thing");
        for hidden in ["zebrafinch", "climbing", "stamps"] {
            assert!(!holds(hidden), "{hidden:?} is in the file of {vectorizer}");
        }
    }
}

#[test]
fn nothing_but_the_id_is_exposed_where_the_list_is_empty() {
    let place = people();
    place.build_vectors(&["--expose", ""]);
    let mut answer = place.others("nn");
    answer.sort_by_key(|profile| profile["_id"].to_string());
    assert_eq!(answer, [json!({"_id": "cc"}), json!({"_id": "hh"}), json!({"_id": "p0"})]);
    assert_eq!(place.inspect(1)["exposed"], json!([]));
}

#[test]
fn the_vector_is_returned_where_it_is_asked_for() {
    let place = people();
    place.build_vectors(&["--expose", "v,city"]);
    assert_eq!(place.query(&[], "p0", "10")[2], json!({"_id": "nn", "city": "nowhere", "v": [1, 2]}));
}

#[test]
fn fields_keep_their_order_and_types() {
    let document =
        r#"{"zeta":1,"_id":"b","alpha":[true,null,1.5,{"y":1,"x":"ü"}],"big":18446744073709551615}"#;
    let place = Place::empty();
    place.write("profiles.jsonl", format!("{{\"_id\":\"a\",\"alpha\":[true]}}\n{document}\n"));
    place.build(&[]).done();
    assert_eq!(place.try_query(1, &["--exact"], "a", "1").done(), format!("[{document}]"));
}

#[test]
fn the_language_decides_how_text_is_normalised() {
    // Digits are spelled. More than 256 distinct values make a field text.
    let word = |n: u32| [n / 26, n % 26].map(|letter| char::from_u32('a' as u32 + letter).unwrap());
    let filler =
        |n| json!({"_id": format!("filler{n}"), "bio": format!("filler {}", String::from_iter(word(n)))});
    let mut profiles: Vec<Value> = (0..300).map(filler).collect();
    profiles.extend([
        json!({"_id": "a", "bio": "5"}),
        json!({"_id": "b", "bio": "five"}),
        json!({"_id": "d", "bio": "vijf"}),
    ]);
    let nearest = |language: &str| {
        let place = Place::with(&profiles);
        place.build(&["--language", language]).done();
        assert_eq!(place.inspect(1)["vectorizer"]["language"], language);
        let answer = place.query(&["--exact", "--distances"], "a", "1")[0].clone();
        (answer["profile"]["_id"].as_str().unwrap().to_owned(), answer["distance"].as_f64().unwrap())
    };
    assert_eq!(nearest("en"), ("b".to_owned(), 0.0));
    assert_eq!(nearest("nl"), ("d".to_owned(), 0.0));
}
