//! Query plans of PostgreSQL: every query that an index can serve must use one.
//!
//! The plans are those of the actual statements, which the server itself logs. With `PLANS_SESSIONS` the installation
//! has that size and the plans are printed; `make plans` does so with a million sessions.

mod executed_plans;
mod queries;

use std::fmt::Write;

use session_authority::{
    audit::{self, AuditHistory},
    clock::{Clock, SystemClock},
};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use crate::support::postgres::PostgresServer;
use executed_plans::{ExecutedPlan, parse_plans};
use queries::{AllowedScan, PlannedQuery, UNTIL};

/// Enough sessions that the planner prefers an index to reading the table.
const SESSIONS: u32 = 20_000;

/// Settings that make the server log the plan and the row counts of every statement.
const EXPLAIN: &str = "
    ALTER DATABASE {database} SET session_preload_libraries = 'auto_explain';
    ALTER DATABASE {database} SET auto_explain.log_min_duration = 0;
    ALTER DATABASE {database} SET auto_explain.log_analyze = on;
    ALTER DATABASE {database} SET auto_explain.log_timing = off;
    ALTER DATABASE {database} SET auto_explain.log_format = json;
";

#[tokio::test]
async fn no_table_is_read_through_where_an_index_serves() {
    let sized = std::env::var("PLANS_SESSIONS").ok().map(|sessions| sessions.parse().expect("a number"));
    let installation = PlanDatabase::with_sessions(sized.unwrap_or(SESSIONS)).await;
    let mut table =
        String::from("| question | plan | rows | ms in the database | ms in all |\n|---|---|---|---|---|\n");
    let mut wrong = Vec::new();
    for question in queries::all() {
        if sized.is_none() && question.allowed_scan != AllowedScan::ByIndex {
            continue;
        }
        // The second run finds all data cached.
        installation.measure(&question).await;
        let asked = installation.measure(&question).await;
        writeln!(table, "{}", asked.table_row(&question)).expect("a line");
        wrong.extend(asked.scan_violation(&question));
    }
    if sized.is_some() {
        print(&table);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    let question = queries::all().into_iter().find(|question| question.name == "sessions of a user").expect("one");
    installation.execute("DROP INDEX sessions_of_user").await;
    assert!(installation.measure(&question).await.scan_violation(&question).is_some(), "a missing index is noticed");
}

#[expect(clippy::print_stdout, reason = "`make plans` prints the plans")]
fn print(table: &str) {
    println!("{table}");
}

struct PlanDatabase {
    server: PostgresServer,
    url: String,
    history: std::sync::Arc<dyn AuditHistory>,
}

struct QueryMeasurement {
    plans: Vec<ExecutedPlan>,
    rows: u64,
    millis: u64,
}

impl PlanDatabase {
    async fn with_sessions(sessions: u32) -> Self {
        let server = PostgresServer::start().await;
        let url = server.database().await;
        let history = audit::open(&url, true).await.expect("an audit database").history;
        let installation = Self { server, url, history };
        let until = UNTIL;
        let fill = format!("SET fill.sessions = {sessions}; SET fill.until = '{until}';\n{}", include_str!("fill.sql"));
        installation.execute(&fill).await;
        installation.execute("VACUUM ANALYZE").await;
        let database = installation.url.rsplit('/').next().expect("a name");
        installation.execute(&EXPLAIN.replace("{database}", database)).await;
        installation
    }

    async fn execute(&self, sql: &str) {
        let mut connection = PgConnection::connect(&self.url).await.expect("the database");
        connection.execute(sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))).await.expect("executed");
    }

    async fn measure(&self, question: &PlannedQuery) -> QueryMeasurement {
        let logged_before = self.server.log().len();
        let start = SystemClock.now();
        let rows = question.run(self.history.as_ref()).await;
        let millis = u64::try_from(SystemClock.now().since(start).as_millis()).expect("a short time");
        let plans = parse_plans(&self.server.log()[logged_before..]);
        assert!(!plans.is_empty(), "the server logged no plan for {}", question.name);
        QueryMeasurement { plans, rows, millis }
    }
}

impl QueryMeasurement {
    fn table_row(&self, question: &PlannedQuery) -> String {
        let mut nodes: Vec<_> = self.plans.iter().flat_map(ExecutedPlan::nodes).collect();
        let mut seen = std::collections::BTreeSet::new();
        nodes.retain(|node| seen.insert(node.clone()));
        let in_database: f64 = self.plans.iter().map(|plan| plan.millis).sum();
        format!("| {} | {} | {} | {in_database:.1} | {} |", question.name, nodes.join(", "), self.rows, self.millis)
    }

    fn scan_violation(&self, question: &PlannedQuery) -> Option<String> {
        let through: Vec<_> = self.plans.iter().flat_map(ExecutedPlan::scanned_tables).collect();
        let is_fine = match question.allowed_scan {
            AllowedScan::ByIndex | AllowedScan::ByIndexIfLarge => through.is_empty(),
            // A month that is queried as a whole may be read as a whole.
            AllowedScan::Months(most) => {
                through.iter().collect::<std::collections::BTreeSet<_>>().len() <= most
                    && !through.iter().any(|table| table == "sessions")
            }
            AllowedScan::Everything => true,
        };
        (!is_fine).then(|| format!("{} reads through {}", question.name, through.join(", ")))
    }
}
