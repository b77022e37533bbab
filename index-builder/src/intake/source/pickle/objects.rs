//! Things that later instructions may add to: lists, dicts, instances and the like, as they are built.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::mem;
use std::rc::Rc;

use kindred::profile::{Fields, Value};

use super::super::lists::single;
use super::arrays::Dtype;
use super::error::Problem;
use super::globals::Global;
use super::libraries;
use super::limits::Budget;
use super::numbers::python_float;
use super::values::{Data, Flaw, Item, Weight, seal};

/// An object under construction, or complete.
#[derive(Debug)]
pub(super) struct Object {
    pub(super) body: Body,
    pub(super) weight: Weight,
    /// It has been put into something else and must not change any more.
    closed: bool,
}

/// What an object is.
#[derive(Debug)]
pub(super) enum Body {
    List(List),
    Set(List),
    Map(Fields),
    /// An instance of a class of which nothing is known, with its attributes.
    Instance(Rc<Global>, Fields),
    /// The bytes come with BUILD.
    ObjectId(Option<[u8; 12]>),
    /// The number comes with BUILD.
    Uuid(Option<u128>),
    /// The two halves of the number come with BUILD.
    Decimal128(Option<(u64, u64)>),
    /// What a class of which nothing is known was called with: it stands for the object that this would have made.
    Argument(Rc<Global>, Item),
    Dtype(Dtype),
    /// A numpy array whose content has not come yet.
    Array,
    /// Complete.
    Done(Value),
}

impl Object {
    pub(super) fn new(body: Body) -> Object {
        Object::with_weight(body, Weight::default())
    }

    pub(super) fn with_weight(body: Body, weight: Weight) -> Object {
        Object { body, weight, closed: false }
    }

    pub(super) fn list() -> Object {
        Object::new(Body::List(List::default()))
    }

    pub(super) fn map() -> Object {
        Object::new(Body::Map(Fields::new()))
    }

    /// Forbids every change from now on.
    pub(super) fn close(&mut self) {
        self.closed = true;
    }

    /// Fails if this must not change any more.
    pub(super) fn check_open(&self) -> Result<(), Problem> {
        if self.closed { Err(Problem::Cycle) } else { Ok(()) }
    }

    /// Appends to a list, adds to a set. An instance that is appended to is of a subclass of list.
    pub(super) fn push(&mut self, data: Data) -> Result<(), Problem> {
        self.check_open()?;
        if let Body::Instance(..) = self.body {
            self.body = Body::List(List::default());
        }
        let (Body::List(list) | Body::Set(list)) = &mut self.body else {
            return Err(self.no_container("something is appended to what is no list"));
        };
        list.push(data.value);
        if !self.weight.hold(&data.weight)? {
            *list = List::default();
        }
        Ok(())
    }

    /// Sets a key of a dict. An instance of which a key is set is of a subclass of dict.
    pub(super) fn insert(&mut self, key: Data, data: Data) -> Result<(), Problem> {
        self.check_open()?;
        if let Body::Instance(..) = self.body {
            self.body = Body::Map(Fields::new());
        }
        let Body::Map(fields) = &mut self.body else {
            return Err(self.no_container("a key is set of what is no dict"));
        };
        let is_next = matches!(key.value, Value::Int(number) if usize::try_from(number) == Ok(fields.len()));
        self.weight.numbered = is_next && (fields.is_empty() || self.weight.numbered);
        let mut keep = self.weight.hold(&key.weight)?;
        keep &= self.weight.hold(&data.weight)?;
        match key_text(key.value) {
            Some(name) => fields.push((name, finite(data.value))),
            None => self.weight.flaw = self.weight.flaw.or(Some(Flaw::Key)),
        }
        if !keep {
            *fields = Fields::new();
        }
        Ok(())
    }

    /// Why nothing is put into this. What a class makes of its argument and of items besides, only the class knows.
    fn no_container(&self, otherwise: &'static str) -> Problem {
        match &self.body {
            Body::Argument(class, _) => Problem::Revived(class.to_string()),
            _ => Problem::Malformed(otherwise),
        }
    }

