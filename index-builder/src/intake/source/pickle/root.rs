//! The outermost container, which is not built: its records leave as they come.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::rc::Rc;

use kindred::profile::{Fields, Value};

use super::error::Problem;
use super::limits::{Budget, MAX_RECORD_COST};
use super::objects::{Body, Object, finite};
use super::values::{Data, Item, seal};
use crate::intake::source::Record;
use crate::intake::source::columns::Columns;
use crate::intake::source::record::text_of_id;

/// The reason of a record that is no dict.
const NOT_A_MAP: &str = "not a map";
/// How many entries of a dict are held until it is said whether they are profiles or fields of one.
const UNDECIDED: usize = 1000;
/// The fields that hold an id, besides the one that was named.
const ID_FIELDS: [&str; 2] = ["_id", "id"];

/// Takes the records that are put into the outermost container and hands them on.
pub(super) struct Root<'s> {
    id_field: &'s str,
    sink: &'s mut dyn FnMut(Record) -> ControlFlow<()>,
    /// The container, as soon as something was put into it.
    object: Option<Rc<RefCell<Object>>>,
    /// How many records came.
    count: u64,
    /// How many of them of this pickle.
    count_here: u64,
    /// The file has several pickles, so that a dict may be one record.
    several: bool,
    /// What the outermost dict of this pickle is.
    dict: Dict,
    /// Whether the entries of the outermost dict may be columns.
    columns: Columns,
    /// The key of its first entry.
    first_key: String,
    /// The sink wants no more.
    stopped: bool,
}

/// What the outermost dict is, where the file has several pickles.
enum Dict {
    /// Profiles under their ids, which are handed on as they come.
    Profiles,
    /// One or the other: all values so far are dicts.
    Undecided(Entries),
    /// A record.
    Record(Entries),
}

/// Entries of the outermost dict that are held.
#[derive(Default)]
struct Entries {
    entries: Vec<(Data, Data)>,
    cost: usize,
}

impl Entries {
    /// Whether one more would be more than a record has.
    fn is_full(&self, data: &Data) -> bool {
        self.entries.len() == UNDECIDED || self.cost.saturating_add(data.weight.cost) > MAX_RECORD_COST
    }

    /// Keeps an entry, and of a record that is too large no more than makes it known as such.
    fn hold(&mut self, key: Data, data: Data) {
        if self.cost <= MAX_RECORD_COST {
            self.cost = self.cost.saturating_add(key.weight.cost).saturating_add(data.weight.cost);
            self.entries.push((key, data));
        }
    }
}

