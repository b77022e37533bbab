//! What the schema of a Parquet file says of its columns and the reader does not pass on.

use arrow_schema::{DataType, Field, FieldRef, Fields, Schema, TimeUnit};
use parquet::basic::{Compression, LogicalType, Type as PhysicalType};
use parquet::file::metadata::ParquetMetaData;
use parquet::schema::types::{ColumnDescriptor, SchemaDescriptor};

use super::super::super::Cause;
use super::super::{extension, refused};

/// The schema with timestamps of 96 bits in microseconds, if there are any: in nanoseconds, which is the reader's
/// default, they end in the year 2262, and what lies beyond becomes another date.
pub(super) fn with_long_timestamps(schema: &Schema, columns: &SchemaDescriptor) -> Option<Schema> {
    let is_long = |column: &ColumnDescriptor| column.physical_type() == PhysicalType::INT96;
    columns.columns().iter().any(|column| is_long(column)).then(|| {
        rewritten(schema, columns, &mut |field, column| match (is_long(column), field.data_type()) {
            (true, DataType::Timestamp(TimeUnit::Nanosecond, zone)) => {
                field.clone().with_data_type(DataType::Timestamp(TimeUnit::Microsecond, zone.clone()))
            }
            _ => field.clone(),
        })
    })
}

/// The schema with the annotations that Parquet's own types are for Arrow.
pub(super) fn annotated(schema: &Schema, columns: &SchemaDescriptor) -> Schema {
    rewritten(schema, columns, &mut |field, column| {
        let name = match column.logical_type_ref() {
            Some(LogicalType::Uuid) => extension::UUID,
            Some(LogicalType::Json) => extension::JSON,
            _ => return field.clone(),
        };
        if field.metadata().get(extension::NAME).is_some() {
            return field.clone();
        }
        let mut metadata = field.metadata().clone();
        metadata.insert(extension::NAME.to_owned(), name.to_owned());
        field.clone().with_metadata(metadata)
    })
}

/// Why the column at the top with this number cannot be read, if so.
pub(super) fn unreadable(root: usize, schema: &Schema, metadata: &ParquetMetaData) -> Option<Cause> {
    let columns = metadata.file_metadata().schema_descr();
    let field = schema.fields().get(root)?;
    for group in metadata.row_groups() {
        for (leaf, chunk) in group.columns().iter().enumerate() {
            let codec = match chunk.compression() {
                Compression::BROTLI(_) => "Brotli",
                Compression::LZO => "LZO",
                _ => continue,
            };
            if columns.get_column_root_idx(leaf) == root {
                return Some(Cause::ColumnCodec { name: field.name().clone(), codec: codec.to_owned() });
            }
        }
    }
    has_interval(field.data_type()).then(|| refused(field.name(), "INTERVAL"))
}

fn has_interval(kind: &DataType) -> bool {
    match kind {
        DataType::Interval(_) => true,
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::FixedSizeList(item, _)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::Map(item, _) => has_interval(item.data_type()),
        DataType::Struct(fields) => fields.iter().any(|field| has_interval(field.data_type())),
        _ => false,
    }
}

type Leaf<'a> = dyn FnMut(&Field, &ColumnDescriptor) -> Field + 'a;

/// The schema with other leaves. Those of Arrow and the columns of Parquet are the same, in the same order.
fn rewritten(schema: &Schema, columns: &SchemaDescriptor, leaf: &mut Leaf<'_>) -> Schema {
    let mut number = 0;
    let fields: Fields =
        schema.fields().iter().map(|field| rewritten_field(field, columns, &mut number, leaf)).collect();
    Schema::new_with_metadata(fields, schema.metadata().clone())
}

fn rewritten_field(
    field: &FieldRef,
    columns: &SchemaDescriptor,
    number: &mut usize,
    leaf: &mut Leaf<'_>,
) -> FieldRef {
    let mut within = |item: &FieldRef| rewritten_field(item, columns, number, leaf);
    let kind = match field.data_type() {
        DataType::List(item) => DataType::List(within(item)),
        DataType::LargeList(item) => DataType::LargeList(within(item)),
        DataType::FixedSizeList(item, length) => DataType::FixedSizeList(within(item), *length),
        DataType::ListView(item) => DataType::ListView(within(item)),
        DataType::LargeListView(item) => DataType::LargeListView(within(item)),
        DataType::Map(entries, sorted) => DataType::Map(within(entries), *sorted),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(within).collect()),
        _ => {
            let column = columns.columns().get(*number);
            *number += 1;
            return column.map_or_else(|| field.clone(), |column| leaf(field, column).into());
        }
    };
    field.as_ref().clone().with_data_type(kind).into()
}
