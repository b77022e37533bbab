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
fn a_field_that_no_profile_has_is_named_with_those_there_are() {
    for flag in ["--ignore-fields", "--expose"] {
        let place = people();
        let ran = place.build(&[flag, "hobby,hobbby"]);
        let warning = format!("warning: {flag}: no profile has a field \"hobbby\"; did you mean hobby?");
        assert!(ran.stderr.contains(&warning), "{}", ran.stderr);
        assert!(!ran.stderr.contains("\"hobby\""), "{}", ran.stderr);
        ran.done();
    }
    let cases: [(&[&str], &[&str]); 4] = [
        (
            &["--fields", "hobby,hobbby"],
            &["--fields", "\"hobbby\"", "did you mean hobby?", "_id, hobby, city, secret, v"],
        ),
        (&["--fields", "Hobby"], &["--fields", "\"Hobby\"", "did you mean hobby?"]),
        (&["--expose", "town,street"], &["--expose", "\"town\"", "The fields are:"]),
        (&["--list-separator", "hobbies=;"], &["--list-separator", "\"hobbies\""]),
    ];
    for (flags, parts) in cases {
        let place = people();
        place.build(flags).fails(2, parts);
        place.assert_nothing_published();
    }
}

#[test]
fn blanks_around_names_are_taken_off() {
    let place = people();
    let ran = place.build(&["--fields", " hobby , city", "--expose", "city , secret"]);
    assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
    ran.done();
    assert_eq!(place.inspect(1)["exposed"], json!(["city", "secret"]));
}

/// The same people as rows of a search engine's dump.
fn nested() -> Place {
    let person = |id: &str, hobby: &str, city: &str| json!({"_id": {"$oid": id}, "s": {"hobby": hobby, "city": city, "tags": [{"name": id, "n": 1}]}, "hobby.x": id});
    let (hobby, city) = ("climbing alpine rocks and ice", "a quiet harbour in the north");
    Place::with(&[
        person("p0", hobby, city),
        person("hh", hobby, "somewhere warm and dry down south"),
        person("cc", "collecting stamps of old empires", city),
        person("nn", "juggling", "nowhere"),
    ])
}

#[test]
fn a_path_of_names_is_understood_wherever_a_field_is_named() {
    let id = ["--id-field", "_id.$oid"];
    let nearest = |flags: &[&str]| {
        let place = nested();
        place.build(&[&id[..], flags].concat()).done();
        let answer = place.query(&["--exact"], "p0", "1")[0].clone();
        // Readers may take the id out of what MongoDB writes it in.
        answer["_id"].as_str().or(answer["_id"]["$oid"].as_str()).unwrap().to_owned()
    };
    assert_eq!(nearest(&["--fields", "s.hobby"]), "hh");
    assert_eq!(nearest(&["--fields", "s.city"]), "cc");
    assert_eq!(nearest(&["--ignore-fields", "s.city,s.tags,hobby.x"]), "hh");
    assert_eq!(nearest(&["--ignore-fields", "s.hobby,s.tags.name,hobby.x"]), "cc");
    let place = nested();
    place.build(&[&id[..], &["--expose", "s.city,s.tags.n"]].concat()).done();
    let answer = place.query(&["--exact"], "cc", "1")[0].clone();
    assert_eq!(answer["s"], json!({"city": "a quiet harbour in the north", "tags": [{"n": 1}]}));
    assert_eq!(answer.as_object().unwrap().len(), 2);
    place.build(&[&id[..], &["--fields", "s.hobbi"]].concat()).fails(2, &["\"s.hobbi\"", "s.hobby"]);
}

#[test]
fn a_field_whose_name_has_a_dot_comes_before_a_path() {
    let profile = |id: &str, dotted: &str, below: &str| json!({"_id": id, "a.b": dotted, "a": {"b": below}});
    let place = Place::with(&[profile("p", "tea", "x"), profile("q", "tea", "y"), profile("r", "milk", "x")]);
    place.build(&["--fields", "a.b", "--expose", "a.b"]).done();
    assert_eq!(place.query(&["--exact"], "p", "1"), json!([{"_id": "q", "a.b": "tea"}]));
}

