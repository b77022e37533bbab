//! The second pass: the instructions are run.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::rc::Rc;

use kindred::profile::Value;

use super::build::build;
use super::calls::{call, create};
use super::error::{Fault, PickleError, Problem};
use super::globals::Global;
use super::limits::{Budget, MAX_STACK};
use super::numbers;
use super::objects::{Body, List, Object};
use super::opcodes::{Decoder, Op};
use super::root::Root;
use super::scan::Slots;
use super::text;
use super::values::{Flaw, Item, tuple};
use crate::intake::source::Record;

const STACK_EMPTY: Problem = Problem::Malformed("an instruction finds too few values on the stack");
const NO_MARK: Problem = Problem::Malformed("an instruction finds no mark on the stack");

/// The machine that a pickle is a program for.
pub(super) struct Machine<'s> {
    stack: Vec<Item>,
    /// How high the stack was at each MARK. What is below the last one is out of reach until it is taken away.
    marks: Vec<usize>,
    memo: HashMap<u64, Item>,
    slots: Slots,
    budget: Budget,
    root: Root<'s>,
    highest_stack: usize,
    remembered: usize,
}

impl<'s> Machine<'s> {
    /// A machine that remembers only what `slots` says is fetched.
    pub(super) fn new(
        mut slots: Slots,
        id_field: &'s str,
        sink: &'s mut dyn FnMut(Record) -> ControlFlow<()>,
    ) -> Machine<'s> {
        slots.rewind();
        Machine {
            stack: Vec::new(),
            marks: Vec::new(),
            memo: HashMap::new(),
            slots,
            budget: Budget::default(),
            root: Root::new(id_field, sink),
            highest_stack: 0,
            remembered: 0,
        }
    }

    /// Makes ready for the next pickle of the file, which knows nothing of those before.
    pub(super) fn restart(&mut self, mut slots: Slots) {
        slots.rewind();
        self.slots = slots;
        self.stack.clear();
        self.marks.clear();
        self.memo.clear();
    }

    /// Says that the file has several pickles.
    pub(super) fn expect_several(&mut self) {
        self.root.expect_several();
    }

    /// Whether the sink wants no more.
    pub(super) fn stopped(&self) -> bool {
        self.root.stopped()
    }

    /// Runs to STOP, or until the sink wants no more.
    pub(super) fn run(&mut self, decoder: &mut Decoder<'_>) -> Result<(), PickleError> {
        while !self.root.stopped() {
            let at = decoder.offset();
            let op = decoder.next()?;
            self.budget.read_to(decoder.offset());
            let refused = |problem| Fault::Problem(problem).at(at);
            if op == Op::Stop {
                return self.stop().map_err(refused);
            }
            self.step(op, decoder.payload(), at).map_err(refused)?;
            self.highest_stack = self.highest_stack.max(self.stack.len());
            if self.stack.len() > MAX_STACK || self.marks.len() > MAX_STACK {
                return Err(refused(Problem::TooMany));
            }
        }
        Ok(())
    }

    /// The most values that were on the stack at a time.
    pub(super) fn highest_stack(&self) -> usize {
        self.highest_stack
    }

    /// How many values were remembered.
    pub(super) fn remembered(&self) -> usize {
        self.remembered
    }

    pub(super) fn records(&self) -> u64 {
        self.root.count()
    }

    fn stop(&mut self) -> Result<(), Problem> {
        let result = self.pop()?;
        if !self.stack.is_empty() {
            return Err(Problem::Root(format!("{} with other values besides", result.describe())));
        }
        // Nothing but the stack holds the result from here on.
        self.remembered = self.remembered.max(self.memo.len());
        self.memo.clear();
        self.root.finish(result, &mut self.budget)
    }

    fn step(&mut self, op: Op, payload: &[u8], at: u64) -> Result<(), Problem> {
        match op {
            Op::Proto | Op::Frame(_) | Op::Stop => {}
            Op::Mark => self.marks.push(self.stack.len()),
            Op::Pop => self.pop_or_unmark()?,
            Op::PopMark => drop(self.pop_to_mark()?),
            Op::Dup => {
                let copy = self.top()?.share();
                self.stack.push(copy);
            }
            Op::Put(slot) => {
                if self.slots.fill(slot, at)? {
                    self.remember(slot)?;
                }
            }
            Op::Memoize => {
                if let Some(slot) = self.slots.fill_next(at)? {
                    self.remember(slot)?;
                }
            }
            Op::Get(slot) => {
                let item = self.memo.get(&slot).cloned();
                self.stack
                    .push(item.ok_or(Problem::Malformed("a memo slot is fetched before it is filled"))?);
            }
            Op::Elsewhere(what) => return Err(Problem::Elsewhere(what)),
            Op::List | Op::Dict | Op::FrozenSet | Op::Tuple | Op::TupleOf(_) => self.collect(op)?,
            Op::Append | Op::Appends | Op::AddItems | Op::SetItem | Op::SetItems => self.add(op)?,
            Op::Global | Op::StackGlobal | Op::Inst | Op::Obj => self.find_class(op, payload)?,
            Op::Reduce | Op::NewObj | Op::NewObjEx | Op::Build => self.construct(op)?,
            scalar => self.stack.push(literal(scalar, payload)?),
        }
        Ok(())
    }

    /// LIST, DICT, FROZENSET and the tuples: makes a container of what is above the mark.
    fn collect(&mut self, op: Op) -> Result<(), Problem> {
        match op {
            Op::List => {
                let items = self.pop_to_mark()?;
                self.stack.push(Item::object(Object::list()));
                self.append(items)
            }
            Op::Dict => {
                let items = self.pop_to_mark()?;
                self.stack.push(Item::object(Object::map()));
                self.set(items)
            }
            Op::FrozenSet => {
                let items = self.pop_to_mark()?;
                self.stack.push(Item::object(Object::new(Body::Set(List::default()))));
                self.append(items)
            }
            Op::TupleOf(length) => {
                let items = self.pop_some(usize::from(length))?;
                let item = tuple(items, &mut self.budget)?;
                self.stack.push(item);
                Ok(())
            }
            _ => {
                let items = self.pop_to_mark()?;
                let item = tuple(items, &mut self.budget)?;
                self.stack.push(item);
                Ok(())
            }
        }
    }

    /// APPEND, APPENDS, ADDITEMS, SETITEM and SETITEMS.
    fn add(&mut self, op: Op) -> Result<(), Problem> {
        match op {
            Op::Append => {
                let items = self.pop_some(1)?;
                self.append(items)
            }
            Op::SetItem => {
                let items = self.pop_some(2)?;
                self.set(items)
            }
            Op::SetItems => {
                let items = self.pop_to_mark()?;
                self.set(items)
            }
            _ => {
                let items = self.pop_to_mark()?;
                self.append(items)
            }
        }
    }

    /// Appends to the list, or adds to the set, on top of the stack.
    fn append(&mut self, items: Vec<Item>) -> Result<(), Problem> {
        let (container, is_root) = self.container(|body| !matches!(body, Body::Set(_)))?;
        for item in items {
            if is_root {
                self.root.push(item, &mut self.budget)?;
                continue;
            }
            let data = super::values::seal(item, &mut self.budget)?;
            container.borrow_mut().push(data)?;
        }
        Ok(())
    }

    /// Sets keys, each followed by its value, of the dict on top of the stack.
    fn set(&mut self, items: Vec<Item>) -> Result<(), Problem> {
        let (container, is_root) = self.container(|_| true)?;
        let mut items = items.into_iter();
        while let Some(key) = items.next() {
            let value = items.next().ok_or(Problem::Malformed("a key without a value"))?;
            if is_root {
                self.root.insert(key, value, &mut self.budget)?;
                continue;
            }
            let key = match key {
                Item::Bytes(_) => super::values::Data::flawed(Flaw::Key),
                key => super::values::seal(key, &mut self.budget)?,
            };
            let data = super::values::seal(value, &mut self.budget)?;
            container.borrow_mut().insert(key, data)?;
        }
        Ok(())
    }

    /// The container on top of the stack, and whether it is the outermost one.
    fn container(&mut self, may_be_root: fn(&Body) -> bool) -> Result<(Rc<RefCell<Object>>, bool), Problem> {
        let at_bottom = self.stack.len() == 1 && self.marks.is_empty();
        let Item::Object(object) = self.top()? else {
            return Err(Problem::Malformed("something is put into what is no container"));
        };
        let object = Rc::clone(object);
        let may_be_root = may_be_root(&object.borrow().body);
        let is_root = may_be_root && self.root.is(&object, at_bottom)?;
        Ok((object, is_root))
    }

    /// The instructions that name a class.
    fn find_class(&mut self, op: Op, payload: &[u8]) -> Result<(), Problem> {
        let item = match op {
            Op::Global => class_in(payload)?,
            Op::Inst => {
                let arguments = self.pop_to_mark()?;
                self.instance(&class_in(payload)?, arguments)?
            }
            Op::Obj => {
                let mut arguments = self.pop_to_mark()?.into_iter();
                let class = arguments.next().ok_or(STACK_EMPTY)?;
                self.instance(&class, arguments.collect())?
            }
            _ => {
                let [module, name] = &*self.pop_some(2)? else { return Err(STACK_EMPTY) };
                match (module.as_text(), name.as_text()) {
                    (Some(module), Some(name)) => Item::Global(Rc::new(Global::new(module, name))),
                    _ => return Err(Problem::Malformed("the name of a class is no text")),
                }
            }
        };
        self.stack.push(item);
        Ok(())
    }

    /// An instance of an old class of Python 2, whose attributes follow.
    fn instance(&mut self, class: &Item, arguments: Vec<Item>) -> Result<Item, Problem> {
        if arguments.is_empty() {
            create(class, arguments, &mut self.budget)
        } else {
            call(class, arguments, &mut self.budget)
        }
    }

    /// REDUCE, NEWOBJ, NEWOBJ_EX and BUILD.
    fn construct(&mut self, op: Op) -> Result<(), Problem> {
        let last = self.pop()?;
        let item = match op {
            Op::Build => {
                let budget = &mut self.budget;
                let (floor, stack) = (self.marks.last().copied().unwrap_or(0), &self.stack);
                let target = stack.last().filter(|_| stack.len() > floor).ok_or(STACK_EMPTY)?;
                return build(target, last, budget);
            }
            Op::NewObjEx => {
                let [class, arguments] = <[Item; 2]>::try_from(self.pop_some(2)?).map_err(|_| STACK_EMPTY)?;
                let has_names = match &last {
                    Item::Object(names) => {
                        !matches!(&names.borrow().body, Body::Map(names) if names.is_empty())
                    }
                    _ => true,
                };
                if has_names {
                    return Err(Problem::Malformed("an object made with named arguments"));
                }
                create(&class, arguments.into_arguments()?, &mut self.budget)?
            }
            _ => {
                let callable = self.pop()?;
                let make = if op == Op::Reduce { call } else { create };
                make(&callable, last.into_arguments()?, &mut self.budget)?
            }
        };
        self.stack.push(item);
        Ok(())
    }

    fn remember(&mut self, slot: u64) -> Result<(), Problem> {
        let item = self.top()?.share();
        self.memo.insert(slot, item);
        Ok(())
    }

    /// The height of the stack below which nothing may be taken.
    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    fn top(&mut self) -> Result<&mut Item, Problem> {
        let floor = self.floor();
        if self.stack.len() <= floor { Err(STACK_EMPTY) } else { self.stack.last_mut().ok_or(STACK_EMPTY) }
    }

    fn pop(&mut self) -> Result<Item, Problem> {
        if self.stack.len() <= self.floor() { Err(STACK_EMPTY) } else { self.stack.pop().ok_or(STACK_EMPTY) }
    }

    /// POP takes away the mark if there is nothing above it.
    fn pop_or_unmark(&mut self) -> Result<(), Problem> {
        if self.marks.last() == Some(&self.stack.len()) {
            self.marks.pop();
            return Ok(());
        }
        self.pop().map(drop)
    }

    fn pop_some(&mut self, count: usize) -> Result<Vec<Item>, Problem> {
        let start = self.stack.len().checked_sub(count).filter(|&start| start >= self.floor());
        Ok(self.stack.split_off(start.ok_or(STACK_EMPTY)?))
    }

    fn pop_to_mark(&mut self) -> Result<Vec<Item>, Problem> {
        let mark = self.marks.pop().ok_or(NO_MARK)?;
        Ok(self.stack.split_off(mark))
    }
}

