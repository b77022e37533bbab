//! CSV with a header: cells with commas between them, or with semicolons, tabs or pipes, in UTF-8 or UTF-16.
//!
//! A cell has no type of its own, so the column decides, and the source is read twice: once to count what is in the
//! columns, once to give the records. Before that, how the cells are kept apart is recognised from its beginning. Only
//! where the quotes or the widths of rows are wrong is it read again to see whether a backslash is an escape in it.
//!
//! | column | a cell is |
//! | --- | --- |
//! | the id | text, also if it is empty |
//! | numbers: nearly all of the cells that say something | a number, null if it is empty, else text as it is written |
//! | arrays of PostgreSQL | a list |
//! | anything else | a list or a map if it is one in JSON or Python, null if it is empty, else text |
//!
//! ```text
//! bytes ──> encoding ──> rows ──────────────> survey ─────────> table
//!           UTF-8        cells, by a dialect  columns decided   records
//! ```

mod column;
mod dialect;
mod encoding;
mod fault;
mod number;
mod rows;
mod survey;
mod table;

pub use dialect::Separator;
pub use fault::CsvFault;
pub(super) use table::read;