/// People with their interests in one text, as tables have them.
fn lists() -> Place {
    let rows =
        ["a,Ann,chess; jazz ;;go", "b,Bob,jazz;chess;go", "c,Cem,go; tea", "d,Dan,tea", "e,\"Eve; E.\","];
    let place = Place::empty();
    place.write("people.csv", format!("_id,name,interests\n{}\n", rows.join("\n")));
    place
}

#[test]
fn texts_with_separators_become_lists_where_that_is_asked_for() {
    let place = lists();
    let flags = ["--list-separator", "interests=;", "--ignore-fields", "name"];
    place.build_from("people.csv", &flags).done();
    let answer = place.query(&["--exact", "--distances"], "a", "1");
    assert_eq!(
        answer,
        json!([{"distance": 0.0, "profile": {"_id": "b", "name": "Bob", "interests": ["jazz", "chess", "go"]}}])
    );
    assert_eq!(place.inspect(1)["list_separators"], json!([{"field": "interests", "separator": ";"}]));
    let others = place.others("b");
    let of = |id: &str| others.iter().find(|profile| profile["_id"] == id).cloned().unwrap_or_default();
    assert_eq!((&of("d")["interests"], &of("a")["name"]), (&json!(["tea"]), &json!("Ann")));
    // A profile that is asked about is read in the same way.
    let file = place.write("ask.json", r#"{"interests": "go;jazz;chess"}"#);
    let version = place.version(1);
    let answer = common::run([
        "query".as_ref(),
        "--distances".as_ref(),
        "--profile".as_ref(),
        file.as_os_str(),
        version.as_os_str(),
        "1".as_ref(),
    ]);
    assert_eq!(answer.json()[0]["distance"], 0.0);
}

#[test]
fn one_separator_for_all_fields_makes_lists_of_those_that_have_it() {
    let place = lists();
    let ran = place.build_from("people.csv", &["--list-separator", ";", "--fields", "interests"]);
    let found = "makes lists of name (20 % of its texts), interests (75 % of its texts)";
    assert!(ran.stderr.contains(found), "{}", ran.stderr);
    ran.done();
    let others = place.others("a");
    let of = |id: &str| others.iter().find(|profile| profile["_id"] == id).cloned().unwrap_or_default();
    assert_eq!((&of("d")["interests"], &of("d")["name"]), (&json!(["tea"]), &json!(["Dan"])));
}

#[test]
fn texts_that_look_like_lists_are_noticed() {
    let place = lists();
    let ran = place.build_from("people.csv", &[]);
    let note = "note: 75 % of the values of \"interests\" have ; in them: is it a list? --list-separator 'interests=;'";
    assert!(ran.stderr.contains(note), "{}", ran.stderr);
    ran.done();
    for flags in
        [&["--list-separator", "interests=;"][..], &["--fields", "name"], &["--ignore-fields", "interests"]]
    {
        let ran = place.build_from("people.csv", flags);
        assert!(!ran.stderr.contains("is it a list"), "{flags:?} {}", ran.stderr);
    }
    place
        .build_from("people.csv", &["--list-separator", "interests="])
        .fails(2, &["--list-separator", "missing"]);
    place
        .build_from("people.csv", &["--list-separator", "_id=;", "--id-field", "_id"])
        .fails(2, &["--list-separator", "\"_id\""]);
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

/// People with a field of each kind; some ages are missing or something else.
fn described() -> Place {
    let age = |n: usize| match n {
        7 => json!("unknown"),
        8 => json!("31"),
        9 => json!(2_147_483_647),
        10 => json!("not telling"),
        n => json!(20 + n * 7 % 59),
    };
    let person = |n: usize| json!({"_id": n, "age": age(n), "gender": if n.is_multiple_of(2) { "f" } else { "m" }, "bio": format!("Люблю {n} <b>"), "m": {"x<y": [n]}});
    Place::with(&(0..300).map(person).collect::<Vec<_>>())
}

#[test]
fn what_each_field_was_taken_for_is_said_everywhere() {
    let place = described();
    let text = place.build(&["--no-map"]).done();
    assert!(
        text.contains(
            "\nfields        age number, bio text, gender category, \"m.x<y\" list; exposed: all\n"
        ),
        "{text}"
    );
    assert!(text.contains("; 0 are zero"), "{text}");
    let summary = place.build(&["--no-map", "--json"]).json();
    assert_eq!(summary["fields"], place.inspect(2)["fields"]);
    let age = &summary["fields"][1];
    assert_eq!((&summary["fields"][0]["kind"], &age["exposed"]), (&json!("id"), &json!(true)));
    assert_eq!(["values", "numbers", "missing"].map(|name| age[name].as_u64().unwrap()), [299, 298, 1]);
    let why = "99.6 % of 299 values are numbers, 90 % are needed; compared as a category: 1; numbers that are text: 1; \
               texts that say that there is none: 1; some are far from all others and do not count for the scale";
    assert_eq!((age["kind"].as_str().unwrap(), age["reason"].as_str().unwrap()), ("number", why));
    let shown = common::run(["inspect", place.version(1).to_str().unwrap()]).done();
    assert!(
        shown.contains(&format!("  age              number   {why}; profiles without: 1; exposed\n")),
        "{shown}"
    );
    let out = place.path("report.html");
    common::run(["report", place.version(1).to_str().unwrap(), "--out", out.to_str().unwrap()]).done();
    let page = fs::read_to_string(out).unwrap();
    assert!(page.contains(why) && page.contains("m.x&lt;y"), "{page}");
}

/// Name, kind and whether it is exposed, of each field.
fn became(fields: &Value) -> Vec<(&str, &str, bool)> {
    let rows = fields.as_array().unwrap().iter();
    rows.map(|row| {
        (row["name"].as_str().unwrap(), row["kind"].as_str().unwrap(), row["exposed"].as_bool().unwrap())
    })
    .collect()
}

#[test]
fn fields_that_are_not_compared_are_named_with_whether_answers_have_them() {
    let place = people();
    let text = place.build(&["--vectorizer", "field:v", "--expose", "city,secret"]).done();
    assert!(
        text.contains("\nfields        city stored, secret stored, v vector; exposed: city, secret\n"),
        "{text}"
    );
    let expected =
        [("_id", "id", true), ("city", "stored", true), ("secret", "stored", true), ("v", "vector", false)];
    assert_eq!(became(&place.inspect(1)["fields"]), expected);
    let summary = place.build(&["--ignore-fields", "city,v", "--expose", "hobby,city", "--json"]).json();
    let expected = [
        ("_id", "id", true),
        ("city", "stored", true),
        ("hobby", "category", true),
        ("secret", "category", false),
    ];
    assert_eq!(became(&summary["fields"]), expected);
    assert_eq!(summary["fields"][1]["reason"], "not compared: it is left out");
    let record: Value = serde_json::from_slice(&fs::read(place.record(2)).unwrap()).unwrap();
    assert_eq!(became(&record["fields"]), expected);
    let shown = common::run(["inspect", place.version(2).to_str().unwrap()]).done();
    assert!(shown.contains("not compared: it is left out; profiles without: 0; exposed\n"), "{shown}");
    assert!(shown.contains("; not exposed\n"), "{shown}");
    let none = place.build(&["--expose", ""]).done();
    assert!(none.contains("; exposed: none but the id\n"), "{none}");
}

/// Members with what should not be shown, some of it in maps and lists.
fn members() -> Place {
    let member = |n: usize| {
        json!({
            "_id": format!("m{n:03}"), "first_name": (["Ann", "Bob"][n % 2]), "email": format!("user{n}@example.org"),
            "contact": {"city": "Bern", "numbers": [{"value": format!("+41 44 123 45 {n:02}")}]},
            "lastLogin": format!("2026-01-{:02}T10:00:{:02}Z", n % 28 + 1, n % 60), "email_verified": true,
            "phone_brand": (["Fairphone", "Nokia"][n % 2]), "bio": format!("I like tea {n}"),
        })
    };
    Place::with(&(0..40).map(member).collect::<Vec<_>>())
}

#[test]
fn personal_fields_that_would_be_returned_are_named_with_the_option_that_leaves_them_out() {
    let place = members();
    let ran = place.build(&["--no-map"]);
    let warning = "warning: answers will have fields that look personal: email (e-mail addresses: 40 of 40 values), \
                   contact.numbers.value (telephone numbers: 40 of 40 values), lastLogin (by its name: times of the last visit). \
                   Leave them out: --expose first_name,contact.city,email_verified,phone_brand,bio; ";
    assert!(ran.stderr.contains(warning), "{}", ran.stderr);
    assert!(ran.done().contains("\nwarning       answers will have fields"), "the summary has it too");
    let record: Value = serde_json::from_slice(&fs::read(place.record(1)).unwrap()).unwrap();
    assert!(record["notes"].to_string().contains("look personal"), "{record}");
    // What the warning proposes ends it, and so does naming the fields.
    for expose in [
        "first_name,contact.city,email_verified,phone_brand,bio",
        "email,contact.numbers.value,lastLogin,bio",
        "",
    ] {
        let ran = place.build(&["--no-map", "--expose", expose]);
        assert!(!ran.stderr.contains("personal"), "{expose}: {}", ran.stderr);
        ran.done();
    }
    // A map that is named is not yet what is in it.
    let ran = place.build(&["--no-map", "--expose", "contact,bio"]);
    assert!(ran.stderr.contains("contact.numbers.value (telephone"), "{}", ran.stderr);
    assert!(ran.stderr.contains("--expose contact.city,bio;"), "{}", ran.stderr);
    // What is only left out of the comparison is returned all the same.
    let ran = place.build(&["--no-map", "--ignore-fields", "email"]);
    assert!(ran.stderr.contains("email (e-mail addresses"), "{}", ran.stderr);
}

#[test]
fn ids_that_are_personal_are_told() {
    let place = members();
    let ran = place.build(&["--no-map", "--id-field", "email", "--expose", "bio"]);
    assert!(
        ran.stderr.contains("warning: the ids look personal: email (e-mail addresses: 40 of 40"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("to return: --expose email,bio\n"), "{}", ran.stderr);
    ran.done();
    let ran = place.build(&["--no-map", "--id-field", "email", "--expose", "bio,email"]);
    assert!(!ran.stderr.contains("personal"), "{}", ran.stderr);
    // What the warning proposes keeps the other fields.
    let people = (0..40).map(
        |n| json!({"id": n, "email": format!("a{n}@example.org"), "m": {"x": n}, "bio": format!("tea {n}")}),
    );
    let place = Place::with(&people.collect::<Vec<_>>());
    let flags = ["--no-map", "--id-field", "email"];
    let ran = place.build(&flags);
    assert!(ran.stderr.contains("to return: --expose email,id,m,bio\n"), "{}", ran.stderr);
    ran.done();
    let ran = place.build(&[&flags[..], &["--expose", "email,id,m,bio"]].concat());
    assert!(!ran.stderr.contains("personal"), "{}", ran.stderr);
    ran.done();
    let exposed = |version| became(&place.inspect(version)["fields"]).iter().all(|(_, _, exposed)| *exposed);
    assert!(exposed(1) && exposed(2), "{}", place.inspect(2));
}

#[test]
fn a_name_with_dots_is_the_name_of_one_field_and_not_a_path() {
    let place = Place::empty();
    let row = |n: usize| format!("{n},a{n}@example.org,{},{},\n", ["Bern", "Biel"][n % 2], 3000 + n % 7);
    let rows: String = (0..40).map(row).collect();
    place.write("people.csv", format!("_id,email,address.city,address.zip,address.note\n{rows}"));
    let ran = place.build_from("people.csv", &["--no-map"]);
    assert!(ran.stderr.contains("--expose address.city,address.zip,address.note;"), "{}", ran.stderr);
    ran.done();
    let flags = ["--no-map", "--expose", "address,address.city", "--fields", "email,address.zip"];
    let ran = place.build_from("people.csv", &flags);
    assert!(ran.stderr.contains("no profile has a field \"address\""), "{}", ran.stderr);
    ran.done();
    let fields = place.inspect(2)["fields"].clone();
    let expected = [
        ("_id", "id", true),
        ("address.city", "stored", true),
        ("address.zip", "number", false),
        ("email", "category", false),
    ];
    assert_eq!(became(&fields), expected, "{fields}");
    let answer = place.try_query(2, &["--exact"], "1", "1").json();
    assert_eq!(answer[0].as_object().unwrap().keys().collect::<Vec<_>>(), ["_id", "address.city"]);
    // The same for what is left out of the comparison.
    place.build_from("people.csv", &["--no-map", "--ignore-fields", "address,email"]).done();
    let fields = place.inspect(3)["fields"].clone();
    let note = fields.as_array().unwrap().iter().find(|field| field["name"] == "address.note");
    assert_eq!(
        note.map(|note| &note["reason"]),
        Some(&json!("not compared: no profile has a value")),
        "{fields}"
    );
}

#[test]
fn values_of_fields_are_counted_in_the_profiles_that_stay() {
    let place = Place::with(&[
        json!({"_id": "a", "x": "first", "only": 1, "v": [1, 0]}),
        json!({"_id": "a", "x": "last", "v": [1, 0]}),
        json!({"_id": "b", "x": "word", "v": [1, 0, 0]}),
        json!({"_id": "c", "x": "w".repeat(1 << 20), "v": [1, 0]}),
        json!({"_id": "d", "v": [0, 1]}),
        json!({"_id": "e", "x": "word", "v": [1, 1]}),
    ]);
    let flags = ["--no-map", "--vectorizer", "field:v", "--on-duplicate-id", "last", "--max-skipped", "0.5"];
    let summary = place.build(&[&flags[..], &["--json"]].concat()).json();
    let counts = |field: &Value| {
        let count = |name: &str| field[name].as_u64().unwrap();
        (field["name"].as_str().unwrap().to_owned(), count("values"), count("missing"))
    };
    let counts: Vec<_> = summary["fields"].as_array().unwrap().iter().map(counts).collect();
    let expected = [("_id", 3, 0), ("v", 3, 0), ("x", 2, 1)];
    assert_eq!(counts, expected.map(|(name, values, missing)| (name.to_owned(), values, missing)));
}

#[test]
fn the_fields_of_the_sample_are_not_personal() {
    let place = Place::empty();
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../data/profiles.pickle");
    let out = place.index();
    let ran = common::run([
        "build",
        "--profiles",
        sample,
        "--no-map",
        "--neighbours",
        "0",
        "--out",
        out.to_str().unwrap(),
    ]);
    assert!(!ran.stderr.contains("personal") && !ran.stderr.contains("word of its own"), "{}", ran.stderr);
    ran.done();
}

#[test]
fn fields_that_only_tell_profiles_apart_are_noticed_where_they_are_compared() {
    let profile = |n: usize| json!({"_id": n, "slug": format!("x{n}y"), "bio": format!("tea {n}"), "city": (["Bern", "Biel"][n % 2])});
    let place = Place::with(&(0..300).map(profile).collect::<Vec<_>>());
    let ran = place.build(&["--no-map"]);
    assert!(ran.stderr.contains("nearly every value is a word of its own: slug."), "{}", ran.stderr);
    assert!(ran.stderr.contains("--ignore-fields slug\n"), "{}", ran.stderr);
    let ran = place.build(&["--no-map", "--ignore-fields", "slug"]);
    assert!(!ran.stderr.contains("word of its own"), "{}", ran.stderr);
    // What is given already stays; `--fields` excludes `--ignore-fields`.
    let ran = place.build(&["--no-map", "--ignore-fields", "city"]);
    assert!(ran.stderr.contains("--ignore-fields city,slug\n"), "{}", ran.stderr);
    let ran = place.build(&["--no-map", "--fields", "slug,bio"]);
    assert!(
        ran.stderr.contains("of the comparison: name only the other fields in --fields\n"),
        "{}",
        ran.stderr
    );
    let profile = |n: usize| {
        let slugs = (0..10).map(|slug| (format!("s{slug}"), json!(format!("x{n}y{slug}"))));
        Value::Object(slugs.chain([("_id".to_owned(), json!(n))]).collect())
    };
    let place = Place::with(&(0..300).map(profile).collect::<Vec<_>>());
    let ran = place.build(&["--no-map"]);
    assert!(ran.stderr.contains("s7 and 2 more. "), "{}", ran.stderr);
    assert!(ran.stderr.contains("--ignore-fields s0,s1,s2,s3,s4,s5,s6,s7,s8,s9\n"), "{}", ran.stderr);
}

#[test]
fn the_nearest_of_an_age_is_the_next_one_whatever_some_say() {
    for other in ["NA", "NULL", "\\N", "NaN", "?", "unknown", ""] {
        let age = |n: i64| if n % 20 == 7 { json!(other) } else { json!(20 + n % 60) };
        let mut profiles: Vec<Value> = (0..300).map(|n| json!({"_id": n, "age": age(n)})).collect();
        profiles.retain(|profile| profile["age"] != 20 && profile["age"] != 21);
        profiles.extend([
            json!({"_id": "a", "age": 20}),
            json!({"_id": "b", "age": 21}),
            json!({"_id": "far", "age": 999_999_999}),
        ]);
        let place = Place::with(&profiles);
        place.build(&["--no-map"]).done();
        assert_eq!(place.query(&["--exact"], "a", "1")[0]["_id"], "b", "{other}");
        let zero = profiles.iter().filter(|profile| profile["age"] == other).count();
        assert_eq!(place.inspect(1)["zero_vectors"], zero, "{other}");
    }
}

#[test]
fn bios_of_any_script_have_vectors() {
    for (bio, words) in [
        ("Люблю сальсу и", ["горы", "море", "лес", "книги"]),
        ("我喜欢跳舞和", ["爬山", "看书", "游泳", "下棋"]),
        ("サルサが好きで", ["山", "海", "森", "本"]),
        ("🍕", ["🎸", "🎹", "🏔️", "👩‍💻"]),
        ("𝓼𝓪𝓵𝓼𝓪", ["ｊａｚｚ", "ｔｅａ", "ｇｏ", "ａｒｔ"]),
    ] {
        let bio = |n: usize| {
            format!("{bio}{}{}{}{} {n}", words[n % 4], words[n / 4 % 4], words[n / 16 % 4], words[n / 64 % 4])
        };
        let profiles: Vec<Value> = (0..300).map(|n| json!({"_id": n, "bio": bio(n)})).collect();
        let place = Place::with(&profiles);
        let summary = place.build(&["--no-map", "--json"]).json();
        assert_eq!(
            (&summary["zero_vectors"], &summary["fields"][1]["kind"]),
            (&json!(0), &json!("text")),
            "{}",
            bio(0)
        );
    }
}

#[test]
fn fields_that_are_too_many_are_named() {
    let columns: Vec<String> = (0..16_400).map(|n| format!("\"c{n}\":\"v{n}\"")).collect();
    let deep = format!("{}1{}", "[".repeat(70), "]".repeat(70));
    let place = Place::empty();
    let lines =
        format!("{{\"_id\":\"b\",\"c1\":\"z\",\"c0\":{deep}}}\n{{\"_id\":\"a\",{}}}\n", columns.join(","));
    place.write("profiles.jsonl", lines);
    let ran = place.build(&["--no-map", "--json"]);
    let note = "fields that are not vectorized because there are 16384 before them: 16, such as \"c16384\"";
    assert!(ran.stderr.contains(&format!("note: {note}")), "{}", ran.stderr);
    let notes = ran.json()["notes"].to_string();
    assert!(
        notes.contains("before them: 16") && notes.contains("nested more than 64 deep: 1, such as in"),
        "{notes}"
    );
}
