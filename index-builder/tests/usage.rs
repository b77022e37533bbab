//! What the builder is given and does not take: exit 2 with what was given and what is allowed; exit 1 with the path
//! of a source that cannot be read.

#![allow(clippy::unwrap_used, reason = "clippy takes the helpers of an integration test for ordinary code")]

mod common;

use common::{Place, run};

#[test]
fn a_value_that_is_not_allowed_is_named_with_what_is() {
    let cases: &[(&[&str], &[&str])] = &[
        (&["--format", "xml"], &["--format", "xml", "auto|pickle|jsonl|json|csv|parquet|arrow"]),
        (&["--m", "1"], &["--m", "1", "2 to 256"]),
        (&["--m", "257"], &["--m", "257", "2 to 256"]),
        (&["--ef-construction", "0"], &["--ef-construction", "0", "1 to 65536"]),
        (&["--seed=-1"], &["--seed", "-1", "a whole number from 0 to"]),
        (&["--seed", "-1"], &["--seed", "'-1'", "a whole number from 0 to"]),
        (&["--max-zero", "-1"], &["--max-zero", "'-1'", "0 to 1"]),
        (&["--threads", "1025"], &["--threads", "1025", "0 to 1024"]),
        (&["--threads", "two"], &["--threads", "two", "0 to 1024"]),
        (&["--nice", "20"], &["--nice", "20", "0 to 19"]),
        (&["--on-duplicate-id", "merge"], &["--on-duplicate-id", "merge", "error", "first", "last"]),
        (&["--max-skipped", "1.5"], &["--max-skipped", "1.5", "0 to 1"]),
        (&["--max-skipped", "NaN"], &["--max-skipped", "NaN", "0 to 1"]),
        (&["--target-recall", "2"], &["--target-recall", "2", "0 to 1"]),
        (&["--min-recall=-0.1"], &["--min-recall", "-0.1", "0 to 1"]),
        (&["--max-drift", "1.1"], &["--max-drift", "1.1", "0 to 1"]),
        (&["--min-profiles-ratio", "90"], &["--min-profiles-ratio", "90", "0 to 1"]),
        (&["--metrics-file", "build.txt"], &["--metrics-file", "build.txt", ".prom"]),
        (&["--metrics-file", ".prom"], &["--metrics-file", ".prom", "node_exporter"]),
        (&["--keep", "0"], &["--keep", "0", "a whole number from 1"]),
        (&["--dimension", "0"], &["--dimension", "0", "1 to 65536"]),
        (&["--dimension", "65537"], &["--dimension", "65537", "65536"]),
        (&["--language", "es"], &["--language", "es", "en", "de", "fr", "nl"]),
        (&["--python-timeout", "0s"], &["--python-timeout", "0s", "above 0"]),
        (&["--python-timeout", "60"], &["--python-timeout", "60", "60s"]),
        (
            &["--vectorizer", "bert"],
            &["--vectorizer", "bert", "hashing", "field:NAME", "python:PATH[:FUNCTION]"],
        ),
        (&["--vectorizer", "field:"], &["--vectorizer", "field:NAME"]),
        (&["--vectorizer", "python:"], &["--vectorizer", "python:PATH[:FUNCTION]"]),
        (&["--id-field", ""], &["--id-field", "empty"]),
        (&["--fields", "a,,b"], &["--fields", "empty"]),
        (&["--ignore-fields", ""], &["--ignore-fields", "empty"]),
        (&["--expose", "a,"], &["--expose", "empty"]),
        (&["--fields", "a", "--ignore-fields", "b"], &["--fields", "--ignore-fields", "cannot be used with"]),
        (&["--vectorizer", "field:v", "--fields", "a"], &["--fields", "field:NAME"]),
        (&["--vectorizer", "field:v", "--id-field", "v"], &["--id-field", "--vectorizer", "\"v\""]),
        (&["--frobnicate"], &["--frobnicate"]),
        (&["stray"], &["stray"]),
    ];
    let place = Place::with_vectors(3);
    for (flags, parts) in cases {
        place.build(flags).fails(2, parts);
        assert!(!place.index().exists(), "{flags:?} made the directory");
    }
}

#[test]
fn an_unknown_extension_is_refused_with_those_that_are_known() {
    let place = Place::empty();
    for name in ["profiles.txt", "profiles", "profiles.gz"] {
        place.write(name, "{}");
        place.build_from(name, &[]).fails(
            2,
            &[
                name, ".pickle", ".pkl", ".jsonl", ".ndjson", ".json", ".csv", ".parquet", ".arrow",
                "--format",
            ],
        );
    }
    assert!(!place.index().exists());
}

#[test]
fn standard_input_needs_a_format() {
    let out = Place::empty().index();
    run(["build", "--profiles", "-", "--out", out.to_str().unwrap()])
        .fails(2, &["standard input", "--format", "jsonl"]);
}

#[test]
fn what_is_needed_is_named_where_it_is_missing() {
    run(["build"]).fails(2, &["--profiles", "--out"]);
    run(["pin", "somewhere"]).fails(2, &["<VERSION>"]);
    run(["query", "file"]).fails(2, &["<ID>", "[N]"]);
    run(["frobnicate"]).fails(2, &["frobnicate"]);
    assert_eq!(run([] as [&str; 0]).code, Some(2));
}

