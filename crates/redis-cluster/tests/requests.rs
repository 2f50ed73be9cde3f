//! Requests that are answered, redirected, refused, or lost.

#![cfg(test)]

mod fake_server;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use redis::{Cmd, Script, Value};
use redis_cluster::{
    ClientError, Endpoint, PlaintextPolicy, RedisRequest, Router, RouterOptions, ServerInspection, ServerSettings,
    SharedError, TlsCredentials,
};

use crate::fake_server::{FakeServer, Reaction, default, line};

/// Refuses the servers whose answer to the data command is `refused`.
struct TestInspection(AtomicBool);

impl ServerInspection for TestInspection {
    const INFO_SECTIONS: &'static [&'static str] = &[];
    const PARAMETERS: &'static [&'static str] = &[];

    fn new(_: &Endpoint) -> Self {
        Self(AtomicBool::new(false))
    }

    fn data_command(&self) -> Cmd {
        let mut command = redis::cmd("GET");
        command.arg("age");
        command
    }

    fn check_data(&self, answer: Option<Value>) {
        self.0.store(answer == Some(Value::SimpleString("refused".to_owned())), Ordering::SeqCst);
    }

    fn check_settings(&self, _: &ServerSettings<'_>) -> bool {
        true
    }

    fn refusal(&self) -> Option<SharedError> {
        self.0.load(Ordering::SeqCst).then(|| Arc::new(std::io::Error::other("old data")) as SharedError)
    }
}

async fn connect(url: &str) -> Router<TestInspection> {
    let options = RouterOptions {
        connections: 1,
        connect_timeout: Duration::from_secs(5),
        response_timeout: Duration::from_secs(5),
        plaintext: PlaintextPolicy::Hosts { is_allowed: |host| host == "127.0.0.1", advice: "use TLS" },
    };
    Router::connect(url, TlsCredentials::default(), &options).await.expect("a router")
}

async fn connect_to_cluster(server: &FakeServer) -> Router<TestInspection> {
    connect(&format!("redis+cluster://{}", server.address())).await
}

async fn increment(router: &Router<TestInspection>) -> Result<u64, ClientError> {
    router.query("counting", RedisRequest::new("INCR", b"visits")).await
}

/// Starts a server that reacts to `INCR` as `react` says.
async fn start_counter(react: impl Fn() -> Reaction + Send + Sync + 'static) -> FakeServer {
    FakeServer::start(move |words| if words[0] == "INCR" { react() } else { default() }).await
}

#[tokio::test]
async fn a_command_whose_response_was_lost_is_not_repeated() {
    for scheme in ["redis", "redis+cluster"] {
        let was_lost = AtomicBool::new(false);
        let lose_first = move || if was_lost.swap(true, Ordering::SeqCst) { line(":2") } else { Reaction::Disconnect };
        let server = start_counter(lose_first).await;
        let router = connect(&format!("{scheme}://{}", server.address())).await;
        let error = increment(&router).await.expect_err("a lost response");
        assert!(matches!(error, ClientError::NoResponse { during: "counting", .. }), "{scheme}: {error}");
        assert_eq!(server.count("INCR"), 1, "{scheme}");
        assert_eq!(increment(&router).await.expect("another connection"), 2, "{scheme}");
    }
}

#[tokio::test]
async fn a_redirect_is_followed_and_remembered() {
    let owner = start_counter(|| line(":1")).await;
    let moved = format!("-MOVED 3999 {}", owner.address());
    let has_moved = AtomicBool::new(false);
    // A redirect is followed by a query for the slot map, which would name the former owner again.
    let former = FakeServer::start(move |words| match words[0].as_str() {
        "INCR" => {
            has_moved.store(true, Ordering::SeqCst);
            line(&moved)
        }
        "CLUSTER" if has_moved.load(Ordering::SeqCst) => line("-CLUSTERDOWN The cluster is down"),
        _ => default(),
    })
    .await;
    let router = connect_to_cluster(&former).await;
    for _ in 0..2 {
        assert_eq!(increment(&router).await.expect("a number"), 1);
    }
    assert_eq!((former.count("INCR"), owner.count("INCR")), (1, 2));
}

#[tokio::test]
async fn a_command_that_was_not_executed_is_sent_again() {
    let attempts = AtomicUsize::new(0);
    let refuse_twice = move || match attempts.fetch_add(1, Ordering::SeqCst) {
        0 => line("-TRYAGAIN Multiple keys request during rehashing of slot"),
        1 => line("-CLUSTERDOWN The cluster is down"),
        _ => line(":7"),
    };
    let server = start_counter(refuse_twice).await;
    assert_eq!(increment(&connect_to_cluster(&server).await).await.expect("a number"), 7);
    assert_eq!(server.count("INCR"), 3);
}

#[tokio::test]
async fn a_server_that_does_not_know_a_script_is_sent_it_once() {
    let knows_it = AtomicBool::new(false);
    let server = FakeServer::start(move |words| match words[0].as_str() {
        "SCRIPT" => {
            knows_it.store(true, Ordering::SeqCst);
            default()
        }
        "EVALSHA" if !knows_it.load(Ordering::SeqCst) => line("-NOSCRIPT No matching script"),
        "EVALSHA" => line(":3"),
        _ => default(),
    })
    .await;
    let router = connect_to_cluster(&server).await;
    let script = Script::new("return 3");
    for _ in 0..2 {
        let request = RedisRequest::with_script(&script, &[b"visits".to_vec()]);
        assert_eq!(router.query::<u64>("running a script", request).await.expect("a number"), 3);
    }
    assert_eq!((server.count("SCRIPT"), server.count("EVALSHA")), (1, 3));
}

#[tokio::test]
async fn the_answer_of_a_server_that_has_become_a_replica_is_discarded() {
    let is_replica = Arc::new(AtomicBool::new(false));
    let role = Arc::clone(&is_replica);
    let server = FakeServer::start(move |words| match words[0].as_str() {
        "ROLE" if role.load(Ordering::SeqCst) => line("*5\r\n$5\r\nslave\r\n$1\r\na\r\n:1\r\n$9\r\nconnected\r\n:0"),
        "INCR" => line(":1"),
        _ => default(),
    })
    .await;
    let router = connect(&format!("redis://{}", server.address())).await;
    assert_eq!(increment(&router).await.expect("a master"), 1);
    is_replica.store(true, Ordering::SeqCst);
    let error = increment(&router).await.expect_err("a replica");
    assert!(matches!(error, ClientError::Unreachable { .. }), "{error}");
}

#[tokio::test]
async fn nothing_is_sent_to_a_server_that_the_application_refuses() {
    let server = FakeServer::start(|words| if words[0] == "GET" { line("+refused") } else { default() }).await;
    let router = connect_to_cluster(&server).await;
    let error = increment(&router).await.expect_err("a refusal");
    assert!(matches!(&error, ClientError::Refused(_)), "{error}");
    assert_eq!(error.to_string(), "old data");
    assert_eq!(server.count("INCR"), 0);
    let batch = [RedisRequest::new("INCR", b"visits"), RedisRequest::new("INCR", b"visits")];
    for answer in router.query_each::<u64>("counting", &batch).await {
        assert!(matches!(answer, Err(ClientError::Refused(_))), "{answer:?}");
    }
}
