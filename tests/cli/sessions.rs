//! The life of sessions, by commands.

use serde_json::json;

use super::program::run;
use super::server::ServerProgram;

#[tokio::test]
async fn a_session_is_created_validated_listed_and_revoked() {
    let server = ServerProgram::dev().await;
    let (token, id) = server.create("ann");

    let valid = server.run(&["validate", &token]).expect_success();
    assert!(valid.starts_with("valid\n"), "{valid}");
    assert!(valid.contains("\nuser       ann\n"), "{valid}");

    let listed = server.run(&["list", "ann", "--current", &id]).expect_success();
    let lines: Vec<_> = listed.lines().collect();
    assert_eq!(lines.len(), 2, "{listed}");
    assert!(lines[0].starts_with("  DEVICE"), "{listed}");
    assert!(lines[1].starts_with("* curl") && lines[1].ends_with(&id), "{listed}");

    assert_eq!(server.run(&["revoke", "--session", &id, "--actor", "bob"]).expect_success(), format!("revoked {id}\n"));
    let rejected = server.run(&["validate", &token]);
    assert_eq!((rejected.code, rejected.err.as_str()), (Some(1), ""));
    assert!(rejected.out.starts_with("rejected\nreason   revoked\n"), "{}", rejected.out);
    assert!(rejected.out.ends_with("by       bob\n"), "{}", rejected.out);

    assert_eq!(server.run(&["list", "ann"]).expect_success(), "ann has no active session\n");
    let again = server.run(&["revoke", "--session", &id]).expect_success();
    assert_eq!(again, "nothing to revoke: no such active session\n");
}

#[tokio::test]
async fn a_token_can_be_kept_off_the_command_line() {
    let server = ServerProgram::dev().await;
    let (token, id) = server.create("ann");
    let valid = run(&mut server.program(&["validate", "-"]), &format!("{token}\n")).expect_success();
    assert!(valid.contains(&id), "{valid}");
    let revoked = run(&mut server.program(&["revoke", "--token", "-"]), &token).expect_success();
    assert_eq!(revoked, format!("revoked {id}\n"));
    run(&mut server.program(&["validate", "-"]), "").expect_exit_code(2);
}

#[tokio::test]
async fn a_token_is_rotated() {
    let server = ServerProgram::dev().await;
    let (token, id) = server.create("ann");
    let rotated = run(&mut server.program(&["rotate", "-", "--json"]), &token).expect_success();
    let rotated: serde_json::Value = serde_json::from_str(&rotated).expect("a JSON document");
    let new = rotated["token"].as_str().expect("a token");
    assert!(new != token && rotated["session"]["session_id"] == json!(id), "{rotated}");
    let repeated = server.run(&["rotate", &token]).expect_success();
    assert!(repeated.starts_with(&format!("token      {new}\n")), "{repeated}");
    let valid = server.run(&["validate", new]).expect_success();
    assert!(valid.starts_with("valid\n"), "{valid}");
    let rejected = server.run(&["rotate", "sa_nonsense"]);
    assert_eq!(rejected.code, Some(1));
    assert!(rejected.out.starts_with("rejected\nreason  malformed\n"), "{}", rejected.out);
}

#[tokio::test]
async fn users_that_look_alike_are_shown_differently() {
    let server = ServerProgram::dev().await;
    for (user, shown) in [("ann", "ann"), ("ann\u{200b}", r"ann\u{200b}"), ("\u{202e}nna", r"\u{202e}nna")] {
        let output = server.run(&["list", user]).expect_success();
        assert_eq!(output, format!("{shown} has no active session\n"));
        let created = server.run(&["create", user]);
        if created.code == Some(0) {
            assert!(created.out.contains(&format!("signed in as {shown}.")), "{}", created.out);
        } else {
            assert!(!created.err.contains('\u{200b}') && !created.err.contains('\u{202e}'), "{}", created.err);
        }
    }
}

#[tokio::test]
async fn many_tokens_are_checked_over_one_stream_and_none_is_repeated() {
    let server = ServerProgram::dev().await;
    let (live, id) = server.create("ann");
    let (ended, ended_id) = server.create("bob");
    server.run(&["revoke", "--session", &ended_id]).expect_success();
    let input = format!("{live}\nnonsense\n{ended}\n{}", format!("{live}\n").repeat(300));
    let checked = run(&mut server.program(&["validate", "--stream"]), &input);
    assert_eq!((checked.code, checked.err.as_str()), (Some(1), ""), "two were rejected");
    assert!(!checked.out.contains(&live) && !checked.out.contains(&ended) && !checked.out.contains("nonsense"));
    let parse = |line: &str| serde_json::from_str::<serde_json::Value>(line).expect("a JSON document a line");
    let answers: Vec<_> = checked.out.lines().map(parse).collect();
    let of = |tag: usize| {
        let tag = json!(tag.to_string());
        let mut answers = answers.iter().filter(|answer| answer["tag"] == tag);
        (answers.next().expect("a response")["response"].clone(), answers.count())
    };
    for (tag, reason) in [(2, "REJECT_REASON_MALFORMED"), (3, "REJECT_REASON_REVOKED")] {
        let (response, others) = of(tag);
        assert_eq!((&response["rejection"]["reason"], others), (&json!(reason), 0));
    }
    for tag in (1..=303).filter(|tag| ![2, 3].contains(tag)) {
        let (response, others) = of(tag);
        assert_eq!((&response["session"]["session_id"], others), (&json!(id), 0));
    }
    assert_eq!(answers.len(), 303);

    assert_eq!(run(&mut server.program(&["validate", "--stream"]), &live).expect_success().lines().count(), 1);
    assert_eq!(run(&mut server.program(&["validate", "--stream"]), "").expect_success(), "");
    server.run(&["validate", "--stream", &live]).expect_exit_code(2);
    let too_long = format!("{live}\n{}", "x".repeat(10_000));
    let failed = run(&mut server.program(&["validate", "--stream"]), &too_long);
    assert_eq!((failed.code, failed.out.lines().count()), (Some(2), 1), "earlier checks have results");
}

