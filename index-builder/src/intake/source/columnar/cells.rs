//! What a cell of a column is, by the column's type. The type is looked at once for each batch.

use std::ops::Range;
use std::sync::LazyLock;

use arrow_array::cast::AsArray;
use arrow_array::types as t;
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, OffsetSizeTrait};
use arrow_buffer::ArrowNativeType;
use arrow_schema::{DataType, Field, IntervalUnit, TimeUnit};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use indexmap::IndexMap;
use kindred::profile::Value;

use super::super::lists::{doubles, singles};
use super::extension::annotated;
use super::left::{Cell, Left, Reason, There};
use super::times::{self, Zone};

/// How deep lists and maps may lie within one another in a column: less than what a document may have.
const MAX_DEPTH: usize = 120;

/// The least that a value would take as JSON: a digit, and a comma.
const LEAST_BYTES: usize = 2;

/// Why a column as a whole is not read.
#[derive(Debug, PartialEq)]
pub(super) enum Refused {
    Type(DataType),
    TooDeep,
}

/// The cells of a column, by its type and what its field says of it.
pub(super) fn cell(array: &dyn Array, field: &Field) -> Result<Cell, Refused> {
    cell_within(array, field, 0)
}

pub(super) fn cell_within(array: &dyn Array, field: &Field, depth: usize) -> Result<Cell, Refused> {
    if depth > MAX_DEPTH {
        return Err(Refused::TooDeep);
    }
    let there = match annotated(array, field, || text(array)) {
        Some(there) => there,
        None => there(array, field, depth)?,
    };
    let nulls = array.nulls().filter(|nulls| nulls.null_count() > 0).cloned();
    Ok(Box::new(move |row, left| {
        left.take(LEAST_BYTES)?;
        if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            Ok(Value::Null)
        } else {
            there(row, left)
        }
    }))
}

/// The cells of a column that are not null.
fn there(array: &dyn Array, field: &Field, depth: usize) -> Result<There, Refused> {
    use DataType as D;
    Ok(match array.data_type() {
        D::Null => Box::new(|_, _| Ok(Value::Null)),
        D::Boolean => {
            let array = array.as_boolean().clone();
            Box::new(move |row, _| Ok(Value::Bool(array.value(row))))
        }
        D::Int8 => integer::<t::Int8Type>(array),
        D::Int16 => integer::<t::Int16Type>(array),
        D::Int32 => integer::<t::Int32Type>(array),
        D::Int64 => integer::<t::Int64Type>(array),
        D::UInt8 => integer::<t::UInt8Type>(array),
        D::UInt16 => integer::<t::UInt16Type>(array),
        D::UInt32 => integer::<t::UInt32Type>(array),
        D::UInt64 => integer::<t::UInt64Type>(array),
        D::Float16 => plain::<t::Float16Type>(array, |number| Ok(Value::float32(number.to_f32()))),
        D::Float32 => plain::<t::Float32Type>(array, |number| Ok(Value::float32(number))),
        D::Float64 => plain::<t::Float64Type>(array, |number| Ok(Value::float(number))),
        D::Decimal32(..) | D::Decimal64(..) | D::Decimal128(..) | D::Decimal256(..) => decimal(array),
        D::Utf8 | D::LargeUtf8 | D::Utf8View => text(array),
        D::Binary | D::LargeBinary | D::BinaryView | D::FixedSizeBinary(_) => binary(array),
        D::Date32 | D::Date64 | D::Time32(_) | D::Time64(_) | D::Timestamp(..) | D::Duration(_) => {
            time(array)?
        }
        D::List(_) | D::LargeList(_) | D::FixedSizeList(..) | D::ListView(_) | D::LargeListView(_) => {
            list(array, field, depth)?
        }
        D::Struct(_) => structure(array, field, depth)?,
        D::Map(..) => map(array, field, depth)?,
        D::Dictionary(_, values) => dictionary(array, &with_annotation(field, values), depth)?,
        D::Interval(unit) => interval(array, *unit),
        D::Union(..) => union(array, depth)?,
        D::RunEndEncoded(_, values) => match array.data_type() {
            D::RunEndEncoded(ends, _) if ends.data_type() == &D::Int16 => {
                runs::<t::Int16Type>(array, values, depth)?
            }
            D::RunEndEncoded(ends, _) if ends.data_type() == &D::Int32 => {
                runs::<t::Int32Type>(array, values, depth)?
            }
            _ => runs::<t::Int64Type>(array, values, depth)?,
        },
    })
}

fn plain<T: ArrowPrimitiveType>(
    array: &dyn Array,
    value: impl Fn(T::Native) -> Result<Value, Reason> + 'static,
) -> Cell {
    let array = array.as_primitive::<T>().clone();
    Box::new(move |row, _| value(array.value(row)))
}