#[test]
fn a_source_that_is_missing_is_exit_1_with_its_path() {
    let place = Place::empty();
    place.build_from("missing.jsonl", &[]).fails(1, &["missing.jsonl", "No such file"]);
    place.assert_nothing_published();
}

#[test]
fn a_source_that_is_missing_is_answered_with_what_there_is_instead() {
    let place = Place::with_vectors(3);
    place.write("notes.csv", "");
    let cases = [
        ("profile.jsonl", &["profile.jsonl: No such file", "did you mean", "/profiles.jsonl?"][..]),
        ("zebra.csv", &["zebra.csv: No such file", "there are: notes.csv"]),
        ("nowhere/profiles.jsonl", &["No such file", "nowhere is no directory either"]),
        ("notes.csv/profiles.jsonl", &["is a file, not a directory"]),
    ];
    for (name, parts) in cases {
        let message = place.build_from(name, &[]).fails(1, parts);
        assert!(!message.contains("os error"), "{message}");
    }
    let script = place.path("nowhere.py");
    let python = format!("python:{}", script.display());
    place.build(&["--vectorizer", &python]).fails(1, &["--vectorizer python:", "nowhere.py", "No such file"]);
}

#[test]
fn a_vector_that_is_not_where_it_is_looked_for_is_answered_with_the_fields_there_are() {
    let profile = |n: usize| common::json!({"_id": n, "name": "x", "embedding": vec![n as f64 + 0.5; 12]});
    let place = Place::with(&(0..3).map(profile).collect::<Vec<_>>());
    place.build(&["--vectorizer", "field:embeddings"]).fails(
        1,
        &[
            "\"embeddings\", which no record has; did you mean embedding?",
            "embedding (lists of 12 numbers)",
            "_id, name",
        ],
    );
    place
        .build(&["--vectorizer", "field:name"])
        .fails(1, &["\"name\", which holds no list of numbers. Fields"]);
    place.build(&["--vectorizer", "field:embedding", "--dimension", "24"]).fails(
        1,
        &["asks for vectors of 24 numbers: the vectors have 12 numbers in 3 profiles", "without --dimension"],
    );
    place.assert_nothing_published();
}

#[test]
fn a_source_without_objects_is_answered_with_what_a_profile_is() {
    let place = Place::empty();
    place.write("profiles.jsonl", "\"a bio\"\n\"another\"\n");
    place.build(&[]).fails(
        1,
        &["no record has a valid id: none is an object of fields: 2 records read", "such as {\"_id\": \"a\""],
    );
    place.write("profiles.jsonl", b"{\"_id\": 1, \"x\": \"J\xfcrg\"}\n{\"_id\": 2, \"x\": \"b\"}\n");
    place
        .build(&[])
        .fails(1, &["1 of 2 records was skipped", "text is not Unicode", "iconv -f WINDOWS-1252 -t UTF-8"]);
}

#[test]
fn a_source_that_cannot_be_read_is_exit_1_with_its_path() {
    let place = Place::empty();
    std::fs::create_dir(place.path("folder.jsonl")).unwrap();
    place.build_from("folder.jsonl", &[]).fails(1, &["folder.jsonl", "directory"]);
    std::os::unix::fs::symlink("loop.jsonl", place.path("loop.jsonl")).unwrap();
    place.build_from("loop.jsonl", &[]).fails(1, &["loop.jsonl"]);
    // Opens for everybody; reading its first bytes is an error even for root.
    std::os::unix::fs::symlink("/proc/self/mem", place.path("memory.jsonl")).unwrap();
    place.build_from("memory.jsonl", &[]).fails(1, &["memory.jsonl", "cannot be read"]);
    place.assert_nothing_published();
}

#[test]
fn a_bad_source_date_epoch_is_wrong_usage() {
    let place = Place::with_vectors(3);
    for bad in ["yesterday", "-1", "1.5"] {
        let mut command = common::command(place.build_args(&[]));
        common::Ran::from(command.env("SOURCE_DATE_EPOCH", bad).output().unwrap())
            .fails(2, &["SOURCE_DATE_EPOCH", &format!("{bad:?}"), "seconds since 1970"]);
    }
    assert!(!place.index().exists());
}

#[test]
fn the_help_names_every_flag_and_exit_code() {
    let help = run(["build", "--help"]).done();
    let flags = [
        "--profiles",
        "--query",
        "--vectors",
        "--ids",
        "--out",
        "--format",
        "--id-field",
        "--vectorizer",
        "--python",
        "--python-timeout",
        "--dimension",
        "--language",
        "--fields",
        "--ignore-fields",
        "--expose",
        "--m",
        "--ef-construction",
        "--seed",
        "--threads",
        "--nice",
        "--on-duplicate-id",
        "--list-separator",
        "--max-skipped",
        "--max-zero",
        "--target-recall",
        "--min-recall",
        "--max-drift",
        "--min-profiles-ratio",
        "--keep",
        "--json",
        "--metrics-file",
    ];
    for flag in flags {
        assert!(help.contains(flag), "{flag} is not in: {help}");
    }
    let help = run(["--help"]).done();
    for word in ["build", "inspect", "verify", "query", "report", "diff", "list", "pin", "unpin", "75", "130"]
    {
        assert!(help.contains(word), "{word} is not in: {help}");
    }
    assert!(run(["--version"]).done().starts_with("index-builder "));
}
