//! Servers with users, a Redis and an audit in PostgreSQL, with proxies between them.

use std::{io::Write, time::Duration};

use session_authority::{
    audit,
    clock::Stopwatch,
    store::{
        Outbox,
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

/// Number of events after which a batch is probably in progress.
pub const ACTS_BEFORE_FAULT: usize = 40;

pub struct AuditScenario {
    pub load: UserLoad,
    pub servers: Vec<ServerProgram>,
    pub fleet: ServerFleet,
    /// Proxies between each server and Redis, and between the servers and PostgreSQL.
    pub to_redis: TcpProxy,
    pub to_postgres: TcpProxy,
    /// The audit database, bypassing the proxy.
    pub url: String,
    /// The store of the servers, bypassing the proxy.
    pub store: RedisSessionStore,
    started: Stopwatch,
    counts: FaultCounts,
}

/// Counts at different times of a run.
#[derive(Clone, Copy, Default)]
pub struct FaultCounts {
    /// Events in the audit at the first fault.
    pub before: Option<i64>,
    /// The maximum backlog.
    pub waited: u64,
}

impl AuditScenario {
    /// Starts that number of servers with the audit database at `url`, with users on all of them.
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

    /// Injects the fault once, or repeatedly in a soak.
    pub async fn repeat_fault(&mut self, mut fault: impl AsyncFnMut(&mut Self)) {
        self.wait_for_acts(ACTS_BEFORE_FAULT).await;
        eventually("some events are in the audit", async || row_counts(&self.url).await[0] > 0).await;
        self.counts.before = Some(row_counts(&self.url).await[0]);
        loop {
            fault(self).await;
            self.wait_for_acts(ACTS_BEFORE_FAULT).await;
            if self.started.elapsed() >= soak_duration() {
                break;
            }
        }
    }

    /// Waits until that many more sessions have been created or ended.
    pub async fn wait_for_acts(&self, acts: usize) {
        let enough = self.load.acknowledged() + acts;
        eventually("users get responses", async || self.load.acknowledged() >= enough).await;
    }

    /// Waits until all servers report that the audit accepts nothing and a backlog has built up.
    pub async fn wait_until_backlogged(&mut self) {
        for server in &self.servers {
            let address = server.management.parse().expect("an address");
            eventually("a server reports that the audit accepts no events", async || {
                get(address, "/readyz").await.1.contains("the audit database rejects them or is unavailable")
            })
            .await;
        }
        self.wait_for_acts(ACTS_BEFORE_FAULT).await;
        self.record_backlog().await;
    }

    /// Records the backlog.
    pub async fn record_backlog(&mut self) {
        let waiting = backlog_events(&self.store).await;
        self.counts.waited = self.counts.waited.max(waiting);
    }

    /// Ends the run. Asserts that the audit has everything and no dead letters.
    pub async fn assert_complete(self, name: &str) {
        let url = self.url.clone();
        self.finish_and_compare(name).await.assert_complete();
        assert_eq!(row_counts(&url).await[2], 0, "no dead letters");
    }

    /// Ends the run when the backlog is empty.
    pub async fn finish_and_compare(self, name: &str) -> LedgerComparison {
        let ledger = self.load.stop().await;
        eventually("the backlog is empty", async || backlog_events(&self.store).await == 0).await;
        let verdict = ledger.compare(&AuditContents::read_postgres(&self.url).await);
        print_row(name, self.counts, &verdict);
        verdict
    }
}

/// Connects to the store of the servers, as one more node.
pub async fn connect_store(fleet: &ServerFleet) -> RedisSessionStore {
    let patient = Duration::from_secs(10);
    let options = RedisOptions { connect_timeout: patient, response_timeout: patient, ..fleet.store_options() };
    RedisSessionStore::connect_with(&fleet.redis.url(), &options).await.expect("a store")
}

pub async fn backlog_events(store: &RedisSessionStore) -> u64 {
    store.backlog().await.expect("the backlog").events
}

/// Prints a row of the table of `make soak`.
pub fn print_row(name: &str, counts: FaultCounts, verdict: &LedgerComparison) {
    let FaultCounts { before, waited } = counts;
    let (before, acknowledged) = (before.unwrap_or_default(), verdict.acknowledged);
    writeln!(std::io::stdout(), "| {name} | {acknowledged} | {before} | {waited} | {verdict} |")
        .expect("standard output");
}