fn integer<T: ArrowPrimitiveType<Native: Into<i128>>>(array: &dyn Array) -> Cell {
    plain::<T>(array, |number| Ok(Value::integer(number.into())))
}

fn decimal(array: &dyn Array) -> Cell {
    fn of<T: t::DecimalType>(array: &dyn Array) -> Cell {
        let array = array.as_primitive::<T>().clone();
        Box::new(move |row, _| Ok(Value::Text(array.value_as_string(row))))
    }
    match array.data_type() {
        DataType::Decimal32(..) => of::<t::Decimal32Type>(array),
        DataType::Decimal64(..) => of::<t::Decimal64Type>(array),
        DataType::Decimal128(..) => of::<t::Decimal128Type>(array),
        _ => of::<t::Decimal256Type>(array),
    }
}

fn text(array: &dyn Array) -> Cell {
    fn of<O: OffsetSizeTrait>(array: &dyn Array) -> Cell {
        let array = array.as_string::<O>().clone();
        Box::new(move |row, left| text_of(array.value(row), left))
    }
    match array.data_type() {
        DataType::Utf8 => of::<i32>(array),
        DataType::LargeUtf8 => of::<i64>(array),
        _ => {
            let array = array.as_string_view().clone();
            Box::new(move |row, left| text_of(array.value(row), left))
        }
    }
}

fn binary(array: &dyn Array) -> Cell {
    fn of<O: OffsetSizeTrait>(array: &dyn Array) -> Cell {
        let array = array.as_binary::<O>().clone();
        Box::new(move |row, left| base64(array.value(row), left))
    }
    match array.data_type() {
        DataType::Binary => of::<i32>(array),
        DataType::LargeBinary => of::<i64>(array),
        DataType::BinaryView => {
            let array = array.as_binary_view().clone();
            Box::new(move |row, left| base64(array.value(row), left))
        }
        _ => {
            let array = array.as_fixed_size_binary().clone();
            Box::new(move |row, left| base64(array.value(row), left))
        }
    }
}

fn text_of(text: &str, left: &Left) -> Result<Value, Reason> {
    left.take(text.len())?;
    Ok(Value::Text(text.to_owned()))
}

fn base64(bytes: &[u8], left: &Left) -> Result<Value, Reason> {
    left.take(bytes.len())?;
    Ok(Value::Text(STANDARD.encode(bytes)))
}

fn time(array: &dyn Array) -> Result<Cell, Refused> {
    fn stamp<T: ArrowPrimitiveType<Native = i64>>(
        array: &dyn Array,
        unit: TimeUnit,
        zone: Option<&str>,
    ) -> Cell {
        let zone = Zone::new(zone);
        plain::<T>(array, move |number| times::timestamp(number, unit, &zone).map(Value::Text))
    }
    fn duration<T: ArrowPrimitiveType<Native = i64>>(array: &dyn Array, unit: TimeUnit) -> Cell {
        plain::<T>(array, move |number| Ok(Value::Text(times::duration_of(number, unit))))
    }
    fn of_day<T: ArrowPrimitiveType<Native: Into<i64>>>(array: &dyn Array, unit: TimeUnit) -> Cell {
        plain::<T>(array, move |number| times::time(number.into(), unit).map(Value::Text))
    }
    use DataType as D;
    use TimeUnit::{Microsecond, Millisecond, Nanosecond, Second};
    Ok(match array.data_type() {
        D::Date32 => plain::<t::Date32Type>(array, |days| times::date(days.into()).map(Value::Text)),
        D::Date64 => plain::<t::Date64Type>(array, |number| times::long_date(number).map(Value::Text)),
        D::Time32(Second) => of_day::<t::Time32SecondType>(array, Second),
        D::Time32(Millisecond) => of_day::<t::Time32MillisecondType>(array, Millisecond),
        D::Time64(Microsecond) => of_day::<t::Time64MicrosecondType>(array, Microsecond),
        D::Time64(Nanosecond) => of_day::<t::Time64NanosecondType>(array, Nanosecond),
        D::Timestamp(Second, zone) => stamp::<t::TimestampSecondType>(array, Second, zone.as_deref()),
        D::Timestamp(Millisecond, zone) => {
            stamp::<t::TimestampMillisecondType>(array, Millisecond, zone.as_deref())
        }
        D::Timestamp(Microsecond, zone) => {
            stamp::<t::TimestampMicrosecondType>(array, Microsecond, zone.as_deref())
        }
        D::Timestamp(Nanosecond, zone) => {
            stamp::<t::TimestampNanosecondType>(array, Nanosecond, zone.as_deref())
        }
        D::Duration(Second) => duration::<t::DurationSecondType>(array, Second),
        D::Duration(Millisecond) => duration::<t::DurationMillisecondType>(array, Millisecond),
        D::Duration(Microsecond) => duration::<t::DurationMicrosecondType>(array, Microsecond),
        D::Duration(Nanosecond) => duration::<t::DurationNanosecondType>(array, Nanosecond),
        other => return Err(Refused::Type(other.clone())),
    })
}

