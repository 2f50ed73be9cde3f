//! `health`: what a container asks itself.

use std::fs;
use std::time::Duration;

use super::program::{Ran, program, run};
use super::server::Server;
use crate::support::directory::{EndSignal, ServerDirectory};
use crate::support::ports;
use crate::support::redis::RedisServer;

fn health(management: &str) -> Ran {
    run(program().args(["health", "--management", management]), "")
}

/// What `health` says, as soon as it ends with `code`.
async fn once(management: &str, code: i32) -> Ran {
    let waiting = async {
        loop {
            let ran = health(management);
            if ran.code == Some(code) {
                return ran;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting).await.expect("another health")
}

#[tokio::test]
async fn health_follows_what_the_server_depends_on() {
    let redis = RedisServer::start().await;
    let directory = ServerDirectory::new("session-authority-health", EndSignal::Kill);
    let keys = run(program().args(["keys", "init"]), "").done();
    let text = format!(
        "listen = \"127.0.0.1:PORT\"\ncallers.anonymous = true\naudit.url = \"none\"\nstore.url = \"{}\"\n{keys}",
        redis.url()
    );
    fs::write(directory.path().join("sa.toml"), text).expect("a configuration");
    let server = Server::configured(directory, "sa.toml", "http").await;

    let told = once(&server.management, 0).await.done();
    assert!(told.contains("store: ok: redis answers\n"), "{told}");
    redis.kill();
    let told = once(&server.management, 1).await.ended_with(1);
    assert!(told.starts_with(&format!("error: {} is not ready\n", server.management)), "{told}");
    assert!(told.contains("\n  store: not ok: "), "{told}");
}

#[tokio::test]
async fn what_is_no_management_port_is_not_healthy() {
    let nobody = format!("127.0.0.1:{}", ports::free());
    let told = health(&nobody).ended_with(1);
    assert!(told.starts_with(&format!("error: cannot reach {nobody}: ")), "{told}");

    let server = Server::dev().await;
    let grpc = server.url.replace("http://", "");
    let told = health(&grpc).ended_with(1);
    assert!(told.starts_with("error: ") && told.contains(&grpc), "{told}");
}
