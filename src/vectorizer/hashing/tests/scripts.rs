//! Text in every script.

use super::*;

/// The same texts as the benchmark of near texts has.
#[path = "../../../../benches/languages/bios.rs"]
mod bios;

fn bio(bio: &str) -> Fields {
    profile(&[("bio", text(bio))])
}

/// A vectorizer that has seen so many different texts that the field is one of text, these among them.
fn fitted(texts: &[&str]) -> HashingVectorizer {
    let filler = (0..300).map(|n| bio(&format!("{} filler{n}", texts[n % texts.len()])));
    let all: Vec<Fields> = texts.iter().map(|text| bio(text)).chain(filler).collect();
    let vectorizer = fit(config(), &all);
    assert_eq!(vectorizer.field_kinds().next(), Some(("bio", FieldKind::Text)));
    vectorizer
}

fn assert_one(same: &[&str]) {
    let vectorizer = fitted(same);
    let first = vectorizer.vectorize(&bio(same[0]));
    assert!(first.iter().any(|&number| number != 0.0), "{same:?}");
    for other in same {
        assert_eq!(vectorizer.vectorize(&bio(other)), first, "{other}");
    }
}

#[test]
fn near_texts_find_each_other_in_ten_scripts() {
    for tongue in &bios::TONGUES {
        let found = bios::measure(tongue, 150).unwrap();
        assert_eq!((found.texts, found.zero), (300, 0), "{}", tongue.script);
        assert!(
            found.recall >= 0.95 && found.first >= 0.9,
            "{}: {} {}",
            tongue.script,
            found.recall,
            found.first
        );
    }
}

#[test]
fn texts_in_every_script_have_vectors_and_different_ones_different_vectors() {
    let texts = [
        "Люблю сальсу и горные походы",
        "我喜欢跳舞和爬山",
        "サルサと山登りが好きです",
        "Μου αρέσει η σάλσα",
        "أحب الرقص والجبال",
        "मुझे नाचना पसंद है",
        "ฉันชอบเต้นรำ",
        "나는 살사를 좋아해요",
        "אני אוהב לרקוד",
        "ខ្ញុំចូលចិត្តរាំ",
        "ကျွန်တော် အကကြိုက်တယ်",
        "ຂ້ອຍມັກເຕັ້ນ",
        "მიყვარს ცეკვა",
        "Ես սիրում եմ պարել",
        "ዳንስ እወዳለሁ",
        "எனக்கு நடனம் பிடிக்கும்",
        "আমি নাচতে ভালোবাসি",
        "ང་ཞབས་བྲོ་ལ་དགའ།",
        "ꦲꦏꦸ ꦗꦺꦴꦒꦺꦢ꧀",
        "Tôi thích nhảy múa",
        "茶",
        "か",
        "ก",
        "🍕",
        "🇨🇭",
        "★",
        "½",
        "Ⅳ",
    ];
    let vectorizer = fitted(&texts);
    let vectors: Vec<_> = texts.iter().map(|text| vectorizer.vectorize(&bio(text))).collect();
    for (number, vector) in vectors.iter().enumerate() {
        assert!(vector.iter().any(|&x| x != 0.0), "{}", texts[number]);
        for (other, text) in vectors.iter().zip(texts).skip(number + 1) {
            assert!(cosine(vector, other) < 0.9, "{} {text}", texts[number]);
        }
    }
}

#[test]
fn ways_to_write_the_same_text_are_one_vector() {
    assert_one(&[
        "I love salsa",
        "I love ｓａｌｓａ",
        "I love 𝓼𝓪𝓵𝓼𝓪",
        "I LOVE SALSA",
        "I love s\u{200b}al\u{ad}sa",
        "I  love\nsalsa",
    ]);
    assert_one(&["Café Zürich", "Cafe\u{301} Zu\u{308}rich", "CAFÉ ZÜRICH", "Cafe Zuerich"]);
    assert_one(&["Straße", "STRASSE", "Strasse"]);
    assert_one(&["İstanbul ışık", "istanbul isik", "ISTANBUL IŞIK", "i\u{307}stanbul ışık"]);
    assert_one(&["سلام عليكم", "ســـلام عليكم", "\u{feb3}\u{fefc}\u{fee1} عليكم"]);
    assert_one(&["ガイド", "ｶﾞｲﾄﾞ", "カ\u{3099}イト\u{3099}"]);
    assert_one(&["한국어", "\u{1112}\u{1161}\u{11ab}\u{1100}\u{116e}\u{11a8}\u{110b}\u{1165}"]);
    assert_one(&["👍❤️", "👍🏽❤", "👍🏿 ❤️"]);
    assert_one(&["I have 3 cats", "I have ３ cats", "I have ٣ cats", "i have three cats"]);
}

#[test]
fn pictures_that_share_a_part_are_near() {
    let texts = ["👩🏽\u{200d}💻🍕", "👩\u{200d}💻", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "🎸🎹"];
    let vectorizer = fitted(&texts);
    let [a, b, england, scotland, music] = texts.map(|text| vectorizer.vectorize(&bio(text)));
    assert!(cosine(&a, &b) > 0.5 && cosine(&a, &music) < 0.3);
    assert!(cosine(&england, &scotland) < 0.5);
}

#[test]
fn ways_to_write_the_same_value_are_one_value() {
    let with = |city: &str| profile(&[("city", text(city)), ("likes", Value::List(vec![text(city)]))]);
    for same in [
        ["Zürich", "ZU\u{308}RICH"],
        ["Москва", "МОСКВА"],
        ["ｓａｌｓａ", "Salsa"],
        ["Straße", "STRASSE"],
        [" New\u{a0} York", "new york"],
    ] {
        let all = [with(same[0]), with(same[1]), with("Bern")];
        let vectorizer = fit(config(), &all);
        assert_eq!(vectorizer.vectorize(&all[0]), vectorizer.vectorize(&all[1]), "{same:?}");
        assert_ne!(vectorizer.vectorize(&all[0]), vectorizer.vectorize(&all[2]));
    }
    let all = [with("Zürich"), with("Zurich")];
    let vectorizer = fit(config(), &all);
    assert_ne!(vectorizer.vectorize(&all[0]), vectorizer.vectorize(&all[1]), "accents tell values apart");
}
