//! Fields by their names, or by paths of names.
//!
//! `a.b` is the field of that very name where a map has one, else the field `b` of the map in its field `a`. The same
//! holds in every map on the way. What selects fields goes through lists as well: `tags.name` is the name in each map
//! of the list `tags`.

use super::{Fields, Value};

/// What of a path is left behind a name.
fn rest<'p>(path: &'p str, name: &str) -> Option<&'p str> {
    path.strip_prefix(name)?.strip_prefix('.')
}

/// The value at a path.
pub fn find<'f>(fields: &'f Fields, path: &str) -> Option<&'f Value> {
    if let Some((_, value)) = fields.iter().find(|(name, _)| name == path) {
        return Some(value);
    }
    fields.iter().find_map(|(name, value)| match value {
        Value::Map(below) => find(below, rest(path, name)?),
        _ => None,
    })
}

/// Takes the value at a path out; maps on the way stay, also where nothing is left in them.
pub fn take(fields: &mut Fields, path: &str) -> Option<Value> {
    if let Some(place) = fields.iter().position(|(name, _)| name == path) {
        return Some(fields.remove(place).1);
    }
    fields.iter_mut().find_map(|(name, value)| match value {
        Value::Map(below) => take(below, rest(path, name)?),
        _ => None,
    })
}

/// Whether there is something at a path, also in maps of lists.
pub fn holds(fields: &Fields, path: &str) -> bool {
    fn below(value: &Value, path: &str) -> bool {
        match value {
            Value::Map(fields) => holds(fields, path),
            Value::List(values) => values.iter().any(|value| below(value, path)),
            _ => false,
        }
    }
    fields.iter().any(|(name, value)| name == path || rest(path, name).is_some_and(|path| below(value, path)))
}

/// Changes every value at a path, also in maps of lists.
pub fn for_each_mut(fields: &mut Fields, path: &str, change: &mut impl FnMut(&mut Value)) {
    fn below(value: &mut Value, path: &str, change: &mut impl FnMut(&mut Value)) {
        match value {
            Value::Map(fields) => for_each_mut(fields, path, change),
            Value::List(values) => values.iter_mut().for_each(|value| below(value, path, change)),
            _ => {}
        }
    }
    if let Some((_, value)) = fields.iter_mut().find(|(name, _)| name == path) {
        return change(value);
    }
    for (name, value) in fields {
        if let Some(path) = rest(path, name) {
            below(value, path, change);
        }
    }
}

/// Names and paths that select fields of a map.
#[derive(Debug, Clone, Default)]
pub struct Paths<'p>(Vec<&'p str>);

/// What paths say of a field.
#[derive(Debug)]
pub enum Selected<'p> {
    /// It is named, with all that is in it.
    Whole,
    /// These lead on into it; often none.
    Below(Paths<'p>),
}

impl<'p> Paths<'p> {
    /// These names and paths.
    pub fn new(paths: impl IntoIterator<Item = &'p str>) -> Paths<'p> {
        Paths(paths.into_iter().collect())
    }

    /// These, and one more.
    #[must_use]
    pub fn and(mut self, path: &'p str) -> Paths<'p> {
        self.0.push(path);
        self
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What they say of the field `name` of a map.
    pub fn at(&self, name: &str, map: &Fields) -> Selected<'p> {
        if self.0.contains(&name) {
            return Selected::Whole;
        }
        let leads_on = |path: &&'p str| {
            let rest = rest(path, name)?;
            (!map.iter().any(|(other, _)| other == path)).then_some(rest)
        };
        Selected::Below(Paths(self.0.iter().filter_map(leads_on).collect()))
    }
}

/// Leaves the fields that `only` selects, all where it is `None`, without those that `ignored` selects. A map or list of
/// which `only` leaves nothing goes as well.
pub fn retain(fields: &mut Fields, only: Option<&Paths<'_>>, ignored: &Paths<'_>) {
    let all = std::mem::take(fields);
    let mut kept = Vec::with_capacity(all.len());
    let selected: Vec<_> = all.iter().map(|(name, _)| select(name, &all, only, ignored)).collect();
    for ((name, mut value), selected) in all.into_iter().zip(selected) {
        let Some((only, ignored)) = selected else { continue };
        if retain_in(&mut value, only.as_ref(), &ignored) {
            kept.push((name, value));
        }
    }
    *fields = kept;
}

/// Which paths go on in a field, `None` where nothing of it is selected. The first are `None` where all of it is.
pub(crate) fn select<'p>(
    name: &str,
    map: &Fields,
    only: Option<&Paths<'p>>,
    ignored: &Paths<'p>,
) -> Option<(Option<Paths<'p>>, Paths<'p>)> {
    let Selected::Below(ignored) = ignored.at(name, map) else { return None };
    match only.map(|only| only.at(name, map)) {
        None | Some(Selected::Whole) => Some((None, ignored)),
        Some(Selected::Below(only)) if only.is_empty() => None,
        Some(Selected::Below(only)) => Some((Some(only), ignored)),
    }
}

