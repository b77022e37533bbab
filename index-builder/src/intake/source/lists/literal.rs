//! Lists, tuples, sets and dicts of plain values as Python prints them, and arrays as numpy and PyTorch do.

use indexmap::IndexMap;
use kindred::profile::Value;

use super::{Element, MAX_DEPTH, list_of};

/// A list that was cut when it was printed: the rest of it is "...".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the list was cut when it was written, and has `...` for the rest")]
pub(in super::super) struct CutList;

/// Calls whose argument is what they print as: arrays, and collections that are not a list.
const COLLECTIONS: [&str; 7] = ["array", "tensor", "Tensor", "frozenset", "set", "deque", "list"];

/// Calls around a single number, text or truth, as numpy 2 prints them.
const SCALARS: [&str; 29] = [
    "float16",
    "float32",
    "float64",
    "float128",
    "longdouble",
    "half",
    "single",
    "double",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "intc",
    "uintc",
    "intp",
    "uintp",
    "longlong",
    "ulonglong",
    "bool",
    "bool_",
    "str_",
    "Decimal",
    "UUID",
    "ObjectId",
    "float",
];

/// Where calls may come from.
const MODULES: [&str; 8] = ["np.", "numpy.", "torch.", "jnp.", "decimal.", "uuid.", "bson.", "collections."];

/// What stands for the part that was left out.
const ELLIPSES: [&str; 2] = ["...", "…"];

/// The list or map that a whole text is.
///
/// # Errors
/// [`CutList`].
pub(super) fn parse(text: &str) -> Result<Option<Value>, CutList> {
    if !text.starts_with(['[', '{', '(']) && !COLLECTIONS.iter().any(|name| begins_as_call(text, name)) {
        return Ok(None);
    }
    let mut literal = Literal { text, at: 0, was_cut: false };
    let value = literal.whole();
    match value {
        Some(_) if literal.was_cut => Err(CutList),
        None if is_cut_at_the_end(text) => Err(CutList),
        value => Ok(value),
    }
}

fn begins_as_call(text: &str, name: &str) -> bool {
    let bare = MODULES.iter().find_map(|module| text.strip_prefix(module)).unwrap_or(text);
    bare.strip_prefix(name).is_some_and(|rest| rest.starts_with('('))
}

/// `[0.1, 0.2, 0...`: numbers up to a certain width, as a table for the eye has them.
fn is_cut_at_the_end(text: &str) -> bool {
    let Some(kept) = ELLIPSES.iter().find_map(|ellipsis| text.strip_suffix(ellipsis)) else { return false };
    let is_of_numbers = |c: char| c.is_ascii_digit() || "[].,-+eE \n\r\t".contains(c);
    let numbers = kept.split(|c: char| !c.is_ascii_digit() && c != '.').filter(|part| !part.is_empty());
    kept.starts_with('[') && kept.chars().all(is_of_numbers) && numbers.count() > 2
}

struct Literal<'a> {
    text: &'a str,
    at: usize,
    /// Whether an ellipsis stood for elements.
    was_cut: bool,
}

