//! Rows as parameters of a statement.

use sqlx::{Arguments, sqlite::SqliteArguments};

use super::column::{address, list};
use crate::{
    audit::tables::{ColumnValue, TableRow, column_names},
    sqlite::integer,
};

/// Returns the numbered parameters, one for each column, separated by commas.
pub(super) fn placeholders<Row: TableRow>() -> String {
    Row::columns().into_iter().zip(1..).map(|(_, number)| format!("?{number}")).collect::<Vec<_>>().join(", ")
}

/// Returns the numbered parameters, each with the name of its column, separated by commas.
pub(super) fn named_values<Row: TableRow>() -> String {
    let named = Row::columns().into_iter().zip(1..).map(|(column, number)| format!("?{number} AS {}", column.name));
    named.collect::<Vec<_>>().join(", ")
}

/// Returns the statement that inserts a row and skips one that is stored already.
pub(super) fn insert_statement<Row: TableRow>() -> String {
    let (table, columns, values) = (Row::TABLE, column_names::<Row>(), placeholders::<Row>());
    format!("INSERT INTO {table} ({columns}) VALUES ({values}) ON CONFLICT DO NOTHING")
}

/// Returns the parameters for a row, one for each column.
pub(super) fn to_arguments<Row: TableRow>(row: &Row) -> sqlx::Result<SqliteArguments> {
    let mut arguments = SqliteArguments::default();
    for column in Row::columns() {
        let row = column.visible(row);
        let added = match column.value {
            ColumnValue::Id(get) => arguments.add(row.and_then(get).map(|id| id.to_string())),
            ColumnValue::SessionId(get) => arguments.add(row.and_then(get).map(|id| id.to_string())),
            ColumnValue::Text(get) => arguments.add(row.and_then(get).or(column.erased_text())),
            ColumnValue::Texts(get) | ColumnValue::StatedTexts(get) => {
                arguments.add(row.and_then(get).map(list).transpose()?)
            }
            ColumnValue::FormattedTexts(get) => arguments.add(row.and_then(get).map(|texts| list(&texts)).transpose()?),
            ColumnValue::Time(get) => arguments.add(row.and_then(get).map(integer)),
            ColumnValue::Integer(get) => arguments.add(row.and_then(get)),
            ColumnValue::SmallInteger(get) => arguments.add(row.and_then(get)),
            ColumnValue::Real(get) => arguments.add(row.and_then(get)),
            ColumnValue::Boolean(get) => arguments.add(row.and_then(get)),
            ColumnValue::Address(get) => arguments.add(row.and_then(get).map(address)),
            ColumnValue::Json(get) => arguments.add(row.and_then(get)),
            ColumnValue::Bytes(get) => arguments.add(row.and_then(get).or(column.erased_bytes())),
        };
        added.map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}
