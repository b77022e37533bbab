//! Which fields of the profiles a build uses.

/// What a reader may leave out because nothing asks for it. A source with a field that cannot be read is refused only
/// where that field is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The fields that the command line names, of which each is used.
    pub named: Vec<String>,
    /// Every other field is used but these; `None`: no other.
    pub others_but: Option<Vec<String>>,
}

impl Default for Wanted {
    /// Everything.
    fn default() -> Wanted {
        Wanted { named: Vec::new(), others_but: Some(Vec::new()) }
    }
}

impl Wanted {
    /// Whether a field at the top of the profiles is used, or something within it.
    pub fn needs(&self, field: &str) -> bool {
        let is_passed_over = |ignored: &Vec<String>| ignored.iter().any(|name| name == field);
        self.names(field) || self.others_but.as_ref().is_some_and(|ignored| !is_passed_over(ignored))
    }

    /// Whether the command line asks for a field, or by a path for something within it.
    pub fn names(&self, field: &str) -> bool {
        self.named
            .iter()
            .any(|name| name.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_needed_where_it_is_named_or_all_are_and_it_is_not_passed_over() {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let everything = Wanted::default();
        assert!(everything.needs("a") && !everything.names("a"));
        let all_but = Wanted { named: names(&["a", "s.age"]), others_but: Some(names(&["b", "a"])) };
        assert_eq!(["a", "b", "c", "s"].map(|name| all_but.needs(name)), [true, false, true, true]);
        let few = Wanted { named: names(&["a", "s.age"]), others_but: None };
        assert_eq!(
            ["a", "b", "s", "s.a", "se"].map(|name| few.needs(name)),
            [true, false, true, false, false]
        );
    }
}
