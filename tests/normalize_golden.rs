//! Text normalisation against the answers of the service whose output the models were trained on.

use kindred::vectorizer::text::{Language, normalize};
use serde::Deserialize;

/// `{"text": ..., "language": ..., "normalized": ...}` a line.
const GOLDEN: &str = include_str!("golden/normalize.jsonl");
const GOLDEN_LINES: usize = 1_184;

#[derive(Deserialize)]
struct Golden {
    text: String,
    language: Language,
    normalized: String,
}

#[test]
fn normalisation_agrees_with_every_golden_line() {
    let mut lines = 0;
    let mut differing = 0;
    for (number, line) in (1..).zip(GOLDEN.lines()) {
        lines += 1;
        let golden: Golden =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("line {number}: {error}"));
        let normalized = normalize(&golden.text, golden.language);
        if normalized != golden.normalized {
            differing += 1;
            println!(
                "line {number}, {}: {:?}\n  expected {:?}\n  found    {normalized:?}",
                golden.language, golden.text, golden.normalized
            );
        }
    }
    assert_eq!(lines, GOLDEN_LINES, "lines in the golden file");
    assert_eq!(differing, 0, "lines that differ, listed above");
}
