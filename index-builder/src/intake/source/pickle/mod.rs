//! Reads the profiles in a Python pickle without Python, and without ever doing what the pickle says.
//!
//! A pickle is a program for a small stack machine: it pushes values, collects them into lists and dicts, remembers
//! some of them in a memo, and names classes to be called. Here the machine runs, but a name is only looked up in a
//! fixed table that says what such an object *means* (a date is text, an `ObjectId` 24 hex digits, an enum member its
//! value...). Nothing is imported, nothing is called, and a name with no meaning is an error that shows it.
//!
//! # What is read
//! Protocols 0 to 5. The outermost object is a list of dicts, or a dict from id to dict, of those classes or of
//! subclasses; objects with attributes count as dicts. A file may have several pickles, as one `pickle.dump` after the
//! other writes them; then each may also be a dict that is one record. Everything else is refused with [`PickleError`]. An element
//! that is no dict, or that holds what has no meaning here (text that is not Unicode, a class, a key that is a tuple...),
//! is an unusable record and not an error; a class that is called and is not in the table is an error, because then it
//! is in most of the records.
//!
//! | Python | becomes |
//! | --- | --- |
//! | `None`, `bool`, `str`, `int` within 64 bits, `float` | themselves; NaN and infinity are null |
//! | larger `int` | decimal text |
//! | `bytes`, `bytearray` | base64 text |
//! | `str` of Python 2 | text if it is UTF-8, else the record is unusable |
//! | `list`, `tuple`, `set`, `frozenset`, `deque`, named tuples | list, in the order of the file |
//! | list of numbers only, one of them not finite | [`Value::Floats`](kindred::profile::Value::Floats), so that it is not mistaken for a good vector |
//! | `dict`, `OrderedDict`, `defaultdict`, `Counter`, objects with attributes | map |
//! | keys that are int, bool, `None`, float | the text that Python's `json.dumps` gives them |
//! | `datetime`, `date`, `time`, `timedelta`, `timezone`, times of numpy and pandas | ISO 8601 |
//! | a `datetime` in a zone of `zoneinfo` or dateutil | ISO 8601 with the zone in brackets: its offset is not in the file |
//! | subclasses of `str`, `int`, `list`, `dict`..., named tuples of one field | what they are subclasses of; that field |
//! | `Decimal`, `Fraction`, `UUID`, paths, IP addresses, enum members | their text, their value |
//! | the types of MongoDB's `bson` | what extended JSON becomes ([`kindred::profile::json`]) |
//! | models of pydantic, Django, peewee, MongoEngine, attrs; dataclasses | a map of their fields |
//! | numpy scalars | numbers, booleans, text |
//! | numpy arrays of 16- and 32-bit floats, a row of them | [`Value::Floats`](kindred::profile::Value::Floats) |
//! | other numpy arrays | lists, nested for more than one dimension |
//!
//! # How it stays small
//! The file is read twice. The first pass (`scan`) looks at every instruction and learns which memo slots are ever
//! fetched; a pickler fills a slot for every object and fetches few. The second (`machine`) runs, remembers only
//! those, and hands every record to the sink the moment it is put into the outermost container (`root`), which
//! therefore stays empty. Python's pickler puts records in by the thousand, so about a thousand are held at a time.
//!
//! An object counts as finished when it is put into another (`values::seal`): its value is fixed then, and adding to
//! it later is an error. This is how every pickler works, and it leaves no way to build a cycle, to nest deeper than
//! `limits::MAX_DEPTH`, or to need recursion. Objects that are fetched again from the memo are copied; what copies
//! may add up to is limited in proportion to the file (`limits::Budget`). Nothing is allocated because a file
//! declares a size, only as its bytes arrive.

mod arrays;
mod build;
mod calls;
mod dates;
mod error;
mod globals;
mod libraries;
mod limits;
mod machine;
mod numbers;
mod numpy_times;
mod objects;
mod opcodes;
mod read;
mod root;
mod scan;
mod text;
mod values;

#[cfg(test)]
mod tests;

pub use error::PickleError;
pub use read::{read, read_with_figures};
