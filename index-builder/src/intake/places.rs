//! Where records stand in a source that may have several parts.

/// The parts of a source, and with which record each begins.
#[derive(Debug, Clone, Default)]
pub struct Places {
    parts: Vec<(u64, String)>,
}

impl Places {
    /// From this record on, counted from 0, records are of the part with this name.
    pub fn begin(&mut self, record: u64, part: &str) {
        self.parts.push((record, part.to_owned()));
    }

    /// Where a record stands, counted from 1 as by the readers of JSON arrays and pickles: "record 7", and where there
    /// are several parts "people.csv, record 7".
    pub fn of(&self, record: u64) -> String {
        let after = self.parts.partition_point(|&(first, _)| first <= record);
        match after.checked_sub(1).and_then(|at| self.parts.get(at)) {
            Some((first, part)) => format!("{part}, record {}", record - first + 1),
            None => format!("record {}", record + 1),
        }
    }

    /// A place that a reader named, in the part that is being read.
    pub fn within(&self, place: String) -> String {
        match self.parts.last() {
            Some((_, part)) => format!("{part}, {place}"),
            None => place,
        }
    }

    /// Whether the parts have to be told apart.
    pub fn are_several(&self) -> bool {
        !self.parts.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_counted_in_their_parts() {
        let mut places = Places::default();
        assert_eq!((places.of(0), places.within("line 3".into())), ("record 1".into(), "line 3".into()));
        assert!(!places.are_several());
        places.begin(0, "a.csv");
        places.begin(2, "empty.csv");
        places.begin(2, "b.csv");
        assert_eq!((places.of(1), places.of(2)), ("a.csv, record 2".into(), "b.csv, record 1".into()));
        assert_eq!(places.within("line 3".into()), "b.csv, line 3");
        assert!(places.are_several());
    }
}
