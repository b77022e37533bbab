//! PostgreSQL: the rows that a query gives, a record each, the columns its fields.
//!
//! The query runs in one read-only transaction that sees the database as it was at its start (repeatable read), and
//! stays open at the server as a portal, the protocol's cursor, from which rows are taken as they come.
//! Connections are not encrypted: the database is beside the builder, behind a Unix socket or a tunnel.

mod address;
mod types;
mod values;

use std::error::Error as _;

use postgres::fallible_iterator::FallibleIterator as _;
use postgres::types::{FromSql, Type};
use postgres::{Client, IsolationLevel, NoTls, Row, Statement, Transaction};

use super::error::column_names_differ;
use super::{Cause, Record, Sink, SourceError};
use address::Address;
pub use address::PASSWORD_VARIABLE;
use types::{Decoder, Unread};

/// The rows that the server sends before it is asked for more. They are taken one by one as they come, and the server
/// waits meanwhile, so however long rows are, few are held.
const ROWS_AT_ONCE: i32 = 4096;

/// An address without its user and password: `postgres://host:5432/database`.
pub(super) fn name(address: &str) -> Result<String, String> {
    Address::parse(address).map(|address| address.name)
}

/// Reads what a query gives.
pub(super) fn read(address: &str, query: &str, sink: &mut Sink<'_>) -> Result<(), SourceError> {
    let at = |input: &str, cause| SourceError { input: input.to_owned(), place: None, cause };
    let address = Address::parse(address).map_err(|error| at("postgres://", Cause::Database(error)))?;
    read_rows(&address, query, sink).map_err(|cause| at(&address.name, cause))
}

fn read_rows(address: &Address, query: &str, sink: &mut Sink<'_>) -> Result<(), Cause> {
    let mut client = address.config.connect(NoTls).map_err(failed)?;
    let mut transaction = begin(&mut client)?;
    let statement = transaction.prepare(query).map_err(failed)?;
    let columns = columns(&statement)?;
    let portal = transaction.bind(&statement, &[]).map_err(failed)?;
    let mut given = 0_u64;
    loop {
        let before = given;
        let mut rows = transaction.query_portal_raw(&portal, ROWS_AT_ONCE).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            given += 1;
            if sink(record(&columns, &row, given)?).is_break() {
                return Ok(());
            }
        }
        if given == before {
            return Ok(());
        }
    }
}

fn begin(client: &mut Client) -> Result<Transaction<'_>, Cause> {
    let transaction =
        client.build_transaction().isolation_level(IsolationLevel::RepeatableRead).read_only(true);
    transaction.start().map_err(failed)
}

/// A column, and how its values are read.
struct Column {
    name: String,
    decoder: Decoder,
}

fn columns(statement: &Statement) -> Result<Vec<Column>, Cause> {
    if !statement.params().is_empty() {
        return Err(Cause::Database(
            "the query has parameters, such as $1; there is nothing to put there".to_owned(),
        ));
    }
    if statement.columns().is_empty() {
        return Err(Cause::Database("the query gives no columns; it should be a select".to_owned()));
    }
    let names: Vec<&str> = statement.columns().iter().map(postgres::Column::name).collect();
    column_names_differ(&names)?;
    let column = |column: &postgres::Column| {
        let (name, kind) = (column.name().to_owned(), column.type_());
        match Decoder::of(kind) {
            Some(decoder) => Ok(Column { name, decoder }),
            None => Err(Cause::Database(format!(
                "the column {name:?} is of the type {:?}, which is not read; cast it, as by {name}::text",
                kind.name()
            ))),
        }
    };
    statement.columns().iter().map(column).collect()
}

fn record(columns: &[Column], row: &Row, number: u64) -> Result<Record, Cause> {
    let mut fields = Vec::with_capacity(columns.len());
    for (at, column) in columns.iter().enumerate() {
        let Raw(bytes) = row.try_get(at).map_err(failed)?;
        match column.decoder.value(bytes) {
            Ok(value) => fields.push((column.name.clone(), value)),
            Err(Unread::Record(reason)) => {
                return Ok(Record::Unusable { reason, place: format!("record {number}") });
            }
            Err(Unread::Answer) => {
                return Err(Cause::Database(format!(
                    "the server's value of the column {:?} in record {number} is not as its type is written",
                    column.name
                )));
            }
        }
    }
    Ok(Record::Fields(fields))
}

/// A value as the server sent it; `None` for null.
struct Raw<'a>(Option<&'a [u8]>);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Raw(Some(raw)))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Raw(None))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// What went wrong, with all that the server says of it.
fn failed(error: postgres::Error) -> Cause {
    let text = match error.as_db_error() {
        Some(error) => format!("{error} ({})", error.code().code()),
        None => {
            let mut text = error.to_string();
            let mut source = error.source();
            while let Some(cause) = source {
                text = format!("{text}: {cause}");
                source = cause.source();
            }
            text
        }
    };
    Cause::Database(text)
}
