//! What a document is that is one object: where it has lists of objects, for a message that says what to do.

use std::io::BufRead;

use super::super::Cause;
use super::super::columns::is_row;
use super::document::{name_of_member, next_member, open_object, pass_over};
use super::stream::Stream;

/// How deep objects are looked into.
const MAX_DEPTH: usize = 4;
/// How many names or lists a message has.
const SHOWN: usize = 5;

/// What was seen of a document.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// The paths of lists of objects, and how many are in each.
    lists: Vec<(String, u64)>,
    /// The paths of members, of the outermost object first.
    names: Vec<String>,
    /// What the outermost object is.
    outermost: Shape,
    /// The members that pandas writes with `orient="split"` are there.
    split: u64,
}

/// What an object is.
#[derive(Debug, Default, Clone, Copy)]
struct Shape {
    members: u64,
    /// How many of them are objects, and how many of these are columns: their names are the numbers of rows.
    objects: u64,
    of_rows: u64,
    /// How many names are the number of their place.
    rows: u64,
}

/// Looks through the object at whose bracket the stream stands, and goes behind its end.
pub(super) fn survey<R: BufRead>(stream: &mut Stream<R>) -> Result<Survey, Cause> {
    let mut survey = Survey::default();
    survey.outermost = survey.look_into(stream, "", 1)?;
    Ok(survey)
}

impl Survey {
    /// Keeps the name of a member; `prefix` is the path in front of it.
    pub(super) fn add_name(&mut self, prefix: &str, name: &str) {
        if self.names.len() < SHOWN {
            self.names.push(format!("{prefix}{name}"));
        }
    }

    /// The names that were kept.
    pub(super) fn names(&self) -> String {
        list_of(self.names.iter().map(|name| format!("{name:?}")), self.names.len() == SHOWN)
    }

    fn look_into<R: BufRead>(
        &mut self,
        stream: &mut Stream<R>,
        prefix: &str,
        depth: usize,
    ) -> Result<Shape, Cause> {
        let mut shape = Shape::default();
        let mut buffer = Vec::new();
        let mut is_open = open_object(stream)?;
        while is_open {
            let name = name_of_member(stream, &mut buffer)?;
            shape.rows += u64::from(is_row(&name, shape.members));
            shape.members += 1;
            if depth == 1 {
                self.add_name("", &name);
            }
            match stream.peek()? {
                Some(b'[') => {
                    self.split += u64::from(depth == 1 && matches!(&*name, "columns" | "index" | "data"));
                    self.count(stream, || format!("{prefix}{name}"))?;
                }
                Some(b'{') if depth < MAX_DEPTH => {
                    let inner = self.look_into(stream, &format!("{prefix}{name}."), depth + 1)?;
                    shape.objects += 1;
                    shape.of_rows += u64::from(inner.members > 0 && inner.rows == inner.members);
                }
                _ => {
                    pass_over(stream)?;
                }
            }
            is_open = next_member(stream)?;
        }
        Ok(shape)
    }

    /// Counts the elements of the list that comes next, if they are objects.
    fn count<R: BufRead>(
        &mut self,
        stream: &mut Stream<R>,
        path: impl FnOnce() -> String,
    ) -> Result<(), Cause> {
        stream.skip(1);
        let mut count = 0_u64;
        let first = stream.peek()?;
        if first == Some(b']') {
            stream.skip(1);
            return Ok(());
        }
        loop {
            pass_over(stream)?;
            count += 1;
            match stream.peek()? {
                Some(b',') => stream.skip(1),
                Some(b']') => {
                    stream.skip(1);
                    break;
                }
                None => return Err(Cause::TruncatedDocument),
                other => return Err(Cause::ExpectedComma(super::super::error::Found(other))),
            }
        }
        if first == Some(b'{') && self.lists.len() <= SHOWN {
            self.lists.push((path(), count));
        }
        Ok(())
    }

