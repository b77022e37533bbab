//! What is on the stack, and how it becomes a [`Value`].

use std::cell::RefCell;
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kindred::profile::Value;

use super::dates::Duration;
use super::error::Problem;
use super::globals::{Global, Known};
use super::limits::{Budget, MAX_DEPTH, MAX_RECORD_COST, VALUE_COST};
use super::objects::{List, Object, seal_object};
use super::text;

/// Why a record cannot be used although its file can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    NotUnicode,
    Key,
    TooLarge,
    HugeInteger,
    NotData,
    Incomplete,
    Time,
}

impl Flaw {
    /// The reason that the record is counted under.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Flaw::NotUnicode => "text is not Unicode",
            Flaw::Key => "a key of a map is neither text nor a number",
            Flaw::TooLarge => "record is too large",
            Flaw::HugeInteger => "an integer has more than 4300 digits",
            Flaw::NotData => "a value is a class or a function",
            Flaw::Incomplete => "an object is incomplete",
            Flaw::Time => "a date or time outside the years 1 to 9999, or finer than a nanosecond",
        }
    }
}

/// Something on the stack. Cloning is cheap but for text that is not shared.
#[derive(Debug, Clone)]
pub(super) enum Item {
    /// Null, a boolean, a number or text; never a list or a map. Floats may be infinite or NaN here.
    Plain(Value),
    /// Text that the memo holds too.
    Shared(Rc<str>),
    /// `bytes` or `bytearray`.
    Bytes(Rc<[u8]>),
    /// A Python 2 `str`: text or bytes, as it is used.
    ByteString(Rc<[u8]>),
    /// Something that cannot be in a record.
    Flawed(Flaw),
    /// A tuple, kept in parts because it may be the arguments of a call.
    Tuple(Rc<Tuple>),
    /// A value that is complete.
    Sealed(Rc<Data>),
    /// Something that later instructions may add to.
    Object(Rc<RefCell<Object>>),
    /// A class or function.
    Global(Rc<Global>),
    /// A `timedelta`.
    Duration(Duration),
    /// A time zone: so much before UTC.
    Offset(Duration),
    /// A time zone by its name in the database of zones, which is not in the file.
    Zone(Rc<str>),
}

/// A tuple. None of its items is an [`Item::Tuple`], and no object among them can be added to any more.
#[derive(Debug)]
pub(super) struct Tuple {
    pub(super) items: Vec<Item>,
    weight: Weight,
}

/// A complete value.
#[derive(Debug)]
pub(super) struct Data {
    /// Floats may be infinite or NaN if this is one, and not within lists and maps.
    pub(super) value: Value,
    pub(super) weight: Weight,
}

/// What a value and everything within it amount to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weight {
    /// Bytes of memory, roughly.
    pub(super) cost: usize,
    /// How many of them the budget counts as copies.
    pub(super) copied: usize,
    /// 0 for what holds nothing.
    pub(super) depth: u16,
    /// The first thing found that makes the record unusable.
    pub(super) flaw: Option<Flaw>,
    /// It is a dict whose keys are 0, 1, 2 and so on, as those of the rows of a table.
    pub(super) numbered: bool,
}

impl Default for Weight {
    fn default() -> Weight {
        Weight { cost: VALUE_COST, copied: 0, depth: 0, flaw: None, numbered: false }
    }
}

impl Weight {
    /// The weight of text or bytes.
    fn of_text(length: usize) -> Weight {
        Weight { cost: VALUE_COST + length, ..Weight::default() }
    }

    /// Adds what is held. False if that is too much: the holder must then drop all it has, and is flawed.
    pub(super) fn hold(&mut self, held: &Weight) -> Result<bool, Problem> {
        self.depth = self.depth.max(held.depth + 1);
        if self.depth > MAX_DEPTH {
            return Err(Problem::TooDeep);
        }
        self.cost = self.cost.saturating_add(held.cost);
        self.copied = self.copied.saturating_add(held.copied);
        self.flaw = self.flaw.or(held.flaw);
        if self.cost <= MAX_RECORD_COST {
            return Ok(true);
        }
        self.cost = VALUE_COST;
        self.flaw = Some(Flaw::TooLarge);
        Ok(false)
    }
}

impl Data {
    /// A value that holds no others.
    pub(super) fn leaf(value: Value) -> Data {
        let length = if let Value::Text(text) = &value { text.len() } else { 0 };
        Data { value, weight: Weight::of_text(length) }
    }

    pub(super) fn flawed(flaw: Flaw) -> Data {
        Data { value: Value::Null, weight: Weight { flaw: Some(flaw), ..Weight::default() } }
    }

