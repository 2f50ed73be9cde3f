//! The stored data of an engine, row by row, for comparisons of before and after.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use data_encoding::HEXLOWER;
use redis::aio::MultiplexedConnection;
use redis::streams::StreamRangeReply;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, SqliteConnection};
use tempfile::TempDir;

use super::fixture::{StoreEngine, StoreFixture};

/// Every stored field, member, stream entry or row with its value.
pub type StoredKeyspace = BTreeSet<String>;

impl StoreFixture {
    /// Returns everything that is stored now. There must be no concurrent writes.
    pub async fn keyspace(&self) -> StoredKeyspace {
        match &self.engine {
            StoreEngine::Sqlite(directory) => sqlite_rows(directory.path()).await,
            servers => redis_rows(servers.admins().await, |_| true).await,
        }
    }

    /// Returns the stored data that would stay without further operations: on Redis keys without a TTL, on SQLite
    /// everything.
    pub async fn rows_without_expiry(&self) -> StoredKeyspace {
        match &self.engine {
            StoreEngine::Sqlite(directory) => sqlite_rows(directory.path()).await,
            servers => redis_rows(servers.admins().await, |ttl| ttl < 0).await,
        }
    }
}

/// Returns the rows of the keys whose TTL in milliseconds is `wanted`; -1 stands for no TTL.
async fn redis_rows(servers: Vec<MultiplexedConnection>, wanted: impl Fn(i64) -> bool) -> StoredKeyspace {
    let mut rows = StoredKeyspace::new();
    for mut redis in servers {
        let keys: Vec<Vec<u8>> = redis::cmd("KEYS").arg("*").query_async(&mut redis).await.expect("KEYS");
        for key in keys {
            let ttl: i64 = redis::cmd("PTTL").arg(&key).query_async(&mut redis).await.expect("PTTL");
            if wanted(ttl) {
                let name = key.escape_ascii();
                rows.extend(redis_key(&mut redis, &key).await.iter().map(|row| format!("{name} {row}")));
            }
        }
    }
    rows
}

async fn redis_key(redis: &mut MultiplexedConnection, key: &[u8]) -> Vec<String> {
    let kind: String = redis::cmd("TYPE").arg(key).query_async(redis).await.expect("TYPE");
    let mut read = match kind.as_str() {
        "hash" => redis::cmd("HGETALL"),
        "zset" => redis::cmd("ZRANGE"),
        "stream" => return stream(redis, key).await,
        other => panic!("{} is a {other}, which no store is known to use", key.escape_ascii()),
    };
    read.arg(key);
    if kind == "zset" {
        read.arg(0).arg(-1).arg("WITHSCORES");
    }
    let pairs: Vec<(Vec<u8>, Vec<u8>)> = read.query_async(redis).await.expect("the pairs of a key");
    pairs.iter().map(|(field, value)| format!("{} = {}", hex(field), hex(value))).collect()
}

async fn stream(redis: &mut MultiplexedConnection, key: &[u8]) -> Vec<String> {
    let reply: StreamRangeReply =
        redis::cmd("XRANGE").arg(key).arg("-").arg("+").query_async(redis).await.expect("XRANGE");
    reply.ids.into_iter().map(|entry| entry.id).collect()
}

/// Returns the rows of a copy, because the store has exclusive access to its database. `cp` makes the copy instead of
/// this process, which by closing the file would release the locks that SQLite holds on it
/// (<https://sqlite.org/howtocorrupt.html>, 2.2).
async fn sqlite_rows(directory: &Path) -> StoredKeyspace {
    let copies = TempDir::with_prefix("copy-").expect("a temporary directory");
    let status = Command::new("cp").arg("-r").arg(directory).arg(copies.path().join("copy")).status();
    assert!(status.expect("cp").success());
    let database = copies.path().join("copy/sessions.db");
    let mut copy = SqliteConnectOptions::new().filename(database).connect().await.expect("the copy of a database");
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB 'sqlite_*' AND name NOT GLOB '_sqlx*'",
    )
    .fetch_all(&mut copy)
    .await
    .expect("the tables");
    let mut rows = StoredKeyspace::new();
    for table in tables {
        rows.extend(sqlite_table(&mut copy, &table).await.into_iter().map(|row| format!("{table} {row}")));
    }
    rows
}

async fn sqlite_table(database: &mut SqliteConnection, table: &str) -> Vec<String> {
    let columns: Vec<String> = sqlx::query_scalar("SELECT name FROM pragma_table_info(?)")
        .bind(table)
        .fetch_all(&mut *database)
        .await
        .expect("the columns");
    let row = columns.iter().map(|column| format!("'{column} = ' || quote(\"{column}\")"));
    let row = row.collect::<Vec<_>>().join(" || ', ' || ");
    // The names come from the schema itself.
    sqlx::query_scalar(AssertSqlSafe(format!("SELECT {row} FROM \"{table}\"")))
        .fetch_all(database)
        .await
        .expect("the rows")
}

fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}
