//! Every statement in a file, prepared by its database: names and types are right. Templates are left out: they get the
//! columns of a table, and the tests of their purpose run them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use session_authority::audit;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqlSafeStr, SqliteConnection};

use crate::support::postgres::PostgresServer;

#[tokio::test]
async fn every_statement_for_postgres_can_be_prepared() {
    let url = PostgresServer::shared().await.database().await;
    audit::migrate(&url).await.expect("a schema");
    let mut connection = PgConnection::connect(&url).await.expect("the database");
    for (file, statement) in statements("src/audit/postgres") {
        if let Err(error) = connection.prepare(AssertSqlSafe(statement).into_sql_str()).await {
            panic!("{}: {error}", file.display());
        }
    }
}

#[tokio::test]
async fn every_statement_for_sqlite_can_be_prepared() {
    let directory = tempfile::tempdir().expect("a directory");
    let url = format!("sqlite://{}", directory.path().join("audit.db").display());
    audit::migrate(&url).await.expect("a schema");
    let mut connection = SqliteConnection::connect(&url).await.expect("the file");
    for (file, statement) in statements("src/audit/sqlite") {
        if let Err(error) = connection.prepare(AssertSqlSafe(statement).into_sql_str()).await {
            panic!("{}: {error}", file.display());
        }
    }
}

#[tokio::test]
async fn a_statement_with_a_wrong_name_cannot_be_prepared() {
    let url = PostgresServer::shared().await.database().await;
    audit::migrate(&url).await.expect("a schema");
    let mut connection = PgConnection::connect(&url).await.expect("the database");
    assert!(connection.prepare("SELECT nonsense FROM sessions".into_sql_str()).await.is_err());
}

/// Returns the files below `directory` that contain a complete statement.
fn statements(directory: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join(directory), &mut found);
    assert!(found.len() > 2, "few files below {directory}");
    found
}

fn collect(directory: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(directory).expect("a directory of the sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "sql") && !is_template(&path) {
            let statement = fs::read_to_string(&path).expect("a text");
            found.push((path, statement));
        }
    }
}

fn is_template(path: &Path) -> bool {
    path.to_string_lossy().ends_with(".template.sql")
}