    /// A copy of a value that stays where it is.
    pub(super) fn copy(&self, budget: &mut Budget) -> Result<Data, Problem> {
        budget.copy(self.weight.cost)?;
        Ok(Data { value: self.value.clone(), weight: Weight { copied: self.weight.cost, ..self.weight } })
    }

    fn copied_if(mut self, shared: bool, budget: &mut Budget) -> Result<Data, Problem> {
        if shared {
            budget.copy(self.weight.cost)?;
            self.weight.copied = self.weight.cost;
        }
        Ok(self)
    }
}

impl Item {
    pub(super) fn text(text: impl Into<String>) -> Item {
        Item::Plain(Value::Text(text.into()))
    }

    /// A value that may be a list or a map.
    pub(super) fn sealed(data: Data) -> Item {
        Item::Sealed(Rc::new(data))
    }

    pub(super) fn object(object: Object) -> Item {
        Item::Object(Rc::new(RefCell::new(object)))
    }

    /// Another reference to the same thing, for the memo.
    pub(super) fn share(&mut self) -> Item {
        if let Item::Plain(Value::Text(text)) = self {
            *self = Item::Shared(Rc::from(std::mem::take(text)));
        }
        self.clone()
    }

    /// Text, if that is what this is.
    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Item::Plain(Value::Text(text)) => Some(text),
            Item::Shared(text) => Some(text),
            Item::ByteString(bytes) => str::from_utf8(bytes).ok(),
            _ => None,
        }
    }

    /// Bytes, also those that Python 2 wrote as a `str`, or that were read from one as Latin-1.
    pub(super) fn to_bytes(&self) -> Option<Rc<[u8]>> {
        match self {
            Item::Bytes(bytes) | Item::ByteString(bytes) => Some(Rc::clone(bytes)),
            _ => self.as_text().and_then(text::latin1).map(Rc::from),
        }
    }

    /// An integer, if that is what this is.
    pub(super) fn as_int(&self) -> Option<i64> {
        if let Item::Plain(Value::Int(number)) = self { Some(*number) } else { None }
    }

    /// The arguments that a tuple is.
    pub(super) fn into_arguments(self) -> Result<Vec<Item>, Problem> {
        match self {
            Item::Tuple(tuple) => {
                Ok(Rc::try_unwrap(tuple).map_or_else(|kept| kept.items.clone(), |own| own.items))
            }
            _ => Err(Problem::Malformed("the arguments of a call are not a tuple")),
        }
    }

    /// What this is, for messages.
    pub(super) fn describe(&self) -> String {
        match self {
            Item::Plain(value) => value.kind().to_owned(),
            Item::Sealed(data) if matches!(data.value, Value::List(_) | Value::Floats(_)) => {
                "an array".to_owned()
            }
            Item::Sealed(data) => data.value.kind().to_owned(),
            Item::Shared(_) | Item::ByteString(_) => "text".to_owned(),
            Item::Bytes(_) => "bytes".to_owned(),
            Item::Flawed(flaw) => format!("something unusable ({})", flaw.reason()),
            Item::Tuple(_) => "a tuple".to_owned(),
            Item::Object(object) => object.borrow().describe(),
            Item::Global(global) => format!("the class or function {global}"),
            Item::Duration(_) | Item::Offset(_) | Item::Zone(_) => "a time".to_owned(),
        }
    }

    pub(super) fn weight(&self) -> Weight {
        match self {
            Item::Zone(name) => Weight::of_text(name.len()),
            Item::Plain(Value::Text(text)) => Weight::of_text(text.len()),
            Item::Shared(text) => Weight::of_text(text.len()),
            Item::Bytes(bytes) | Item::ByteString(bytes) => Weight::of_text(bytes.len()),
            Item::Flawed(flaw) => Weight { flaw: Some(*flaw), ..Weight::default() },
            Item::Tuple(tuple) => tuple.weight,
            Item::Sealed(data) => data.weight,
            Item::Object(object) => object.borrow().weight,
            Item::Plain(_) | Item::Global(_) | Item::Duration(_) | Item::Offset(_) => Weight::default(),
        }
    }
}

/// Makes a tuple. Tuples within it are sealed, so that nothing here is ever nested; objects within it are closed.
pub(super) fn tuple(mut items: Vec<Item>, budget: &mut Budget) -> Result<Item, Problem> {
    let mut weight = Weight::default();
    let mut keep = true;
    for item in &mut items {
        match item {
            Item::Tuple(_) => *item = Item::sealed(seal(item.clone(), budget)?),
            Item::Object(object) => object.borrow_mut().close(),
            _ => {}
        }
        keep &= weight.hold(&Weight { copied: 0, ..item.weight() })?;
    }
    Ok(if keep { Item::Tuple(Rc::new(Tuple { items, weight })) } else { Item::Flawed(Flaw::TooLarge) })
}

