//! COPY of the rows that the relay wrote: the fastest way to load them into PostgreSQL.

use std::time::Duration;

use futures_util::StreamExt;
use session_authority::clock::Stopwatch;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

/// The tables. Columns that the database fills itself, numbers and times, are not copied.
const TABLES: [&str; 3] = ["session_events", "login_events", "sessions"];
const CHUNK: usize = 64 * 1024;

/// The rows of an audit database in COPY format.
pub struct CopyBaseline {
    tables: Vec<(&'static str, String, Vec<u8>)>,
    rows: i64,
}

impl CopyBaseline {
    pub async fn from_database(url: &str) -> Self {
        let mut connection = connect(url).await;
        let (mut tables, mut rows) = (Vec::new(), 0);
        for table in TABLES {
            let columns: String = sqlx::query_scalar(
                "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
                 WHERE attrelid = $1::regclass AND attnum > 0 AND attname NOT IN ('seq', 'recorded_at')",
            )
            .bind(table)
            .fetch_one(&mut connection)
            .await
            .expect("columns");
            let order = if table == "sessions" { "ctid" } else { "seq" };
            let select = format!("COPY (SELECT {columns} FROM {table} ORDER BY {order}) TO STDOUT (FORMAT binary)");
            let mut stream = connection.copy_out_raw(&select).await.expect("a COPY");
            let mut data = Vec::new();
            while let Some(part) = stream.next().await {
                data.extend_from_slice(&part.expect("a part"));
            }
            drop(stream);
            let count = AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
            rows += sqlx::query_scalar::<_, i64>(count).fetch_one(&mut connection).await.expect("a count");
            tables.push((table, columns, data));
        }
        Self { tables, rows }
    }

    pub fn row_count(&self) -> i64 {
        self.rows
    }

    /// Copies the rows into an empty database. Returns the time that it took.
    pub async fn copy_into(&self, url: &str) -> Duration {
        let mut connection = connect(url).await;
        let watch = Stopwatch::start();
        for (table, columns, data) in &self.tables {
            let statement = format!("COPY {table} ({columns}) FROM STDIN (FORMAT binary)");
            let mut copy = connection.copy_in_raw(&statement).await.expect("a COPY");
            for chunk in data.chunks(CHUNK) {
                copy.send(chunk).await.expect("sent");
            }
            copy.finish().await.expect("taken");
        }
        watch.elapsed()
    }
}

/// Runs a checkpoint, so that no measurement includes the writes of an earlier one.
pub async fn checkpoint(url: &str) {
    connect(url).await.execute("CHECKPOINT").await.expect("a checkpoint");
}

async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url).await.expect("a connection")
}
