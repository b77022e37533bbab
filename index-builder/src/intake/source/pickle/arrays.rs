//! numpy's types, scalars and arrays.

use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kindred::profile::Value;

use super::error::Problem;
use super::limits::{Budget, MAX_DEPTH, MAX_RECORD_COST, VALUE_COST};
use super::numpy_times::Unit;
use super::objects::{Body, List};
use super::values::{Data, Flaw, Item, Weight, seal};

const BAD_ARRAY: Problem = Problem::Malformed("a numpy array whose parts do not fit together");

/// The type of a scalar or of the elements of an array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dtype {
    kind: Kind,
    size: usize,
    big_endian: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bool,
    Signed,
    Unsigned,
    Float,
    /// UTF-32, filled up with zeros.
    Text,
    /// Filled up with zeros.
    Bytes,
    /// The elements are Python objects.
    Object,
    /// `datetime64`.
    Moment(Unit),
    /// `timedelta64`.
    Span(Unit),
}

impl Dtype {
    /// `dtype(name, ...)`: a letter and a size, `f4`.
    pub(super) fn new(arguments: &[Item]) -> Result<Dtype, Problem> {
        let name = match arguments.first() {
            // `numpy.record`, of which arrays with names are.
            Some(Item::Global(class)) => return Err(Problem::Dtype(class.to_string())),
            name => name.and_then(Item::as_text).ok_or(BAD_ARRAY)?,
        };
        let unread = || Problem::Dtype(name.to_owned());
        let plain = name.trim_start_matches(['<', '>', '=', '|']);
        let mut letters = plain.chars();
        let letter = letters.next().ok_or_else(unread)?;
        let size: usize = match letters.as_str() {
            "" => 0,
            digits => digits.parse().map_err(|_| unread())?,
        };
        let (kind, size) = match (letter, size) {
            ('?', 0) | ('b', 1) => (Kind::Bool, 1),
            ('i', 1 | 2 | 4 | 8) => (Kind::Signed, size),
            ('u', 1 | 2 | 4 | 8) => (Kind::Unsigned, size),
            ('f', 2 | 4 | 8) => (Kind::Float, size),
            ('U', _) => (Kind::Text, size.checked_mul(4).ok_or_else(unread)?),
            ('S', _) => (Kind::Bytes, size),
            ('O', _) => (Kind::Object, 0),
            ('M', 8) => (Kind::Moment(Unit::GENERIC), 8),
            ('m', 8) => (Kind::Span(Unit::GENERIC), 8),
            _ => return Err(unread()),
        };
        Ok(Dtype { kind, size, big_endian: name.starts_with('>') })
    }

    /// BUILD: `(version, byte order, sub-array, names, fields, size, alignment, flags)`.
    pub(super) fn set_state(&mut self, state: Item) -> Result<(), Problem> {
        let state = state.into_arguments()?;
        let [_version, order, sub_array, names, fields, size, ..] = &*state else { return Err(BAD_ARRAY) };
        let unit = || match state.get(8) {
            Some(Item::Sealed(data)) => Unit::from_state(&data.value).ok_or(BAD_ARRAY),
            _ => Err(BAD_ARRAY),
        };
        match &mut self.kind {
            Kind::Moment(kept) | Kind::Span(kept) => *kept = unit()?,
            _ => {}
        }
        let is_none = |item: &Item| matches!(item, Item::Plain(Value::Null));
        if !is_none(sub_array) || !is_none(names) || !is_none(fields) {
            return Err(Problem::Dtype("structured".to_owned()));
        }
        match order.as_text() {
            Some(">") => self.big_endian = true,
            Some("<" | "=" | "|") => self.big_endian = false,
            _ => return Err(BAD_ARRAY),
        }
        if let (Kind::Text | Kind::Bytes, Some(size @ 0..)) = (self.kind, size.as_int()) {
            self.size = usize::try_from(size).map_err(|_| BAD_ARRAY)?;
        }
        Ok(())
    }

