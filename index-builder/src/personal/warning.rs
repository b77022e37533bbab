//! What is said of personal fields before they are served.

use super::{Documents, Personal, Stored};
use crate::fields::shown;

/// Fields that a message names.
const NAMED: usize = 8;
/// Fields that a ready `--expose` names.
const SUGGESTED: usize = 24;

/// What is asked of a build about its fields.
pub struct Answers<'a> {
    /// The field that holds the id.
    pub id_field: &'a str,
    /// What `--expose` names; none where it is not given.
    pub exposed: Option<&'a [String]>,
    /// Whether a field is returned.
    pub is_exposed: &'a dyn Fn(&str) -> bool,
    /// Whether a field is compared as text.
    pub is_compared: &'a dyn Fn(&str) -> bool,
}

/// What a person should know of the fields of documents: which of them look personal and will be returned, and which are
/// compared although they only tell profiles apart.
pub fn warnings(documents: &Documents, answers: &Answers<'_>) -> Vec<String> {
    // Whoever names a field says that it is meant.
    let is_named = |path: &str| answers.exposed.is_some_and(|names| names.iter().any(|name| name == path));
    let personal: Vec<(&str, Personal)> = documents
        .iter()
        .filter(|(path, _)| (answers.is_exposed)(path) && !is_named(path))
        .filter_map(|(path, stored)| Some((path, stored.personal(path)?)))
        .collect();
    let (ids, others): (Vec<_>, Vec<_>) =
        personal.into_iter().partition(|(path, _)| *path == answers.id_field);
    let ids = ids.first().map(|(path, why)| of_id(path, why));
    let others = (!others.is_empty()).then(|| of_fields(documents, answers, &others));
    ids.into_iter().chain(others).chain(telling_apart(documents, answers)).collect()
}

fn described(path: &str, why: &Personal) -> String {
    match why {
        Personal::Looks { what, count, of } => format!("{} ({what}: {count} of {of} values)", shown(path)),
        Personal::IsCalled(what) => format!("{} (by its name: {what})", shown(path)),
    }
}

fn of_id(path: &str, why: &Personal) -> String {
    format!(
        "warning: the ids look personal: {}. Ids are in every answer, in URLs and so in logs; --id-field takes another field, \
         and --expose {} says that this is meant",
        described(path, why),
        shown(path)
    )
}

fn of_fields(documents: &Documents, answers: &Answers<'_>, personal: &[(&str, Personal)]) -> String {
    let mut named: Vec<String> =
        personal.iter().take(NAMED).map(|(path, why)| described(path, why)).collect();
    if let more @ 1.. = personal.len().saturating_sub(NAMED) {
        named.push(format!("and {more} more"));
    }
    let expose = suggested(documents, answers, personal).unwrap_or_else(|| "NAMES, without them".to_owned());
    format!(
        "warning: answers will have fields that look personal: {}. Leave them out: --expose {expose}; a field that --expose \
         names is meant",
        named.join(", ")
    )
}

/// The fields that are returned, less the personal ones, as the option has them; none where they are too many to read, or
/// have names that an option cannot have.
fn suggested(documents: &Documents, answers: &Answers<'_>, personal: &[(&str, Personal)]) -> Option<String> {
    let top = |path: &str| path.split('.').next().unwrap_or(path).to_owned();
    let has_personal = |name: &str| personal.iter().any(|(path, _)| top(path) == name);
    let mut names: Vec<String> = Vec::new();
    for (path, _) in documents.iter() {
        if path == answers.id_field
            || !(answers.is_exposed)(path)
            || personal.iter().any(|(other, _)| *other == path)
        {
            continue;
        }
        let name = top(path);
        // Of a map with something personal in it, the other fields are named one by one.
        let name = if has_personal(&name) || answers.exposed.is_some() { path.to_owned() } else { name };
        let is_plain = shown(&name) == name && !name.contains([',', '$', '#']);
        if !is_plain || names.len() >= SUGGESTED {
            return None;
        }
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Some(if names.is_empty() { "''".to_owned() } else { names.join(",") })
}

/// What is compared although it only tells profiles apart.
fn telling_apart(documents: &Documents, answers: &Answers<'_>) -> Option<String> {
    let is_useless = |(path, stored): &(&str, &Stored)| {
        *path != answers.id_field && (answers.is_compared)(path) && stored.tells_apart_only()
    };
    let found: Vec<&str> = documents.iter().filter(is_useless).map(|(path, _)| path).collect();
    let listed: Vec<String> = found.iter().take(NAMED).map(|path| shown(path)).collect();
    (!found.is_empty()).then(|| {
        let more = match found.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!(
            "compared, though nearly every value is a word of its own: {}{more}. That says little about likeness; leave it \
             out of the comparison: --ignore-fields {}",
            listed.join(", "),
            listed.join(",")
        )
    })
}
