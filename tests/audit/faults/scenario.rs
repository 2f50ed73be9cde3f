//! Servers with users, a Redis and an audit in PostgreSQL, and what lies in between.

use std::{io::Write, time::Duration};

use session_authority::{
    audit,
    clock::Stopwatch,
    store::{
        SessionStore,
        redis::{RedisOptions, RedisSessionStore},
    },
};

use super::{
    ledger::{AuditContents, LedgerComparison},
    load::UserLoad,
};
use crate::{
    audit::fixture::{address_of, eventually, row_counts, with_address},
    cli::{fleet::ServerFleet, server::ServerProgram},
    service::management::get,
    support::{proxy::TcpProxy, soak::soak_duration},
};

/// Events that are enough for a batch to be in the middle of.
pub const ACTS_BEFORE_FAULT: usize = 40;

pub struct AuditScenario {
    pub load: UserLoad,
    pub servers: Vec<ServerProgram>,
    pub fleet: ServerFleet,
    /// Between each server and Redis, and PostgreSQL.
    pub to_redis: TcpProxy,
    pub to_postgres: TcpProxy,
    /// The audit, past the proxy.
    pub url: String,
    /// What the servers work with, past the proxy.
    pub store: RedisSessionStore,
    started: Stopwatch,
    counts: FaultCounts,
}

/// What there was at one time and another.
#[derive(Clone, Copy, Default)]
pub struct FaultCounts {
    /// Events in the audit when the first fault came.
    pub before: Option<i64>,
    /// The most that waited for the audit.
    pub waited: u64,
}

impl AuditScenario {
    /// So many servers with the audit database at `url`, users at all of them.
    pub async fn start(url: String, servers: usize) -> Self {
        audit::migrate(&url).await.expect("a schema");
        let to_postgres = TcpProxy::start(address_of(&url)).await;
        let fleet = ServerFleet::with_audit(&with_address(&url, to_postgres.address())).await;
        let to_redis = TcpProxy::start(fleet.redis.address()).await;
        let mut running = Vec::new();
        for _ in 0..servers {
            running.push(fleet.server_through(to_redis.address()).await);
        }
        let channels: Vec<_> = running.iter().map(ServerProgram::channel).collect();
        let store = connect_store(&fleet).await;
        let (begun, counts, load) = (Stopwatch::start(), FaultCounts::default(), UserLoad::start(&channels));
        Self { load, servers: running, fleet, to_redis, to_postgres, url, store, started: begun, counts }
    }

    /// Strikes once; in a soak again and again.
    pub async fn repeat_fault(&mut self, mut fault: impl AsyncFnMut(&mut Self)) {
        self.wait_for_acts(ACTS_BEFORE_FAULT).await;
        eventually("some are in the audit", async || row_counts(&self.url).await[0] > 0).await;
        self.counts.before = Some(row_counts(&self.url).await[0]);
        loop {
            fault(self).await;
            self.wait_for_acts(ACTS_BEFORE_FAULT).await;
            if self.started.elapsed() >= soak_duration() {
                break;
            }
        }
    }

    /// Waits until so many more sessions were made and ended.
    pub async fn wait_for_acts(&self, acts: usize) {
        let enough = self.load.acknowledged() + acts;
        eventually("users are answered", async || self.load.acknowledged() >= enough).await;
    }

    /// Waits until all servers say that the audit takes nothing, and so much waits.
    pub async fn wait_until_backlogged(&mut self) {
        for server in &self.servers {
            let address = server.management.parse().expect("an address");
            eventually("a server says that the audit takes nothing", async || {
                get(address, "/readyz").await.1.contains("the audit database does not take them")
            })
            .await;
        }
        self.wait_for_acts(ACTS_BEFORE_FAULT).await;
        self.record_backlog().await;
    }

    /// Counts what waits.
    pub async fn record_backlog(&mut self) {
        let waiting = backlog_events(&self.store).await;
        self.counts.waited = self.counts.waited.max(waiting);
    }

    /// Ends it; the audit has everything, and set nothing aside.
    pub async fn assert_complete(self, name: &str) {
        let url = self.url.clone();
        self.finish_and_compare(name).await.assert_complete();
        assert_eq!(row_counts(&url).await[2], 0, "nothing is set aside");
    }

    /// Ends it when nothing waits any more.
    pub async fn finish_and_compare(self, name: &str) -> LedgerComparison {
        let ledger = self.load.stop().await;
        eventually("nothing waits", async || backlog_events(&self.store).await == 0).await;
        let verdict = ledger.compare(&AuditContents::read_postgres(&self.url).await);
        print_row(name, self.counts, &verdict);
        verdict
    }
}

/// The store of the servers, as one more node.
pub async fn connect_store(fleet: &ServerFleet) -> RedisSessionStore {
    let patient = Duration::from_secs(10);
    let options = RedisOptions { connect_timeout: patient, response_timeout: patient, ..fleet.store_options() };
    RedisSessionStore::connect_with(&fleet.redis.url(), &options).await.expect("a store")
}

pub async fn backlog_events(store: &RedisSessionStore) -> u64 {
    store.backlog().await.expect("the backlog").events
}

/// A row of the table that `make soak` shows.
pub fn print_row(name: &str, counts: FaultCounts, verdict: &LedgerComparison) {
    let FaultCounts { before, waited } = counts;
    let (before, acknowledged) = (before.unwrap_or_default(), verdict.acknowledged);
    writeln!(std::io::stdout(), "| {name} | {acknowledged} | {before} | {waited} | {verdict} |")
        .expect("standard output");
}
