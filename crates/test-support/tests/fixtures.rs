//! The fixtures do what the tests that use them rely on.

#![expect(clippy::expect_used, reason = "a test may panic")]

use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use redis::{AsyncCommands, Client, RedisResult, TlsCertificates};
use sqlx::{Connection, PgConnection};
use tokio::net::TcpStream;

use test_support::{
    postgres::PostgresServer,
    proxy::{ProxyDirection, TcpProxy},
    redis::RedisServer,
};

async fn connect(url: &str) -> MultiplexedConnection {
    let client = Client::open(url).expect("a URL of a test's server");
    client.get_multiplexed_async_connection().await.expect("a connection")
}

async fn set(connection: &mut MultiplexedConnection, value: &str) -> RedisResult<()> {
    connection.hset("sa1:{00}:g", "*", value).await
}

async fn get(connection: &mut MultiplexedConnection) -> Option<String> {
    connection.hget("sa1:{00}:g", "*").await.expect("a value or none")
}

#[tokio::test]
async fn the_service_may_touch_its_own_keys_and_nothing_else() {
    let server = RedisServer::start().await;
    let mut service = connect(&server.url()).await;

    set(&mut service, "1").await.expect("its own key");

    for refused in [
        redis::cmd("HSET").arg("other").arg("*").arg("1"),
        redis::cmd("PUBLISH").arg("other").arg("1"),
        redis::cmd("FLUSHALL").arg("ASYNC"),
        redis::cmd("SWAPDB").arg(0).arg(1),
        redis::cmd("CONFIG").arg("GET").arg("*"),
        redis::cmd("KEYS").arg("*"),
    ] {
        let error = refused.exec_async(&mut service).await.expect_err("no right to do it");
        assert_eq!(error.code(), Some("NOPERM"), "{error}");
    }
}

#[tokio::test]
async fn a_client_without_a_password_may_do_nothing() {
    let server = RedisServer::start().await;
    let client = Client::open(format!("redis://{}", server.address())).expect("a URL");
    let mut nobody = client.get_multiplexed_async_connection().await.expect("a connection");

    let error = redis::cmd("PING").exec_async(&mut nobody).await.expect_err("no user");
    assert_eq!(error.code(), Some("NOAUTH"), "{error}");
}

#[tokio::test]
async fn a_paused_redis_answers_nothing_until_it_is_resumed() {
    let server = RedisServer::start().await;
    let mut admin = server.admin().await;

    server.pause();
    let ping = redis::cmd("PING");
    let error = ping.exec_async(&mut admin).await.expect_err("no response");
    assert!(error.is_timeout(), "{error}");

    server.resume();
    ping.exec_async(&mut admin).await.expect("a response");
}

#[tokio::test]
async fn a_killed_redis_comes_back_empty_on_its_port() {
    let server = RedisServer::start().await;
    set(&mut server.admin().await, "1").await.expect("a key");

    server.kill();
    server.restart().await;

    assert_eq!(get(&mut connect(&server.url()).await).await, None);
}

#[tokio::test]
async fn a_durable_redis_comes_back_with_what_it_answered() {
    let server = RedisServer::durable().await;
    set(&mut server.admin().await, "1").await.expect("a key");

    server.kill();
    server.restart().await;

    assert_eq!(get(&mut connect(&server.url()).await).await.as_deref(), Some("1"));
}

#[tokio::test]
async fn a_redis_with_tls_is_trusted_only_through_its_own_authority() {
    let server = RedisServer::tls().await;
    let authority = server.authority().expect("an authority").as_bytes().to_vec();

    let certificates = TlsCertificates { client_tls: None, root_cert: Some(authority) };
    let client = Client::build_with_tls(server.url(), certificates).expect("a client");
    let mut service = client.get_multiplexed_async_connection().await.expect("a connection");
    set(&mut service, "1").await.expect("its own key");

    let stranger = Client::open(server.url()).expect("a URL");
    assert!(stranger.get_multiplexed_async_connection().await.is_err());
}

