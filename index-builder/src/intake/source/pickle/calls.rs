//! What the calls that a pickle asks for would have made.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::rc::Rc;

use kindred::profile::{Fields, Value};

use super::arrays::{self, Dtype};
use super::dates::{self, Duration};
use super::error::Problem;
use super::globals::{Global, Known};
use super::libraries;
use super::limits::Budget;
use super::objects::{Body, List, Object, key_text, uuid_text};
use super::text;
use super::values::{Data, Flaw, Item, Weight, seal};

const BAD_CALL: Problem = Problem::Malformed("a call with arguments that it cannot have");

/// REDUCE: `callable(*arguments)`.
pub(super) fn call(callable: &Item, arguments: Vec<Item>, budget: &mut Budget) -> Result<Item, Problem> {
    let global = class_of(callable)?;
    if global.known != Known::Foreign {
        return call_known(global, arguments, budget);
    }
    // Without an argument there is nothing to give but attributes, and only an instance of a class has those.
    if arguments.len() > 1 || (arguments.is_empty() && !global.looks_like_a_class()) {
        return Err(unread(global));
    }
    // A class called with one value is an enum member, or a wrapper around the value; without any it is an instance
    // whose attributes follow.
    Ok(match arguments.into_iter().next() {
        None => instance(global),
        Some(argument) => made_of(argument, global),
    })
}

/// The only argument of a call of which nothing else is known. Who made it is kept: if a state follows, it was more
/// than its argument.
fn made_of(argument: Item, global: &Rc<Global>) -> Item {
    let weight = argument.weight();
    Item::object(Object::with_weight(Body::Argument(Rc::clone(global), argument), weight))
}

/// NEWOBJ: `class.__new__(class, *arguments)`.
pub(super) fn create(class: &Item, arguments: Vec<Item>, budget: &mut Budget) -> Result<Item, Problem> {
    let global = class_of(class)?;
    if global.known != Known::Foreign {
        return call_known(global, arguments, budget);
    }
    Ok(match <[Item; 1]>::try_from(arguments) {
        // A subclass of `str`, `int`, `tuple`... or a named tuple of one field, which looks the same.
        Ok([value]) => value,
        Err(none) if none.is_empty() => instance(global),
        // A named tuple.
        Err(fields) => super::values::tuple(fields, budget)?,
    })
}

/// What to say of something that is not in the table.
pub(super) fn unread(global: &Global) -> Problem {
    Problem::Class { module: global.module.clone(), name: global.name.clone() }
}

fn class_of(item: &Item) -> Result<&Rc<Global>, Problem> {
    if let Item::Global(global) = item {
        Ok(global)
    } else {
        Err(Problem::Malformed("a call of what is no class"))
    }
}

fn instance(class: &Rc<Global>) -> Item {
    Item::object(Object::new(Body::Instance(Rc::clone(class), Fields::new())))
}

