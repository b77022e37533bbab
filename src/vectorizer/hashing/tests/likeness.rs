//! Which profiles are alike.

use proptest::prelude::*;

use super::*;

/// The cosine of two profiles' vectors.
fn likeness(vectorizer: &HashingVectorizer, a: &Fields, b: &Fields) -> f64 {
    cosine(&vectorizer.vectorize(a), &vectorizer.vectorize(b))
}

fn person(age: i64, city: &str) -> Fields {
    profile(&[("age", Value::Int(age)), ("city", text(city))])
}

fn people() -> Vec<Fields> {
    (0..400).map(|n| person(18 + n % 60, ["Vienna", "Ghent", "Lyon", "Bern"][n as usize % 4])).collect()
}

#[test]
fn near_numbers_are_more_alike_than_far_ones() {
    let vectorizer = fit(config(), &people());
    let to_30 = |age| likeness(&vectorizer, &person(30, "Vienna"), &person(age, "Vienna"));
    let falling = [30, 35, 45, 60, 77].map(to_30);
    assert!(falling.is_sorted_by(|a, b| a > b), "{falling:?}");
}

#[test]
fn an_outlier_does_not_swamp_the_other_fields() {
    let mut all = people();
    all.push(person(1_000_000_000, "Ghent"));
    let vectorizer = fit(config(), &all);
    let outlier = person(1_000_000_000, "Ghent");
    let with_city = likeness(&vectorizer, &outlier, &person(30, "Ghent"));
    let without = likeness(&vectorizer, &outlier, &person(30, "Bern"));
    assert!(with_city > without + 0.3, "{with_city} {without}");
    let length = |profile: &Fields| {
        let vector = vectorizer.vectorize(profile);
        vector.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>()
    };
    assert!(length(&outlier) < 1.5 * length(&person(30, "Ghent")));
}

#[test]
fn sharing_a_rare_value_counts_more_than_sharing_a_frequent_one() {
    let with = |a: &str, b: &str| profile(&[("a", text(a)), ("b", text(b))]);
    let mut all: Vec<_> = (0..300).map(|n| with("often", &format!("b{}", n % 100))).collect();
    all.extend((0..30).map(|n| with("rare", &format!("b{n}"))));
    all.extend((0..30).map(|n| with(&format!("a{}", n % 10), "frequent")));
    let vectorizer = fit(HashingConfig { dimension: 2048, ..config() }, &all);
    let rare = likeness(&vectorizer, &with("rare", "b1"), &with("rare", "b2"));
    let often = likeness(&vectorizer, &with("often", "b1"), &with("often", "b2"));
    assert!(rare > often + 0.1, "{rare} {often}");
}

#[test]
fn texts_that_share_words_and_pairs_are_alike_whatever_their_length() {
    let bio = |bio: &str| profile(&[("bio", text(bio))]);
    let word = |n: usize| {
        let letter = |n: usize| char::from(b'a' + (n % 26) as u8);
        format!("w{}{}", letter(n), letter(n / 26))
    };
    let all: Vec<_> = (0..400).map(|n| bio(&format!("{} likes {}", word(n), word(n * 7 + 3)))).collect();
    let vectorizer = fit(HashingConfig { dimension: 1024, ..config() }, &all);
    assert_eq!(vectorizer.field_kinds().next(), Some(("bio", FieldKind::Text)));
    let same = likeness(&vectorizer, &bio("waa likes wba"), &bio("wba likes waa"));
    let pairs = likeness(&vectorizer, &bio("waa likes wba"), &bio("waa likes wba"));
    let other = likeness(&vectorizer, &bio("waa likes wba"), &bio("wca hates wda"));
    assert!(pairs > 0.99 && same > 0.4 && same < 0.8 && other.abs() < 0.15, "{pairs} {same} {other}");
}

#[test]
fn a_long_text_does_not_drown_the_categories() {
    let with = |city: &str, bio: &str| profile(&[("city", text(city)), ("bio", text(bio))]);
    let letter = |n: usize| char::from(b'a' + (n % 26) as u8);
    let long =
        |n: usize| (n..n + 300).map(|n| format!("{}{} ", letter(n), letter(n / 26))).collect::<String>();
    let all: Vec<_> = (0..400).map(|n| with(["Vienna", "Ghent", "Lyon"][n % 3], &long(n))).collect();
    let vectorizer = fit(config(), &all);
    let same_city = likeness(&vectorizer, &with("Ghent", &long(0)), &with("Ghent", "zz"));
    assert!(same_city > 0.25, "{same_city}");
}

#[test]
fn entities_are_decoded_and_blanks_at_the_ends_do_not_count() {
    let with = |value: &str| profile(&[("a", text(value))]);
    let all = [with("doesn&rsquo;t smoke"), with("smokes")];
    let vectorizer = fit(config(), &all);
    assert_eq!(vectorizer.vectorize(&with(" doesn\u{2019}t smoke")), vectorizer.vectorize(&all[0]));
    assert_ne!(vectorizer.vectorize(&all[1]), vectorizer.vectorize(&all[0]));
}

#[test]
fn elements_of_lists_are_alike_one_by_one() {
    let likes =
        |likes: &[&str]| profile(&[("likes", Value::List(likes.iter().map(|like| text(*like)).collect()))]);
    let all =
        [likes(&["tea", "rain", "go"]), likes(&["tea"]), likes(&["chess", "rain"]), likes(&["art", "jazz"])];
    let vectorizer = fit(HashingConfig { dimension: 1024, ..config() }, &all);
    let shares = |a: &[&str], b: &[&str]| likeness(&vectorizer, &likes(a), &likes(b));
    assert!(shares(&["tea", "rain", "go"], &["go", "rain", "tea"]) > 0.999);
    assert!(
        shares(&["tea", "rain", "go"], &["tea", "rain", "art"])
            > shares(&["tea", "rain", "go"], &["tea", "art"])
    );
    assert!(shares(&["tea", "rain"], &["chess", "art"]).abs() < 0.15);
    let packed = |numbers: &[f32]| profile(&[("likes", Value::Floats(numbers.to_vec()))]);
    let plain = profile(&[("likes", Value::List(vec![Value::Int(3), Value::Float(0.1)]))]);
    assert_eq!(vectorizer.vectorize(&packed(&[3.0, 0.1])), vectorizer.vectorize(&plain));
}

proptest! {
    #[test]
    fn the_order_of_the_fields_makes_no_difference(
        profile in proptest::sample::subsequence(
            vec![("a", text("x")), ("b", Value::Int(3)), ("c", Value::Bool(true)), ("d", Value::Float(0.7)),
                 ("e", Value::List(vec![text("x"), text("y")])), ("f", text("z"))], 1..6).prop_shuffle()
    ) {
        let shuffled = super::profile(&profile);
        let mut sorted = shuffled.clone();
        sorted.sort_by(|a, b| a.0.cmp(&b.0));
        let others = [super::profile(&[("b", Value::Int(9)), ("d", Value::Int(0))]), sorted.clone()];
        let vectorizer = fit(config(), &others);
        prop_assert_eq!(vectorizer.vectorize(&shuffled), vectorizer.vectorize(&sorted));
    }
}
