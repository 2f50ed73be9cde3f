//! A server that is killed between two steps of its relay.

use std::time::Duration;

use super::scenario::AuditScenario;
use crate::support::{
    postgres::PostgresServer,
    proxy::{ProxyDirection, TcpProxy},
};

/// Reading the outbox, as it is on the wire.
const READ: &str = "outbox\r\n$1\r\n-\r\n$1\r\n+\r\n$5\r\nCOUNT\r\n$2\r\n32\r\n";

/// Deleting from the outbox: the keys of the script, which no other script of these users has side by side.
const DELETE: &str = "}:outbox\r\n$13\r\nsa1:{";

enum RelayPeer {
    Redis,
    Postgres,
}

/// What the server was about to do, or to hear, when it was killed.
const STEPS: [(RelayPeer, &str, ProxyDirection); 10] = [
    (RelayPeer::Redis, READ, ProxyDirection::Requests),
    (RelayPeer::Redis, READ, ProxyDirection::Replies),
    (RelayPeer::Postgres, "BEGIN ISOLATION", ProxyDirection::Requests),
    (RelayPeer::Postgres, "INTO session_events", ProxyDirection::Requests),
    (RelayPeer::Postgres, "INTO login_events", ProxyDirection::Requests),
    (RelayPeer::Postgres, "INTO sessions", ProxyDirection::Requests),
    (RelayPeer::Postgres, "COMMIT\0", ProxyDirection::Requests),
    (RelayPeer::Postgres, "COMMIT\0", ProxyDirection::Replies),
    (RelayPeer::Redis, DELETE, ProxyDirection::Requests),
    (RelayPeer::Redis, DELETE, ProxyDirection::Replies),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_when_a_server_is_killed_between_any_two_steps() {
    let url = PostgresServer::shared().await.database().await;
    let mut scene = AuditScenario::start(url, 1).await;
    scene
        .repeat_fault(async |scene| {
            for (peer, request, direction) in STEPS {
                scene.kill_at(&peer, request, direction).await;
            }
            scene.servers[0].start_again().await;
        })
        .await;
    scene.assert_complete("a server killed between two steps").await;
}

impl AuditScenario {
    /// Started again, the server comes as far as that, and its users a little farther.
    async fn kill_at(&mut self, peer: &RelayPeer, request: &str, direction: ProxyDirection) {
        // A new connection names each statement once, so the first batch is the one to be waited for.
        self.servers[0].kill();
        self.proxy_to(peer).hold_at(request, direction);
        self.servers[0].start_again().await;
        let held = tokio::time::timeout(Duration::from_secs(30), self.proxy_to(peer).wait_until_held()).await;
        assert!(held.is_ok(), "never seen: {request}");
        if matches!(peer, RelayPeer::Postgres) {
            self.wait_for_acts(10).await;
        }
        self.record_backlog().await;
        self.servers[0].kill();
        self.proxy_to(peer).close_held();
    }

    fn proxy_to(&self, peer: &RelayPeer) -> &TcpProxy {
        match peer {
            RelayPeer::Redis => &self.to_redis,
            RelayPeer::Postgres => &self.to_postgres,
        }
    }
}
