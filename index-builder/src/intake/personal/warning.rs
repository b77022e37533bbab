//! What is said of personal fields before they are served.

use std::collections::HashSet;

use indexmap::IndexSet;

use super::{Documents, Personal, Stored};
use crate::ground::names::shown;

/// Fields that a message names.
const NAMED: usize = 8;
/// Fields that a ready `--expose` names, and a ready `--ignore-fields`.
const MOST_EXPOSED: usize = 24;
const MOST_IGNORED: usize = 200;

/// What is asked of a build about its fields.
pub struct Answers<'a> {
    /// The field that holds the id.
    pub id_field: &'a str,
    /// What `--expose` names; none where it is not given.
    pub exposed: Option<&'a [String]>,
    /// Whether `--fields` is given.
    pub has_fields: bool,
    /// What `--ignore-fields` names.
    pub ignored: &'a [String],
    /// Whether a field is returned.
    pub is_exposed: &'a dyn Fn(&str) -> bool,
    /// Whether a field is compared as text.
    pub is_compared: &'a dyn Fn(&str) -> bool,
}

/// What a person should know of the fields of documents: which of them look personal and will be returned, and which are
/// compared although they only tell profiles apart.
pub fn warnings(documents: &Documents, answers: &Answers<'_>) -> Vec<String> {
    // There is no warning about a field that is named.
    let is_named = |path: &str| answers.exposed.is_some_and(|names| names.iter().any(|name| name == path));
    let personal: Vec<(&str, Personal)> = documents
        .iter()
        .filter(|(path, _)| (answers.is_exposed)(path) && !is_named(path))
        .filter_map(|(path, stored)| Some((path, stored.personal(path)?)))
        .collect();
    let (ids, others): (Vec<_>, Vec<_>) =
        personal.into_iter().partition(|(path, _)| *path == answers.id_field);
    let suggested = suggested(documents, answers, &others);
    let ids = ids.first().map(|(path, why)| of_id(path, why, &suggested));
    let others = (!others.is_empty()).then(|| of_fields(&others, &suggested));
    ids.into_iter().chain(others).chain(telling_apart(documents, answers)).collect()
}

fn described(path: &str, why: &Personal) -> String {
    match why {
        Personal::Looks { what, count, of } => format!("{} ({what}: {count} of {of} values)", shown(path)),
        Personal::IsCalled(what) => format!("{} (by its name: {what})", shown(path)),
    }
}

fn of_id(path: &str, why: &Personal, suggested: &IndexSet<&str>) -> String {
    let names: Vec<&str> = std::iter::once(path).chain(suggested.iter().copied()).collect();
    let expose = in_option(&names, MOST_EXPOSED).unwrap_or_else(|| format!("{},NAMES", shown(path)));
    format!(
        "warning: the ids look personal: {}. Ids are in every answer, in URLs and so in logs; --id-field takes another field; \
         to keep this one, name it in --expose, together with the other fields to return: --expose {expose}",
        described(path, why),
    )
}

fn of_fields(personal: &[(&str, Personal)], suggested: &IndexSet<&str>) -> String {
    let mut named: Vec<String> =
        personal.iter().take(NAMED).map(|(path, why)| described(path, why)).collect();
    if let more @ 1.. = personal.len().saturating_sub(NAMED) {
        named.push(format!("and {more} more"));
    }
    let names: Vec<&str> = suggested.iter().copied().collect();
    let expose = in_option(&names, MOST_EXPOSED).unwrap_or_else(|| "NAMES, without them".to_owned());
    format!(
        "warning: answers will have fields that look personal: {}. Leave them out: --expose {expose}; to keep one of them, \
         name it in --expose as well",
        named.join(", ")
    )
}

/// The fields that are returned, less the personal ones and the id.
fn suggested<'d>(
    documents: &'d Documents,
    answers: &Answers<'_>,
    personal: &[(&str, Personal)],
) -> IndexSet<&'d str> {
    // What `--expose` names already, or the field at the top.
    let whole = |path| {
        let around = documents.around(path);
        let is_named =
            |name: &&&str| answers.exposed.is_none_or(|names| names.iter().any(|other| other == *name));
        around.iter().find(is_named).copied().unwrap_or(path)
    };
    let is_personal: HashSet<&str> = personal.iter().map(|&(path, _)| path).collect();
    let has_personal: HashSet<&str> = documents
        .iter()
        .filter(|(path, _)| is_personal.contains(path))
        .map(|(path, _)| whole(path))
        .collect();
    let others = documents.iter().map(|(path, _)| path).filter(|path| {
        (answers.is_exposed)(path)
            && !is_personal.contains(path)
            && !documents.around(path).contains(&answers.id_field)
    });
    // Of a map with something personal in it, the other fields are named one by one.
    others.map(|path| if has_personal.contains(whole(path)) { path } else { whole(path) }).collect()
}

/// Names as an option has them; none where they are too many to read, or an option cannot have one of them.
fn in_option(names: &[&str], most: usize) -> Option<String> {
    let is_plain = |name: &&str| shown(name) == **name && !name.contains(['$', '#']);
    match names {
        [] => Some("''".to_owned()),
        names => (names.len() <= most && names.iter().all(is_plain)).then(|| names.join(",")),
    }
}

/// What is compared although it only tells profiles apart.
fn telling_apart(documents: &Documents, answers: &Answers<'_>) -> Option<String> {
    let is_useless = |(path, stored): &(&str, &Stored)| {
        *path != answers.id_field && (answers.is_compared)(path) && stored.tells_apart_only()
    };
    let found: Vec<&str> = documents.iter().filter(is_useless).map(|(path, _)| path).collect();
    let listed: Vec<String> = found.iter().take(NAMED).map(|path| shown(path)).collect();
    let how = if answers.has_fields {
        "name only the other fields in --fields".to_owned()
    } else {
        let ignored: Vec<&str> =
            answers.ignored.iter().map(String::as_str).chain(found.iter().copied()).collect();
        in_option(&ignored, MOST_IGNORED)
            .map_or("name each in --ignore-fields".to_owned(), |names| format!("--ignore-fields {names}"))
    };
    (!found.is_empty()).then(|| {
        let more = match found.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!(
            "compared, though nearly every value is a word of its own: {}{more}. That says little about likeness; leave it \
             out of the comparison: {how}",
            listed.join(", "),
        )
    })
}