impl<'a> Literal<'a> {
    /// A collection with nothing behind it.
    fn whole(&mut self) -> Option<Value> {
        let value = match self.next()? {
            '(' => self.tuple(MAX_DEPTH, true)?,
            _ => self.element(MAX_DEPTH)?.or_null(),
        };
        self.skip_blanks();
        let is_whole = self.at == self.text.len();
        (is_whole && matches!(value, Value::List(_) | Value::Floats(_) | Value::Map(_))).then_some(value)
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn next(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Whether blanks were there.
    fn skip_blanks(&mut self) -> bool {
        let rest = self.rest();
        let blanks = rest.len() - rest.trim_start().len();
        self.at += blanks;
        blanks > 0
    }

    fn take(&mut self, text: &str) -> bool {
        let is_next = self.rest().starts_with(text);
        self.at += if is_next { text.len() } else { 0 };
        is_next
    }

    /// A value, within so many lists at most.
    fn element(&mut self, depth: usize) -> Option<Element> {
        let value = match self.next()? {
            '[' => self.list(depth)?,
            '(' => self.tuple(depth, false)?,
            '{' => self.set_or_dict(depth)?,
            '\'' | '"' => Value::Text(self.string()?),
            first if first.is_ascii_digit() || "+-.".contains(first) => return self.number(),
            first if first.is_ascii_alphabetic() => return self.word(depth),
            _ => return None,
        };
        Some(Element::Value(value))
    }

    /// Elements with commas between them, or as numpy has them with blanks only.
    fn list(&mut self, depth: usize) -> Option<Value> {
        let depth = depth.checked_sub(1)?;
        self.at += 1;
        let mut elements = Vec::new();
        let mut has_commas = None;
        self.skip_blanks();
        while !self.take("]") {
            let is_rest = self.ellipsis(!elements.is_empty());
            if !is_rest {
                elements.push(self.element(depth)?);
            }
            let blanks = self.skip_blanks();
            let has_comma = self.take(",");
            self.skip_blanks();
            let is_end = self.rest().starts_with(']');
            // Some programs write no comma behind an ellipsis.
            if is_end && !has_comma || is_rest {
                continue;
            }
            // A comma behind the last element is fine, as in Python.
            if has_commas.unwrap_or(has_comma) != has_comma || !has_comma && !blanks {
                return None;
            }
            has_commas = Some(has_comma);
        }
        Some(list_of(elements))
    }

    fn ellipsis(&mut self, is_behind_elements: bool) -> bool {
        if !is_behind_elements || !ELLIPSES.iter().any(|ellipsis| self.take(ellipsis)) {
            return false;
        }
        self.was_cut = true;
        true
    }

    /// One element needs a comma; at the top every comma needs a blank.
    fn tuple(&mut self, depth: usize, is_top: bool) -> Option<Value> {
        let depth = depth.checked_sub(1)?;
        self.at += 1;
        let mut elements = Vec::new();
        let mut has_comma = true;
        self.skip_blanks();
        while !self.take(")") {
            if !has_comma {
                return None;
            }
            if !self.ellipsis(!elements.is_empty()) {
                elements.push(self.element(depth)?);
            }
            self.skip_blanks();
            has_comma = self.take(",");
            let blanks = self.skip_blanks();
            if is_top && has_comma && !blanks && !self.rest().starts_with(')') {
                return None;
            }
        }
        (elements.len() != 1 || has_comma).then(|| list_of(elements))
    }

    fn set_or_dict(&mut self, depth: usize) -> Option<Value> {
        let depth = depth.checked_sub(1)?;
        self.at += 1;
        self.skip_blanks();
        let mut fields = IndexMap::new();
        let mut elements = Vec::new();
        loop {
            if self.take("}") {
                break;
            }
            let element = self.element(depth)?;
            self.skip_blanks();
            if self.take(":") {
                self.skip_blanks();
                fields.insert(name_of(element.or_null())?, self.element(depth)?.or_null());
                self.skip_blanks();
            } else {
                elements.push(element);
            }
            let has_comma = self.take(",");
            self.skip_blanks();
            if !has_comma && !self.rest().starts_with('}') {
                return None;
            }
        }
        match (elements.is_empty(), fields.is_empty()) {
            (true, _) => Some(Value::Map(fields.into_iter().collect())),
            (false, true) => Some(list_of(elements)),
            (false, false) => None,
        }
    }

    fn number(&mut self) -> Option<Element> {
        let rest = self.rest();
        let is_part = |c: char| c.is_ascii_alphanumeric() || "+-._".contains(c);
        let text = &rest[..rest.find(|c| !is_part(c)).unwrap_or(rest.len())];
        self.at += text.len();
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        if unsigned.bytes().all(|byte| byte.is_ascii_digit()) && !unsigned.is_empty() {
            // Python writes no zeros before a number.
            let is_number = unsigned.len() == 1 || !unsigned.starts_with('0');
            let number = text.parse().map_or_else(|_| Value::Text(text.to_owned()), Value::integer);
            return is_number.then_some(Element::Value(number));
        }
        let is_word = matches!(unsigned, "inf" | "nan" | "Infinity" | "NaN");
        let is_number = unsigned.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
        if !is_word && !is_number {
            return None;
        }
        text.parse().ok().map(Element::float)
    }

    /// A constant or a call.
    fn word(&mut self, depth: usize) -> Option<Element> {
        if let Some(module) = MODULES.iter().find(|module| self.rest().starts_with(**module)) {
            self.at += module.len();
        }
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let word = &rest[..end];
        self.at += end;
        if self.rest().starts_with('(') {
            return self.call(word, depth);
        }
        // Python 2 marks text so.
        if word == "u" && self.rest().starts_with(['\'', '"']) {
            return self.string().map(|text| Element::Value(Value::Text(text)));
        }
        match word {
            "None" | "null" | "NaT" => Some(Element::Value(Value::Null)),
            "True" | "true" | "True_" => Some(Element::Value(Value::Bool(true))),
            "False" | "false" | "False_" => Some(Element::Value(Value::Bool(false))),
            "nan" | "NaN" => Some(Element::NotFinite(f32::NAN)),
            "inf" | "Infinity" => Some(Element::NotFinite(f32::INFINITY)),
            _ => None,
        }
    }

    fn call(&mut self, name: &str, depth: usize) -> Option<Element> {
        let depth = depth.checked_sub(1)?;
        self.at += 1;
        self.skip_blanks();
        if self.take(")") {
            let is_set = matches!(name, "set" | "frozenset");
            return is_set.then(|| Element::Value(Value::List(Vec::new())));
        }
        let argument = self.element(depth)?;
        let is_collection = matches!(&argument, Element::Value(Value::List(_) | Value::Floats(_)));
        let is_known = match is_collection {
            true => COLLECTIONS.contains(&name),
            // An array of no dimension, and one of one number as PyTorch prints it.
            false => {
                let is_map = matches!(argument, Element::Value(Value::Map(_)));
                !is_map && (SCALARS.contains(&name) || matches!(name, "array" | "tensor"))
            }
        };
        self.named_arguments().filter(|()| is_known)?;
        Some(argument)
    }

    /// `, dtype=float32, device='cuda:0')`
    fn named_arguments(&mut self) -> Option<()> {
        loop {
            self.skip_blanks();
            if self.take(")") {
                return Some(());
            }
            if !self.take(",") {
                return None;
            }
            self.skip_blanks();
            let rest = self.rest();
            let name = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            // Numpy's older arrays have a comma behind the last argument, and nothing else.
            if name == 0 {
                continue;
            }
            self.at += name;
            if !self.take("=") {
                return None;
            }
            self.argument()?;
        }
    }

    fn argument(&mut self) -> Option<()> {
        match self.next()? {
            '\'' | '"' => self.string().map(|_| ()),
            '<' => {
                self.at += self.rest().find('>')? + 1;
                Some(())
            }
            '(' => {
                self.at += self.rest().find(')')? + 1;
                Some(())
            }
            _ => {
                let rest = self.rest();
                let is_part = |c: char| c.is_ascii_alphanumeric() || "._".contains(c);
                let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
                self.at += length;
                (length > 0).then_some(())
            }
        }
    }

    /// Text in single or double quotes, with Python's escapes.
    fn string(&mut self) -> Option<String> {
        let quote = self.next()?;
        self.at += 1;
        let mut text = String::new();
        loop {
            let character = self.next()?;
            self.at += character.len_utf8();
            match character {
                '\\' => self.escape(&mut text)?,
                '\n' | '\r' => return None,
                _ if character == quote => return Some(text),
                _ => text.push(character),
            }
        }
    }

    /// Adds what a backslash and what is behind it stand for: nothing where a line goes on.
    fn escape(&mut self, text: &mut String) -> Option<()> {
        let letter = self.next()?;
        self.at += letter.len_utf8();
        let character = match letter {
            '\n' => return Some(()),
            '\\' | '\'' | '"' => letter,
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'v' => '\u{b}',
            'x' => self.code(2, 16)?,
            'u' => self.code(4, 16)?,
            'U' => self.code(8, 16)?,
            '0'..='7' => {
                self.at -= 1;
                let octal =
                    self.rest().bytes().take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
                self.code(octal, 8)?
            }
            // Python keeps the backslash before any other letter; \N{...} needs its names.
            _ => return None,
        };
        text.push(character);
        Some(())
    }

    fn code(&mut self, digits: usize, radix: u32) -> Option<char> {
        let text = self.rest().get(..digits)?;
        self.at += digits;
        if !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        u32::from_str_radix(text, radix).ok().and_then(char::from_u32)
    }
}

/// A key of a dict as the name of a field.
fn name_of(key: Value) -> Option<String> {
    match key {
        Value::Text(text) => Some(text),
        Value::Int(number) => Some(number.to_string()),
        Value::UInt(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