fn list(array: &dyn Array, field: &Field, depth: usize) -> Result<Cell, Refused> {
    fn of<O: OffsetSizeTrait>(array: &dyn Array, field: &Field, depth: usize) -> Result<Cell, Refused> {
        let array = array.as_list::<O>();
        let offsets = array.offsets().clone();
        items(array.values(), item_of(array, field), depth, move |row| {
            offsets[row].as_usize()..offsets[row + 1].as_usize()
        })
    }
    fn of_view<O: OffsetSizeTrait>(array: &dyn Array, field: &Field, depth: usize) -> Result<Cell, Refused> {
        let array = array.as_list_view::<O>();
        let (offsets, sizes) = (array.offsets().clone(), array.sizes().clone());
        items(array.values(), item_of(array, field), depth, move |row| {
            let start = offsets[row].as_usize();
            start..start + sizes[row].as_usize()
        })
    }
    match array.data_type() {
        DataType::List(_) => of::<i32>(array, field, depth),
        DataType::LargeList(_) => of::<i64>(array, field, depth),
        DataType::ListView(_) => of_view::<i32>(array, field, depth),
        DataType::LargeListView(_) => of_view::<i64>(array, field, depth),
        _ => {
            let array = array.as_fixed_size_list();
            let length = usize::try_from(array.value_length()).unwrap_or(0);
            items(array.values(), item_of(array, field), depth, move |row| row * length..(row + 1) * length)
        }
    }
}

/// What a list says of its items: its field, since more may be known of that than of the column.
fn item_of<'a>(list: &'a dyn Array, field: &'a Field) -> &'a Field {
    static UNKNOWN: LazyLock<Field> = LazyLock::new(|| Field::new("", DataType::Null, true));
    [field.data_type(), list.data_type()]
        .into_iter()
        .find_map(|kind| match kind {
            DataType::List(item)
            | DataType::LargeList(item)
            | DataType::FixedSizeList(item, _)
            | DataType::ListView(item)
            | DataType::LargeListView(item) => Some(item.as_ref()),
            _ => None,
        })
        .unwrap_or(&UNKNOWN)
}

/// The lists that ranges of a column are. Of floating-point numbers without a null they are copied as they lie.
fn items(
    values: &ArrayRef,
    item: &Field,
    depth: usize,
    range: impl Fn(usize) -> Range<usize> + 'static,
) -> Result<Cell, Refused> {
    let range = move |row, left: &Left| {
        let range = range(row);
        left.take(range.len().saturating_mul(LEAST_BYTES))?;
        Ok::<_, Reason>(range)
    };
    Ok(match values.data_type() {
        DataType::Float32 if values.null_count() == 0 => {
            let numbers = values.as_primitive::<t::Float32Type>().values().clone();
            Box::new(move |row, left| Ok(Value::Floats(numbers[range(row, left)?].to_vec())))
        }
        DataType::Float32 => {
            let numbers = values.as_primitive::<t::Float32Type>().clone();
            let number = move |at| numbers.is_valid(at).then(|| numbers.value(at));
            Box::new(move |row, left| Ok(singles(range(row, left)?.map(&number))))
        }
        DataType::Float16 => {
            let numbers = values.as_primitive::<t::Float16Type>().clone();
            let number = move |at| numbers.is_valid(at).then(|| numbers.value(at).to_f32());
            Box::new(move |row, left| Ok(singles(range(row, left)?.map(&number))))
        }
        DataType::Float64 => {
            let numbers = values.as_primitive::<t::Float64Type>().clone();
            let number = move |at| numbers.is_valid(at).then(|| numbers.value(at));
            Box::new(move |row, left| Ok(doubles(range(row, left)?.map(&number))))
        }
        _ => {
            let item = cell_within(values, item, depth + 1)?;
            Box::new(move |row, left| {
                let items = range(row, left)?.map(|at| item(at, left));
                items.collect::<Result<_, _>>().map(Value::List)
            })
        }
    })
}

