//! BUILD: what is done with the state that an object gets after it was made.

use kindred::profile::{Fields, Value};

use super::arrays;
use super::calls::{attributes, unread};
use super::error::Problem;
use super::limits::Budget;
use super::objects::{Body, Object};
use super::values::Item;

/// Which of the states below an object takes. Found out before the state is looked at, because the state may hold
/// the object itself.
enum Takes {
    Attributes,
    ObjectId,
    Uuid,
    Decimal128,
    Argument,
    Dtype,
    Array,
    Nothing,
}

/// Gives `object` its state.
pub(super) fn build(target: &Item, state: Item, budget: &mut Budget) -> Result<(), Problem> {
    let Item::Object(object) = target else {
        // The attributes of a subclass of `str`, `tuple`...: what counts is the value.
        return if matches!(target, Item::Global(_)) {
            Err(Problem::Malformed("a state for a class"))
        } else {
            Ok(())
        };
    };
    object.borrow().check_open()?;
    let takes = match object.borrow().body {
        Body::Instance(..) => Takes::Attributes,
        Body::ObjectId(_) => Takes::ObjectId,
        Body::Uuid(_) => Takes::Uuid,
        Body::Dtype(_) => Takes::Dtype,
        Body::Array => Takes::Array,
        Body::Decimal128(_) => Takes::Decimal128,
        Body::Argument(..) => Takes::Argument,
        Body::List(_) | Body::Set(_) | Body::Map(_) | Body::Done(_) => Takes::Nothing,
    };
    match takes {
        Takes::Nothing => Ok(()),
        Takes::Attributes => {
            let state = attributes(state, budget)?;
            set_attributes(&mut object.borrow_mut(), state)
        }
        Takes::ObjectId => {
            let bytes = state.to_bytes().and_then(|bytes| <[u8; 12]>::try_from(&*bytes).ok());
            object.borrow_mut().body =
                Body::ObjectId(Some(bytes.ok_or(Problem::Malformed("an ObjectId without its bytes"))?));
            Ok(())
        }
        Takes::Uuid => {
            let number = attributes(state, budget)?.and_then(|(fields, _)| uuid_number(&fields));
            object.borrow_mut().body =
                Body::Uuid(Some(number.ok_or(Problem::Malformed("a UUID without its number"))?));
            Ok(())
        }
        Takes::Decimal128 => {
            let halves =
                decimal_halves(state).ok_or(Problem::Malformed("a Decimal128 without its number"))?;
            object.borrow_mut().body = Body::Decimal128(Some(halves));
            Ok(())
        }
        // What the class makes of its argument and of the state, only the class knows.
        Takes::Argument => match (attributes(state, budget)?, &object.borrow().body) {
            (Some((fields, _)), _) if fields.is_empty() => Ok(()),
            (_, Body::Argument(class, _)) => Err(Problem::Revived(class.to_string())),
            _ => Ok(()),
        },
        Takes::Dtype => {
            let Body::Dtype(mut dtype) = std::mem::replace(&mut object.borrow_mut().body, Body::Array) else {
                return Ok(());
            };
            dtype.set_state(state)?;
            object.borrow_mut().body = Body::Dtype(dtype);
            Ok(())
        }
        Takes::Array => {
            let data = arrays::from_state(state, budget)?;
            let mut object = object.borrow_mut();
            object.check_open()?;
            object.weight = data.weight;
            object.body = Body::Done(data.value);
            Ok(())
        }
    }
}

fn set_attributes(
    object: &mut Object,
    state: Option<(Fields, super::values::Weight)>,
) -> Result<(), Problem> {
    object.check_open()?;
    let Object { body: Body::Instance(class, fields), weight, .. } = object else {
        return Err(Problem::Malformed("a state where there is no instance"));
    };
    let Some((more, state_weight)) = state else { return Err(unread(class)) };
    fields.extend(more);
    if !weight.hold(&super::values::Weight { depth: state_weight.depth.saturating_sub(1), ..state_weight })? {
        fields.clear();
    }
    Ok(())
}

/// `(high, low)`.
fn decimal_halves(state: Item) -> Option<(u64, u64)> {
    let half = |item: &Item| match item {
        Item::Plain(Value::Int(number)) => u64::try_from(*number).ok(),
        Item::Plain(Value::UInt(number)) => Some(*number),
        _ => None,
    };
    let [high, low] = <[Item; 2]>::try_from(state.into_arguments().ok()?).ok()?;
    Some((half(&high)?, half(&low)?))
}

fn uuid_number(fields: &Fields) -> Option<u128> {
    match fields.iter().find(|(name, _)| name == "int")? {
        (_, Value::Int(number)) => u128::try_from(*number).ok(),
        (_, Value::UInt(number)) => Some(u128::from(*number)),
        (_, Value::Text(digits)) => digits.parse().ok(),
        _ => None,
    }
}
