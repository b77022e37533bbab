//! Which fields look personal.

use super::*;
use kindred::profile::json::parse;

/// The fields that look personal, of documents that `make` makes.
fn personal(make: impl Fn(usize) -> String) -> Vec<(String, Personal)> {
    let mut documents = Documents::default();
    for n in 0..100 {
        match parse(make(n).as_bytes()) {
            Ok(Value::Map(fields)) => documents.observe(&fields),
            other => panic!("{other:?}"),
        }
    }
    let found = documents.iter().filter_map(|(path, stored)| Some((path.to_owned(), stored.personal(path)?)));
    found.collect()
}

#[test]
fn fields_are_personal_by_what_their_values_look_like() {
    let found = personal(|n| {
        let bio = if n == 7 { "+41 44 123 45 67" } else { "I like tea" };
        format!(
            r#"{{"c":{{"x":[{{"v":"a{n}@x.org"}},{{"v":"+41 44 123 45 {:02}"}}]}},"bio":"{bio}","n":null}}"#,
            n % 100
        )
    });
    let looks = |what: &str, count: u64, of: u64| Personal::Looks { what: what.to_owned(), count, of };
    assert_eq!(found, [("c.x.v".to_owned(), looks("e-mail addresses and telephone numbers", 200, 200))]);
    let found = personal(|n| {
        format!(
            r#"{{"card":{},"maybe":"{}"}}"#,
            4_111_111_111_111_111_u64,
            if n % 2 == 0 { "-" } else { "a@b.org" }
        )
    });
    let expected = [("card", looks("card numbers", 100, 100)), ("maybe", looks("e-mail addresses", 50, 100))];
    assert_eq!(found, expected.map(|(name, personal)| (name.to_owned(), personal)));
}

#[test]
fn a_name_says_so_unless_the_values_contradict_it() {
    let found = personal(|n| {
        format!(
            r#"{{"last_login":"2026-01-02T10:{:02}:{:02}Z","mobile":"{}","email":{},"phone":{},"lat":{},"address":"Berlin",
            "email_verified":true,"token":"word {n}","secret":"s3cr{n}","birth_date":"19{:02}-05-17","birth_year":1990,"dob":1990}}"#,
            n / 60,
            n % 60,
            ["ios", "android"][n % 2],
            n % 2 == 0,
            41_441_234_500 + n,
            47.5 + n as f64 / 1e4,
            n
        )
    });
    let names: Vec<&str> = found.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(names, ["last_login", "phone", "lat", "secret", "birth_date"]);
    assert_eq!(found[0].1, Personal::IsCalled("times of the last visit"));
}

/// The fields that look personal, of a thousand profiles.
fn found_in_many(make: impl Fn(usize) -> String) -> Vec<String> {
    let mut documents = Documents::default();
    for n in 0..1_200 {
        match parse(make(n).as_bytes()) {
            Ok(Value::Map(fields)) => documents.observe(&fields),
            other => panic!("{other:?}"),
        }
    }
    assert!(documents.iter().all(|(_, stored)| stored.distinct.capacity() == 0), "the hashes are dropped");
    let found = documents.iter().filter(|(path, stored)| stored.personal(path).is_some());
    found.map(|(path, _)| path.to_owned()).collect()
}

#[test]
fn dates_without_a_time_are_personal_although_a_year_has_few_days() {
    let found = found_in_many(|n| {
        let day = format!("{:02}-{:02}", n % 3 + 1, n % 28 + 1);
        format!(
            r#"{{"last_login":"2026-11-{}","birth_date":"2001-{day}","last_seen":"2026-11-28","phone":"41{:05}"}}"#,
            27 + n % 2,
            n % 9
        )
    });
    assert_eq!(found, ["last_login", "birth_date"]);
}

#[test]
fn places_are_known_as_pairs_and_as_text() {
    let found = found_in_many(|n| {
        let (lon, lat) = (n % 40 + 10, n % 50 + 10);
        format!(
            r#"{{"home":{{"type":"Point","coordinates":[8.{lon},47.{lat}]}},"lat":"47.{lat}","lng":"8,{lon}",
            "location":["8.{lon}","47.{lat}"],"geo":[8.{lon},47,412.5],
            "coords":[1,2],"latitude":"north","longitude":"500.{lon}","gps":[8.5],"coordinate":[8.{lon},470.5],
            "sizes":[8.{lon},47.{lat}]}}"#
        )
    });
    assert_eq!(found, ["home.coordinates", "lat", "lng", "location", "geo"]);
    let mut documents = Documents::default();
    for n in 0..3u8 {
        let place = Value::Floats(vec![8.5, 47.0 + f32::from(n)]);
        documents.observe(&vec![("coordinates".to_owned(), place)]);
    }
    assert!(documents.iter().all(|(path, stored)| stored.personal(path).is_some()));
}

#[test]
fn the_names_of_a_path_are_known_although_they_have_dots() {
    let mut documents = Documents::default();
    let text = br#"{"address.city":"Bern","s":{"a.b":{"c":1}},"t":[{"u":1}]}"#;
    match parse(text) {
        Ok(Value::Map(fields)) => documents.observe(&fields),
        other => panic!("{other:?}"),
    }
    assert_eq!(documents.around("address.city"), ["address.city"]);
    assert_eq!(documents.around("s.a.b.c"), ["s", "s.a.b", "s.a.b.c"]);
    assert_eq!(documents.around("t.u"), ["t", "t.u"]);
    assert_eq!(documents.around("no.such"), ["no", "no.such"]);
    match parse(br#"{"address":{"city":"Bern"}}"#) {
        Ok(Value::Map(fields)) => documents.observe(&fields),
        other => panic!("{other:?}"),
    }
    assert_eq!(documents.around("address.city"), ["address", "address.city"]);
}
