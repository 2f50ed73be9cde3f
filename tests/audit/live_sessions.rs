//! The cost of distinguishing active sessions from those that a mass revocation has yet to end.

use std::{fs, path::Path};

use session_authority::domain::{TenantId, event::RevocationScope};
use sqlx::AssertSqlSafe;

use super::{
    fixture::connect_audit,
    mass_endings::{AuditTestDatabase, REVOKED, created_event, mass_revocation_event, tenant_session},
};

const TENANTS: u64 = 20;
const SESSIONS: u64 = 200;

/// Returns the statement with that name as it is sent for active sessions without any other condition.
fn statement(name: &str) -> String {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/audit/postgres/history/sql");
    let mut statement = fs::read_to_string(directory.join(name)).expect("a statement");
    for parameter in (1..=21).rev() {
        let value = match parameter {
            16 => "TRUE",
            21 => "1000",
            _ => "NULL",
        };
        statement = statement.replace(&format!("${parameter}"), value);
    }
    statement
}

#[tokio::test]
async fn unfinished_mass_revocations_are_read_once_for_all_sessions() {
    let database = AuditTestDatabase::postgres().await;
    let tenant = |number: u64| format!("tenant-{}", number % TENANTS);
    let sessions = (1..=SESSIONS).map(|number| tenant_session(&tenant(number), &format!("user-{number}"), number));
    let events: Vec<_> = sessions.map(|session| created_event(&session, session.record.created_at)).collect();
    database.append(&events).await;
    let scopes = (1..TENANTS).map(|number| RevocationScope::Tenant(TenantId::new(&tenant(number)).expect("a tenant")));
    let revocations: Vec<_> = scopes.map(|scope| mass_revocation_event(scope, REVOKED)).collect();
    database.append(&revocations).await;

    let mut connection = connect_audit(&database.url).await;
    for name in ["count_active.sql", "count_sessions.sql", "search_sessions.sql"] {
        let explain = AssertSqlSafe(format!("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {}", statement(name)));
        let plan: Vec<String> = sqlx::query_scalar(explain).fetch_all(&mut connection).await.expect("a plan");
        let mut reads = plan.iter().filter(|line| line.contains(" on mass_revocations")).peekable();
        assert!(reads.peek().is_some(), "{name}: {}", plan.join("\n"));
        assert!(reads.all(|line| line.contains("loops=1)")), "{name}: {}", plan.join("\n"));
    }
}
