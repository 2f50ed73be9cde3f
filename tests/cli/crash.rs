//! A server that is killed repeatedly in the middle of logins: every acknowledged session exists, each with its event,
//! and no secret that opens a session was ever written to disk.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

use session_authority::api::session_service_client::SessionServiceClient;
use session_authority::api::validate_response::Outcome;
use session_authority::api::{CreateRequest, CreateResponse, ListRequest, Session, ValidateRequest};
use sqlx::{Connection, Row, SqliteConnection};
use tonic::transport::Channel;

use super::program::program;

const ROUNDS: usize = 4;
const LOGINS_BEFORE_THE_KILL: usize = 25;

/// A development server in `data` with the most verbose log; killed when dropped.
struct CrashingServer {
    child: Child,
    client: SessionServiceClient<Channel>,
}

impl CrashingServer {
    async fn start(data: &Path) -> Self {
        let log = fs::OpenOptions::new().create(true).append(true).open(data.join("server.log")).expect("a log");
        let mut command = program();
        command.args(["dev", "--listen", "127.0.0.1:0", "--management", "127.0.0.1:0", "--data"]).arg(data);
        command
            .env("SESSION_AUTHORITY__LOG__FILTER", "debug,session_authority=trace")
            // The machine may be busy with other tests.
            .env("SESSION_AUTHORITY__SERVER__REQUEST_TIMEOUT", "1m")
            .stdout(Stdio::piped())
            .stderr(log);
        let mut child = command.spawn().expect("a server");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let mut lines = lines.map(|line| line.expect("a line"));
        let url =
            lines.find_map(|line| line.strip_prefix("gRPC").map(|rest| rest.trim().to_owned())).expect("its address");
        let client = SessionServiceClient::connect(url).await.expect("a connection");
        Self { child, client }
    }

    async fn validate(&self, token: &str) -> Option<Session> {
        let request = ValidateRequest { token: token.to_owned(), ..ValidateRequest::default() };
        match self.client.clone().validate(request).await.expect("a verdict").into_inner().outcome {
            Some(Outcome::Session(session)) => Some(session),
            _ => None,
        }
    }
}

impl Drop for CrashingServer {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

async fn login(client: &SessionServiceClient<Channel>, user: String) -> Result<CreateResponse, tonic::Status> {
    let request = CreateRequest { user_id: user, email: "ann@example.com".into(), ..CreateRequest::default() };
    client.clone().create(request).await.map(tonic::Response::into_inner)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_survives_kill_9_with_its_event() {
    let data = tempfile::tempdir().expect("a directory");
    let mut answered = Vec::new();
    for round in 0..ROUNDS {
        let mut server = CrashingServer::start(data.path()).await;
        let client = server.client.clone();
        let logins = (0..100).map(|n| login(&client, format!("user-{round}-{n}")));
        let mut logins: futures_util::stream::FuturesUnordered<_> = logins.collect();
        // The other logins are in flight when it is killed.
        while let Some(login) = futures_util::StreamExt::next(&mut logins).await {
            answered.push(login.expect("a session").token);
            if answered.len() >= (round + 1) * LOGINS_BEFORE_THE_KILL {
                break;
            }
        }
        server.child.kill().expect("a kill");
    }

    let server = CrashingServer::start(data.path()).await;
    for token in &answered {
        let session = server.validate(token).await.expect("an acknowledged session exists");
        let listed = ListRequest { user_id: session.user_id, ..ListRequest::default() };
        let listed = server.client.clone().list(listed).await.expect("a list").into_inner().sessions;
        assert_eq!(listed.len(), 1, "whole, and once");
    }
    drop(server);
    let events = drain_and_list_logins(data.path()).await;
    assert!(events.len() >= answered.len());
    for token in &answered {
        let id = id_of(token);
        assert_eq!(events.iter().filter(|event| **event == id).count(), 1, "one login event for {id}");
    }
    assert_no_secrets_written(data.path(), &answered);
}

fn assert_no_secrets_written(data: &Path, tokens: &[String]) {
    let log = fs::read_to_string(data.join("server.log")).expect("the log");
    assert!(log.contains("grpc.call") && !log.contains("ann@example.com"), "the log has calls and no e-mail addresses");
    let databases: Vec<u8> =
        ["sessions.db", "audit.db"].iter().flat_map(|file| fs::read(data.join(file)).expect("its contents")).collect();
    let finds = |needle: &[u8]| databases.windows(needle.len()).any(|window| window == needle);
    assert!(finds(b"user-0-"), "the search finds existing data");
    for token in &tokens[..10] {
        assert!(!log.contains(token.as_str()) && !log.contains(&format!("{:?}", secret_of(token))), "in the log");
        assert!(!finds(token.as_bytes()) && !finds(&secret_of(token)), "in a database");
    }
}

/// Returns the IDs of the sessions whose login is in the audit, once the outbox is drained.
async fn drain_and_list_logins(data: &Path) -> Vec<String> {
    let mut server = CrashingServer::start(data).await;
    let fresh = id_of(&login(&server.client, "the last".into()).await.expect("a session").token);
    // The audit's file belongs to the server while it runs, so it is read after the server has ended.
    let id = server.child.id().to_string();
    let status = std::process::Command::new("sh").args(["-c", r#"kill -s TERM "$1""#, "kill", &id]).status();
    assert!(status.expect("sh").success());
    assert!(server.child.wait().expect("its end").success(), "an orderly shutdown with a drained outbox");
    let mut audit =
        SqliteConnection::connect(&format!("sqlite://{}/audit.db", data.display())).await.expect("the audit");
    let rows = sqlx::query("SELECT session_id FROM login_events").fetch_all(&mut audit).await.expect("logins");
    let ids: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert!(ids.contains(&fresh), "the outbox is drained completely");
    ids
}

fn bytes_of(token: &str) -> Vec<u8> {
    data_encoding::BASE64URL_NOPAD.decode(&token.as_bytes()[3..]).expect("a token")
}

fn secret_of(token: &str) -> Vec<u8> {
    bytes_of(token)[21..53].to_vec()
}

fn id_of(token: &str) -> String {
    session_authority::domain::SessionId::from_slice(&bytes_of(token)[1..21]).expect("an id").to_string()
}