    /// One element. A float may be infinite or NaN.
    fn element(&self, bytes: &[u8]) -> Result<Value, Flaw> {
        Ok(match self.kind {
            Kind::Bool => Value::Bool(bytes.iter().any(|&byte| byte != 0)),
            Kind::Unsigned => Value::integer(i128::from(self.bits(bytes))),
            Kind::Signed => {
                let unused = 64 - 8 * self.size; // the size is 1, 2, 4 or 8
                Value::Int((self.bits(bytes) << unused).cast_signed() >> unused)
            }
            Kind::Float if self.size == 8 => Value::Float(f64::from_bits(self.bits(bytes))),
            Kind::Float => match self.single(bytes) {
                number if number.is_finite() => Value::float32(number),
                number => Value::Float(f64::from(number)),
            },
            Kind::Text => Value::Text(self.text(bytes).ok_or(Flaw::NotUnicode)?),
            Kind::Bytes => {
                let length = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
                Value::Text(STANDARD.encode(bytes.get(..length).unwrap_or_default()))
            }
            Kind::Moment(unit) => unit.moment(self.bits(bytes).cast_signed()).ok_or(Flaw::Time)?,
            Kind::Span(unit) => unit.span(self.bits(bytes).cast_signed()).ok_or(Flaw::Time)?,
            Kind::Object => return Err(Flaw::NotData),
        })
    }

    /// At most eight bytes as a number.
    fn bits(&self, bytes: &[u8]) -> u64 {
        let join = |sum: u64, &byte: &u8| sum << 8 | u64::from(byte);
        if self.big_endian { bytes.iter().fold(0, join) } else { bytes.iter().rev().fold(0, join) }
    }

    /// A float of two or four bytes.
    #[expect(clippy::cast_possible_truncation, reason = "there are as many bytes as the size says")]
    fn single(&self, bytes: &[u8]) -> f32 {
        let bits = self.bits(bytes);
        if self.size == 2 { half::f16::from_bits(bits as u16).to_f32() } else { f32::from_bits(bits as u32) }
    }

    fn text(&self, bytes: &[u8]) -> Option<String> {
        let points: Vec<u64> = bytes.chunks(4).map(|chunk| self.bits(chunk)).collect();
        let length = points.iter().rposition(|&point| point != 0).map_or(0, |last| last + 1);
        let characters = points.iter().take(length).map(|&point| char::from_u32(u32::try_from(point).ok()?));
        characters.collect()
    }

    /// A row of elements: packed if they are small floats.
    fn row<'a>(&self, elements: impl Iterator<Item = &'a [u8]>) -> Result<Value, Flaw> {
        if self.kind == Kind::Float && self.size < 8 {
            return Ok(Value::Floats(elements.map(|bytes| self.single(bytes)).collect()));
        }
        let values: Vec<Value> = elements.map(|bytes| self.element(bytes)).collect::<Result<_, Flaw>>()?;
        Ok(values.into_iter().collect::<List>().finish())
    }
}

/// The dtype that an argument is.
fn dtype_of(item: &Item) -> Result<Dtype, Problem> {
    if let Item::Object(object) = item
        && let Ok(object) = object.try_borrow()
        && let Body::Dtype(dtype) = &object.body
    {
        return Ok(dtype.clone());
    }
    Err(BAD_ARRAY)
}

/// `scalar(dtype, bytes)`.
pub(super) fn scalar(arguments: &[Item]) -> Result<Item, Problem> {
    let [dtype, bytes] = arguments else { return Err(BAD_ARRAY) };
    let dtype = dtype_of(dtype)?;
    let bytes = bytes.to_bytes().ok_or(BAD_ARRAY)?;
    if bytes.len() != dtype.size {
        return Err(BAD_ARRAY);
    }
    Ok(dtype.element(&bytes).map_or_else(Item::Flawed, Item::Plain))
}

/// `_frombuffer(buffer, dtype, shape, order)`.
pub(super) fn from_buffer(arguments: Vec<Item>) -> Result<Data, Problem> {
    let [buffer, dtype, shape, order] = &*arguments else { return Err(BAD_ARRAY) };
    let fortran = match order.as_text() {
        Some("C") => false,
        Some("F") => true,
        _ => return Err(BAD_ARRAY),
    };
    let array = Array { dtype: dtype_of(dtype)?, shape: shape_of(shape)?, fortran };
    array.decode(&buffer.to_bytes().ok_or(BAD_ARRAY)?)
}

