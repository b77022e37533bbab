//! What fields are taken for, and what numbers are.

use super::*;

fn ages(value: impl Fn(i64) -> Value) -> Vec<Fields> {
    (0..590).map(|n| profile(&[("age", value(n))])).collect()
}

/// Ages 20 to 78, ten times each, but each `every`-th is something else.
fn but_each(every: i64, other: &Value) -> Vec<Fields> {
    ages(|n| if n % every == 7 { other.clone() } else { Value::Int(20 + n * 7 % 59) })
}

#[track_caller]
fn assert_age_is_a_number(profiles: &[Fields], why: &str) {
    let vectorizer = fit(config(), profiles);
    let kind = vectorizer.field_kinds().next();
    assert!(matches!(kind, Some(("age", FieldKind::Number { .. }))), "{why}: {kind:?}");
    let age = |age: i64| vectorizer.vectorize(&profile(&[("age", Value::Int(age))]));
    let twenty = age(20);
    let nearest = (21..=78).max_by(|&a, &b| cosine(&twenty, &age(a)).total_cmp(&cosine(&twenty, &age(b))));
    assert_eq!(nearest, Some(21), "{why}");
    assert!(cosine(&twenty, &age(70)) < 0.5, "{why}: {}", cosine(&twenty, &age(70)));
}

#[test]
fn texts_that_say_that_there_is_no_number_leave_a_field_of_numbers_one() {
    for absent in [
        "NA", "NULL", "\\N", "NaN", "nan", "N/A", "n/a", "None", "null", "?", "-", "--", "—", "", " ", ".",
        "#N/A", "<NA>", "unknown", "Inf",
    ] {
        for every in [20, 3] {
            let profiles = but_each(if every == 20 { 20 } else { 8 }, &text(absent));
            assert_age_is_a_number(&profiles, absent);
            let vectorizer = fit(config(), &profiles);
            let vector = vectorizer.vectorize(&profile(&[("age", text(absent))]));
            assert!(vector.iter().all(|&x| x == 0.0), "{absent:?} is nothing");
        }
    }
}

#[test]
fn other_values_among_numbers_are_compared_as_a_category() {
    for other in
        [text("not telling"), text("K1A 0B1"), Value::Bool(true), text("007"), Value::List(vec![text("x")])]
    {
        let profiles = but_each(100, &other);
        assert_age_is_a_number(&profiles, "a few others");
        let vectorizer = fit(config(), &profiles);
        let vector = |value: &Value| vectorizer.vectorize(&profile(&[("age", value.clone())]));
        assert!(cosine(&vector(&other), &vector(&other)) > 0.99, "{other:?} has a vector");
        assert!(cosine(&vector(&other), &vector(&Value::Int(30))) < 0.3);
    }
}

#[test]
fn a_number_in_quotation_marks_is_that_number_beside_others() {
    for every in [2, 3, 1000] {
        let profiles = ages(|n| {
            let age = 20 + n * 7 % 59;
            if n % every == 0 { text(format!(" {age}")) } else { Value::Int(age) }
        });
        assert_age_is_a_number(&profiles, "quoted");
        let vectorizer = fit(config(), &profiles);
        let vector = |value: Value| vectorizer.vectorize(&profile(&[("age", value)]));
        assert_eq!(vector(text("31")), vector(Value::Int(31)));
        assert_eq!(vector(text("３１.0")), vector(Value::Float(31.0)));
    }
    assert_age_is_a_number(&ages(|n| text((20 + n * 7 % 59).to_string())), "all quoted");
    assert_age_is_a_number(&ages(|n| text(format!("{}.50", 20 + n * 7 % 59))), "decimals");
    for code in [|n: i64| format!("{}", 90_000 + n % 59), |n: i64| format!("{:03}", n % 59)] {
        let codes = ages(|n| text(code(n)));
        assert_eq!(counter(config(), &codes).described_fields()[0].kind, "category", "{}", code(7));
    }
    let codes = ages(|n| text((n % 7).to_string()));
    let described = counter(config(), &codes).described_fields().to_vec();
    assert_eq!((described[0].kind.as_str(), described[0].numbers), ("category", 590));
    assert!(described[0].reason.starts_with("its numbers are written as text"), "{}", described[0].reason);
}