/// Whether something is left of a value.
fn retain_in(value: &mut Value, only: Option<&Paths<'_>>, ignored: &Paths<'_>) -> bool {
    if only.is_none() && ignored.is_empty() {
        return true;
    }
    match value {
        Value::Map(fields) => {
            retain(fields, only, ignored);
            only.is_none() || !fields.is_empty()
        }
        Value::List(values) => {
            values.retain_mut(|value| retain_in(value, only, ignored));
            only.is_none() || !values.is_empty()
        }
        _ => only.is_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::json::parse;
    use super::*;

    fn fields(text: &str) -> Fields {
        match parse(text.as_bytes()) {
            Ok(Value::Map(fields)) => fields,
            other => panic!("{other:?}"),
        }
    }

    fn json(fields: Fields) -> String {
        serde_json::to_string(&Value::Map(fields)).unwrap()
    }

    #[test]
    fn a_path_leads_through_maps_and_a_field_of_its_name_comes_first() {
        let nested = fields(r#"{"s":{"age":1,"t":{"u":2},"x.y":3},"a.b":4,"a":{"b":5,"c":6}}"#);
        let cases = [("s.age", 1), ("s.t.u", 2), ("s.x.y", 3), ("a.b", 4), ("a.c", 6)];
        for (path, number) in cases {
            assert_eq!(find(&nested, path), Some(&Value::Int(number)), "{path}");
            let mut left = nested.clone();
            assert_eq!(take(&mut left, path), Some(Value::Int(number)), "{path}");
            assert!(holds(&nested, path), "{path}");
        }
        for path in ["s.", ".s", "s.age.x", "age", "t.u", "", "."] {
            assert_eq!(find(&nested, path), None, "{path}");
            assert!(!holds(&nested, path), "{path}");
        }
        let mut left = fields(r#"{"s":{"age":1},"n":2}"#);
        take(&mut left, "s.age");
        assert_eq!(json(left), r#"{"s":{},"n":2}"#);
    }

    #[test]
    fn what_selects_goes_through_lists() {
        let mut both = fields(r#"{"tags":[{"name":"a","id":1},{"name":"b","id":2},"c"],"n":[1]}"#);
        assert!(holds(&both, "tags.id") && !holds(&both, "tags.x") && !holds(&both, "n.id"));
        for_each_mut(&mut both, "tags.name", &mut |value| *value = Value::Null);
        let mut only = both.clone();
        retain(&mut only, Some(&Paths::new(["tags.id"])), &Paths::default());
        assert_eq!(json(only), r#"{"tags":[{"id":1},{"id":2}]}"#);
        retain(&mut both, None, &Paths::new(["tags.id"]));
        assert_eq!(json(both), r#"{"tags":[{"name":null},{"name":null},"c"],"n":[1]}"#);
    }

    #[test]
    fn fields_are_kept_and_left_out_by_names_and_paths() {
        let cases: [(&[&str], &[&str], &str); 6] = [
            (&["s.age"], &[], r#"{"s":{"age":1}}"#),
            (&["s", "n"], &[], r#"{"s":{"age":1,"b":{"c":2}},"n":3}"#),
            (&["s"], &["s.b.c"], r#"{"s":{"age":1,"b":{}}}"#),
            (&["s.b", "n.x"], &[], r#"{"s":{"b":{"c":2}}}"#),
            (&["d.e"], &[], r#"{"d.e":4}"#),
            (&["x"], &[], "{}"),
        ];
        for (only, ignored, kept) in cases {
            let mut fields = fields(r#"{"s":{"age":1,"b":{"c":2}},"n":3,"d.e":4,"d":{"e":5}}"#);
            retain(
                &mut fields,
                Some(&Paths::new(only.iter().copied())),
                &Paths::new(ignored.iter().copied()),
            );
            assert_eq!(json(fields), kept, "{only:?} {ignored:?}");
        }
    }
}
