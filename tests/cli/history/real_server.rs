//! Commands against a server with an audit database.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use crate::cli::server::ServerProgram;

/// Returns the documents of a listing as soon as there are `count`: changes reach the audit with a delay.
async fn listed(server: &ServerProgram, args: &[&str], count: usize) -> Vec<Value> {
    let args = [args, &["--json"]].concat();
    let found = async {
        loop {
            let ran = server.run(&args);
            assert_eq!(ran.code, Some(0), "{ran:?}");
            let lines = ran.out.lines().map(|line| serde_json::from_str(line).expect("JSON"));
            let documents: Vec<Value> = lines.collect();
            if documents.len() == count {
                return documents;
            }
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(Duration::from_mins(1), found).await.expect("the expected entries")
}

#[tokio::test]
async fn sessions_are_found_live_and_ended() {
    let server = ServerProgram::dev().await;
    let (_, ann) = server.create("ann");
    let (_, bob) = server.create("bob");
    server.run(&["revoke", "--session", &ann, "--reason", "left on the train", "--actor", "carol"]).expect_success();
    let ended = listed(&server, &["sessions", "search", "--state", "ended"], 1).await;
    assert_eq!(ended[0]["session"]["session_id"], json!(ann));
    assert_eq!((&ended[0]["end_reason"], &ended[0]["actor"]), (&json!("END_REASON_REVOKED"), &json!("carol")));
    let live = listed(&server, &["sessions", "search", "--state", "live", "--created-since", "1h"], 1).await;
    assert_eq!(live[0]["session"]["session_id"], json!(bob));
    let text = server.run(&["sessions", "search"]).out;
    assert!(text.starts_with("USER ") && text.contains("revoked just now by carol"), "{text}");
    listed(&server, &["sessions", "search", "--ip", "198.51.100.0/24"], 0).await;
    let err = server.run(&["sessions", "search", "--ip", "here"]).expect_exit_code(2);
    assert!(err.contains("filter.ip_range: "), "{err}");
}

#[tokio::test]
async fn events_are_read_and_exported() {
    let server = ServerProgram::dev().await;
    let (_, id) = server.create("ann");
    server.create("bob");
    server.run(&["revoke", "--session", &id]).expect_success();
    let events = listed(&server, &["events", "--user", "ann", "--since", "1h"], 2).await;
    let kinds: Vec<_> = events.iter().map(|event| &event["kind"]).collect();
    assert_eq!(kinds, ["AUDIT_EVENT_KIND_SESSION_ENDED", "AUDIT_EVENT_KIND_SESSION_CREATED"]);
    let exported = server.run(&["export", "--kind", "session-ended", "--format", "ocsf"]);
    let line: Value = serde_json::from_str(&exported.out).expect("one line");
    assert_eq!((&line["type_uid"], &line["session"]["uid"]), (&json!(300_202), &json!(id)));
}

#[tokio::test]
async fn sessions_end_by_what_they_have_in_common() {
    let server = ServerProgram::dev().await;
    let (ann, _) = server.create("ann");
    server.run(&["create", "bob", "--country", "BR", "--device-id", "d"]).expect_success();
    listed(&server, &["sessions", "search", "--state", "live"], 2).await;
    let many = server.run(&["revoke-where", "--created-since", "1h", "--max-count", "1", "--yes"]).expect_exit_code(1);
    assert!(many.contains("(TOO_MANY_MATCHES)"), "{many}");
    let dry = server.run(&["revoke-where", "--device", "d"]).out;
    assert!(dry.ends_with("1 active session would be revoked; add --yes to revoke them\n"), "{dry}");
    let done = server.run(&["revoke-where", "--device", "d", "--yes"]).out;
    assert!(done.ends_with("revoked 1 of 1 active session that matched\n"), "{done}");
    assert_eq!(server.run(&["list", "bob"]).expect_success(), "bob has no active session\n");
    server.run(&["validate", &ann]).expect_success();
    server.run(&["revoke-where", "--yes"]).expect_exit_code(2);
}

#[tokio::test]
async fn what_happened_is_counted() {
    let server = ServerProgram::dev().await;
    let (_, id) = server.create("ann");
    server.create("bob");
    server.run(&["revoke", "--session", &id]).expect_success();
    listed(&server, &["events"], 3).await;
    let stats = server.json(&["stats", "--since", "1h", "--step", "1m"]);
    let counts = ["active_sessions", "active_users", "logins", "endings"].map(|name| &stats[name]);
    assert_eq!(counts, ["1", "1", "2", "1"]);
    let text = server.run(&["stats"]).expect_success();
    assert!(text.starts_with("active          1 session of 1 user\n"), "{text}");
    assert!(text.contains("\nEND REASON  SESSIONS\n"), "{text}");
}

#[tokio::test]
async fn a_user_is_forgotten() {
    let server = ServerProgram::dev().await;
    let (token, _) = server.create("ann");
    listed(&server, &["sessions", "search", "--user", "ann"], 1).await;
    server.run(&["forget-user", "--user", "ann"]).expect_exit_code(2);
    let said = server.run(&["forget-user", "--user", "ann", "--yes"]).expect_success();
    assert!(said.starts_with("ended     1 session\nerased    "), "{said}");
    assert_eq!(server.run(&["validate", &token]).code, Some(1));
    listed(&server, &["sessions", "search", "--user", "ann"], 0).await;
    listed(&server, &["events", "--user", "ann"], 0).await;
}
