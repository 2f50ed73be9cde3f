//! How PostgreSQL finds what is asked for: by an index, wherever one serves.
//!
//! The plans are those of the statements as they are asked, which the server itself writes to its log. With
//! `PLANS_SESSIONS` the installation is of that size and the plans are printed: `make plans` does so for a million.

mod explained;
mod questions;

use std::fmt::Write;

use session_authority::{
    audit::{self, History},
    clock::{Clock, SystemClock},
};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use crate::support::postgres::PostgresServer;
use explained::{Explained, explained};
use questions::{Question, Reads, UNTIL};

/// Enough that no index is longer than its table is worth.
const SESSIONS: u32 = 20_000;

/// Told by the server of every statement: its plan, and what came of it.
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
    let installation = Installation::of(sized.unwrap_or(SESSIONS)).await;
    let mut table =
        String::from("| question | plan | rows | ms in the database | ms in all |\n|---|---|---|---|---|\n");
    let mut wrong = Vec::new();
    for question in questions::all() {
        if sized.is_none() && question.reads != Reads::ByIndex {
            continue;
        }
        // The second time everything is at hand.
        installation.ask(&question).await;
        let asked = installation.ask(&question).await;
        writeln!(table, "{}", asked.line(&question)).expect("a line");
        wrong.extend(asked.objection(&question));
    }
    if sized.is_some() {
        print(&table);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    let question = questions::all().into_iter().find(|question| question.name == "sessions of a user").expect("one");
    installation.execute("DROP INDEX sessions_of_user").await;
    assert!(installation.ask(&question).await.objection(&question).is_some(), "a missing index is noticed");
}

#[expect(clippy::print_stdout, reason = "the plans are what `make plans` is for")]
fn print(table: &str) {
    println!("{table}");
}

struct Installation {
    server: PostgresServer,
    url: String,
    history: std::sync::Arc<dyn History>,
}

struct Asked {
    plans: Vec<Explained>,
    rows: u64,
    millis: u64,
}

impl Installation {
    async fn of(sessions: u32) -> Self {
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

    async fn ask(&self, question: &Question) -> Asked {
        let told = self.server.log().len();
        let start = SystemClock.now();
        let rows = question.put(self.history.as_ref()).await;
        let millis = u64::try_from(SystemClock.now().since(start).as_millis()).expect("a short time");
        let plans = explained(&self.server.log()[told..]);
        assert!(!plans.is_empty(), "the server told no plan of {}", question.name);
        Asked { plans, rows, millis }
    }
}

impl Asked {
    fn line(&self, question: &Question) -> String {
        let mut nodes: Vec<_> = self.plans.iter().flat_map(Explained::nodes).collect();
        let mut seen = std::collections::BTreeSet::new();
        nodes.retain(|node| seen.insert(node.clone()));
        let in_database: f64 = self.plans.iter().map(|plan| plan.millis).sum();
        format!("| {} | {} | {} | {in_database:.1} | {} |", question.name, nodes.join(", "), self.rows, self.millis)
    }

    fn objection(&self, question: &Question) -> Option<String> {
        let through: Vec<_> = self.plans.iter().flat_map(Explained::read_through).collect();
        let is_fine = match question.reads {
            Reads::ByIndex | Reads::ByIndexIfLarge => through.is_empty(),
            // A month that is asked for as a whole is read as a whole.
            Reads::Months(most) => {
                through.iter().collect::<std::collections::BTreeSet<_>>().len() <= most
                    && !through.iter().any(|table| table == "sessions")
            }
            Reads::Everything => true,
        };
        (!is_fine).then(|| format!("{} reads through {}", question.name, through.join(", ")))
    }
}
