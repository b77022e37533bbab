//! Whole profiles, from fitting to vectors.

mod fields;
mod likeness;
mod scripts;
mod state;

use std::slice::from_ref;

use super::*;
use crate::profile::{Fields, Value};
use crate::vectorizer::text::Language;

fn config() -> HashingConfig {
    HashingConfig::new("_id", Language::En)
}

fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

fn profile(fields: &[(&str, Value)]) -> Fields {
    fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

fn counter(config: HashingConfig, profiles: &[Fields]) -> FrequencyCounter {
    let mut fitter = Fitter::new(config).unwrap();
    profiles.iter().for_each(|profile| fitter.observe(profile));
    fitter.finish()
}

fn fit(config: HashingConfig, profiles: &[Fields]) -> HashingVectorizer {
    let mut counter = counter(config, profiles);
    profiles.iter().for_each(|profile| counter.observe(profile));
    counter.finish()
}

/// The hash of the state: vectorizers of one fingerprint make the same vectors.
fn fingerprint(vectorizer: &HashingVectorizer) -> String {
    format!("{:016x}", twox_hash::XxHash3_64::oneshot(&vectorizer.to_bytes()))
}

/// The kind of the only field of profiles with these values.
fn kind_of(values: impl IntoIterator<Item = Value>) -> Option<FieldKind> {
    let profiles: Vec<Fields> = values.into_iter().map(|value| profile(&[("field", value)])).collect();
    counter(config(), &profiles).field_kinds().next().map(|(_, kind)| kind)
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[test]
fn numbers_alone_are_a_number_even_if_they_are_few() {
    let kind = kind_of([Value::Int(1), Value::Float(3.0), Value::Null, Value::UInt(5)]);
    let Some(FieldKind::Number { middle, spread }) = kind else { panic!("{kind:?}") };
    assert_eq!(middle, 3.0);
    assert!((spread - (8.0f64 / 3.0).sqrt()).abs() < 1e-12);
    assert!(matches!(kind_of((0..1000).map(Value::Int)), Some(FieldKind::Number { .. })));
}

#[test]
fn a_blank_text_makes_no_field_of_numbers_a_text() {
    let values = || (0..1000).map(Value::Int);
    for blank in ["", "  ", "&nbsp;"] {
        assert!(matches!(kind_of(values().chain([text(blank)])), Some(FieldKind::Number { .. })), "{blank}");
        assert!(matches!(kind_of([text(blank)].into_iter().chain(values())), Some(FieldKind::Number { .. })));
    }
}

#[test]
fn up_to_256_distinct_values_are_a_category() {
    let values = |count: usize| (0..3 * count).map(move |n| text(format!("value {}", n % count)));
    assert_eq!(kind_of(values(MAX_CATEGORIES)), Some(FieldKind::Category));
    assert_eq!(kind_of(values(MAX_CATEGORIES + 1)), Some(FieldKind::Text));
    assert_eq!(kind_of([Value::Bool(true), Value::Bool(false)]), Some(FieldKind::Category));
    assert_eq!(kind_of([Value::Bool(true), Value::Int(7), text("x")]), Some(FieldKind::Category));
}

#[test]
fn lists_are_lists_unless_most_is_text() {
    let list = || Value::List(vec![text("a"), Value::Int(1), Value::Null]);
    assert_eq!(kind_of([list()]), Some(FieldKind::List));
    assert_eq!(kind_of([list(), text("a"), Value::Null]), Some(FieldKind::List));
    assert_eq!(kind_of((0..15).map(Value::Int).chain([list()])), Some(FieldKind::List));
    assert_eq!(kind_of((0..1000).map(|n| text(format!("text {n}"))).chain([list()])), Some(FieldKind::Text));
    assert_eq!(kind_of([Value::Floats(vec![0.5, f32::NAN])]), Some(FieldKind::List));
}

#[test]
fn a_field_without_values_is_none() {
    assert_eq!(kind_of([Value::Null, Value::List(vec![]), Value::Map(vec![])]), None);
}

#[test]
fn nested_maps_are_flattened_also_in_lists() {
    let inner = Value::Map(profile(&[("b", text("x")), ("c", Value::Map(profile(&[("d", Value::Int(1))])))]));
    let profiles = [profile(&[("a", inner.clone()), ("l", Value::List(vec![inner]))])];
    let counter = counter(config(), &profiles);
    let kinds: Vec<_> = counter.field_kinds().map(|(name, kind)| format!("{name} {kind}")).collect();
    assert_eq!(kinds, ["a.b category", "a.c.d number", "l.b list", "l.c.d list"]);
}

#[test]
fn nesting_without_end_is_left_out_and_counted() {
    let deep = (0..MAX_DEPTH + 5).fold(text("x"), |value, _| Value::List(vec![value]));
    let long = "n".repeat(MAX_FIELD_NAME_BYTES + 1);
    let profiles = [profile(&[("deep", deep), (&long, text("x")), ("kept", text("x"))])];
    let counter = counter(config(), &profiles);
    let left_out = counter.left_out();
    assert_eq!((left_out.values(), left_out.long_paths, left_out.deep), (2, 1, 1));
    assert_eq!(left_out.deep_path.as_deref(), Some("deep"));
    assert_eq!(left_out.long_path.as_deref(), Some(format!("{}...", "n".repeat(60)).as_str()));
    assert_eq!(counter.field_kinds().map(|(name, _)| name).collect::<Vec<_>>(), ["kept"]);
}

#[test]
fn fields_whose_names_are_data_do_not_fill_the_memory() {
    let profiles: Vec<_> = (0..MAX_FIELDS + 9)
        .map(|n| profile(&[("likes", Value::Map(vec![(format!("{n}"), Value::Bool(true))]))]))
        .collect();
    let counter = counter(config(), &profiles);
    let left_out = counter.left_out();
    assert_eq!((counter.field_kinds().count(), left_out.values()), (MAX_FIELDS, 9));
    assert_eq!((left_out.fields_beyond, left_out.field_beyond.as_deref()), (9, Some("likes.16384")));
}

#[test]
fn the_id_and_fields_that_are_not_wanted_make_no_difference() {
    let with = |id: &str, a: &str, b: &str| profile(&[("_id", text(id)), ("a", text(a)), ("b", text(b))]);
    let profiles = [with("1", "x", "p"), with("2", "y", "q")];
    let vector = |config: &HashingConfig, profile: &Fields| fit(config.clone(), &profiles).vectorize(profile);
    let mut only_a = config();
    only_a.fields = Some(vec!["a".into(), "_id".into()]);
    let mut not_b = config();
    not_b.ignore_fields = vec!["b".into()];
    for config in [&only_a, &not_b] {
        assert_eq!(vector(config, &with("1", "x", "p")), vector(config, &with("2", "x", "q")));
        assert_ne!(vector(config, &with("1", "x", "p")), vector(config, &with("1", "y", "p")));
    }
    assert_eq!(vector(&config(), &with("1", "x", "p")), vector(&config(), &with("3", "x", "p")));
}

#[test]
fn named_fields_that_no_profile_has_are_reported() {
    let mut config = config();
    config.fields = Some(vec!["nmae".into(), "name".into()]);
    config.ignore_fields = vec!["empty".into(), "agee".into()];
    let profiles = [profile(&[("name", text("Ada")), ("empty", Value::Null)])];
    assert_eq!(counter(config, &profiles).unknown_fields(), ["agee", "nmae"]);
}

#[test]
fn configurations_that_cannot_be_are_refused() {
    let refused = |change: &dyn Fn(&mut HashingConfig)| {
        let mut config = config();
        change(&mut config);
        Fitter::new(config).unwrap_err()
    };
    assert_eq!(refused(&|config| config.dimension = 0), ConfigError::Dimension(0));
    assert_eq!(
        refused(&|config| config.dimension = MAX_DIMENSION + 1),
        ConfigError::Dimension(MAX_DIMENSION + 1)
    );
    assert_eq!(refused(&|config| config.fields = Some(vec![])), ConfigError::NoFields);
    assert_eq!(refused(&|config| config.id_field = "x".repeat(1025)), ConfigError::NameTooLong(1025));
    let many = vec![String::new(); MAX_FIELDS + 1];
    assert_eq!(
        refused(&|config| config.ignore_fields = many.clone()),
        ConfigError::TooManyFields(MAX_FIELDS + 1)
    );
}

#[test]
fn profiles_without_features_are_zero_vectors() {
    let empty = profile(&[("_id", text("1")), ("name", Value::Null), ("bio", text(" "))]);
    let constant = profile(&[("age", Value::Int(3))]);
    for profiles in [&[] as &[Fields], from_ref(&empty), from_ref(&constant)] {
        let vector = fit(config(), profiles).vectorize(profiles.first().unwrap_or(&vec![]));
        assert_eq!(vector, vec![0.0; DEFAULT_DIMENSION]);
    }
}

#[test]
fn a_single_profile_of_two_names_has_a_vector_in_any_dimension() {
    let only = profile(&[("_id", text("1")), ("name", text("Ada")), ("surname", text("Lovelace"))]);
    for dimension in [8, 64, 100, 256, 1024] {
        let vector = fit(HashingConfig { dimension, ..config() }, from_ref(&only)).vectorize(&only);
        assert_eq!(vector.len(), dimension);
        assert!(vector.iter().any(|x| *x != 0.0) && vector.iter().all(|x| x.is_finite()));
    }
}

#[test]
fn counting_in_parts_is_counting_at_once() {
    let profiles: Vec<_> = (0..600i32)
        .map(|n| {
            let bio = text(format!(
                "likes {} and {}",
                ["tea", "music", "rain"][n as usize % 3],
                "x".repeat(n as usize)
            ));
            profile(&[("age", Value::Int(i64::from(n))), ("bio", bio)])
        })
        .collect();
    let mut parts = counter(config(), &profiles);
    let mut fork = parts.fork();
    profiles[200..].iter().rev().for_each(|profile| fork.observe(profile));
    profiles[..200].iter().for_each(|profile| parts.observe(profile));
    parts.merge(&fork);
    assert_eq!(parts.finish().to_bytes(), fit(config(), &profiles).to_bytes());
}

/// Vectors of one index are compared with vectors made later and elsewhere, so they may not change by a bit without
/// the state's magic changing too.
#[test]
fn vectors_are_the_same_bits_as_ever() {
    let profiles: Vec<_> = (0..300u32)
        .map(|n| {
            let word = ["tea", "music", "rain", "hiking"][n as usize % 4];
            let letter = |n: u32| char::from(b'a' + (n % 26) as u8);
            profile(&[
                ("age", Value::Int(i64::from(n * n % 83))),
                ("city", text(["Vienna", "Ghent", "Lyon"][n as usize % 3])),
                ("likes", Value::List(vec![text(word), Value::Float(0.5)])),
                ("bio", text(format!("{word} with {}{}{}", letter(n), letter(n / 26), letter(n / 7)))),
            ])
        })
        .collect();
    let vectorizer = fit(config(), &profiles);
    let bits: Vec<u8> = profiles
        .iter()
        .flat_map(|profile| vectorizer.vectorize(profile))
        .flat_map(f32::to_le_bytes)
        .collect();
    let hash = format!("{:016x}", twox_hash::XxHash3_64::oneshot(&bits));
    assert_eq!((fingerprint(&vectorizer).as_str(), hash.as_str()), ("d38ba613bc46aacd", "6d311bc9862a38b5"));
}
