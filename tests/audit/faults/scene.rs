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
    ledger::{Audit, Verdict},
    load::Load,
};
use crate::{
    audit::fixture::{address_of, counts, eventually, with_address},
    cli::{fleet::Fleet, server::Server},
    service::management::get,
    support::{proxy::TcpProxy, soak::soak},
};

/// Events that are enough for a batch to be in the middle of.
pub const SOME: usize = 40;

pub struct Scene {
    pub load: Load,
    pub servers: Vec<Server>,
    pub fleet: Fleet,
    /// Between each server and Redis, and PostgreSQL.
    pub to_redis: TcpProxy,
    pub to_postgres: TcpProxy,
    /// The audit, past the proxy.
    pub url: String,
    /// What the servers work with, past the proxy.
    pub store: RedisSessionStore,
    begun: Stopwatch,
    counts: Counts,
}

/// What there was at one time and another.
#[derive(Clone, Copy, Default)]
pub struct Counts {
    /// Events in the audit when the first fault came.
    pub before: Option<i64>,
    /// The most that waited for the audit.
    pub waited: u64,
}

impl Scene {
    /// So many servers with the audit database at `url`, users at all of them.
    pub async fn start(url: String, servers: usize) -> Self {
        audit::migrate(&url).await.expect("a schema");
        let to_postgres = TcpProxy::to(address_of(&url)).await;
        let fleet = Fleet::audited(&with_address(&url, to_postgres.address())).await;
        let to_redis = TcpProxy::to(fleet.redis.address()).await;
        let mut running = Vec::new();
        for _ in 0..servers {
            running.push(fleet.server_through(to_redis.address()).await);
        }
        let channels: Vec<_> = running.iter().map(Server::channel).collect();
        let store = store_of(&fleet).await;
        let (begun, counts, load) = (Stopwatch::start(), Counts::default(), Load::start(&channels));
        Self { load, servers: running, fleet, to_redis, to_postgres, url, store, begun, counts }
    }

    /// Strikes once; in a soak again and again.
    pub async fn again_and_again(&mut self, mut fault: impl AsyncFnMut(&mut Self)) {
        self.more(SOME).await;
        eventually("some are in the audit", async || counts(&self.url).await[0] > 0).await;
        self.counts.before = Some(counts(&self.url).await[0]);
        loop {
            fault(self).await;
            self.more(SOME).await;
            if self.begun.elapsed() >= soak() {
                break;
            }
        }
    }

    /// Waits until so many more sessions were made and ended.
    pub async fn more(&self, acts: usize) {
        let enough = self.load.acknowledged() + acts;
        eventually("users are answered", async || self.load.acknowledged() >= enough).await;
    }

    /// Waits until all servers say that the audit takes nothing, and so much waits.
    pub async fn is_not_drained(&mut self) {
        for server in &self.servers {
            let address = server.management.parse().expect("an address");
            eventually("a server says that the audit takes nothing", async || {
                get(address, "/readyz").await.1.contains("the audit database does not take them")
            })
            .await;
        }
        self.more(SOME).await;
        self.look().await;
    }

    /// Counts what waits.
    pub async fn look(&mut self) {
        let waiting = waiting(&self.store).await;
        self.counts.waited = self.counts.waited.max(waiting);
    }

    /// Ends it; the audit has everything, and set nothing aside.
    pub async fn was_right(self, name: &str) {
        let url = self.url.clone();
        self.compared(name).await.is_right();
        assert_eq!(counts(&url).await[2], 0, "nothing is set aside");
    }

    /// Ends it when nothing waits any more.
    pub async fn compared(self, name: &str) -> Verdict {
        let ledger = self.load.stop().await;
        eventually("nothing waits", async || waiting(&self.store).await == 0).await;
        let verdict = ledger.compare(&Audit::in_postgres(&self.url).await);
        tell(name, self.counts, &verdict);
        verdict
    }
}

/// The store of the servers, as one more node.
pub async fn store_of(fleet: &Fleet) -> RedisSessionStore {
    let patient = Duration::from_secs(10);
    let options = RedisOptions { connect_timeout: patient, response_timeout: patient, ..fleet.store_options() };
    RedisSessionStore::connect_with(&fleet.redis.url(), &options).await.expect("a store")
}

pub async fn waiting(store: &RedisSessionStore) -> u64 {
    store.backlog().await.expect("the backlog").events
}

/// A row of the table that `make soak` shows.
pub fn tell(name: &str, counts: Counts, verdict: &Verdict) {
    let Counts { before, waited } = counts;
    let (before, acknowledged) = (before.unwrap_or_default(), verdict.acknowledged);
    writeln!(std::io::stdout(), "| {name} | {acknowledged} | {before} | {waited} | {verdict} |")
        .expect("standard output");
}