#[test]
fn numbers_that_stand_for_something_else_do_not_flatten_the_others() {
    for far in [2_147_483_647.0, 999_999_999.0, 9999.0, 999.0, -1.0, -999.0, 0.0, 1e308, -1e308, 1e15] {
        for every in [20, 590] {
            assert_age_is_a_number(&but_each(every, &Value::Float(far)), &far.to_string());
        }
    }
}

#[test]
fn where_too_few_are_numbers_the_field_says_so() {
    let kinds = |every: i64, other: &dyn Fn(i64) -> Value| {
        let profiles = ages(|n| if n % every == 0 { other(n) } else { Value::Int(n) });
        counter(config(), &profiles).described_fields().to_vec()
    };
    let mixed = &kinds(2, &|n| text(format!("about {n}")))[0];
    assert_eq!(
        (mixed.name.as_str(), mixed.kind.as_str(), mixed.values, mixed.numbers),
        ("age", "text", 590, 295)
    );
    assert_eq!((mixed.share, mixed.missing, mixed.distinct), (0.5, 0, None));
    assert_eq!(
        mixed.reason,
        "50 % of 590 values are numbers, 90 % are needed; more than 256 distinct of 590 values"
    );
    let few = &kinds(5, &|_| text("young"))[0];
    assert_eq!((few.kind.as_str(), few.share), ("text", 0.8));
    let number = &kinds(20, &|n| if n % 40 == 0 { text("NA") } else { text("old") })[0];
    assert_eq!(
        (number.kind.as_str(), number.values, number.numbers, number.missing),
        ("number", 575, 560, 15)
    );
    assert_eq!(
        number.reason,
        "97.3 % of 575 values are numbers, 90 % are needed; compared as a category: 15; texts that say that there is \
         none: 15"
    );
}

#[test]
fn every_field_is_described() {
    let profiles: Vec<Fields> = (0..300)
        .map(|n: i64| {
            profile(&[
                ("age", if n == 5 { Value::Int(1 << 40) } else { Value::Int(n % 60) }),
                ("gender", if n % 3 == 0 { Value::Null } else { text(["f", "m"][n as usize % 2]) }),
                ("likes", Value::List(vec![text("tea"), Value::Int(n)])),
                ("bio", text(format!("text {n}"))),
                ("pets", text(["None", "cat"][n as usize % 2])),
            ])
        })
        .collect();
    let described = counter(config(), &profiles).described_fields().to_vec();
    let told: Vec<_> =
        described.iter().map(|field| format!("{} {}: {}", field.name, field.kind, field.reason)).collect();
    assert_eq!(
        told,
        [
            "age number: all 300 values are numbers; some are far from all others and do not count for the scale",
            "bio text: more than 256 distinct of 300 values",
            "gender category: 2 distinct of 200 values, at most 256 are a category",
            "likes list: 600 elements of lists",
            "pets category: 2 distinct of 300 values, at most 256 are a category",
        ]
    );
    assert_eq!(described.iter().map(|field| field.missing).collect::<Vec<_>>(), [0, 0, 100, 0, 0]);
    let json = serde_json::to_value(&described[0]).unwrap();
    assert_eq!(json["distinct"], 61);
    assert_eq!(serde_json::from_value::<crate::file::FieldMetadata>(json).unwrap(), described[0]);
}

#[test]
fn what_stands_for_a_missing_number_is_a_value_where_there_are_no_numbers() {
    let pets: Vec<Fields> =
        (0..30).map(|n| profile(&[("pets", text(["None", "cat", "-"][n % 3]))])).collect();
    let vectorizer = fit(config(), &pets);
    let vectors: Vec<_> = pets[..3].iter().map(|pet| vectorizer.vectorize(pet)).collect();
    assert!(vectors.iter().all(|vector| vector.iter().any(|&x| x != 0.0)));
    assert_ne!(vectors[0], vectors[2]);
}