#[tokio::test]
async fn documents_have_the_names_of_the_contract() {
    let server = ServerProgram::dev().await;
    let create =
        ["create", "ann", "--tenant", "acme", "--data", r#"{"plan": "pro"}"#, "--role", "a", "--ip", "192.0.2.1"];
    let created = server.json(&create);
    let session = &created["session"];
    assert_eq!((&session["tenant_id"], &session["user_id"]), (&json!("acme"), &json!("ann")));
    assert_eq!((&session["data"], &session["roles"]), (&json!({"plan": "pro"}), &json!(["a"])));
    assert_eq!((&session["revision"], &session["location"]["ip"]), (&json!("1"), &json!("192.0.2.1")));
    assert!(session["created_at"].as_str().is_some_and(|at| at.ends_with('Z')), "{session}");

    let token = created["token"].as_str().expect("a token");
    let validated = server.json(&["validate", token, "--peek", "--strong"]);
    assert_eq!(validated["session"]["session_id"], session["session_id"]);
    assert_eq!(validated["source"], "SOURCE_STORE");

    let id = session["session_id"].as_str().expect("an id");
    let revoked = server.json(&["revoke", "--session", id, "--tenant", "acme"]);
    assert_eq!(revoked, json!({"revoked": true, "session_ids": [id]}));
    let rejected = server.run(&["validate", token, "--json"]);
    assert_eq!(rejected.code, Some(1));
    assert!(rejected.out.contains("\"REJECT_REASON_REVOKED\""), "{}", rejected.out);
    assert_eq!(server.json(&["list", "ann", "--tenant", "acme"]), json!({"sessions": []}));
    assert_eq!(server.json(&["purge"]), json!({"purged_count": "0"}));
}

#[tokio::test]
async fn an_update_changes_what_was_given_and_heeds_the_revision() {
    let server = ServerProgram::dev().await;
    let (_, id) = server.create("ann");
    let updated = server.json(&["update", &id, "--role", "admin", "--email", "ann@example.com"]);
    let session = &updated["session"];
    assert_eq!((&session["roles"], &session["revision"]), (&json!(["admin"]), &json!("2")));
    let stale = server.run(&["update", &id, "--clear-roles", "--if-revision", "1"]).expect_exit_code(1);
    assert!(stale.starts_with("error: ") && stale.contains("(REVISION_CONFLICT)"), "{stale}");
    let cleared = server.json(&["update", &id, "--clear-roles", "--if-revision", "2"]);
    assert_eq!(cleared["session"]["roles"], json!([]));
    assert_eq!(cleared["session"]["email"], "ann@example.com");
}

#[tokio::test]
async fn the_same_device_replaces_its_session_and_says_so() {
    let server = ServerProgram::dev().await;
    server.run(&["create", "ann", "--device-id", "d"]).expect_success();
    let second = server.run(&["create", "ann", "--device-id", "d"]).expect_success();
    assert!(second.starts_with("token      sa_"), "{second}");
    assert!(second.contains("\nended      Unknown device (replaced), "), "{second}");
    let revoked = server.json(&["revoke", "--device", "d", "--user", "ann"]);
    assert_eq!(revoked["revoked"], true);
}

#[tokio::test]
async fn all_sessions_end_but_the_one_that_is_kept() {
    let server = ServerProgram::dev().await;
    let (kept, id) = server.create("ann");
    let (_, other) = server.create("ann");
    let revoked = server.run(&["revoke-all", "--user", "ann", "--except", &id]).expect_success();
    assert_eq!(revoked, format!("revoked {other}\n"));
    server.run(&["validate", &kept]).expect_success();
    server.run(&["revoke-all", "--all-of-tenant", "default"]).expect_success();
    assert_eq!(server.run(&["validate", &kept]).code, Some(1));
    let (token, _) = server.create("bob");
    server.run(&["revoke-all", "--everyone", "--reason", "test"]).expect_success();
    assert_eq!(server.run(&["validate", &token]).code, Some(1));
}
