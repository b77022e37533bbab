//! The fitted state, written and read.

use proptest::prelude::*;

use super::*;

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        any::<u64>().prop_map(Value::UInt),
        any::<f64>().prop_map(Value::float),
        "[a-z0-9 &;é]{0,30}".prop_map(Value::Text),
        prop::collection::vec(any::<f32>(), 0..4).prop_map(Value::Floats),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            prop::collection::btree_map("[ab.]{0,2}", inner, 0..4)
                .prop_map(|map| Value::Map(map.into_iter().collect())),
        ]
    })
}

fn fields() -> impl Strategy<Value = Fields> {
    prop::collection::btree_map("[a-c]", value(), 0..4).prop_map(|map| map.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_read_back_vectorizes_identically(
        profiles in prop::collection::vec(fields(), 0..12),
        later in fields(),
        dimension in 1usize..300,
        seed in any::<u64>(),
        all in any::<bool>(),
    ) {
        let mut config = HashingConfig { dimension, seed, ..config() };
        config.fields = (!all).then(|| vec!["a".into(), "b".into()]);
        let vectorizer = fit(config, &profiles);
        let bytes = vectorizer.to_bytes();
        let read = HashingVectorizer::from_bytes(&bytes).unwrap();
        prop_assert_eq!(read.to_bytes(), bytes);
        prop_assert_eq!(fingerprint(&read), fingerprint(&vectorizer));
        for profile in profiles.iter().chain([&later]) {
            let vector = vectorizer.vectorize(profile);
            prop_assert!(vector.iter().all(|x| x.is_finite()));
            prop_assert_eq!(read.vectorize(profile), vector);
        }
    }

    #[test]
    fn a_changed_byte_is_refused_or_another_state(place in any::<prop::sample::Index>(), change in 1u8..) {
        let mut bytes = state();
        let place = place.index(bytes.len());
        bytes[place] ^= change;
        if let Ok(read) = HashingVectorizer::from_bytes(&bytes) {
            prop_assert_eq!(read.to_bytes(), bytes);
            read.vectorize(&person());
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0usize..60) {
        let state = state();
        let bytes = [&state[..cut.min(state.len())], &bytes[..]].concat();
        if let Ok(read) = HashingVectorizer::from_bytes(&bytes) {
            read.vectorize(&person());
        }
    }
}

fn person() -> Fields {
    profile(&[("age", Value::Int(30)), ("bio", text("likes tea")), ("likes", Value::List(vec![text("tea")]))])
}

fn state() -> Vec<u8> {
    let other =
        profile(&[("age", Value::Int(40)), ("bio", text("likes rain")), ("extra", Value::Bool(true))]);
    let mut config = HashingConfig { ignore_fields: vec!["extra".into()], ..config() };
    config.dimension = 128;
    fit(config, &[person(), other]).to_bytes()
}

#[test]
fn truncated_states_are_refused_at_every_length() {
    let bytes = state();
    for length in 0..bytes.len() {
        let refused = HashingVectorizer::from_bytes(&bytes[..length]).unwrap_err();
        let expected = if length < 4 { StateError::Magic } else { StateError::Truncated };
        assert_eq!(refused, expected, "{length}");
    }
}

/// A state without fields and profiles, up to the frequencies: every byte's place is known.
fn small(frequencies: &[u8]) -> Vec<u8> {
    let head = b"KHV2\x08\0\0\0\0\0\0\0\0\x02en\x03_id\0\0\x02\x02\x01a\x01\x01b\x02";
    [&head[..], frequencies].concat()
}

#[test]
fn edited_states_are_refused_for_what_is_wrong() {
    assert!(HashingVectorizer::from_bytes(&small(&[1, 5, 2])).is_ok());
    let edited = |place: usize, byte: u8| {
        let mut bytes = small(&[1, 5, 2]);
        bytes[place] = byte;
        HashingVectorizer::from_bytes(&bytes).unwrap_err()
    };
    let too_long = StateError::Invalid("a list or a text that is too long");
    assert_eq!(edited(3, b'3'), StateError::Magic);
    assert_eq!(edited(4, 0), StateError::Config(ConfigError::Dimension(0)));
    assert_eq!(edited(14, b'x'), StateError::Language("xn".into()));
    assert_eq!(edited(14, 0xff), StateError::Invalid("text that is not UTF-8"));
    assert_eq!(edited(21, 2), StateError::Invalid("neither all fields nor a list of them"));
    assert_eq!(edited(25, b'c'), StateError::Invalid("fields that are not in order"));
    assert_eq!(edited(26, 9), StateError::Invalid("an unknown kind of field"));
    assert_eq!(HashingVectorizer::from_bytes(&small(&[1, 5, 2, 0])).unwrap_err(), StateError::Trailing(1));
    assert_eq!(HashingVectorizer::from_bytes(&small(&[0xff; 3])).unwrap_err(), StateError::Truncated);
    let length = HashingVectorizer::from_bytes(&small(&[0xff, 0xff, 0xff, 0xff, 1])).unwrap_err();
    assert_eq!(length, too_long);
}

#[test]
fn frequencies_that_cannot_be_are_refused() {
    let impossible = StateError::Invalid("a frequency or a bucket that cannot be");
    let refused = |frequencies: &[u8]| HashingVectorizer::from_bytes(&small(frequencies)).unwrap_err();
    assert_eq!(refused(&[1, 0, 1]), impossible, "no distance");
    assert_eq!(refused(&[1, 1, 0]), impossible, "no profile");
    assert_eq!(refused(&[1, 1, 3]), impossible, "more than there are profiles");
    assert_eq!(refused(&[1, 0x81, 0x80, 0x40, 1]), impossible, "beyond the last bucket");
    assert!(HashingVectorizer::from_bytes(&small(&[1, 0x80, 0x80, 0x40, 1])).is_ok(), "the last bucket");
    assert_eq!(refused(&[1, 0x81, 0, 1]), StateError::Invalid("a number that is too long"));
}

#[test]
fn numbers_need_a_finite_middle_and_spread() {
    let with = |mean: f64, spread: f64| {
        let mut bytes = b"KHV2\x08\0\0\0\0\0\0\0\0\x02en\x03_id\0\0\x02\x01\x01a\0".to_vec();
        bytes.extend(mean.to_le_bytes());
        bytes.extend(spread.to_le_bytes());
        bytes.push(0);
        HashingVectorizer::from_bytes(&bytes)
    };
    assert!(with(1.0, 0.0).is_ok());
    for (mean, spread) in [(f64::NAN, 1.0), (1.0, f64::INFINITY), (1.0, -1.0)] {
        assert_eq!(
            with(mean, spread).unwrap_err(),
            StateError::Invalid("a middle or spread that is not a number")
        );
    }
    // Extremes that are allowed still make finite vectors.
    for (mean, spread) in [(f64::MAX, f64::MIN_POSITIVE), (-f64::MAX, f64::MAX), (0.0, 5e-324)] {
        let vector = with(mean, spread).unwrap().vectorize(&profile(&[("a", Value::Float(f64::MAX))]));
        assert!(vector.iter().all(|x| x.is_finite()));
    }
}

#[test]
fn another_seed_language_or_profile_has_another_fingerprint() {
    let print = |config: HashingConfig, profiles: &[Fields]| fingerprint(&fit(config, profiles));
    let first = print(config(), &[person()]);
    assert_eq!(first, print(config(), &[person()]));
    assert_eq!(first.len(), 16);
    assert_ne!(first, print(HashingConfig { seed: 7, ..config() }, &[person()]));
    assert_ne!(first, print(HashingConfig { language: Language::De, ..config() }, &[person()]));
    assert_ne!(first, print(config(), &[person(), person()]));
}
