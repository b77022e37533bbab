//! Which path was probably meant by one that there is not.

use super::ROUTES;

/// The longest path that is looked at, in bytes: what is longer was not typed by anybody.
const LONGEST: usize = 200;
/// Parts of a path that are looked at.
const MOST_SEGMENTS: usize = 8;
/// Parts that may stand before a path, such as `api/v1`.
const MOST_BEFORE: usize = 2;
/// What a part costs that is missing or too much.
const OF_SEGMENT: usize = 2;

/// The nearest path, as the table of routes has it, with the first parameters of its query where it needs some.
pub fn near(path: &str) -> Option<String> {
    if path.len() > LONGEST {
        return None;
    }
    let given: Vec<String> =
        path.split('/').filter(|part| !part.is_empty()).take(MOST_SEGMENTS).map(str::to_lowercase).collect();
    let from_there = |before: usize| {
        let given = given.get(before..).filter(|given| !given.is_empty())?;
        let costs = patterns().filter_map(|(pattern, query)| Some((cost(pattern, given)?, pattern, query)));
        costs.min_by_key(|(cost, ..)| *cost)
    };
    let last_word = || {
        let word = given.last()?;
        let ends =
            |pattern: &str| pattern.split('/').next_back().is_some_and(|last| distance(last, word).is_some());
        patterns().find(|(pattern, _)| ends(pattern)).map(|(pattern, query)| (0, pattern, query))
    };
    let (_, pattern, query) = (0..=MOST_BEFORE).find_map(from_there).or_else(last_word)?;
    Some(match query {
        [] => pattern.to_owned(),
        _ if pattern.contains('{') => pattern.to_owned(),
        [first] => format!("{pattern}?{first}=..."),
        [first, second, ..] => format!("{pattern}?{first}=...&{second}=..."),
    })
}

/// The patterns that people ask for, with the names of their queries.
fn patterns() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    let asked = ROUTES.iter().filter(|route| route.pattern != "/" && !route.pattern.contains("{asset}"));
    asked.map(|route| (route.pattern, route.query))
}

/// How much has to be changed to make a path fit; none where they begin with different words.
fn cost(pattern: &'static str, given: &[String]) -> Option<usize> {
    let wanted: Vec<&str> = pattern.split('/').filter(|part| !part.is_empty()).collect();
    let mut cost = 4 * distance(wanted.first()?, given.first()?)?;
    for place in 1..wanted.len().max(given.len()) {
        cost += match (wanted.get(place), given.get(place)) {
            (Some(name), Some(_)) if name.starts_with('{') => 0,
            (Some(word), Some(part)) => distance(word, part).unwrap_or(2 * OF_SEGMENT),
            _ => OF_SEGMENT,
        };
    }
    Some(cost)
}

/// In how many letters a word differs from one of a pattern; one where it is a beginning of the other. None where it is
/// another word.
fn distance(word: &str, given: &str) -> Option<usize> {
    let stem = |text: &'_ str| text.split('.').next().unwrap_or_default().to_owned();
    let (long, short) = if word.len() > given.len() { (word, given) } else { (given, word) };
    if word == given {
        return Some(0);
    }
    if stem(word) == stem(given) || short.len() >= 4 && long.starts_with(short) {
        return Some(1);
    }
    let letters = word.chars().count();
    let most = letters.div_ceil(4).min(3);
    // Words of other lengths differ by more; a long path is not compared letter by letter.
    if letters.abs_diff(given.chars().count()) > most {
        return None;
    }
    let differs = strsim::damerau_levenshtein(word, given);
    (differs <= most).then_some(differs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_that_was_meant_is_found() {
        for (path, meant) in [
            ("/recommend/a", "/recommend/{id}/{n}"),
            ("/recommend/a/", "/recommend/{id}/{n}"),
            ("/recommend/a/5/", "/recommend/{id}/{n}"),
            ("/recommendations/a/5", "/recommend/{id}/{n}"),
            ("/recomend/a/5", "/recommend/{id}/{n}"),
            ("/RECOMMEND/a/5", "/recommend/{id}/{n}"),
            ("//recommend/a/5", "/recommend/{id}/{n}"),
            ("/api/v1/recommend/a/5", "/recommend/{id}/{n}"),
            ("/recommend/a/b/5", "/recommend/{id}/{n}"),
            ("/recommend/", "/recommend?id=...&n=..."),
            ("/profile/a", "/profiles/{id}"),
            ("/profiles/", "/profiles?id=...&prefix=..."),
            ("/profiles/a/5", "/profiles/{id}"),
            ("/distance/a/b", "/distance?from=...&to=..."),
            ("/distances", "/distance?from=...&to=..."),
            ("/random/5", "/random"),
            ("/index/", "/index"),
            ("/index/version", "/index/versions"),
            ("/index/event", "/index/events"),
            ("/index/pins/3", "/index/pin/{version}"),
            ("/versions", "/index/versions"),
            ("/status", "/health/status"),
            ("/ready", "/health/ready"),
            ("/healthz", "/health/status"),
            ("/health", "/health/status"),
            ("/metric", "/metrics"),
            ("/metrics/", "/metrics"),
            ("/openapi.yaml", "/openapi.json"),
            ("/doc", "/docs"),
        ] {
            assert_eq!(near(path).as_deref(), Some(meant), "{path}");
        }
    }

    #[test]
    fn nothing_is_suggested_for_other_words() {
        for path in ["", "/", "//", "/wp-admin/setup.php", "/favicon.ico", "/.env", "/a/b/c/d", "/%00", "/é"]
        {
            assert_eq!(near(path), None, "{path}");
        }
        assert_eq!(near(&format!("/recommend/{}", "x".repeat(LONGEST))), None);
    }
}
