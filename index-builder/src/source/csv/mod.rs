//! CSV with a header. A cell has no type of its own, so the column decides, and the source is read twice: once to
//! count what is in the columns, once to give the records.
//!
//! | column | a cell is |
//! | --- | --- |
//! | the id | text, also if it is empty |
//! | numbers: nearly all of the cells that are not empty | a number, else null |
//! | anything else | a list if it is a JSON list, null if it is empty, else text |

mod number;
mod rows;
mod table;

pub(super) use table::read;
