//! The outermost container, which is not built: its records leave as they come.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::rc::Rc;

use kindred::profile::{Fields, Value};

use super::error::Problem;
use super::limits::Budget;
use super::objects::{Body, Object, finite};
use super::values::{Data, Item, seal};
use crate::source::Record;

/// The reason of a record that is no dict.
const NOT_A_MAP: &str = "not a map";
/// The reason of a record whose own id is not the key it stands under.
const ID_DIFFERS: &str = "id differs";

/// Takes the records that are put into the outermost container and hands them on.
pub(super) struct Root<'s> {
    id_field: &'s str,
    sink: &'s mut dyn FnMut(Record) -> ControlFlow<()>,
    /// The container, as soon as something was put into it.
    object: Option<Rc<RefCell<Object>>>,
    /// How many records came.
    count: u64,
    /// The sink wants no more.
    stopped: bool,
}

impl<'s> Root<'s> {
    pub(super) fn new(id_field: &'s str, sink: &'s mut dyn FnMut(Record) -> ControlFlow<()>) -> Root<'s> {
        Root { id_field, sink, object: None, count: 0, stopped: false }
    }

    pub(super) fn stopped(&self) -> bool {
        self.stopped
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Whether a container is the outermost one: `at_bottom` says that there is nothing below it on the stack, not
    /// even a mark.
    pub(super) fn is(&mut self, container: &Rc<RefCell<Object>>, at_bottom: bool) -> Result<bool, Problem> {
        match &self.object {
            Some(object) if Rc::ptr_eq(object, container) => Ok(true),
            Some(_) if at_bottom => Err(Problem::Malformed("two outermost containers")),
            None if at_bottom => {
                self.object = Some(Rc::clone(container));
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// An element of the outermost list.
    pub(super) fn push(&mut self, item: Item, budget: &mut Budget) -> Result<(), Problem> {
        let data = seal(item, budget)?;
        self.check_kind(|body| matches!(body, Body::List(_)), || Body::List(Default::default()))?;
        if self.count == 0 && data.weight.flaw.is_none() && !matches!(data.value, Value::Map(_)) {
            return Err(Problem::Root(format!("a list whose first element is {}", data.value.kind())));
        }
        budget.release(data.weight.copied);
        let place = format!("record {}", self.count + 1);
        self.give(data, place, None);
        Ok(())
    }

    /// An entry of the outermost dict.
    pub(super) fn insert(&mut self, key: Item, item: Item, budget: &mut Budget) -> Result<(), Problem> {
        let key = seal(key, budget)?;
        let data = seal(item, budget)?;
        self.check_kind(|body| matches!(body, Body::Map(_)), || Body::Map(Fields::new()))?;
        if self.count == 0 && data.weight.flaw.is_none() && !matches!(data.value, Value::Map(_)) {
            return Err(Problem::Root(format!("a dict whose first value is {}", data.value.kind())));
        }
        budget.release(data.weight.copied + key.weight.copied);
        let place = text_of_id(&key.value).unwrap_or_else(|| format!("record {}", self.count + 1));
        self.give(data, place, Some(key));
        Ok(())
    }

    /// Checks that the container takes what is put in; an instance becomes what it is used as.
    fn check_kind(&self, fits: fn(&Body) -> bool, make: fn() -> Body) -> Result<(), Problem> {
        let Some(object) = &self.object else { return Ok(()) };
        let mut object = object.borrow_mut();
        object.check_open()?;
        if matches!(object.body, Body::Instance(..)) {
            object.body = make();
        }
        if fits(&object.body) { Ok(()) } else { Err(Problem::Root(object.describe())) }
    }

    fn give(&mut self, data: Data, place: String, key: Option<Data>) {
        self.count += 1;
        if self.stopped {
            return;
        }
        let flaw = data.weight.flaw.or(key.as_ref().and_then(|key| key.weight.flaw));
        let record = match (flaw, data.value) {
            (Some(flaw), _) => Record::Unusable { reason: flaw.reason(), place },
            (None, Value::Map(fields)) => match key {
                None => Record::Fields(fields),
                Some(key) => with_id(self.id_field, finite(key.value), fields, place),
            },
            (None, _) => Record::Unusable { reason: NOT_A_MAP, place },
        };
        self.stopped = (self.sink)(record).is_break();
    }

    /// Checks at the end of the pickle that its value is the container whose records were handed on. A dict that
    /// was complete from the start, as Python 2 wrote an `OrderedDict`, gives its records only now.
    pub(super) fn finish(&mut self, result: Item, budget: &mut Budget) -> Result<(), Problem> {
        let Item::Object(object) = &result else { return Err(Problem::Root(result.describe())) };
        match &self.object {
            Some(root) if Rc::ptr_eq(root, object) => return Ok(()),
            Some(_) => {
                return Err(Problem::Root(format!("{} around or beside the records", result.describe())));
            }
            None if matches!(object.borrow().body, Body::List(_) | Body::Map(_)) => {}
            None => return Err(Problem::Root(result.describe())),
        }
        let contents = seal(result, budget)?;
        if let Some(flaw) = contents.weight.flaw {
            return Err(Problem::Root(format!("a dict that cannot be read ({})", flaw.reason())));
        }
        match contents.value {
            Value::Map(entries) => entries.into_iter().try_for_each(|(key, value)| {
                let (key, value) = (Item::text(key), Item::sealed(Data::leaf(value)));
                self.insert(key, value, budget)
            }),
            Value::List(values) => {
                values.into_iter().try_for_each(|value| self.push(Item::sealed(Data::leaf(value)), budget))
            }
            other => Err(Problem::Root(other.kind().to_owned())),
        }
    }
}

/// The record under a key of the outermost dict: the key is its id, in front.
fn with_id(id_field: &str, id: Value, mut fields: Fields, place: String) -> Record {
    if let Some(position) = fields.iter().position(|(name, _)| name == id_field) {
        let (_, own) = fields.remove(position);
        if text_of_id(&own).is_none() || text_of_id(&own) != text_of_id(&id) {
            return Record::Unusable { reason: ID_DIFFERS, place };
        }
    }
    fields.insert(0, (id_field.to_owned(), id));
    Record::Fields(fields)
}

/// The text that an id is compared by: 7 and "7" are the same.
fn text_of_id(id: &Value) -> Option<String> {
    match id {
        Value::Text(text) => Some(text.clone()),
        Value::Int(number) => Some(number.to_string()),
        Value::UInt(number) => Some(number.to_string()),
        _ => None,
    }
}
