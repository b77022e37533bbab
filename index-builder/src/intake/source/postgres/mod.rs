//! PostgreSQL: the rows that a query gives, a record each, the columns its fields.
//!
//! The query runs in one read-only transaction that sees the database as it was at its start (repeatable read), and
//! stays open at the server as a portal, the protocol's cursor, from which rows are taken as they come.
//! Connections are encrypted as the address says: see [`tls`].

mod address;
mod parameters;
mod passwords;
mod tls;
mod types;
mod values;

use std::error::Error as _;

use postgres::config::SslMode;
use postgres::fallible_iterator::FallibleIterator as _;
use postgres::types::{FromSql, Type};
use postgres::{Client, IsolationLevel, NoTls, Row, Statement, Transaction};

use super::error::column_names_differ;
use super::{Cause, Notes, ReadOptions, Record, Sink, SourceError};
use address::Address;
pub use address::VARIABLES;
use tls::Mode;
use types::{Decoder, Unread};

/// The rows that the server sends before it is asked for more. They are taken one by one as they come, and the server
/// waits meanwhile, so however long rows are, few are held.
const ROWS_AT_ONCE: i32 = 4096;

/// An address without its user and password: `postgres://host:5432/database`.
pub(super) fn name(address: &str) -> Result<String, String> {
    Address::parse(address).map(|address| address.name)
}

/// Reads what a query gives.
pub(super) fn read(address: &str, options: &ReadOptions, sink: &mut Sink<'_>) -> Result<(), SourceError> {
    let at = |input: &str, cause| SourceError { input: input.to_owned(), place: None, cause };
    let address = Address::parse(address).map_err(|error| at("postgres://", Cause::Database(error)))?;
    address.notes.iter().for_each(|note| options.notes.add(note));
    read_rows(&address, options, sink).map_err(|cause| at(&address.name, cause))
}

fn connect(address: &Address, notes: &Notes) -> Result<Client, Cause> {
    let Address { config, tls, mode, home, .. } = address;
    if *mode == Mode::Disable {
        return config.connect(NoTls).map_err(failed);
    }
    let connector = tls::connector(tls, *mode, home.as_deref()).map_err(Cause::Database)?;
    match config.connect(connector) {
        // As libpq does. Nothing was promised.
        Err(error) if *mode == Mode::Prefer && is_of_tls(&error) => {
            let client = config.clone().ssl_mode(SslMode::Disable).connect(NoTls).map_err(failed)?;
            notes.add(format!(
                "{}: the connection is not encrypted, because that failed: {}",
                address.name,
                failed(error)
            ));
            Ok(client)
        }
        result => result.map_err(failed),
    }
}

/// Whether encrypting is what failed. The library tells its kinds of errors apart in words only.
fn is_of_tls(error: &postgres::Error) -> bool {
    error.to_string().starts_with("error performing TLS handshake")
}

fn read_rows(address: &Address, options: &ReadOptions, sink: &mut Sink<'_>) -> Result<(), Cause> {
    let query = options.query.as_deref().unwrap_or_default();
    let mut client = connect(address, &options.notes)?;
    let mut transaction = begin(&mut client)?;
    if address.is_pooled {
        // Behind a pooler others may have left statements on this connection, with the names that are used here.
        transaction.batch_execute("deallocate all").map_err(failed)?;
    }
    if let Some(path) = &address.search_path {
        transaction.batch_execute(&format!("set local search_path to {path}")).map_err(failed)?;
    }
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
            if text.contains("invalid peer certificate: UnknownIssuer") {
                text.push_str(" (sslrootcert names a file with the certificate of its authority, or system)");
            }
            text
        }
    };
    Cause::Database(text)
}
