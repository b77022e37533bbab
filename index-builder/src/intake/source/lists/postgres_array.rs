//! Arrays as PostgreSQL writes them into text and CSV: `{a,"b c",NULL}`.

use kindred::profile::Value;

use super::{Element, MAX_DEPTH, list_of};

/// The array that a whole text is. Such a text may be anything else as well, so that this is only for where arrays are
/// known to be: `{name}` is a placeholder in many a letter.
pub(in super::super) fn postgres_array(text: &str) -> Option<Value> {
    let mut array = Array { bytes: text.as_bytes(), text, at: 0 };
    let value = array.array(MAX_DEPTH)?;
    (array.at == text.len()).then_some(value)
}

struct Array<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
}

impl Array<'_> {
    fn array(&mut self, depth: usize) -> Option<Value> {
        if depth == 0 || !self.take(b'{') {
            return None;
        }
        let mut elements = Vec::new();
        let mut words = Vec::new();
        if self.take(b'}') {
            return Some(Value::List(Vec::new()));
        }
        loop {
            match self.bytes.get(self.at)? {
                b'{' => elements.push(Element::Value(self.array(depth - 1)?)),
                b'"' => elements.push(Element::Value(Value::Text(self.quoted()?))),
                _ => {
                    words.push(elements.len());
                    elements.push(Element::Value(Value::Text(self.word()?.to_owned())));
                }
            }
            if self.take(b'}') {
                break;
            }
            if !self.take(b',') {
                return None;
            }
        }
        Some(typed(elements, &words))
    }

    fn take(&mut self, byte: u8) -> bool {
        let is_next = self.bytes.get(self.at) == Some(&byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn quoted(&mut self) -> Option<String> {
        self.at += 1;
        let mut text = String::new();
        let mut characters = self.text.get(self.at..)?.char_indices();
        while let Some((offset, character)) = characters.next() {
            match character {
                '"' => {
                    self.at += offset + 1;
                    return Some(text);
                }
                '\\' => text.push(characters.next()?.1),
                other => text.push(other),
            }
        }
        None
    }

    /// PostgreSQL puts quotes around what is empty or has blanks in it.
    fn word(&mut self) -> Option<&str> {
        let rest = self.text.get(self.at..)?;
        let end = rest.find([',', '}'])?;
        let word = &rest[..end];
        self.at += end;
        let is_word = !word.is_empty() && !word.contains(|c: char| c.is_whitespace() || "{\"\\".contains(c));
        is_word.then_some(word)
    }
}

/// The elements, of which those at `words` stood without quotes: numbers where all of these are, and null.
fn typed(mut elements: Vec<Element>, words: &[usize]) -> Value {
    let word = |element: &Element| match element {
        Element::Value(Value::Text(text)) if text.eq_ignore_ascii_case("null") => {
            Some(Element::Value(Value::Null))
        }
        Element::Value(Value::Text(text)) => match text.parse::<i128>() {
            Ok(number) => Some(Element::Value(Value::integer(number))),
            Err(_) => text.parse().ok().map(Element::float),
        },
        _ => None,
    };
    let numbers: Option<Vec<Element>> = words.iter().map(|&at| word(elements.get(at)?)).collect();
    let are_all_words = words.len() == elements.len();
    for (order, &at) in words.iter().enumerate() {
        let null = Element::Value(Value::Null);
        let is_null = word(&elements[at]).as_ref() == Some(&null);
        match &numbers {
            Some(numbers) if are_all_words => elements[at] = numbers[order].clone(),
            _ if is_null => elements[at] = null,
            _ => {}
        }
    }
    list_of(elements)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(values: &[Value]) -> Option<Value> {
        Some(Value::List(values.to_vec()))
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn an_array_has_its_elements() {
        assert_eq!(postgres_array("{}"), list(&[]));
        assert_eq!(postgres_array("{a,b}"), list(&[text("a"), text("b")]));
        assert_eq!(
            postgres_array(r#"{"a b",NULL,"NULL","x\"y\\z",""}"#),
            list(&[text("a b"), Value::Null, text("NULL"), text("x\"y\\z"), text("")])
        );
        assert_eq!(postgres_array("{1,-2.5,NULL}"), list(&[Value::Int(1), Value::Float(-2.5), Value::Null]));
        assert_eq!(postgres_array("{1,\"2\"}"), list(&[text("1"), text("2")]));
        assert_eq!(postgres_array("{1,a}"), list(&[text("1"), text("a")]));
        assert_eq!(postgres_array("{Zoë,李}"), list(&[text("Zoë"), text("李")]));
        let row = |a, b| Value::List(vec![Value::Int(a), Value::Int(b)]);
        assert_eq!(postgres_array("{{1,2},{3,4}}"), list(&[row(1, 2), row(3, 4)]));
        assert!(matches!(postgres_array("{1,NaN}"), Some(Value::Floats(numbers)) if numbers[1].is_nan()));
    }

    #[test]
    fn other_texts_are_no_arrays() {
        let others = [
            "",
            "{",
            "{a",
            "{a,",
            "{a,}",
            "{,a}",
            "{a, b}",
            "{a b}",
            "{\"a\"b}",
            "{\"a}",
            "{a}b",
            "a",
            "{\"a\":1}",
            "{'a', 'b'}",
            "{{a}",
            "{\"a\\",
        ];
        for other in others {
            assert_eq!(postgres_array(other), None, "{other}");
        }
        assert_eq!(postgres_array(&format!("{}{}", "{".repeat(100_000), "}".repeat(100_000))), None);
    }
}