#[tokio::test]
async fn databases_of_the_shared_postgres_are_apart() {
    let server = PostgresServer::shared().await;
    let (one, other) = (server.database().await, server.database().await);
    let mut one = PgConnection::connect(&one).await.expect("a connection");
    let mut other = PgConnection::connect(&other).await.expect("a connection");

    sqlx::query("CREATE TABLE t (n int)").execute(&mut one).await.expect("a table");

    let error = sqlx::query("SELECT n FROM t").execute(&mut other).await;
    assert!(error.is_err(), "the table is in the other database");
}

#[tokio::test]
async fn a_stopped_postgres_comes_back_with_what_was_committed() {
    let server = PostgresServer::start().await;
    let url = server.database().await;
    let mut connection = PgConnection::connect(&url).await.expect("a connection");
    sqlx::query("CREATE TABLE t (n int)").execute(&mut connection).await.expect("a table");

    server.stop();
    assert!(PgConnection::connect(&url).await.is_err());
    server.restart().await;

    let mut connection = PgConnection::connect(&url).await.expect("a connection");
    sqlx::query("SELECT n FROM t").execute(&mut connection).await.expect("the table");
}

#[tokio::test]
async fn a_durable_postgres_writes_through() {
    let server = PostgresServer::durable().await;
    let mut connection = PgConnection::connect(&server.database().await).await.expect("a connection");
    for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
        let value: String = sqlx::query_scalar("SELECT current_setting($1)")
            .bind(setting)
            .fetch_one(&mut connection)
            .await
            .expect("a setting");
        assert_eq!(value, "on", "{setting}");
    }
}

#[tokio::test]
async fn a_cut_proxy_refuses_until_it_is_restored() {
    let server = RedisServer::start().await;
    let proxy = TcpProxy::start(server.address()).await;
    let url = server.url_through(proxy.address());
    let mut service = connect(&url).await;

    proxy.cut().await;
    assert!(set(&mut service, "1").await.is_err());
    let error = TcpStream::connect(proxy.address()).await.expect_err("refused");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionRefused);

    proxy.restore().await;
    set(&mut connect(&url).await, "2").await.expect("a key");
}