/// Completes something that is about to be put into a container: from here on it cannot change. What the memo holds
/// too is copied.
pub(super) fn seal(item: Item, budget: &mut Budget) -> Result<Data, Problem> {
    match item {
        Item::Plain(value) => Ok(Data::leaf(value)),
        Item::Shared(text) => Data::leaf(Value::Text(text.to_string())).copied_if(true, budget),
        Item::Bytes(bytes) => {
            Data::leaf(Value::Text(STANDARD.encode(&bytes))).copied_if(Rc::strong_count(&bytes) > 1, budget)
        }
        Item::ByteString(bytes) => match str::from_utf8(&bytes) {
            Ok(text) => {
                Data::leaf(Value::Text(text.to_owned())).copied_if(Rc::strong_count(&bytes) > 1, budget)
            }
            Err(_) => Ok(Data::flawed(Flaw::NotUnicode)),
        },
        Item::Flawed(flaw) => Ok(Data::flawed(flaw)),
        Item::Tuple(tuple) => seal_tuple(tuple, budget),
        Item::Sealed(data) => Rc::try_unwrap(data).map_or_else(|kept| kept.copy(budget), Ok),
        Item::Object(object) => seal_object(object, budget),
        Item::Global(global) if global.known == Known::Nothing => Ok(Data::leaf(Value::Null)),
        Item::Global(_) => Ok(Data::flawed(Flaw::NotData)),
        Item::Duration(duration) => Ok(Data::leaf(Value::Text(duration.to_string()))),
        Item::Offset(duration) => Ok(Data::leaf(Value::Text(duration.offset()))),
        Item::Zone(name) => Data::leaf(Value::Text(name.to_string())).copied_if(true, budget),
    }
}

fn seal_tuple(tuple: Rc<Tuple>, budget: &mut Budget) -> Result<Data, Problem> {
    let mut weight = Weight::default();
    let items = match Rc::try_unwrap(tuple) {
        Ok(own) => own.items,
        Err(kept) => {
            budget.copy(kept.weight.cost)?;
            weight.copied = kept.weight.cost;
            kept.items.clone()
        }
    };
    let mut list = List::default();
    for item in items {
        let data = seal(item, budget)?;
        list.push(data.value);
        if !weight.hold(&data.weight)? {
            list = List::default();
        }
    }
    Ok(Data { value: list.finish(), weight })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(item: Item) -> Data {
        seal(item, &mut Budget::default()).unwrap()
    }

    #[test]
    fn text_moves_unless_the_memo_holds_it_too() {
        let mut item = Item::text("abc");
        assert_eq!(sealed(item.clone()).weight.copied, 0);
        let kept = item.share();
        let data = sealed(item);
        assert_eq!(data.value, Value::Text("abc".into()));
        assert_eq!(data.weight.copied, VALUE_COST + 3);
        assert_eq!(kept.as_text(), Some("abc"));
    }

    #[test]
    fn bytes_are_base64_and_python_2_text_is_text_or_a_flaw() {
        assert_eq!(sealed(Item::Bytes(Rc::from(*b"\0\xffx"))).value, Value::Text("AP94".into()));
        assert_eq!(sealed(Item::ByteString(Rc::from(*b"x"))).value, Value::Text("x".into()));
        let latin = sealed(Item::ByteString(Rc::from(*b"caf\xe9")));
        assert_eq!(latin.weight.flaw, Some(Flaw::NotUnicode));
    }

    #[test]
    fn tuples_hold_no_tuples_and_are_limited_in_depth() {
        let mut budget = Budget::default();
        let mut nested = tuple(vec![], &mut budget).unwrap();
        for _ in 0..MAX_DEPTH {
            nested = tuple(vec![nested], &mut budget).unwrap();
            let Item::Tuple(outer) = &nested else { panic!("{nested:?}") };
            assert!(matches!(outer.items[0], Item::Sealed(_) | Item::Plain(_)));
        }
        assert_eq!(tuple(vec![nested], &mut budget).err(), Some(Problem::TooDeep));
    }

    #[test]
    fn what_is_too_large_is_flawed_and_dropped() {
        let mut weight = Weight::default();
        let half = Weight { cost: MAX_RECORD_COST / 2, ..Weight::default() };
        assert_eq!(weight.hold(&half), Ok(true));
        assert_eq!(weight.hold(&half), Ok(false));
        assert_eq!((weight.flaw, weight.cost), (Some(Flaw::TooLarge), VALUE_COST));
    }
}
