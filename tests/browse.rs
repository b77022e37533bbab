//! Looking around in an index: by prefix, at random, and the distance of two profiles, against references written out
//! here.
#![allow(clippy::unwrap_used, reason = "a test stops where its own setting-up fails")]

mod index_support;

use std::collections::{BTreeMap, BTreeSet};

use index_support::build::{Recipe, VECTOR, document, index_file, line};
use index_support::random::Random;
use kindred::directory::SuppressedIds;
use kindred::file::Index;
use kindred::query::Suppressed;
use kindred::query::attributes::{
    ANOTHER_VALUE, AttributeReader, Attributes, ColourField, ColourKind, MOST_COLOURS, MOST_FIELDS, NO_VALUE,
};
use kindred::query::{
    AnswerError, DistanceError, Question, SearchMode, Snapshot, answer, distance_between,
    profiles_with_prefix, random_profile,
};
use serde_json::{Value, json};

/// Ids that sort otherwise than people, numbers or UTF-16 do, 150 of them with one prefix.
fn ids() -> Vec<Value> {
    let odd = ["", "A", "a", "aa", "ab", "a\u{301}", "é", "\u{e9}e", "~", "\u{ff5e}", "😀", "😀b", "!"];
    let odd = odd.into_iter().filter(|id| !id.is_empty()).map(Value::from);
    let numbers = (0..150).map(|number: u64| json!(1000 + number * 7));
    odd.chain(numbers).collect()
}

fn key(id: &Value) -> String {
    id.as_str().map_or_else(|| id.to_string(), str::to_owned)
}

/// The index, and the documents by id. A `BTreeMap` has them bytewise.
fn index() -> (Index<Vec<u8>>, BTreeMap<String, String>) {
    let mut random = Random::new(5);
    let lines: String = ids().iter().map(|id| line(id, &random.vector(4))).collect();
    let lines = lines + &line(&json!("zero"), &[0.0; 4]);
    let mut documents: BTreeMap<String, String> = ids().iter().map(|id| (key(id), document(id))).collect();
    documents.insert("zero".to_owned(), document(&json!("zero")));
    (Index::open(index_file(&Recipe::default(), &lines)).unwrap(), documents)
}

fn suppressing(index: &Index<Vec<u8>>, ids: &BTreeSet<String>) -> Suppressed {
    let ids = ids.iter().map(|id| id.as_bytes().to_vec()).collect();
    Suppressed::in_index(&index.view(), &SuppressedIds(ids))
}

/// Nobody, a few at the edges of prefixes, and everybody but two.
fn suppressed_sets(documents: &BTreeMap<String, String>) -> Vec<BTreeSet<String>> {
    let edges = ["1000", "1007", "2043", "a", "aa", "😀b", "zero"].map(str::to_owned);
    let all_but_two = documents.keys().filter(|id| !["1084", "é"].contains(&id.as_str()));
    vec![BTreeSet::new(), edges.into(), all_but_two.cloned().collect(), documents.keys().cloned().collect()]
}

#[test]
fn a_prefix_gives_the_first_that_begin_with_it_by_bytes() {
    let (index, documents) = index();
    for left_out in suppressed_sets(&documents) {
        let suppressed = suppressing(&index, &left_out);
        for prefix in [
            "",
            "1",
            "10",
            "1084",
            "1084x",
            "2",
            "3",
            "A",
            "a",
            "aa",
            "ab",
            "é",
            "e",
            "😀",
            "~",
            "\u{10ffff}",
        ] {
            let seen = documents.iter().filter(|(id, _)| !left_out.contains(*id));
            let expected: Vec<&str> = seen
                .filter(|(id, _)| id.starts_with(prefix))
                .map(|(_, document)| document.as_str())
                .collect();
            for limit in [1, 2, 10, 100, 1000] {
                let body =
                    profiles_with_prefix(&Snapshot::hiding(&index, &suppressed), prefix, limit).unwrap();
                let expected = &expected[..limit.min(expected.len())];
                assert_eq!(
                    String::from_utf8(body).unwrap(),
                    format!("[{}]", expected.join(",")),
                    "{prefix:?} {limit} without {}",
                    left_out.len()
                );
            }
        }
    }
}