#[tokio::test]
async fn a_frozen_direction_delivers_later_what_it_held_back() {
    let server = RedisServer::start().await;
    let proxy = TcpProxy::start(server.address()).await;
    let mut service = connect(&server.url_through(proxy.address())).await;
    let mut admin = server.admin().await;

    proxy.freeze(ProxyDirection::Requests);
    assert!(set(&mut service, "unseen").await.expect_err("no response").is_timeout());
    assert_eq!(get(&mut admin).await, None);

    proxy.thaw(ProxyDirection::Requests);
    assert_eq!(get(&mut service).await.as_deref(), Some("unseen"));

    proxy.freeze(ProxyDirection::Replies);
    assert!(set(&mut service, "seen").await.expect_err("no response").is_timeout());
    assert_eq!(get(&mut admin).await.as_deref(), Some("seen"));

    proxy.thaw(ProxyDirection::Replies);
    assert_eq!(get(&mut service).await.as_deref(), Some("seen"));
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the delay is real time")]
async fn a_delayed_direction_delivers_everything_later_and_in_order() {
    let server = RedisServer::start().await;
    let proxy = TcpProxy::start(server.address()).await;
    let mut service = connect(&server.url_through(proxy.address())).await;

    let by = Duration::from_millis(30);
    for direction in [ProxyDirection::Requests, ProxyDirection::Replies] {
        proxy.delay(direction, by);
        for value in ["1", "2"] {
            let asked = Instant::now();
            set(&mut service, value).await.expect("a late response");
            assert!(asked.elapsed() >= by);
            assert_eq!(get(&mut service).await.as_deref(), Some(value));
        }
        proxy.delay(direction, Duration::ZERO);
    }
}

#[tokio::test]
async fn a_fault_that_is_aimed_strikes_only_who_said_the_word() {
    let server = RedisServer::start().await;
    let proxy = TcpProxy::start(server.address()).await;
    let url = server.url_through(proxy.address());
    proxy.target_connections("HSET");
    let (mut reader, mut writer) = (connect(&url).await, connect(&url).await);
    set(&mut writer, "1").await.expect("a response");

    proxy.freeze(ProxyDirection::Replies);
    assert_eq!(get(&mut reader).await.as_deref(), Some("1"));
    assert!(set(&mut writer, "2").await.expect_err("no response").is_timeout());
    assert_eq!(get(&mut reader).await.as_deref(), Some("2"));
}

#[tokio::test]
async fn a_dropped_reply_is_to_a_request_that_was_executed() {
    let server = RedisServer::start().await;
    let proxy = TcpProxy::start(server.address()).await;
    let url = server.url_through(proxy.address());
    let mut service = connect(&url).await;

    proxy.drop_replies(true);
    assert!(set(&mut service, "1").await.expect_err("no response").is_connection_dropped());
    assert_eq!(get(&mut server.admin().await).await.as_deref(), Some("1"));

    proxy.drop_replies(false);
    set(&mut connect(&url).await, "2").await.expect("a response");
    assert_eq!(proxy.lost_replies(), 1);
}

#[tokio::test]
async fn the_reply_to_one_named_request_is_lost_and_no_other() {
    let server = RedisServer::start().await;
    let proxy = TcpProxy::start(server.address()).await;
    let url = server.url_through(proxy.address());
    let mut service = connect(&url).await;

    proxy.lose_reply_to("HSET");
    assert_eq!(get(&mut service).await, None);
    assert!(set(&mut service, "1").await.is_err());

    let mut service = connect(&url).await;
    assert_eq!(get(&mut service).await.as_deref(), Some("1"));
    set(&mut service, "2").await.expect("a response");
    assert_eq!(proxy.lost_replies(), 1);
}

#[tokio::test]
async fn a_connection_is_held_before_a_named_request_or_before_its_answer_and_then_closed() {
    let server = RedisServer::start().await;
    let proxy = TcpProxy::start(server.address()).await;
    for (direction, left) in [(ProxyDirection::Requests, None), (ProxyDirection::Replies, Some("1"))] {
        let mut service = connect(&server.url_through(proxy.address())).await;
        proxy.hold_at("HSET", direction);
        assert_eq!(get(&mut service).await, None);
        let held = async {
            proxy.wait_until_held().await;
            let mut other = connect(&server.url_through(proxy.address())).await;
            let seen = get(&mut other).await;
            proxy.close_held();
            seen
        };
        let (outcome, seen) = tokio::join!(set(&mut service, "1"), held);
        assert!(outcome.is_err());
        assert_eq!(seen.as_deref(), left);
    }
}

/// The counterpart of the test below, which runs this one in a separate process.
#[tokio::test]
#[ignore = "ends the test process"]
async fn leaves_a_server_behind() {
    let server = RedisServer::start().await;
    server.pause();
    let (address, directory) = (server.address(), server.directory().display());
    writeln!(std::io::stdout(), "server {address} in {directory}").expect("standard output");
    std::process::abort();
}

#[tokio::test]
async fn a_server_ends_with_its_test_process_however_that_ends() {
    let tests = std::env::current_exe().expect("this program");
    let test = "leaves_a_server_behind";
    let output =
        Command::new(tests).args([test, "--exact", "--ignored", "--nocapture"]).output().expect("this program again");
    let output = String::from_utf8(output.stdout).expect("text");
    let (_, server) = output.split_once("server ").expect("a server");
    let (address, directory) = server.split_once(" in ").expect("its address and directory");
    let directory = Path::new(directory.lines().next().expect("a directory"));

    let gone = async {
        while TcpStream::connect(address).await.is_ok() || directory.exists() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), gone).await.expect("the server and its directory are gone");
}
