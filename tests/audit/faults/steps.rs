//! A server that is killed between two steps of its relay.

use std::time::Duration;

use super::scene::Scene;
use crate::support::{
    postgres::PostgresServer,
    proxy::{Direction, TcpProxy},
};

/// Reading the outbox, as it is on the wire.
const READ: &str = "outbox\r\n$1\r\n-\r\n$1\r\n+\r\n$5\r\nCOUNT\r\n$2\r\n32\r\n";

/// Deleting from the outbox: the keys of the script, which no other script of these users has side by side.
const DELETE: &str = "}:outbox\r\n$13\r\nsa1:{";

enum Peer {
    Redis,
    Postgres,
}

/// What the server was about to do, or to hear, when it was killed.
const STEPS: [(Peer, &str, Direction); 10] = [
    (Peer::Redis, READ, Direction::Requests),
    (Peer::Redis, READ, Direction::Replies),
    (Peer::Postgres, "BEGIN ISOLATION", Direction::Requests),
    (Peer::Postgres, "INTO session_events", Direction::Requests),
    (Peer::Postgres, "INTO login_events", Direction::Requests),
    (Peer::Postgres, "INTO sessions", Direction::Requests),
    (Peer::Postgres, "COMMIT\0", Direction::Requests),
    (Peer::Postgres, "COMMIT\0", Direction::Replies),
    (Peer::Redis, DELETE, Direction::Requests),
    (Peer::Redis, DELETE, Direction::Replies),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_when_a_server_is_killed_between_any_two_steps() {
    let url = PostgresServer::shared().await.database().await;
    let mut scene = Scene::start(url, 1).await;
    scene
        .again_and_again(async |scene| {
            for (peer, request, direction) in STEPS {
                scene.is_killed_at(&peer, request, direction).await;
            }
            scene.servers[0].start_again().await;
        })
        .await;
    scene.was_right("a server killed between two steps").await;
}

impl Scene {
    /// Started again, the server comes as far as that, and its users a little farther.
    async fn is_killed_at(&mut self, peer: &Peer, request: &str, direction: Direction) {
        // A new connection names each statement once, so the first batch is the one to be waited for.
        self.servers[0].kill();
        self.proxy_to(peer).hold_at(request, direction);
        self.servers[0].start_again().await;
        let held = tokio::time::timeout(Duration::from_secs(30), self.proxy_to(peer).held_at()).await;
        assert!(held.is_ok(), "never seen: {request}");
        if matches!(peer, Peer::Postgres) {
            self.more(10).await;
        }
        self.look().await;
        self.servers[0].kill();
        self.proxy_to(peer).close_held();
    }

    fn proxy_to(&self, peer: &Peer) -> &TcpProxy {
        match peer {
            Peer::Redis => &self.to_redis,
            Peer::Postgres => &self.to_postgres,
        }
    }
}
