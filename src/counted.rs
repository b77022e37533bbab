//! Numbers of things and lists of them, as the language has them.

use std::fmt;

/// So many of something: "1 id", "2 ids". Displayed, it is no more than the number and the word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted<'w> {
    count: u64,
    one: &'w str,
}

/// So many of something, whose plural has an s behind it, or `ies` for `y`.
pub fn counted(count: u64, one: &str) -> Counted<'_> {
    Counted { count, one }
}

impl Counted<'_> {
    /// The verb behind it.
    pub fn is_or_are(&self) -> &'static str {
        if self.count == 1 { "is" } else { "are" }
    }

    /// The same of what is over.
    pub fn was_or_were(&self) -> &'static str {
        if self.count == 1 { "was" } else { "were" }
    }
}

impl fmt::Display for Counted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counted { count, one } = self;
        match (count, one.strip_suffix('y')) {
            (1, _) => write!(f, "1 {one}"),
            (_, Some(stem)) if !stem.ends_with(['a', 'e', 'o', 'u']) => write!(f, "{count} {stem}ies"),
            _ => write!(f, "{count} {one}s"),
        }
    }
}

/// Some things with a word before the last: `a, b and c`.
pub fn joined<T: AsRef<str>>(things: &[T], word: &str) -> String {
    let things: Vec<&str> = things.iter().map(AsRef::as_ref).collect();
    match things.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} {word} {last}", others.join(", ")),
        _ => things.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_a_list_has_a_word_before_it() {
        let cases: [(&[&str], &str); 4] =
            [(&[], ""), (&["a"], "a"), (&["a", "b"], "a and b"), (&["a", "b", "c"], "a, b and c")];
        for (things, text) in cases {
            assert_eq!(joined(things, "and"), text);
        }
    }

    #[test]
    fn one_is_one_and_all_others_are_many() {
        let cases = [
            (0, "id", "0 ids"),
            (1, "id", "1 id"),
            (2, "entry", "2 entries"),
            (2, "day", "2 days"),
            (1, "entry", "1 entry"),
        ];
        for (count, one, text) in cases {
            assert_eq!(counted(count, one).to_string(), text);
        }
        assert_eq!((counted(1, "id").is_or_are(), counted(0, "id").is_or_are()), ("is", "are"));
        assert_eq!((counted(1, "id").was_or_were(), counted(2, "id").was_or_were()), ("was", "were"));
    }
}