/// BUILD of an array: `(version, shape, dtype, is Fortran, data)`, in old files without the version.
pub(super) fn from_state(state: Item, budget: &mut Budget) -> Result<Data, Problem> {
    let mut state = state.into_arguments()?;
    let data = state.pop().ok_or(BAD_ARRAY)?;
    let ([shape, dtype, fortran] | [_, shape, dtype, fortran]) = &*state else { return Err(BAD_ARRAY) };
    let fortran = match fortran {
        Item::Plain(Value::Bool(fortran)) => *fortran,
        Item::Plain(Value::Int(fortran)) => *fortran != 0,
        _ => return Err(BAD_ARRAY),
    };
    let array = Array { dtype: dtype_of(dtype)?, shape: shape_of(shape)?, fortran };
    if array.dtype.kind == Kind::Object {
        return array.of_objects(seal(data, budget)?);
    }
    array.decode(&data.to_bytes().ok_or(BAD_ARRAY)?)
}

fn shape_of(item: &Item) -> Result<Vec<usize>, Problem> {
    let size = |number: i64| usize::try_from(number).map_err(|_| BAD_ARRAY);
    match item {
        Item::Tuple(tuple) => tuple.items.iter().map(|item| size(item.as_int().ok_or(BAD_ARRAY)?)).collect(),
        Item::Sealed(data) => match &data.value {
            Value::List(values) => {
                let sizes = values.iter().map(|value| match value {
                    Value::Int(number) => size(*number),
                    _ => Err(BAD_ARRAY),
                });
                sizes.collect()
            }
            _ => Err(BAD_ARRAY),
        },
        _ => Err(BAD_ARRAY),
    }
}

struct Array {
    dtype: Dtype,
    shape: Vec<usize>,
    fortran: bool,
}

impl Array {
    fn decode(&self, bytes: &Rc<[u8]>) -> Result<Data, Problem> {
        let size = self.dtype.size;
        let count = self.count()?;
        if count.checked_mul(size) != Some(bytes.len()) {
            return Err(BAD_ARRAY);
        }
        let Some(weight) = self.weight(count, bytes.len())? else { return Ok(Data::flawed(Flaw::TooLarge)) };
        let element = |index: usize| bytes.get(index * size..(index + 1) * size).unwrap_or_default();
        let value = match self.shape.split_last() {
            None => self.dtype.element(element(0)),
            Some((&length, outer)) => {
                let rows = outer.iter().product();
                let row = |row| {
                    let (start, step) = self.row_at(row);
                    self.dtype.row((0..length).map(|column| element(start + column * step)))
                };
                (0..rows).map(row).collect::<Result<Vec<Value>, Flaw>>().map(|rows| nest(rows, outer))
            }
        };
        Ok(value.map_or_else(Data::flawed, |value| Data { value, weight }))
    }

    /// An array of Python objects, which come as a list in C order.
    fn of_objects(&self, data: Data) -> Result<Data, Problem> {
        let Value::List(values) = data.value else { return Err(BAD_ARRAY) };
        let count = self.count()?;
        if count != values.len() {
            return Err(BAD_ARRAY);
        }
        let Some(weight) = self.weight(count, 0)? else { return Ok(Data::flawed(Flaw::TooLarge)) };
        let depth = weight.depth.saturating_add(data.weight.depth);
        if depth > MAX_DEPTH {
            return Err(Problem::TooDeep);
        }
        let value = nest(values, &self.shape);
        Ok(Data { value, weight: Weight { depth, cost: weight.cost + data.weight.cost, ..data.weight } })
    }

    fn count(&self) -> Result<usize, Problem> {
        self.shape.iter().try_fold(1_usize, |product, &size| product.checked_mul(size)).ok_or(BAD_ARRAY)
    }

