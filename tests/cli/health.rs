//! `health`: the health check of a container.

use std::fs;
use std::time::Duration;

use super::program::{ProgramOutput, program, run};
use super::server::ServerProgram;
use crate::support::directory::{EndSignal, ServerDirectory};
use crate::support::ports;
use crate::support::redis::RedisServer;

fn health(management: &str) -> ProgramOutput {
    run(program().args(["health", "--management", management]), "")
}

/// Returns the output of `health` as soon as it ends with `code`.
async fn once(management: &str, code: i32) -> ProgramOutput {
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
    let keys = run(program().args(["keys", "init"]), "").expect_success();
    let text = format!(
        "listen = \"127.0.0.1:PORT\"\ncallers.anonymous = true\naudit.url = \"none\"\nstore.url = \"{}\"\n{keys}",
        redis.url()
    );
    fs::write(directory.path().join("sa.toml"), text).expect("a configuration");
    let server = ServerProgram::configured(directory, "sa.toml", "http").await;

    let output = once(&server.management, 0).await.expect_success();
    assert!(output.contains("store: ok: redis is reachable\n"), "{output}");
    redis.kill();
    let output = once(&server.management, 1).await.expect_exit_code(1);
    assert!(output.starts_with(&format!("error: {} is not ready\n", server.management)), "{output}");
    assert!(output.contains("\n  store: failed: "), "{output}");
}

#[tokio::test]
async fn what_is_no_management_port_is_not_healthy() {
    let closed = format!("127.0.0.1:{}", ports::free());
    let output = health(&closed).expect_exit_code(1);
    assert!(output.starts_with(&format!("error: cannot reach {closed}: ")), "{output}");

    let server = ServerProgram::dev().await;
    let grpc = server.url.replace("http://", "");
    let output = health(&grpc).expect_exit_code(1);
    assert!(output.starts_with("error: ") && output.contains(&grpc), "{output}");
}
