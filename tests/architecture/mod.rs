//! Rules about the sources: imports between modules, cycles between files, and statements for PostgreSQL. These tests read
//! the sources, so that no shortcut through the layers stays unnoticed.

mod cycles;
mod layers;
pub(crate) mod permissions;
pub(crate) mod sources;
mod tables;

use self::sources::read_sources;

/// Code that runs a statement on a bare connection or begins its own transaction. See `audit/postgres/transaction.rs`.
const OUTSIDE_AUDIT_TRANSACTION: &[&str] =
    &["(&mut *connection)", "begin_with(", ".begin()", "Transaction<'_, Postgres>", "fetch_all(connection)"];

#[test]
fn statements_for_postgres_run_in_transactions_that_a_pooler_can_carry() {
    let mut wrong = Vec::new();
    for source in read_sources() {
        let concerned = source.name.starts_with("audit/postgres/") && source.name != "audit/postgres/transaction.rs";
        for code in OUTSIDE_AUDIT_TRANSACTION.iter().filter(|code| concerned && source.code.contains(**code)) {
            wrong.push(format!("{} has {code}; an AuditTransaction must carry the statement", source.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
