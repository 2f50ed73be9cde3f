//! Revocation of sessions that match a filter.

use serde_json::Value;

use super::fake::{FakeAdministration, FakeServer};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_a_dry_run_until_it_is_confirmed() {
    let fake = FakeServer::serve(FakeAdministration { live: 3, ..FakeAdministration::default() }).await;
    let dry = fake.run(&["revoke-where", "--country", "BR"]).await.expect_success();
    assert!(
        dry.contains("sample-1") && dry.ends_with("3 active sessions would be revoked; add --yes to revoke them\n"),
        "{dry}"
    );
    let dry = fake.run(&["revoke-where", "--country", "BR", "--dry-run"]).await.expect_success();
    assert!(dry.ends_with("3 active sessions would be revoked\n"), "{dry}");

    let ran = fake.run(&["revoke-where", "--country", "BR", "--reason", "leak", "--yes"]).await;
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), "revoked 1 of 3\nrevoked 2 of 3\n"));
    assert!(ran.out.ends_with("revoked 3 of 3 active sessions that matched\n"), "{}", ran.out);

    let asked = fake.administration.revoke_requests.lock().expect("no panic");
    assert_eq!(asked.iter().map(|request| request.dry_run).collect::<Vec<_>>(), [true, true, false]);
    assert_eq!(asked[2].reason, "leak");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programs_read_every_message() {
    let fake = FakeServer::serve(FakeAdministration { live: 2, ..FakeAdministration::default() }).await;
    let out = fake.run(&["revoke-where", "--user", "ann", "--yes", "--json"]).await.expect_success();
    let messages: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let done: Vec<_> = messages.iter().map(|message| &message["done"]).collect();
    assert_eq!(done, [false, false, true]);
    assert_eq!(
        (&messages[2]["revoked_count"], &messages[0]["sample"][0]["session"]["session_id"]),
        (&"2".into(), &"sample-1".into())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_matches_end_nothing_and_the_command_with_1() {
    let fake = FakeServer::serve(FakeAdministration { live: 3, ..FakeAdministration::default() }).await;
    let err = fake.run(&["revoke-where", "--user", "ann", "--max-count", "2", "--yes"]).await.expect_exit_code(1);
    assert_eq!(err, "error: 3 sessions match (TOO_MANY_MATCHES)\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_match_prints_a_message() {
    let fake = FakeServer::serve(FakeAdministration::default()).await;
    let out = fake.run(&["revoke-where", "--user", "ann", "--yes"]).await.expect_success();
    assert_eq!(out, "no active session matches\n");
}
