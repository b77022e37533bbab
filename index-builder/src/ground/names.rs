//! Names of fields in messages.

/// How many names a message has at most.
const MOST: usize = 30;
/// The longest name that is shown as a whole, in characters.
const LONGEST: usize = 80;

/// A name as a message has it: as it is where it cannot be misread, else quoted and escaped.
pub fn shown(name: &str) -> String {
    let short: String = name.chars().take(LONGEST).collect();
    let is_plain = |c: char| c.is_alphanumeric() || "_-.$@:#/".contains(c);
    match (short.len() == name.len(), !short.is_empty() && short.chars().all(is_plain)) {
        (true, true) => short,
        (true, false) => format!("{short:?}"),
        (false, _) => format!("{short:?}..."),
    }
}

/// Some names, separated by commas, and how many more there are.
pub fn listed<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let mut names = names.map(shown);
    let listed: Vec<String> = names.by_ref().take(MOST).collect();
    let more = names.count();
    match more {
        0 => listed.join(", "),
        more => format!("{} and {more} more", listed.join(", ")),
    }
}

/// The name that was probably meant: the same but for case and blanks, or with a few letters different.
pub fn nearest<'n>(given: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let plain = |name: &str| -> String {
        name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).take(LONGEST).collect()
    };
    let given = plain(given);
    let most = given.chars().count().div_ceil(4).min(3);
    let distances = names.map(|name| {
        let name_plain = plain(name);
        // The last name of a path is often all that is remembered of it.
        let last = plain(name.rsplit('.').next().unwrap_or(name));
        (
            strsim::damerau_levenshtein(&given, &name_plain).min(strsim::damerau_levenshtein(&given, &last)),
            name,
        )
    });
    // The first of several that are equally near.
    let (distance, name) = distances.min_by_key(|&(distance, _)| distance)?;
    (distance <= most && !given.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shown_so_that_they_cannot_be_misread() {
        let cases =
            [("age", "age"), ("s.age", "s.age"), ("Größe", "Größe"), ("a b", "\"a b\""), ("", "\"\"")];
        for (name, expected) in cases {
            assert_eq!(shown(name), expected);
        }
        assert_eq!(shown("a\nb"), "\"a\\nb\"");
        assert_eq!(shown(&"x".repeat(1000)).len(), LONGEST + 5);
        let many: Vec<String> = (0..100).map(|n| format!("f{n}")).collect();
        assert!(listed(many.iter().map(String::as_str)).ends_with("f29 and 70 more"));
    }

    #[test]
    fn the_nearest_name_is_found_and_none_where_all_are_far() {
        let names = ["first_name", "age", "interests", "s.city"];
        let cases = [
            ("Age", Some("age")),
            ("agee", Some("age")),
            ("intrests", Some("interests")),
            ("firstName", Some("first_name")),
            ("city", Some("s.city")),
            ("zodiac", None),
            ("", None),
        ];
        for (given, expected) in cases {
            assert_eq!(nearest(given, names.into_iter()), expected, "{given}");
        }
    }
}