fn structure(array: &dyn Array, field: &Field, depth: usize) -> Result<Cell, Refused> {
    let array = array.as_struct();
    let fields = match field.data_type() {
        DataType::Struct(fields) => fields,
        _ => array.fields(),
    };
    let fields = fields.iter().zip(array.columns());
    let fields = fields
        .map(|(field, column)| Ok((field.name().clone(), cell_within(column, field, depth + 1)?)))
        .collect::<Result<Vec<(String, Cell)>, Refused>>()?;
    Ok(Box::new(move |row, left| {
        let mut map = IndexMap::with_capacity(fields.len());
        for (name, field) in &fields {
            map.insert(name.clone(), field(row, left)?);
        }
        Ok(Value::Map(map.into_iter().collect()))
    }))
}

fn map(array: &dyn Array, field: &Field, depth: usize) -> Result<Cell, Refused> {
    let array = array.as_map();
    if !is_key(array.keys().data_type()) {
        return Err(Refused::Type(array.data_type().clone()));
    }
    let (mut key, mut value) = array.entries_fields();
    if let DataType::Map(entries, _) = field.data_type()
        && let DataType::Struct(known) = entries.data_type()
        && let [known_key, known_value] = &known[..]
    {
        (key, value) = (known_key, known_value);
    }
    let keys = cell_within(array.keys(), key, depth + 1)?;
    let values = cell_within(array.values(), value, depth + 1)?;
    let offsets = array.offsets().clone();
    Ok(Box::new(move |row, left| {
        // A key that comes again keeps its first place and takes the last value.
        let mut map = IndexMap::new();
        for at in offsets[row].as_usize()..offsets[row + 1].as_usize() {
            let name = match keys(at, left)? {
                Value::Text(name) => name,
                Value::Int(number) => number.to_string(),
                Value::UInt(number) => number.to_string(),
                _ => return Err("a key of a map is neither text nor a number"),
            };
            map.insert(name, values(at, left)?);
        }
        Ok(Value::Map(map.into_iter().collect()))
    }))
}

fn is_key(key: &DataType) -> bool {
    match key {
        DataType::Dictionary(_, value) => is_key(value),
        other => {
            other.is_integer() || matches!(other, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
        }
    }
}

/// The field of what stands in a dictionary: its annotation is that of the whole column.
fn with_annotation(field: &Field, values: &DataType) -> Field {
    Field::new(field.name(), values.clone(), true).with_metadata(field.metadata().clone())
}

fn dictionary(array: &dyn Array, values: &Field, depth: usize) -> Result<There, Refused> {
    let array = array.as_any_dictionary();
    let number = Field::new("", array.keys().data_type().clone(), true);
    let key = cell_within(array.keys(), &number, depth + 1)?;
    let value = cell_within(array.values(), values, depth + 1)?;
    Ok(Box::new(move |row, left| match key(row, left)? {
        Value::Int(at) => usize::try_from(at).map_or(Ok(Value::Null), |at| value(at, left)),
        Value::UInt(at) => usize::try_from(at).map_or(Ok(Value::Null), |at| value(at, left)),
        _ => Ok(Value::Null),
    }))
}

/// Values that stand for several rows each.
fn runs<R: t::RunEndIndexType>(array: &dyn Array, values: &Field, depth: usize) -> Result<There, Refused> {
    let array = array.as_run::<R>().clone();
    let value = cell_within(array.values(), values, depth + 1)?;
    Ok(Box::new(move |row, left| value(array.get_physical_index(row), left)))
}

/// Values of which each has one of several types.
fn union(array: &dyn Array, depth: usize) -> Result<There, Refused> {
    let array = array.as_union().clone();
    let children = array.fields().iter();
    let children = children
        .map(|(id, field)| Ok((id, cell_within(array.child(id), field, depth + 1)?)))
        .collect::<Result<Vec<(i8, Cell)>, Refused>>()?;
    Ok(Box::new(move |row, left| {
        let id = array.type_id(row);
        let child = children.iter().find(|(other, _)| *other == id);
        child.map_or(Ok(Value::Null), |(_, value)| value(array.value_offset(row), left))
    }))
}

fn interval(array: &dyn Array, unit: IntervalUnit) -> There {
    fn of<T: ArrowPrimitiveType>(
        array: &dyn Array,
        parts: impl Fn(T::Native) -> (i32, i32, i128) + 'static,
    ) -> There {
        plain::<T>(array, move |interval| Ok(Value::Text(times::interval(parts(interval)))))
    }
    match unit {
        IntervalUnit::YearMonth => of::<t::IntervalYearMonthType>(array, |months| (months, 0, 0)),
        IntervalUnit::DayTime => of::<t::IntervalDayTimeType>(array, |interval| {
            (0, interval.days, i128::from(interval.milliseconds) * 1_000_000)
        }),
        IntervalUnit::MonthDayNano => of::<t::IntervalMonthDayNanoType>(array, |interval| {
            (interval.months, interval.days, interval.nanoseconds.into())
        }),
    }
}