    /// What the value will weigh, or nothing if that is too much. The sizes of the shape are not believed: an array
    /// of a billion empty rows has no data.
    fn weight(&self, count: usize, text_bytes: usize) -> Result<Option<Weight>, Problem> {
        let mut lists = 1_usize;
        let mut product = 1_usize;
        let outer = self.shape.split_last().map(|(_, outer)| outer).unwrap_or_default();
        for &size in outer {
            product = product.saturating_mul(size);
            lists = lists.saturating_add(product);
        }
        let depth = u16::try_from(self.shape.len()).unwrap_or(u16::MAX);
        if depth > MAX_DEPTH {
            return Err(Problem::TooDeep);
        }
        let per_element = if self.dtype.kind == Kind::Float && self.dtype.size < 8 { 4 } else { VALUE_COST };
        let cost = lists.saturating_mul(VALUE_COST).saturating_add(count.saturating_mul(per_element));
        let cost = cost.saturating_add(text_bytes);
        Ok((cost <= MAX_RECORD_COST).then_some(Weight { cost, depth, ..Weight::default() }))
    }

    /// Where a row along the last axis starts, the rows counted in C order, and the step from element to element.
    fn row_at(&self, row: usize) -> (usize, usize) {
        let Some((&length, outer)) = self.shape.split_last() else { return (0, 1) };
        if !self.fortran {
            return (row * length, 1);
        }
        // In Fortran order the first index runs fastest.
        let mut place = row;
        let mut indices: Vec<usize> = Vec::with_capacity(outer.len());
        for &size in outer.iter().rev() {
            indices.push(place % size.max(1));
            place /= size.max(1);
        }
        let mut start = 0;
        let mut step = 1;
        for (&size, index) in outer.iter().zip(indices.into_iter().rev()) {
            start += index * step;
            step *= size;
        }
        (start, step)
    }
}

/// Nests values, which come in C order, into lists of the given sizes; without sizes there is one value, itself.
fn nest(mut values: Vec<Value>, sizes: &[usize]) -> Value {
    for (axis, &size) in sizes.iter().enumerate().skip(1).rev() {
        let lists: usize = sizes.iter().take(axis).product();
        let mut rest = values.into_iter();
        values = (0..lists).map(|_| Value::List(rest.by_ref().take(size).collect())).collect();
    }
    if sizes.is_empty() { values.pop().unwrap_or(Value::Null) } else { Value::List(values) }
}

#[cfg(test)]
mod tests {
    use super::super::values::tuple;
    use super::*;

    fn dtype(name: &str) -> Dtype {
        Dtype::new(&[Item::text(name)]).unwrap()
    }

    fn array(name: &str, shape: &[usize], fortran: bool, bytes: &[u8]) -> Result<Data, Problem> {
        Array { dtype: dtype(name), shape: shape.to_vec(), fortran }.decode(&bytes.into())
    }

    fn value(name: &str, shape: &[usize], fortran: bool, bytes: &[u8]) -> Value {
        let data = array(name, shape, fortran, bytes).unwrap();
        assert_eq!(data.weight.flaw, None);
        data.value
    }

    fn json(value: &Value) -> String {
        serde_json::to_string(value).unwrap()
    }

    #[test]
    fn elements_are_read_in_their_size_sign_and_byte_order() {
        let element = |name: &str, bytes: &[u8]| dtype(name).element(bytes).unwrap();
        assert_eq!(element("i1", b"\xff"), Value::Int(-1));
        assert_eq!(element("<i2", b"\xfe\xff"), Value::Int(-2));
        assert_eq!(element(">i4", b"\0\0\x01\0"), Value::Int(256));
        assert_eq!(element("i8", &i64::MIN.to_le_bytes()), Value::Int(i64::MIN));
        assert_eq!(element("u1", b"\xff"), Value::Int(255));
        assert_eq!(element("u8", &[0xff; 8]), Value::UInt(u64::MAX));
        assert_eq!(element("b1", b"\x01"), Value::Bool(true));
        assert_eq!(element("f2", b"\0\x3e"), Value::Float(1.5));
        assert_eq!(element(">f4", &0.1_f32.to_be_bytes()), Value::Float(0.1));
        assert_eq!(element("f8", &0.1_f64.to_le_bytes()), Value::Float(0.1));
        assert_eq!(element("U2", b"\xe9\0\0\0\0\0\0\0"), Value::Text("é".into()));
        assert_eq!(element("S3", b"ab\0"), Value::Text("YWI=".into()), "bytes are base64 here too");
        assert_eq!(dtype("U1").element(b"\0\xd8\0\0"), Err(Flaw::NotUnicode));
    }