    /// What this is, for messages.
    pub(super) fn describe(&self) -> String {
        match &self.body {
            Body::Set(_) => "a set".to_owned(),
            Body::Instance(class, _) => format!("an object of the class {class}"),
            Body::ObjectId(_) => "an ObjectId".to_owned(),
            Body::Uuid(_) => "a UUID".to_owned(),
            Body::Decimal128(_) => "a Decimal128".to_owned(),
            Body::Argument(_, argument) => argument.describe(),
            Body::Dtype(_) => "a numpy dtype".to_owned(),
            Body::Array => "a numpy array".to_owned(),
            Body::List(_) => "a list".to_owned(),
            Body::Map(_) => "a dict".to_owned(),
            Body::Done(Value::List(_) | Value::Floats(_)) => "an array".to_owned(),
            Body::Done(value) => value.kind().to_owned(),
        }
    }

    /// Turns the body into its value, unless it is only good as an argument.
    fn complete(&mut self) {
        self.closed = true;
        let value = match mem::replace(&mut self.body, Body::Array) {
            Body::List(list) | Body::Set(list) => list.finish(),
            Body::Map(fields) => Value::Map(without_duplicates(fields)),
            Body::Instance(class, fields) => libraries::instance_value(&class, without_duplicates(fields)),
            Body::Decimal128(Some((high, low))) => Value::Text(libraries::decimal128(high, low)),
            Body::ObjectId(Some(bytes)) => {
                Value::Text(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
            }
            Body::Uuid(Some(number)) => Value::Text(uuid_text(number)),
            Body::Done(value) => value,
            Body::Dtype(dtype) => {
                self.body = Body::Dtype(dtype);
                return;
            }
            Body::ObjectId(None)
            | Body::Uuid(None)
            | Body::Decimal128(None)
            | Body::Argument(..)
            | Body::Array => {
                self.weight.flaw = Some(Flaw::Incomplete);
                Value::Null
            }
        };
        self.body = Body::Done(value);
    }

    /// Makes the value of an argument that of the object.
    fn take_argument(&mut self, budget: &mut Budget) -> Result<(), Problem> {
        if matches!(self.body, Body::Argument(..))
            && let Body::Argument(_, argument) = mem::replace(&mut self.body, Body::Array)
        {
            let data = seal(argument, budget)?;
            self.weight = data.weight;
            self.body = Body::Done(data.value);
        }
        Ok(())
    }

    /// The completed value, which the object gives away.
    fn take(&mut self) -> Data {
        match mem::replace(&mut self.body, Body::Array) {
            Body::Done(value) => Data { value, weight: self.weight },
            _ => Data::flawed(Flaw::NotData),
        }
    }
}

/// Completes an object; copies its value if something else holds the object too.
pub(super) fn seal_object(object: Rc<RefCell<Object>>, budget: &mut Budget) -> Result<Data, Problem> {
    object.borrow_mut().take_argument(budget)?;
    object.borrow_mut().complete();
    match Rc::try_unwrap(object) {
        Ok(own) => Ok(own.into_inner().take()),
        Err(kept) => {
            let kept = kept.borrow();
            let Body::Done(value) = &kept.body else { return Ok(Data::flawed(Flaw::NotData)) };
            budget.copy(kept.weight.cost)?;
            Ok(Data { value: value.clone(), weight: Weight { copied: kept.weight.cost, ..kept.weight } })
        }
    }
}

/// The values of a list, and whether it may be a vector with a number in it that is not finite.
#[derive(Debug)]
pub(super) struct List {
    pub(super) values: Vec<Value>,
    only_numbers: bool,
    all_finite: bool,
}

impl Default for List {
    fn default() -> List {
        List { values: Vec::new(), only_numbers: true, all_finite: true }
    }
}

impl List {
    pub(super) fn push(&mut self, value: Value) {
        match value {
            Value::Float(number) => self.all_finite &= number.is_finite(),
            Value::Int(_) | Value::UInt(_) => {}
            _ => self.only_numbers = false,
        }
        self.values.push(value);
    }

