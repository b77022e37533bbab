//! Builds with the data science team's own function, from the command line to the answer.

#![allow(clippy::unwrap_used, reason = "clippy takes the helpers of an integration test for ordinary code")]

mod common;

use common::{Place, Ran, Value, ids, json, numbered};

/// A build of a place with a function from `model.py`.
fn build(place: &Place, code: &str, more: &[&str]) -> Ran {
    let path = place.write("model.py", code);
    let vectorizer = format!("python:{}", path.display());
    place.build(&[&["--vectorizer", &vectorizer], more].concat())
}

#[test]
fn the_vectors_of_a_python_function_decide_who_is_near() {
    let place = Place::with(&[
        json!({"_id": "a", "n": 0}),
        json!({"_id": "b", "n": 90}),
        json!({"_id": "c", "n": 30}),
        json!({"_id": "d", "n": 180}),
    ]);
    let code = "
import math
print('loading')
def vectorize(profile):
    print('vectorizing', profile['_id'])
    angle = math.radians(profile['n'])
    return (math.cos(angle), math.sin(angle))
";
    let ran = build(&place, code, &["--json"]);
    assert!(ran.stderr.contains("loading") && ran.stderr.contains("vectorizing a"), "{}", ran.stderr);
    let summary = ran.json();
    assert_eq!(
        (&summary["dimension"], &summary["vectorizer"]),
        (&json!(2), &json!("python:model.py:vectorize"))
    );
    assert_eq!(ids(&place.query(&[], "a", "3")), ["c", "b", "d"]);
    assert_eq!(place.inspect(1)["vectorizer"]["name"], "python:model.py:vectorize");
}

#[test]
fn any_function_of_the_file_can_be_named_and_may_import_its_neighbours() {
    let place = Place::with_vectors(4);
    place.write("helper.py", "def features(profile):\n    return profile['v'] + [2]\n");
    let path =
        place.write("model.py", "import helper\ndef embed(profile):\n    return helper.features(profile)\n");
    let vectorizer = format!("python:{}:embed", path.display());
    assert_eq!(place.build(&["--json", "--vectorizer", &vectorizer]).json()["dimension"], 5);
}

#[test]
fn the_function_gets_the_id_and_the_fields_that_are_named() {
    let fields = |more: &[&str]| {
        let place = Place::with(&[json!({"_id": "a", "x": 1, "y": [2.5, null], "z": {"k": "ü"}, "w": true})]);
        let code = "
import json, os
def vectorize(profile):
    with open(os.path.join(os.path.dirname(__file__), 'seen'), 'w') as out:
        json.dump(profile, out)
    return [1]
";
        build(&place, code, more).done();
        serde_json::from_slice::<Value>(&std::fs::read(place.path("seen")).unwrap()).unwrap()
    };
    assert_eq!(fields(&[]), json!({"_id": "a", "x": 1, "y": [2.5, null], "z": {"k": "ü"}, "w": true}));
    assert_eq!(fields(&["--fields", "x,w"]), json!({"_id": "a", "x": 1, "w": true}));
    assert_eq!(fields(&["--ignore-fields", "x,w"]), json!({"_id": "a", "y": [2.5, null], "z": {"k": "ü"}}));
    assert_eq!(
        fields(&["--expose", "x"]).as_object().unwrap().len(),
        5,
        "what is returned is another matter"
    );
}

#[test]
fn a_profile_for_which_the_function_fails_is_skipped_with_the_last_line_of_the_traceback() {
    let code = "
import os
def vectorize(profile):
    n = int(profile['_id'][1:])
    if n == 3: raise ValueError('three is too many')
    if n == 5: os._exit(1)
    if n == 7: return [1, 2]
    if n == 9: return [1, 2, float('nan')]
    if n == 11: return 'text'
    return [1, n, n * n]
";
    let place = Place::with_vectors(40);
    let text = build(&place, code, &["--max-skipped", "0.5"]).done();
    let parts = [
        "1 x the Python function raised an exception: p3 (ValueError: three is too many)",
        "1 x the Python function ended its process: p5",
        "1 x vector of another length: p7",
        "1 x vector not finite: p9",
        "1 x the Python function returned no vector: p11",
        "profiles      35 of 40",
    ];
    for part in parts {
        assert!(text.contains(part), "no {part:?} in {text}");
    }
    place.try_query(1, &[], "p3", "1").fails(1, &["no profile has this id"]);
}

#[test]
fn a_function_that_hangs_for_a_profile_costs_that_profile() {
    let code = "
import time
def vectorize(profile):
    if profile['_id'] == 'p2': time.sleep(3600)
    return profile['v']
";
    let place = Place::with_vectors(4);
    let summary = build(&place, code, &["--max-skipped", "0.5", "--python-timeout", "1s", "--json"]).json();
    assert_eq!(summary["skipped"], json!({"the Python function did not return in time": 1}));
}

#[test]
fn the_length_that_is_asked_for_is_that_of_every_vector() {
    let place = Place::with_vectors(4);
    let code = "def vectorize(profile):\n    return [1, 2]\n";
    build(&place, code, &["--dimension", "3", "--max-skipped", "1"])
        .fails(1, &["no profile has a vector", "4 x vector of another length"]);
    place.assert_nothing_published();
}

#[test]
fn too_many_failures_are_exit_1_with_what_python_said() {
    let place = Place::with_vectors(50);
    let half = "def vectorize(profile):\n    return profile['v' if profile['_id'] < 'p3' else 'age']\n";
    build(&place, half, &[]).fails(1, &["of 50", "--max-skipped allows 0.01", "p3 (KeyError: 'age')"]);
    let none = "def vectorize(profile):\n    return profile['age']\n";
    build(&place, none, &["--max-skipped", "1"])
        .fails(1, &["no profile has a vector", "p0 (KeyError: 'age')"]);
    place.assert_nothing_published();
}

#[test]
fn a_function_that_cannot_be_loaded_stops_the_build() {
    let place = Place::with_vectors(4);
    build(&place, "import no_such_module_at_all\n", &[]).fails(1, &["model.py", "no_such_module_at_all"]);
    build(&place, "def vectorise(profile):\n    pass\n", &[]).fails(1, &["model.py", "vectorize"]);
    build(&place, "def vectorize(profile)\n", &[]).fails(1, &["model.py", "SyntaxError"]);
    place.build(&["--vectorizer", "python:/missing/model.py"]).fails(1, &["/missing/model.py"]);
    build(&place, "def vectorize(profile):\n    return [1]\n", &["--python", "/missing/python3"])
        .fails(1, &["/missing/python3"]);
    place.assert_nothing_published();
}

#[test]
fn random_vectors_of_1024_numbers_for_any_profile_work() {
    // As numpy.random.rand(1024) gives them, from the standard library.
    let code = "
import array, random
def rand(*_):
    return array.array('d', (random.random() for _ in range(1024)))
";
    let place = Place::with(&numbered(300));
    let path = place.write("model.py", code);
    let vectorizer = format!("python:{}:rand", path.display());
    let summary = place.build(&["--vectorizer", &vectorizer, "--json"]).json();
    assert_eq!((&summary["dimension"], &summary["profiles"]), (&json!(1024), &json!(300)));
    assert_eq!(ids(&place.query(&[], "p7", "1000")).len(), 299);
}