#[test]
fn evenly_spaced_numbers_give_every_profile_that_may_be_seen_equally_often() {
    let (index, documents) = index();
    for left_out in suppressed_sets(&documents) {
        let suppressed = suppressing(&index, &left_out);
        let snapshot = Snapshot::hiding(&index, &suppressed);
        let visible: Vec<&String> = documents
            .iter()
            .filter(|(id, _)| !left_out.contains(*id))
            .map(|(_, document)| document)
            .collect();
        let mut counts: BTreeMap<String, u32> = BTreeMap::new();
        let rounds = 3 * visible.len() as u64;
        for round in 0..rounds {
            // The middle of each part of the range.
            let random = (u128::from(2 * round + 1) << 63) / u128::from(rounds);
            let document = random_profile(&snapshot, random as u64).unwrap().unwrap();
            *counts.entry(String::from_utf8(document).unwrap()).or_default() += 1;
        }
        assert_eq!(counts, visible.iter().map(|&document| (document.clone(), 3)).collect());
        for random in [0, u64::MAX] {
            assert_eq!(random_profile(&snapshot, random).unwrap().is_some(), !visible.is_empty());
        }
    }
}

#[test]
fn the_distance_of_two_is_the_text_that_recommendations_show() {
    let (index, documents) = index();
    let distance = |from: &str, to: &str| distance_between(&Snapshot::of(&index), from, to);
    for from in ["1000", "a", "é"] {
        let question =
            Question { how: SearchMode::Exact, distances: true, ..Question::about(from, documents.len()) };
        let body = String::from_utf8(answer(&Snapshot::of(&index), &question).unwrap().body).unwrap();
        for to in documents.keys().filter(|to| *to != from && *to != "zero") {
            let answer = String::from_utf8(distance(from, to).unwrap()).unwrap();
            let shown = format!("{},\"profile\":{}}}", answer.strip_suffix('}').unwrap(), documents[to]);
            assert!(body.contains(&shown), "{shown} is not what recommendations to {from} show");
        }
        assert_eq!(distance(from, from).unwrap(), br#"{"distance":0.0}"#);
    }
}

#[test]
fn who_is_to_blame_for_no_distance_is_told() {
    let (index, _) = index();
    let suppressed = suppressing(&index, &["aa".to_owned()].into());
    let ask = |from, to| distance_between(&Snapshot::hiding(&index, &suppressed), from, to);
    for unknown in ["nobody", "aa", ""] {
        assert_eq!(ask(unknown, "a"), Err(DistanceError::From(AnswerError::UnknownId)), "{unknown:?}");
        assert_eq!(ask("a", unknown), Err(DistanceError::To(AnswerError::UnknownId)), "{unknown:?}");
    }
    assert_eq!(ask("zero", "nobody"), Err(DistanceError::From(AnswerError::ZeroVector)));
    assert_eq!(ask("a", "zero"), Err(DistanceError::To(AnswerError::ZeroVector)));
}

/// An index of these documents, each with an id of its own and a vector.
fn documents_index(documents: &[Value]) -> Index<Vec<u8>> {
    let mut random = Random::new(7);
    let lines: String = documents
        .iter()
        .enumerate()
        .map(|(number, document)| {
            let mut record = document.clone();
            record["_id"] = json!(format!("p{number:03}"));
            record[VECTOR] = json!(random.vector(4));
            format!("{record}\n")
        })
        .collect();
    Index::open(index_file(&Recipe::default(), &lines)).unwrap()
}

fn read(index: &Index<Vec<u8>>, profiles: u32) -> Attributes {
    let mut reader = AttributeReader::new(&index.metadata().id_field);
    reader.read(&index.view(), profiles, usize::MAX).unwrap();
    reader.finish(index.view().profiles())
}

/// The codes of a field, if the map is coloured by it.
fn codes(
    attributes: &Attributes,
    index: &Index<Vec<u8>>,
    suppressed: &Suppressed,
    field: &str,
) -> Option<Vec<u8>> {
    let fields = attributes.colour_fields(&index.view(), suppressed).unwrap();
    Some(attributes.codes(fields.iter().find(|it| it.field == field)?, suppressed))
}

/// The values of a category and how many profiles have them.
fn values(fields: &[ColourField], field: &str) -> Vec<(String, u32)> {
    let field = fields.iter().find(|it| it.field == field).unwrap();
    let ColourKind::Category { values, .. } = &field.kind else { panic!("{field:?}") };
    values.iter().map(|it| (it.value.clone(), it.profiles)).collect()
}

/// The numbers of the profiles that are found, and the fields.
fn found(attributes: &Attributes, field: Option<&str>, prefix: &str) -> Vec<(u32, String)> {
    let found = attributes.with_prefix(&Suppressed::NOBODY, field, prefix, 100);
    found.profiles.into_iter().map(|(field, ordinal)| (ordinal.0, field)).collect()
}

fn people() -> Vec<Value> {
    vec![
        json!({"name": "Tessa Dekker", "city": "Zürich", "age": 40, "bio": "A sentence that goes on for some time, about tea and nothing else."}),
        json!({"name": "José Álvarez", "city": "ZURICH", "age": 30, "bio": "Another sentence, with Tessa in it, which is as long as the first."}),
        json!({"name": "tess", "city": "Tesserete", "age": 20, "tags": ["tessellation"], "home": {"town": "Tessin"}}),
        json!({"name": "Ødegård \"Q\" O'Neil-Straße", "city": null, "age": "unknown", "member": true}),
        json!({"name": "東京 太郎", "city": "", "age": 1.5, "member": false}),
    ]
}

#[test]
fn texts_are_found_by_their_beginning_and_then_by_their_other_words() {
    let index = documents_index(&people());
    let attributes = read(&index, u32::MAX);
    assert!(attributes.is_complete());
    let named = |numbers: &[u32]| numbers.iter().map(|&it| (it, "name".to_owned())).collect::<Vec<_>>();
    for (prefix, expected) in [
        ("TES", named(&[2, 0])),
        ("tessa d", named(&[0])),
        ("dekk", named(&[0])),
        ("jose", named(&[1])),
        ("JOSÉ Á", named(&[1])),
        ("alv", named(&[1])),
        ("Ødeg", named(&[3])),
        ("oedegard", named(&[3])),
        ("neil", named(&[3])),
        ("STRASSE", named(&[3])),
        ("東", named(&[4])),
        ("太郎", named(&[4])),
    ] {
        assert_eq!(found(&attributes, Some("name"), prefix), expected, "{prefix}");
    }
    for nobody in ["tessb", "essa", "", " ", "tessa dekker and", "\u{301}"] {
        assert_eq!(found(&attributes, Some("name"), nobody), [], "{nobody:?}");
    }
    let all = found(&attributes, None, "tess");
    let expected = [(2, "name"), (0, "name")].map(|(it, field)| (it, field.to_owned()));
    assert_eq!(all, expected, "names come first, nobody twice, and sentences are not looked into");
    assert_eq!(found(&attributes, None, "zur"), [(1, "city".to_owned())]);
    assert_eq!(found(&attributes, None, "zürich"), [(0, "city".to_owned())]);
    assert_eq!(found(&attributes, Some("bio"), "another sen"), [(1, "bio".to_owned())]);
    assert_eq!(found(&attributes, Some("bio"), "tessa"), [], "of sentences only the beginning");
    assert_eq!(found(&attributes, Some("home.town"), "tessi"), [(2, "home.town".to_owned())]);
    assert_eq!(found(&attributes, None, "tessellation"), [], "lists are not looked into");
    assert_eq!(found(&attributes, None, "tru"), [], "nor is what is only true or false");
    assert_eq!(found(&attributes, Some("_id"), "p"), [], "ids have a search of their own");
}

#[test]
fn a_search_knows_what_was_read_and_leaves_out_who_is_suppressed() {
    let many: Vec<Value> = (0..150).map(|it| json!({"name": format!("Tessa {it:03}")})).collect();
    let index = documents_index(&many);
    let attributes = read(&index, 100);
    assert_eq!((attributes.looked_at(), attributes.profiles()), (100, 150));
    let search = |attributes: &Attributes, suppressed: &Suppressed, prefix: &str, limit| {
        let found = attributes.with_prefix(suppressed, None, prefix, limit);
        (found.profiles.iter().map(|(_, ordinal)| ordinal.0).collect::<Vec<_>>(), found.complete)
    };
    assert_eq!(search(&attributes, &Suppressed::NOBODY, "tessa 099", 5), (vec![99], false));
    assert_eq!(search(&attributes, &Suppressed::NOBODY, "tessa 100", 5), (vec![], false));
    let attributes = read(&index, u32::MAX);
    assert_eq!(search(&attributes, &Suppressed::NOBODY, "tessa 100", 5), (vec![100], true));
    let gone = suppressing(&index, &(0..99).map(|it| format!("p{it:03}")).collect());
    assert_eq!(search(&attributes, &gone, "t", 3), (vec![99, 100, 101], true));
    let long = "Tessa ".repeat(12);
    let index = documents_index(&[json!({"name": long}), json!({"name": "x"})]);
    let attributes = read(&index, u32::MAX);
    assert_eq!(search(&attributes, &Suppressed::NOBODY, &long[..60], 5), (vec![0], true));
    let (nobody, complete) = search(&attributes, &Suppressed::NOBODY, &long, 5);
    assert!(nobody.is_empty() && !complete, "as much of a text is not kept, and that is said");
}

#[test]
fn the_map_is_coloured_by_fields_of_few_values_and_of_numbers() {
    let kinds = ["red", "green", "blue"];
    let mut documents: Vec<Value> = (0..100)
        .map(|it| {
            let (own, kind, vip) = (format!("only {it}"), kinds[it % 3], it % 10 == 0);
            json!({"own": own, "kind": kind, "size": it, "same": "x", "vip": vip})
        })
        .collect();
    documents[5]["kind"] = json!(null);
    documents[6]["size"] = json!(1e300);
    let index = documents_index(&documents);
    let attributes = read(&index, u32::MAX);
    let fields = attributes.colour_fields(&index.view(), &Suppressed::NOBODY).unwrap();
    let names: Vec<&str> = fields.iter().map(|it| it.field.as_str()).collect();
    assert_eq!(names, ["kind", "vip", "size"], "not what all have, nor what each has for itself");
    let ColourKind::Category { values, others } = &fields[0].kind else { panic!("{fields:?}") };
    let values: Vec<(&str, u32)> = values.iter().map(|it| (it.value.as_str(), it.profiles)).collect();
    assert_eq!((values, *others), (vec![("red", 34), ("green", 33), ("blue", 32)], 0));
    let ColourKind::Number { low, high } = fields[2].kind else { panic!("{fields:?}") };
    assert_eq!((low, high), (0.0, 99.0), "a number that no f32 holds is none");
    let seen = |field| codes(&attributes, &index, &Suppressed::NOBODY, field);
    let kinds = seen("kind").unwrap();
    assert_eq!(kinds.len(), 100);
    for (number, &code) in kinds.iter().enumerate() {
        let expected = if number == 5 { NO_VALUE } else { (number % 3) as u8 };
        assert_eq!(code, expected, "{number}");
    }
    let sizes = seen("size").unwrap();
    assert_eq!((sizes[0], sizes[6], sizes[50], sizes[99]), (0, NO_VALUE, 128, 253));
    assert_eq!(seen("same"), None);
    let gone = suppressing(&index, &BTreeSet::from(["p000".to_owned(), "p001".to_owned()]));
    let seen = codes(&attributes, &index, &gone, "kind").unwrap();
    assert_eq!(seen[..2], [NO_VALUE, NO_VALUE]);
    let fields = attributes.colour_fields(&index.view(), &gone).unwrap();
    let ColourKind::Category { values, .. } = &fields[0].kind else { panic!("{fields:?}") };
    assert_eq!(values.iter().map(|it| it.profiles).sum::<u32>(), 97);
}

#[test]
fn only_the_most_frequent_values_have_a_colour() {
    let city = |it| if it < 100 { format!("City {}", it % 5) } else { format!("Village {}", it % 50) };
    let documents: Vec<Value> = (0..200).map(|it| json!({"city": city(it)})).collect();
    let index = documents_index(&documents);
    let attributes = read(&index, u32::MAX);
    let fields = attributes.colour_fields(&index.view(), &Suppressed::NOBODY).unwrap();
    let ColourKind::Category { values, others } = &fields[0].kind else { panic!("{fields:?}") };
    assert_eq!((values.len(), *others), (MOST_COLOURS, 96));
    assert!(values[..5].iter().all(|it| it.profiles == 20 && it.value.starts_with("City ")), "{values:?}");
    let codes = codes(&attributes, &index, &Suppressed::NOBODY, "city").unwrap();
    assert_eq!(codes.iter().filter(|&&code| code == ANOTHER_VALUE).count(), 96);
}

#[test]
fn a_document_with_many_fields_costs_no_more_than_some() {
    let mut wide = json!({"a_name": "first"});
    for number in 0..2 * MOST_FIELDS {
        wide[format!("field_{number}")] = json!(format!("value {number}"));
    }
    let mut deep = json!("bottom");
    for _ in 0..50 {
        deep = json!({ "in": deep });
    }
    let index = documents_index(&[wide, json!({"a_name": "second", "deep": deep})]);
    let attributes = read(&index, u32::MAX);
    assert_eq!(attributes.searchable(&Suppressed::NOBODY).len(), MOST_FIELDS);
    assert_eq!(found(&attributes, None, "second"), [(1, "a_name".to_owned())]);
    assert_eq!(found(&attributes, None, "bottom"), []);
}

#[test]
fn who_is_suppressed_makes_no_field_no_value_and_no_end_of_a_scale() {
    let colours = ["red", "blue"];
    let person = |it: usize| json!({"size": it, "kind": colours[it % 2], "name": "n"});
    let mut documents: Vec<Value> = (0..40).map(person).collect();
    for (number, odd) in [(0, -1e6), (39, 1e6)] {
        documents[number]["size"] = json!(odd);
        documents[number]["kind"] = json!("secret");
        documents[number]["pay"] = json!(number);
        documents[number]["illness"] = json!("flu");
    }
    // So many numbers that would make it a field of numbers, of suppressed profiles only.
    documents[0]["mixed"] = json!(1);
    documents[39]["mixed"] = json!(2);
    documents[1]["mixed"] = json!("a text");
    let index = documents_index(&documents);
    let attributes = read(&index, u32::MAX);
    let fields = |suppressed: &Suppressed| attributes.colour_fields(&index.view(), suppressed).unwrap();
    let names = |fields: &[ColourField]| fields.iter().map(|it| it.field.clone()).collect::<Vec<_>>();
    assert_eq!(names(&fields(&Suppressed::NOBODY)), ["kind", "size", "pay", "mixed"]);
    assert_eq!(attributes.searchable(&Suppressed::NOBODY), ["name", "kind", "illness", "mixed"]);
    let gone = suppressing(&index, &["p000", "p039"].map(str::to_owned).into());
    let seen = fields(&gone);
    assert_eq!(names(&seen), ["kind", "size"]);
    assert_eq!(values(&seen, "kind"), [("blue".to_owned(), 19), ("red".to_owned(), 19)]);
    let ColourKind::Number { low, high } = seen[1].kind else { panic!("{seen:?}") };
    assert_eq!((low, high), (1.0, 38.0));
    let sizes = codes(&attributes, &index, &gone, "size").unwrap();
    assert_eq!((sizes[0], sizes[1], sizes[38], sizes[39]), (NO_VALUE, 0, 253, NO_VALUE));
    assert_eq!(attributes.searchable(&gone), ["name", "kind", "mixed"]);
    assert!(attributes.is_searchable(&gone, "kind") && !attributes.is_searchable(&gone, "illness"));
    let all = suppressing(&index, &(0..40).map(|it| format!("p{it:03}")).collect());
    assert_eq!((names(&fields(&all)), attributes.searchable(&all).len()), (vec![], 0));
    let but_two = suppressing(&index, &(4..40).map(|it| format!("p{it:03}")).collect());
    assert_eq!(names(&fields(&but_two)), ["size"], "three kinds are too many for four");
}

#[test]
fn one_odd_document_takes_no_colours_from_others() {
    let documents = |odd: &str, texts: [&str; 4]| -> Vec<Value> {
        let odd: Value = serde_json::from_str(odd).unwrap();
        let put = |text: &&str| {
            let mut document = odd.clone();
            document["a"] = json!({"b": text});
            document
        };
        texts.iter().map(put).collect()
    };
    // The field a.b is there twice, and what is written is looked for in the other.
    for odd in [r#"{"a.b":1}"#, r#"{"a.b":null}"#, r#"{"a.b":["x"]}"#, r#"{"a.b":{"c":"x"}}"#] {
        let index = documents_index(&documents(odd, ["x", "x", "Y", "y"]));
        let attributes = read(&index, u32::MAX);
        let fields = attributes.colour_fields(&index.view(), &Suppressed::NOBODY).unwrap();
        assert_eq!(values(&fields, "a.b"), [("x".to_owned(), 2), ("Y".to_owned(), 2)], "{odd}");
        let ids = attributes.with_prefix(&Suppressed::NOBODY, Some("a.b"), "y", 10);
        assert_eq!(ids.profiles.len(), 2, "{odd}");
    }
    let index = documents_index(&documents(r#"{"a.b":"other"}"#, ["x", "x", "Y", "y"]));
    let fields = read(&index, u32::MAX).colour_fields(&index.view(), &Suppressed::NOBODY).unwrap();
    let expected = [("other", 4), ("x", 2), ("Y", 2)].map(|(value, count)| (value.to_owned(), count));
    assert_eq!(values(&fields, "a.b"), expected, "each text is shown as it is written, not as its neighbour");
}

#[test]
fn a_name_that_is_empty_is_a_name_like_others() {
    let kinds = ["x", "x", "y", "y"];
    let documents = kinds.map(|kind| json!({"": {"kind": kind, "": kind}, "in": {"": kind}, "kind": 1}));
    let index = documents_index(&documents);
    let attributes = read(&index, u32::MAX);
    let fields = attributes.colour_fields(&index.view(), &Suppressed::NOBODY).unwrap();
    let names: Vec<&str> = fields.iter().map(|it| it.field.as_str()).collect();
    assert_eq!(names, [".kind", ".", "in."]);
    for name in names {
        assert_eq!(values(&fields, name), [("x".to_owned(), 2), ("y".to_owned(), 2)], "{name}");
    }
    let index = documents_index(&kinds.map(|kind| json!({"": kind})));
    let attributes = read(&index, u32::MAX);
    assert_eq!(attributes.searchable(&Suppressed::NOBODY), [""; 0], "nobody can ask for it");
}

#[test]
fn large_documents_are_read_a_few_at_a_time() {
    let documents: Vec<Value> = (0..20).map(|_| json!({"text": "x".repeat(1000)})).collect();
    let index = documents_index(&documents);
    let mut reader = AttributeReader::new(&index.metadata().id_field);
    assert!(reader.read(&index.view(), 10, 4500).unwrap());
    assert!(reader.read(&index.view(), 10, 1).unwrap(), "one at least");
    assert_eq!(reader.finish(20).looked_at(), 6);
}