fn call_known(global: &Rc<Global>, arguments: Vec<Item>, budget: &mut Budget) -> Result<Item, Problem> {
    let body = |body: Body| Item::object(Object::new(body));
    match global.known {
        Known::Object | Known::Namespace if arguments.is_empty() => Ok(instance(global)),
        Known::List => list(arguments, Body::List, budget),
        Known::Set => list(arguments, Body::Set, budget),
        Known::Map => map(arguments.into_iter().next(), budget),
        Known::DefaultMap => map(arguments.into_iter().nth(1), budget),
        Known::Text => text_of(arguments),
        Known::Same => single(arguments),
        Known::Bytes => bytes(&arguments),
        Known::Encode => encode(&arguments),
        Known::GetAttr => inner_class(global, &arguments),
        Known::Reconstructor => reconstruct(arguments, budget),
        Known::NewObj => {
            let mut arguments = arguments.into_iter();
            let class = arguments.next().ok_or(BAD_CALL)?;
            create(&class, arguments.collect(), budget)
        }
        Known::DateTime => dates::datetime(&arguments),
        Known::Date => dates::date(&arguments),
        Known::Time => dates::time(&arguments),
        Known::Duration => dates::duration(&arguments),
        Known::TimeZone => dates::time_zone(&arguments),
        Known::Utc => Ok(Item::Offset(Duration::ZERO)),
        Known::PytzZone => dates::pytz_zone(&arguments),
        Known::PytzOffset => dates::pytz_offset(&arguments),
        Known::ZoneInfo => dates::zone(arguments.first()),
        // Of a file the last argument of two is the name, of `_unpickle` the second.
        Known::DateutilZone if arguments.len() > 1 => dates::zone(arguments.get(1)),
        Known::DateutilZone => dates::zone(arguments.first()),
        Known::PandasTimestamp => dates::pandas_timestamp(&arguments),
        Known::PandasDuration => dates::pandas_duration(&arguments),
        Known::Nothing => Ok(Item::Plain(Value::Null)),
        Known::Uuid if arguments.is_empty() => Ok(body(Body::Uuid(None))),
        Known::ObjectId if arguments.is_empty() => Ok(body(Body::ObjectId(None))),
        Known::Decimal128 if arguments.is_empty() => Ok(body(Body::Decimal128(None))),
        Known::Binary => binary(&arguments),
        Known::MinKey => Ok(Item::text("MinKey")),
        Known::MaxKey => Ok(Item::text("MaxKey")),
        Known::Regex | Known::BsonTimestamp | Known::DbRef | Known::DatetimeMs if arguments.is_empty() => {
            Ok(instance(global))
        }
        Known::DjangoModel => Ok(instance(global)),
        Known::Path => libraries::path(&arguments, '/').map(Item::text).ok_or(BAD_CALL),
        Known::WindowsPath => libraries::path(&arguments, '\\').map(Item::text).ok_or(BAD_CALL),
        Known::Ipv4 | Known::Ipv6 => address(global.known, &arguments),
        Known::Array | Known::ArrayReconstruct => Ok(body(Body::Array)),
        Known::ArrayFromBuffer => arrays::from_buffer(arguments).map(Item::sealed),
        Known::Scalar => arrays::scalar(&arguments),
        Known::Dtype => Ok(body(Body::Dtype(Dtype::new(&arguments)?))),
        Known::Object | Known::Namespace | Known::Uuid | Known::ObjectId => Err(BAD_CALL),
        Known::Decimal128 | Known::Regex | Known::BsonTimestamp | Known::DbRef | Known::DatetimeMs => {
            Err(BAD_CALL)
        }
        Known::Foreign | Known::Unread => Err(unread(global)),
    }
}

/// The only argument.
fn single(arguments: Vec<Item>) -> Result<Item, Problem> {
    let [argument] = <[Item; 1]>::try_from(arguments).map_err(|_| BAD_CALL)?;
    Ok(argument)
}

/// `list(values)`, `set(values)`, `deque(values, maximum)`.
fn list(arguments: Vec<Item>, body: fn(List) -> Body, budget: &mut Budget) -> Result<Item, Problem> {
    let Some(argument) = arguments.into_iter().next() else {
        return Ok(Item::object(Object::new(body(List::default()))));
    };
    let data = seal(argument, budget)?;
    let body = match data.value {
        Value::List(values) => body(values.into_iter().collect()),
        vector @ Value::Floats(_) => Body::Done(vector),
        Value::Null if data.weight.flaw.is_some() => Body::Done(Value::Null),
        _ => return Err(BAD_CALL),
    };
    Ok(Item::object(Object::with_weight(body, data.weight)))
}

/// `dict(map)` or `dict(pairs)`, the latter being how Python 2 wrote an `OrderedDict`.
fn map(argument: Option<Item>, budget: &mut Budget) -> Result<Item, Problem> {
    let Some(argument) = argument else { return Ok(Item::object(Object::map())) };
    let data = seal(argument, budget)?;
    let mut weight: Weight = data.weight;
    let fields = match data.value {
        Value::Map(fields) => fields,
        Value::List(pairs) => {
            let mut fields = Fields::with_capacity(pairs.len());
            for pair in pairs {
                let Value::List(pair) = pair else { return Err(BAD_CALL) };
                let [key, value] = <[Value; 2]>::try_from(pair).map_err(|_| BAD_CALL)?;
                match key_text(key) {
                    Some(name) => fields.push((name, value)),
                    None => weight.flaw = weight.flaw.or(Some(Flaw::Key)),
                }
            }
            fields
        }
        Value::Null => Fields::new(),
        _ => return Err(BAD_CALL),
    };
    Ok(Item::object(Object::with_weight(Body::Map(fields), weight)))
}

/// `Decimal(text)`, `Fraction(text)`, `Fraction(numerator, denominator)`, `str(text)`.
fn text_of(arguments: Vec<Item>) -> Result<Item, Problem> {
    match &*arguments {
        [Item::Plain(Value::Int(above)), Item::Plain(Value::Int(below))] => {
            Ok(Item::text(format!("{above}/{below}")))
        }
        [argument] if argument.as_text().is_some() => single(arguments),
        [Item::Flawed(flaw)] => Ok(Item::Flawed(*flaw)),
        _ => Err(BAD_CALL),
    }
}

