//! The records that a path of names leads to (`--records hits.hits`): a list of objects, or an object of objects under
//! their ids.

use std::io::BufRead;
use std::ops::ControlFlow;

use kindred::profile::Value;
use kindred::profile::json::Changed;

use super::super::columns::{Columns, are_rows};
use super::super::{Cause, Record, Sink, TOO_LARGE};
use super::array::read_elements;
use super::document::{name_of_member, next_member, open_object, pass_over};
use super::stream::{Element, Stream};
use super::survey::Survey;
use super::value::{NOT_A_MAP, parse_record};

/// The path that means the document itself.
pub(super) const WHOLE: &str = ".";

/// What is read of a document.
pub(super) struct Target<'a> {
    /// The names of members, with a point between them, or [`WHOLE`].
    pub(super) path: &'a str,
    /// The field that the names of an object of objects become.
    pub(super) id_field: &'a str,
}

/// What is needed everywhere on the way.
struct Walk<'a, 's> {
    target: &'a Target<'a>,
    limit: usize,
    changed: &'a mut Changed,
    sink: &'a mut Sink<'s>,
    /// Whether the path has led somewhere.
    found: bool,
    seen: Survey,
}

/// Reads the records at the target, of the object at whose bracket the stream stands, and goes behind its end.
pub(super) fn read_at<R: BufRead>(
    stream: &mut Stream<R>,
    target: &Target<'_>,
    limit: usize,
    changed: &mut Changed,
    sink: &mut Sink<'_>,
) -> Result<ControlFlow<()>, Cause> {
    let mut walk = Walk { target, limit, changed, sink, found: false, seen: Survey::default() };
    if target.path == WHOLE {
        return walk.read_entries(stream);
    }
    let flow = walk.follow(stream, target.path)?;
    if flow.is_continue() && !walk.found {
        return Err(Cause::NoSuchMember { path: target.path.to_owned(), found: walk.seen.names() });
    }
    Ok(flow)
}

impl Walk<'_, '_> {
    /// Looks for the rest of the path in the object that comes next.
    fn follow<R: BufRead>(&mut self, stream: &mut Stream<R>, rest: &str) -> Result<ControlFlow<()>, Cause> {
        let mut buffer = Vec::new();
        let mut is_open = open_object(stream)?;
        while is_open {
            let name = name_of_member(stream, &mut buffer)?;
            let deeper = behind(rest, &name);
            match (deeper, stream.peek()?) {
                (Some(""), _) => {
                    if self.read_target(stream)?.is_break() {
                        return Ok(ControlFlow::Break(()));
                    }
                }
                (Some(deeper), Some(b'{')) => {
                    if self.follow(stream, deeper)?.is_break() {
                        return Ok(ControlFlow::Break(()));
                    }
                }
                _ => {
                    pass_over(stream)?;
                }
            }
            self.seen.add_name(&self.target.path[..self.target.path.len() - rest.len()], &name);
            is_open = next_member(stream)?;
        }
        Ok(ControlFlow::Continue(()))
    }

    fn read_target<R: BufRead>(&mut self, stream: &mut Stream<R>) -> Result<ControlFlow<()>, Cause> {
        let path = || self.target.path.to_owned();
        if self.found {
            return Err(Cause::MemberTwice(path()));
        }
        self.found = true;
        match stream.peek()? {
            Some(b'[') => read_elements(stream, self.limit, self.changed, self.sink),
            Some(b'{') => self.read_entries(stream),
            None => Err(Cause::TruncatedDocument),
            Some(_) => Err(Cause::NoRecords(path())),
        }
    }

    /// Reads an object of objects, each under its id.
    fn read_entries<R: BufRead>(&mut self, stream: &mut Stream<R>) -> Result<ControlFlow<()>, Cause> {
        let (mut buffer, mut columns) = (Vec::new(), Columns::default());
        let mut is_open = open_object(stream)?;
        let mut is_first = true;
        while is_open {
            let id = name_of_member(stream, &mut buffer)?;
            stream.peek()?;
            let record = match stream.cut_element(self.limit, &mut buffer).map_err(Cause::within_document)? {
                Element::Whole => parse_record(&buffer, || id.clone(), self.changed),
                Element::TooLarge => Record::Unusable { reason: TOO_LARGE, place: id.clone() },
            };
            let record = match record {
                Record::Fields(fields) => {
                    if is_first && are_rows(&fields) {
                        return Err(Cause::Columns);
                    }
                    columns.see(&fields);
                    Record::under_id(self.target.id_field, Value::Text(id.clone()), fields, id)
                }
                Record::Unusable { reason: NOT_A_MAP, .. } if is_first => {
                    return Err(Cause::NoRecords(self.target.path.to_owned()));
                }
                unusable => unusable,
            };
            if (self.sink)(record).is_break() {
                return Ok(ControlFlow::Break(()));
            }
            is_first = false;
            is_open = next_member(stream)?;
        }
        if columns.are_columns() { Err(Cause::Columns) } else { Ok(ControlFlow::Continue(())) }
    }
}

