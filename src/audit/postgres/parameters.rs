//! Rows as parameters of a statement: one array per column.

use sqlx::{Arguments, postgres::PgArguments};

use crate::audit::tables::{ColumnValue, TableRow, column_names};

/// The lists of an insertion: `INSERT INTO … (columns) SELECT values FROM unnest(arrays) AS … (columns)`.
pub(super) struct InsertLists {
    pub columns: String,
    pub values: String,
    /// The parameters, one for each column.
    pub arrays: String,
}

impl InsertLists {
    pub(super) fn new<Row: TableRow>() -> Self {
        let (mut values, mut arrays) = (Vec::new(), Vec::new());
        for (column, number) in Row::columns().into_iter().zip(1..) {
            let name = column.name;
            values.push(match column.value {
                // An array of arrays would have to be rectangular.
                ColumnValue::Texts(_) | ColumnValue::StatedTexts(_) | ColumnValue::FormattedTexts(_) => {
                    format!("string_to_array({name}, E'\\n')")
                }
                ColumnValue::Json(_) => format!("{name}::jsonb"),
                _ => name.to_owned(),
            });
            arrays.push(format!("${number}::{}[]", element_type(&column.value)));
        }
        Self { columns: column_names::<Row>(), values: values.join(", "), arrays: arrays.join(", ") }
    }
}

/// Returns the statement that inserts rows and skips those that are stored already.
pub(super) fn insert_statement<Row: TableRow>() -> String {
    let InsertLists { columns, values, arrays } = InsertLists::new::<Row>();
    let table = Row::TABLE;
    format!(
        "INSERT INTO {table} ({columns})
        SELECT {values}
        FROM unnest({arrays}) AS added ({columns})
        ON CONFLICT DO NOTHING"
    )
}

const fn element_type<Row>(value: &ColumnValue<Row>) -> &'static str {
    match value {
        ColumnValue::Id(_) => "uuid",
        ColumnValue::SessionId(_)
        | ColumnValue::Text(_)
        | ColumnValue::Texts(_)
        | ColumnValue::StatedTexts(_)
        | ColumnValue::FormattedTexts(_)
        | ColumnValue::Json(_) => "text",
        ColumnValue::Time(_) => "timestamptz",
        ColumnValue::Integer(_) => "bigint",
        ColumnValue::SmallInteger(_) => "smallint",
        ColumnValue::Real(_) => "float8",
        ColumnValue::Boolean(_) => "boolean",
        ColumnValue::Address(_) => "inet",
        ColumnValue::Bytes(_) => "bytea",
    }
}

/// Returns the parameters for `rows`: for each column an array of its values.
pub(super) fn to_arguments<Row: TableRow>(rows: &[Row]) -> sqlx::Result<PgArguments> {
    let mut arguments = PgArguments::default();
    for column in Row::columns() {
        let visible = rows.iter().map(|row| column.visible(row));
        let added = match column.value {
            ColumnValue::Id(get) => arguments.add(collect(visible.map(|row| get(row?)))),
            ColumnValue::SessionId(get) => arguments.add(collect(visible.map(|row| Some(get(row?)?.to_string())))),
            ColumnValue::Text(get) => {
                arguments.add(collect(visible.map(|row| row.and_then(get).or(column.erased_text()))))
            }
            ColumnValue::Texts(get) => arguments.add(collect(visible.map(|row| Some(get(row?)?.join("\n"))))),
            ColumnValue::StatedTexts(get) => {
                let stated = |texts: &&[String]| !texts.is_empty();
                arguments.add(collect(visible.map(|row| Some(get(row?).filter(stated)?.join("\n")))))
            }
            ColumnValue::FormattedTexts(get) => arguments.add(collect(visible.map(|row| Some(get(row?)?.join("\n"))))),
            ColumnValue::Time(get) => arguments.add(collect(visible.map(|row| get(row?)))),
            ColumnValue::Integer(get) => arguments.add(collect(visible.map(|row| get(row?)))),
            ColumnValue::SmallInteger(get) => {
                arguments.add(collect(visible.map(|row| Some(i16::try_from(get(row?)?).unwrap_or(i16::MAX)))))
            }
            ColumnValue::Real(get) => arguments.add(collect(visible.map(|row| get(row?)))),
            ColumnValue::Boolean(get) => arguments.add(collect(visible.map(|row| get(row?)))),
            ColumnValue::Address(get) => arguments.add(collect(visible.map(|row| get(row?)))),
            ColumnValue::Json(get) => arguments.add(collect(visible.map(|row| get(row?)))),
            ColumnValue::Bytes(get) => {
                arguments.add(collect(visible.map(|row| row.and_then(get).or(column.erased_bytes()))))
            }
        };
        added.map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

fn collect<Value>(values: impl Iterator<Item = Value>) -> Vec<Value> {
    values.collect()
}