/// `bytes()`, `bytearray(bytes)`, `bytearray(text, 'latin-1')`.
fn bytes(arguments: &[Item]) -> Result<Item, Problem> {
    match arguments {
        [] => Ok(Item::Bytes(Rc::from([]))),
        [argument, ..] => argument.to_bytes().map(Item::Bytes).ok_or(BAD_CALL),
    }
}

/// `bson.Binary(bytes, subtype)`: a UUID where the subtype says so.
fn binary(arguments: &[Item]) -> Result<Item, Problem> {
    const UUID: i64 = 4;
    let [bytes, subtype] = arguments else { return Err(BAD_CALL) };
    let bytes = bytes.to_bytes().ok_or(BAD_CALL)?;
    Ok(match <[u8; 16]>::try_from(&*bytes) {
        Ok(number) if subtype.as_int() == Some(UUID) => Item::text(uuid_text(u128::from_be_bytes(number))),
        _ => Item::Bytes(bytes),
    })
}

/// `ipaddress.IPv4Address(number)`, `IPv6Address(text)`; the number of one of version 6 may be too large for an integer.
fn address(known: Known, arguments: &[Item]) -> Result<Item, Problem> {
    let number = match arguments {
        [Item::Plain(Value::Int(number))] => u128::try_from(*number).map_err(|_| BAD_CALL)?,
        [Item::Plain(Value::UInt(number))] => u128::from(*number),
        [argument] => {
            let text = argument.as_text().ok_or(BAD_CALL)?;
            let Ok(number) = text.parse() else { return Ok(Item::text(text)) };
            number
        }
        _ => return Err(BAD_CALL),
    };
    Ok(Item::text(if known == Known::Ipv6 {
        Ipv6Addr::from(number).to_string()
    } else {
        Ipv4Addr::from(u32::try_from(number).map_err(|_| BAD_CALL)?).to_string()
    }))
}

/// `_codecs.encode(text, 'latin1')`.
fn encode(arguments: &[Item]) -> Result<Item, Problem> {
    let [text, encoding] = arguments else { return Err(BAD_CALL) };
    match encoding.as_text() {
        Some("latin1" | "latin-1") => {}
        _ => return Err(Problem::Malformed("bytes in an encoding other than latin1")),
    }
    let text = text.as_text().ok_or(BAD_CALL)?;
    Ok(Item::Bytes(Rc::from(text::latin1(text).ok_or(BAD_CALL)?)))
}

/// `getattr(Outer, 'Inner')`: how protocols below 4 name a class within a class.
fn inner_class(getattr: &Global, arguments: &[Item]) -> Result<Item, Problem> {
    match arguments {
        [Item::Global(outer), inner] if matches!(outer.known, Known::Foreign | Known::ZoneInfo) => {
            let name = format!("{}.{}", outer.name, inner.as_text().ok_or(BAD_CALL)?);
            Ok(Item::Global(Rc::new(Global::new(&outer.module, &name))))
        }
        _ => Err(unread(getattr)),
    }
}

/// `copyreg._reconstructor(class, base, state)`: an instance without attributes if the base is `object`, else one of
/// a subclass of the base with its value.
fn reconstruct(arguments: Vec<Item>, budget: &mut Budget) -> Result<Item, Problem> {
    let [class, base, state] = <[Item; 3]>::try_from(arguments).map_err(|_| BAD_CALL)?;
    if class_of(&base)?.known == Known::Object {
        return create(&class, Vec::new(), budget);
    }
    let class = class_of(&class)?;
    match class.known {
        Known::Unread => Err(unread(class)),
        _ => call_known(class_of(&base)?, vec![state], budget),
    }
}

/// The value of an instance's attributes: a dict, or a tuple of two (the second a dict of those with slots). `None`
/// for a state that only the class itself understands.
pub(super) fn attributes(state: Item, budget: &mut Budget) -> Result<Option<(Fields, Weight)>, Problem> {
    // A list of two is the state of a class of its own: a dataclass that is frozen and has slots.
    let is_tuple = matches!(state, Item::Tuple(_));
    let data: Data = seal(state, budget)?;
    let fields = match data.value {
        Value::Map(fields) => fields,
        Value::Null => Fields::new(),
        Value::List(parts) if is_tuple && matches!(*parts, [_, Value::Map(_)]) => {
            let mut fields = Fields::new();
            for part in parts {
                match part {
                    Value::Map(more) => fields.extend(more),
                    Value::Null => {}
                    _ => return Ok(None),
                }
            }
            fields
        }
        _ => return Ok(None),
    };
    Ok(Some((fields, data.weight)))
}