    /// What to say of a document that is such an object.
    pub(super) fn explain(self) -> Cause {
        let Shape { members, objects, of_rows, .. } = self.outermost;
        if self.split == 3 || members > 0 && of_rows == members {
            return Cause::Columns;
        }
        let are_profiles = objects == members && members > 1;
        let by_id = format!("an object of {members} objects ({})", self.names());
        match &*self.lists {
            _ if are_profiles && self.lists.len() != 1 => {
                Cause::ObjectDocument(format!("{by_id}; if each is a profile under its id: --records ."))
            }
            [] => Cause::TopLevelObject,
            [(path, count)] => Cause::ObjectDocument(format!(
                "an object; its member {path:?} is a list of {}: --records {path}",
                objects_in(*count)
            )),
            several => {
                let paths = several.iter().take(SHOWN).map(|(path, count)| format!("{path:?} ({count})"));
                let shown = list_of(paths, several.len() > SHOWN);
                let first = several.iter().max_by_key(|(_, count)| count).map_or("", |(path, _)| path);
                Cause::ObjectDocument(format!(
                    "an object; its members {shown} are lists of objects: name one of them, such as --records {first}"
                ))
            }
        }
    }
}

fn objects_in(count: u64) -> String {
    if count == 1 { "1 object".to_owned() } else { format!("{count} objects") }
}

/// Texts with commas between them.
fn list_of(texts: impl Iterator<Item = String>, has_more: bool) -> String {
    let more = has_more.then(|| "...".to_owned());
    texts.chain(more).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use kindred::profile::json::Changed;

    use super::super::document::read_document;
    use super::*;

    fn refusal(text: &str) -> String {
        let mut stream = Stream::new(text.as_bytes()).unwrap();
        let sink = &mut |_| ControlFlow::Continue(());
        read_document(&mut stream, None, 1000, &mut Changed::default(), sink).unwrap_err().to_string()
    }

    #[test]
    fn lists_of_objects_are_named_with_the_option_that_reads_them() {
        let cases = [
            (
                r#"{"data":[{"_id":1},{"_id":2},{"_id":3}]}"#,
                r#"its member "data" is a list of 3 objects: --records data"#,
            ),
            (
                r#"{"n":1,"results":[{}],"next":null}"#,
                r#""results" is a list of 1 object: --records results"#,
            ),
            (
                r#"{"took":1,"hits":{"total":2,"hits":[{"_id":1},{}]}}"#,
                r#""hits.hits" is a list of 2 objects: --records hits.hits"#,
            ),
            (
                r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{}}]}"#,
                "--records features",
            ),
            (
                r#"{"users":[{}],"posts":[{},{}]}"#,
                r#"its members "users" (1), "posts" (2) are lists of objects: name one of them, such as --records posts"#,
            ),
            (
                r#"{"a":{"name":"Ann"},"b":{"name":"Bob"}}"#,
                r#"an object of 2 objects ("a", "b"); if each is a profile under its id: --records ."#,
            ),
            (r#"{"a":{"t":[{}]},"b":{"t":[{}]}}"#, "--records ."),
            (r#"{"age":{"0":1,"1":2},"name":{"0":"a","1":"b"}}"#, "orient=\"records\""),
            (r#"{"columns":["a"],"index":[0],"data":[[1]]}"#, "orient=\"records\""),
            (r#"{"_id":"a","name":"Ann","tags":["x"]}"#, "--format jsonl"),
            ("{}", "--format jsonl"),
            (r#"{"data":[{}]}{"data":[{}]}"#, "--format jsonl"),
            (r#"{"data":[{}"#, "truncated"),
            (r#"{"data":[{}],"#, "truncated"),
            (r#"{"data":[{} {}]}"#, "expected `,` or `]`"),
        ];
        for (text, words) in cases {
            let shown = refusal(text);
            assert!(shown.contains(words), "{text}: {shown}");
        }
    }
}