impl<'s> Root<'s> {
    pub(super) fn new(id_field: &'s str, sink: &'s mut dyn FnMut(Record) -> ControlFlow<()>) -> Root<'s> {
        Root {
            id_field,
            sink,
            object: None,
            count: 0,
            count_here: 0,
            several: false,
            dict: Dict::Profiles,
            columns: Columns::default(),
            first_key: String::new(),
            stopped: false,
        }
    }

    /// Says that the file has several pickles.
    pub(super) fn expect_several(&mut self) {
        self.several = true;
        self.dict = Dict::Undecided(Entries::default());
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
        if self.count_here == 0 && data.weight.flaw.is_none() && !matches!(data.value, Value::Map(_)) {
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
        match &mut self.dict {
            Dict::Profiles => self.give_profile(key, data, budget),
            Dict::Record(entries) => {
                entries.hold(key, data);
                Ok(())
            }
            Dict::Undecided(entries) if matches!(data.value, Value::Map(_)) && entries.is_full(&data) => {
                self.give_profiles(budget)?;
                self.give_profile(key, data, budget)
            }
            Dict::Undecided(entries) => {
                let is_profile = matches!(data.value, Value::Map(_)) || data.weight.flaw.is_some();
                let is_field = !is_profile || is_id_field(&key, self.id_field);
                entries.hold(key, data);
                if is_field {
                    self.dict = Dict::Record(std::mem::take(entries));
                }
                Ok(())
            }
        }
    }

    /// Hands on what was held, as profiles under their ids, and whatever follows as well.
    fn give_profiles(&mut self, budget: &mut Budget) -> Result<(), Problem> {
        if let Dict::Undecided(held) = std::mem::replace(&mut self.dict, Dict::Profiles) {
            for (key, data) in held.entries {
                self.give_profile(key, data, budget)?;
            }
        }
        Ok(())
    }

    /// An entry of the outermost dict that is a profile under its id.
    fn give_profile(&mut self, key: Data, data: Data, budget: &mut Budget) -> Result<(), Problem> {
        if self.count_here == 0 && data.weight.flaw.is_none() && !matches!(data.value, Value::Map(_)) {
            return Err(Problem::Root(format!("a dict whose first value is {}", data.value.kind())));
        }
        if let Value::Map(fields) = &data.value {
            self.columns.see(fields);
            if self.first_key.is_empty() {
                self.first_key = text_of_id(&key.value).unwrap_or_default();
                if data.weight.numbered {
                    return Err(Problem::Columns(self.first_key.clone()));
                }
            }
        }
        budget.release(data.weight.copied + key.weight.copied);
        let place = text_of_id(&key.value).unwrap_or_else(|| format!("record {}", self.count + 1));
        self.give(data, place, Some(key));
        Ok(())
    }

    /// Hands on the dict that was held as one record.
    fn give_record(&mut self, held: Entries, budget: &mut Budget) -> Result<(), Problem> {
        let mut object = Object::map();
        for (key, data) in held.entries {
            object.insert(key, data)?;
        }
        let data = seal(Item::object(object), budget)?;
        self.give_alone(data, budget);
        Ok(())
    }

    /// Hands on what has no id but its own.
    fn give_alone(&mut self, data: Data, budget: &mut Budget) {
        budget.release(data.weight.copied);
        let place = format!("record {}", self.count + 1);
        self.give(data, place, None);
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
        self.count_here += 1;
        if self.stopped {
            return;
        }
        let flaw = data.weight.flaw.or(key.as_ref().and_then(|key| key.weight.flaw));
        let record = match (flaw, data.value) {
            (Some(flaw), _) => Record::Unusable { reason: flaw.reason(), place },
            (None, Value::Map(fields)) => match key {
                None => Record::Fields(fields),
                Some(key) => Record::under_id(self.id_field, finite(key.value), fields, place),
            },
            (None, _) => Record::Unusable { reason: NOT_A_MAP, place },
        };
        self.stopped = (self.sink)(record).is_break();
    }

    /// Checks at the end of the pickle that its value is the container whose records were handed on. A dict that
    /// was complete from the start, as Python 2 wrote an `OrderedDict`, gives its records only now.
    pub(super) fn finish(&mut self, result: Item, budget: &mut Budget) -> Result<(), Problem> {
        let found = result.describe();
        match (self.object.take(), result) {
            (Some(root), Item::Object(object)) if Rc::ptr_eq(&root, &object) => {}
            (Some(_), _) => return Err(Problem::Root(format!("{found} around or beside the records"))),
            (None, other) if is_container(&other) => {
                let contents = seal(other, budget)?;
                self.give_contents(contents, budget)?;
            }
            (None, other) if self.several => match seal(other, budget)? {
                data @ Data { value: Value::Map(_), .. } => self.give_alone(data, budget),
                _ => return Err(Problem::Root(found)),
            },
            (None, _) => return Err(Problem::Root(found)),
        }
        self.end(budget)
    }

    /// Hands on what is in a container that was complete from the start.
    fn give_contents(&mut self, contents: Data, budget: &mut Budget) -> Result<(), Problem> {
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

    /// Ends this pickle: what was held is handed on.
    fn end(&mut self, budget: &mut Budget) -> Result<(), Problem> {
        let next = if self.several { Dict::Undecided(Entries::default()) } else { Dict::Profiles };
        match std::mem::replace(&mut self.dict, next) {
            Dict::Record(held) => self.give_record(held, budget)?,
            Dict::Undecided(held) => {
                for (key, data) in held.entries {
                    self.give_profile(key, data, budget)?;
                }
            }
            Dict::Profiles => {}
        }
        self.count_here = 0;
        if std::mem::take(&mut self.columns).are_columns() {
            return Err(Problem::Columns(std::mem::take(&mut self.first_key)));
        }
        self.first_key.clear();
        Ok(())
    }
}

fn is_container(item: &Item) -> bool {
    matches!(item, Item::Object(object) if matches!(object.borrow().body, Body::List(_) | Body::Map(_)))
}

/// Whether the key of a dict is the field of an id.
fn is_id_field(key: &Data, id_field: &str) -> bool {
    matches!(&key.value, Value::Text(name) if name == id_field || ID_FIELDS.contains(&name.as_str()))
}