/// What of a path is left behind a name; a name may have points in it.
fn behind<'a>(path: &'a str, name: &str) -> Option<&'a str> {
    let rest = path.strip_prefix(name)?;
    if rest.is_empty() { Some("") } else { rest.strip_prefix('.').filter(|rest| !rest.is_empty()) }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::super::document::read_document;
    use super::*;

    /// The records as JSON, or why there are none.
    fn read(path: &str, text: &str) -> String {
        let mut shown = Vec::new();
        let mut stream = Stream::new(BufReader::with_capacity(3, text.as_bytes())).unwrap();
        let target = Target { path, id_field: "_id" };
        let read = read_document(&mut stream, Some(target), 1000, &mut Changed::default(), &mut |record| {
            shown.push(match record {
                Record::Fields(fields) => serde_json::to_string(&Value::Map(fields)).unwrap(),
                Record::Unusable { reason, place } => format!("<{place}: {reason}>"),
            });
            ControlFlow::Continue(())
        });
        read.map_or_else(|cause| cause.to_string(), |()| shown.join(" "))
    }

    #[test]
    fn a_path_leads_to_a_list_of_objects() {
        let one = r#"{"took":3,"data":[{"_id":1},{"_id":2}],"more":{"data":[{"_id":9}]}}"#;
        assert_eq!(read("data", one), r#"{"_id":1} {"_id":2}"#);
        assert_eq!(read("more.data", one), r#"{"_id":9}"#);
        let hits = r#" {"hits" : {"total":{"value":2}, "hits":[ {"_id":"a","_source":{"n":1}} ] } } "#;
        assert_eq!(read("hits.hits", hits), r#"{"_id":"a","_source":{"n":1}}"#);
        assert_eq!(read("a.b", r#"{"a.b":[{"x":1}],"a":{"c":1}}"#), r#"{"x":1}"#, "a point in a name");
        assert_eq!(read("a\"b", r#"{"a\"b":[{"x":"]}"}]}"#), r#"{"x":"]}"}"#);
        assert_eq!(read("data", r#"{"data":[]}"#), "");
        assert_eq!(read(".", r#"[{"x":1}]"#), r#"{"x":1}"#);
    }

    #[test]
    fn an_object_of_objects_has_the_ids_as_names() {
        let text = r#"{"users":{"a":{"n":1},"7":{"_id":7,"n":2},"b":{"_id":"x"},"c":7}}"#;
        assert_eq!(
            read("users", text),
            r#"{"_id":"a","n":1} {"_id":"7","n":2} <b: id differs> <c: not a map>"#
        );
        assert_eq!(read(".", r#"{"a":{"n":1},"b":{"n":2}}"#), r#"{"_id":"a","n":1} {"_id":"b","n":2}"#);
        assert_eq!(read(".", "{}"), "");
        for columns in
            [r#"{"age":{"0":30,"1":31}}"#, r#"{"name":{"a":"Ann","b":"Bob"},"age":{"a":30,"b":31}}"#]
        {
            assert!(read(".", columns).contains("orient=\"records\""), "{columns}");
        }
    }

    #[test]
    fn what_is_wrong_with_the_path_or_the_document_is_said() {
        let cases = [
            ("dat", r#"{"data":[],"n":1}"#, r#"no member "dat"; there are "data", "n""#),
            ("a.x", r#"{"a":{"b":[]},"n":1}"#, r#"no member "a.x"; there are "a.b", "a", "n""#),
            ("data", r#"{"data":7}"#, r#""data" is no list of objects"#),
            ("data", r#"{"data":{"a":7}}"#, r#""data" is no list of objects"#),
            ("data", r#"{"data":[],"data":[]}"#, r#""data" comes twice"#),
            ("data", r#"[{"data":[]}]"#, "the document is an array"),
            ("data", r#"{"data":[{}]"#, "truncated"),
            ("data", r#"{"data":[{}"#, "truncated"),
            ("data", r#"{"data":[{}],"n":"#, "truncated"),
            ("data", r#"{"data":[{}],"n"#, "truncated"),
            ("data", r#"{"data":[{}]} {"data":[{}]}"#, "after the JSON document, found `{`"),
            ("data", r#"{"data":[{}]}]"#, "after the JSON document, found `]`"),
            ("data", r#"{data:[{}]}"#, "expected a member of an object, found `d`"),
            ("data", r#"{"data" [{}]}"#, "found `[`"),
            ("data", r#"{"n":,"data":[{}]}"#, "expected a value, found `,`"),
            ("data", r#"{"data":[{}] "n":1}"#, "found `\"`"),
        ];
        for (path, text, words) in cases {
            let shown = read(path, text);
            assert!(shown.contains(words), "{text}: {shown}");
        }
    }
}
