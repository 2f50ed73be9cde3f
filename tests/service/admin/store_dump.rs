//! Dumps of all data of a node, as text that can be searched.

use std::path::Path;

use data_encoding::HEXLOWER;
use redis::{aio::MultiplexedConnection, streams::StreamRangeReply};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, sqlite::SqliteConnectOptions};

/// Returns the data of a person in every form in which a row may have it.
pub fn search_forms(texts: &[&str], ip: std::net::Ipv4Addr) -> Vec<String> {
    let hex = texts.iter().map(|text| HEXLOWER.encode(text.as_bytes()));
    let plain = texts.iter().map(|text| text.to_lowercase());
    plain.chain(hex).chain([ip.to_string(), HEXLOWER.encode(&ip.octets())]).collect()
}

/// Returns the rows that contain one of `forms`.
pub fn rows_containing<'a>(rows: &'a [String], forms: &[String]) -> Vec<&'a String> {
    rows.iter().filter(|row| forms.iter().any(|form| row.to_lowercase().contains(form))).collect()
}

/// Returns every row of every table of a file that no process has open.
pub async fn sqlite(file: &Path) -> Vec<String> {
    let mut database = SqliteConnectOptions::new().filename(file).connect().await.expect("a database");
    let tables: Vec<String> = sqlx::query_scalar("SELECT name FROM sqlite_master WHERE type = 'table'")
        .fetch_all(&mut database)
        .await
        .expect("the tables");
    let mut rows = Vec::new();
    for table in tables {
        let columns: Vec<String> = sqlx::query_scalar("SELECT name FROM pragma_table_info(?)")
            .bind(&table)
            .fetch_all(&mut database)
            .await
            .expect("the columns");
        let row: Vec<_> = columns.iter().map(|column| format!("quote(\"{column}\")")).collect();
        let query = format!("SELECT '{table} ' || {} FROM \"{table}\"", row.join(" || ' ' || "));
        // The names come from the schema itself.
        let found: Vec<String> =
            sqlx::query_scalar(AssertSqlSafe(query)).fetch_all(&mut database).await.expect("the rows");
        rows.extend(found);
    }
    rows
}

/// Returns every row of every table.
pub async fn postgres(url: &str) -> Vec<String> {
    let mut database = PgConnection::connect(url).await.expect("a database");
    let tables: Vec<String> =
        sqlx::query_scalar("SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()")
            .fetch_all(&mut database)
            .await
            .expect("the tables");
    let mut rows = Vec::new();
    for table in tables {
        let query = format!("SELECT '{table} ' || whole::text FROM \"{table}\" AS whole");
        let found: Vec<String> =
            sqlx::query_scalar(AssertSqlSafe(query)).fetch_all(&mut database).await.expect("the rows");
        rows.extend(found);
    }
    rows
}

/// Returns every entry of every key, in hexadecimal.
pub async fn redis(mut server: MultiplexedConnection) -> Vec<String> {
    let keys: Vec<Vec<u8>> = redis::cmd("KEYS").arg("*").query_async(&mut server).await.expect("KEYS");
    let mut rows = Vec::new();
    for key in keys {
        let kind: String = redis::cmd("TYPE").arg(&key).query_async(&mut server).await.expect("TYPE");
        let mut read = match kind.as_str() {
            "hash" => redis::cmd("HGETALL"),
            "zset" => redis::cmd("ZRANGE"),
            "stream" => redis::cmd("XRANGE"),
            other => panic!("{} is a {other}", key.escape_ascii()),
        };
        read.arg(&key);
        let parts: Vec<Vec<u8>> = match kind.as_str() {
            "hash" => read.query_async(&mut server).await.expect("a hash"),
            "zset" => read.arg(0).arg(-1).query_async(&mut server).await.expect("a sorted set"),
            _ => {
                let entries: StreamRangeReply =
                    read.arg("-").arg("+").query_async(&mut server).await.expect("a stream");
                let fields = entries.ids.into_iter().flat_map(|entry| entry.map.into_values());
                fields.map(|value| redis::from_redis_value(value).expect("bytes")).collect()
            }
        };
        let parts = parts.iter().map(|part| HEXLOWER.encode(part));
        rows.extend(parts.map(|part| format!("{} {part}", HEXLOWER.encode(&key))));
    }
    rows
}

/// Returns every value and every key as Redis serializes them.
pub async fn redis_dumps(mut server: MultiplexedConnection) -> Vec<u8> {
    let keys: Vec<Vec<u8>> = redis::cmd("KEYS").arg("*").query_async(&mut server).await.expect("KEYS");
    let mut dumps = Vec::new();
    for key in keys {
        let dump: Vec<u8> = redis::cmd("DUMP").arg(&key).query_async(&mut server).await.expect("a dump");
        dumps.extend([key, dump].concat());
    }
    dumps
}
