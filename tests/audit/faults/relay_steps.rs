//! A server that is killed between two steps of its relay.

use std::time::Duration;

use super::scenario::AuditScenario;
use crate::support::{
    postgres::PostgresServer,
    proxy::{ProxyDirection, TcpProxy},
};

/// Read of the outbox, as it appears on the wire.
const READ: &str = "outbox\r\n$1\r\n-\r\n$1\r\n+\r\n$5\r\nCOUNT\r\n$2\r\n32\r\n";

/// Deletion from the outbox: the keys of the script, which no other script of these users has next to each other.
const DELETE: &str = "}:outbox\r\n$13\r\nsa1:{";

enum RelayPeer {
    Redis,
    Postgres,
}

/// The request that the server was about to send, or whose response it was about to receive, when it was killed.
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
    /// Restarts the server, waits until it reaches that request, and kills it. Its users get a little further.
    async fn kill_at(&mut self, peer: &RelayPeer, request: &str, direction: ProxyDirection) {
        self.servers[0].kill();
        self.proxy_to(peer).hold_at(request, direction);
        self.servers[0].start_again().await;
        let held = tokio::time::timeout(Duration::from_secs(30), self.proxy_to(peer).wait_until_held()).await;
        assert!(held.is_ok(), "timed out waiting for the request: {request}");
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