    /// The list as a value. Numbers that are not finite become null, unless there is nothing but numbers: that may
    /// be a vector, and one that holds them must be refused and not repaired.
    pub(super) fn finish(self) -> Value {
        if self.all_finite {
            return Value::List(self.values);
        }
        if self.only_numbers {
            let numbers = self.values.iter().filter_map(Value::as_number);
            return Value::Floats(numbers.map(single).collect());
        }
        Value::List(self.values.into_iter().map(finite).collect())
    }
}

impl FromIterator<Value> for List {
    fn from_iter<I: IntoIterator<Item = Value>>(values: I) -> List {
        let mut list = List::default();
        values.into_iter().for_each(|value| list.push(value));
        list
    }
}

/// Null instead of a number that is not finite.
pub(super) fn finite(value: Value) -> Value {
    if let Value::Float(number) = value { Value::float(number) } else { value }
}

/// A key of a dict as Python's `json.dumps` writes it; `None` if that cannot.
pub(super) fn key_text(key: Value) -> Option<String> {
    Some(match key {
        Value::Text(text) => text,
        Value::Int(number) => number.to_string(),
        Value::UInt(number) => number.to_string(),
        Value::Float(number) => python_float(number),
        Value::Bool(truth) => truth.to_string(),
        Value::Null => "null".to_owned(),
        Value::List(_) | Value::Floats(_) | Value::Map(_) => return None,
    })
}

/// Every key once: where it came first, with the value that came last, as in Python.
fn without_duplicates(fields: Fields) -> Fields {
    let mut seen = HashSet::with_capacity(fields.len());
    if fields.iter().all(|(name, _)| seen.insert(name.as_str())) {
        return fields;
    }
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut unique: Fields = Vec::new();
    for (name, value) in fields {
        match places.get(&name).and_then(|&place| unique.get_mut(place)) {
            Some(field) => field.1 = value,
            None => {
                places.insert(name.clone(), unique.len());
                unique.push((name, value));
            }
        }
    }
    unique
}

/// A UUID with its dashes.
pub(super) fn uuid_text(number: u128) -> String {
    let digits = format!("{number:032x}");
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|range| digits.get(range).unwrap_or_default());
    parts.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Data {
        Data::leaf(Value::Text(text.into()))
    }

    fn value(object: Object) -> Value {
        seal_object(Rc::new(RefCell::new(object)), &mut Budget::default()).unwrap().value
    }

    #[test]
    fn a_vector_with_nan_stays_one_and_other_lists_get_null() {
        let list: List = [Value::Int(1), Value::Float(f64::NAN)].into_iter().collect();
        let Value::Floats(numbers) = list.finish() else { panic!() };
        assert!(numbers[0] == 1.0 && numbers[1].is_nan());
        let mixed: List = [Value::Text("a".into()), Value::Float(f64::INFINITY)].into_iter().collect();
        assert_eq!(mixed.finish(), Value::List(vec![Value::Text("a".into()), Value::Null]));
        let good: List = [Value::Float(0.5)].into_iter().collect();
        assert_eq!(good.finish(), Value::List(vec![Value::Float(0.5)]));
    }

    #[test]
    fn a_key_that_comes_twice_keeps_its_place_and_its_last_value() {
        let mut map = Object::map();
        map.insert(text("7"), text("first")).unwrap();
        map.insert(text("b"), text("x")).unwrap();
        map.insert(Data::leaf(Value::Int(7)), text("last")).unwrap();
        let expected = [("7", "last"), ("b", "x")];
        let expected = expected.map(|(name, value)| (name.to_owned(), Value::Text(value.into())));
        assert_eq!(value(map), Value::Map(expected.to_vec()));
    }

    #[test]
    fn keys_are_spelt_as_json_dumps_spells_them() {
        let spelt = [
            (Value::Bool(true), "true"),
            (Value::Null, "null"),
            (Value::Float(1.0), "1.0"),
            (Value::Float(f64::NAN), "NaN"),
            (Value::UInt(u64::MAX), "18446744073709551615"),
        ];
        for (key, text) in spelt {
            assert_eq!(key_text(key).as_deref(), Some(text));
        }
        assert_eq!(key_text(Value::List(vec![])), None);
    }

    #[test]
    fn what_was_put_into_something_cannot_be_added_to() {
        let mut list = Object::list();
        list.push(text("a")).unwrap();
        list.close();
        assert_eq!(list.push(text("b")), Err(Problem::Cycle));
    }

    #[test]
    fn a_uuid_has_its_dashes() {
        assert_eq!(uuid_text(5), "00000000-0000-0000-0000-000000000005");
        assert_eq!(uuid_text(u128::MAX), "ffffffff-ffff-ffff-ffff-ffffffffffff");
    }
}