/// The class that two lines name.
fn class_in(payload: &[u8]) -> Result<Item, Problem> {
    let names = str::from_utf8(payload).ok().and_then(|text| text.split_once('\n'));
    let (module, name) = names.ok_or(Problem::Malformed("the name of a class is no text"))?;
    Ok(Item::Global(Rc::new(Global::new(module, name))))
}

/// The instructions that push one value of their own.
fn literal(op: Op, payload: &[u8]) -> Result<Item, Problem> {
    let or_flawed = |flaw: Flaw| move |value: Option<Value>| value.map_or(Item::Flawed(flaw), Item::Plain);
    Ok(match op {
        Op::Bool(truth) => Item::Plain(Value::Bool(truth)),
        Op::Int(number) => Item::Plain(Value::Int(number)),
        Op::Float(number) => Item::Plain(Value::Float(number)),
        Op::FloatLine => Item::Plain(Value::Float(numbers::float_from_line(payload)?)),
        Op::IntLine { booleans: true } if payload == b"00" => Item::Plain(Value::Bool(false)),
        Op::IntLine { booleans: true } if payload == b"01" => Item::Plain(Value::Bool(true)),
        Op::IntLine { .. } => or_flawed(Flaw::HugeInteger)(numbers::from_line(payload)?),
        Op::IntBytes => or_flawed(Flaw::HugeInteger)(numbers::from_bytes(payload)),
        Op::Unicode => match str::from_utf8(payload) {
            Ok(text) => Item::text(text),
            Err(_) => Item::Flawed(Flaw::NotUnicode),
        },
        Op::UnicodeLine => or_flawed(Flaw::NotUnicode)(text::from_unicode_line(payload)?.map(Value::Text)),
        Op::ByteString => Item::ByteString(Rc::from(payload)),
        Op::ByteStringLine => Item::ByteString(Rc::from(text::from_literal_line(payload)?)),
        Op::Bytes => Item::Bytes(Rc::from(payload)),
        Op::EmptyList => Item::object(Object::list()),
        Op::EmptyDict => Item::object(Object::map()),
        Op::EmptySet => Item::object(Object::new(Body::Set(List::default()))),
        _ => Item::Plain(Value::Null),
    })
}