    #[test]
    fn rows_of_small_floats_are_packed_and_nan_stays_in_any_vector() {
        assert_eq!(value("f2", &[2], false, b"\0\x3c\0\x40"), Value::Floats(vec![1.0, 2.0]));
        let doubles = [1.0_f64, 2.0].map(f64::to_le_bytes).concat();
        assert_eq!(
            value("f8", &[2], false, &doubles),
            Value::List(vec![Value::Float(1.0), Value::Float(2.0)])
        );
        let bad = [1.0_f64, f64::NAN].map(f64::to_le_bytes).concat();
        assert!(matches!(value("f8", &[2], false, &bad), Value::Floats(numbers) if numbers[1].is_nan()));
    }

    #[test]
    fn more_dimensions_nest_in_either_order() {
        let bytes: Vec<u8> = (0..12).collect();
        assert_eq!(
            json(&value("u1", &[2, 3, 2], false, &bytes)),
            "[[[0,1],[2,3],[4,5]],[[6,7],[8,9],[10,11]]]"
        );
        assert_eq!(
            json(&value("u1", &[2, 3, 2], true, &bytes)),
            "[[[0,6],[2,8],[4,10]],[[1,7],[3,9],[5,11]]]"
        );
        assert_eq!(json(&value("u1", &[], false, b"\x07")), "7");
        assert_eq!(json(&value("u1", &[2, 0], false, b"")), "[[],[]]");
        assert_eq!(json(&value("u1", &[0, 2], false, b"")), "[]");
    }

    #[test]
    fn shapes_that_do_not_fit_the_data_are_refused_or_too_large() {
        assert_eq!(array("f4", &[3], false, &[0; 8]).err(), Some(BAD_ARRAY));
        assert_eq!(array("f4", &[usize::MAX, usize::MAX], false, b"").err(), Some(BAD_ARRAY));
        for shape in [&[1 << 40, 0][..], &[1 << 40, 1 << 10, 0]] {
            assert_eq!(array("u1", shape, false, b"").unwrap().weight.flaw, Some(Flaw::TooLarge));
        }
        assert_eq!(array("U0", &[1 << 40], false, b"").unwrap().weight.flaw, Some(Flaw::TooLarge));
    }

    #[test]
    fn types_that_are_not_read_are_named() {
        for name in ["V12", "c16", "f16", "i3", "x", "", "ié"] {
            assert_eq!(Dtype::new(&[Item::text(name)]), Err(Problem::Dtype(name.into())));
        }
    }

    #[test]
    fn arrays_of_objects_take_their_shape_in_c_order() {
        let list: List = (0..4).map(Value::Int).collect();
        let object = Array { dtype: dtype("O8"), shape: vec![2, 2], fortran: true };
        let data = object.of_objects(Data::leaf(list.finish())).unwrap();
        assert_eq!(json(&data.value), "[[0,1],[2,3]]");
        assert!(object.of_objects(Data::leaf(Value::List(vec![]))).is_err());
    }

    #[test]
    fn the_state_of_an_array_comes_with_and_without_a_version() {
        let mut budget = Budget::default();
        let mut state = |with_version: bool| {
            let dtype = Item::object(super::super::objects::Object::new(Body::Dtype(dtype("u1"))));
            let int = |number| Item::Plain(Value::Int(number));
            let shape = tuple(vec![int(2)], &mut budget).unwrap();
            let mut items =
                vec![int(1), shape, dtype, Item::Plain(Value::Bool(false)), Item::Bytes((*b"ab").into())];
            if !with_version {
                items.remove(0);
            }
            let state = tuple(items, &mut budget).unwrap();
            from_state(state, &mut budget).unwrap().value
        };
        assert_eq!(json(&state(true)), "[97,98]");
        assert_eq!(json(&state(false)), "[97,98]");
    }
}
