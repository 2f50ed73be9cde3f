//! Denied JWTs, by commands.

use serde_json::json;

use super::server::ServerProgram;

#[tokio::test]
async fn jwts_are_denied_and_checked() {
    let server = ServerProgram::dev().await;
    let denied = server.run(&["denylist", "deny", "a", "b", "--for", "1h", "--reason", "stolen", "--record-jtis"]);
    assert_eq!(denied.expect_success(), "denied  2\n");
    let again = server.run(&["denylist", "deny", "a", "c", "--for", "30m"]).expect_success();
    assert_eq!(again, "denied          1\nalready denied  1\n");

    let checked = server.run(&["denylist", "check", "a", "z"]);
    assert_eq!((checked.code, checked.err.as_str()), (Some(1), ""), "one of them is denied");
    let lines: Vec<_> = checked.out.lines().collect();
    assert_eq!(lines[0], "JTI  VERDICT     UNTIL");
    assert!(lines[1].starts_with("a    denied      20"), "{}", checked.out);
    assert_eq!(&lines[2..], ["z    not denied"]);
    server.run(&["denylist", "check", "z", "--strong"]).expect_success();
    server.run(&["denylist", "check", "a", "--tenant", "acme"]).expect_success();

    let checked = server.run(&["denylist", "check", "a", "--json"]);
    let verdict = serde_json::from_str::<serde_json::Value>(&checked.out).expect("JSON")["verdicts"][0].clone();
    assert_eq!((&verdict["jti"], &verdict["denied"]), (&json!("a"), &json!(true)));
}

#[tokio::test]
async fn a_wrong_denial_says_what_to_change() {
    let server = ServerProgram::dev().await;
    for arguments in [
        &["denylist", "deny", "a"][..],
        &["denylist", "deny", "--for", "1h"],
        &["denylist", "deny", "a", "--for", "1h", "--expires-at", "2026-01-31T12:00:00Z"],
        &["denylist", "check"],
    ] {
        server.run(arguments).expect_exit_code(2);
    }
    let refused = server.run(&["denylist", "deny", "a", "--for", "500d"]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains("tokens[0].expires_at: is more than 400 days from now"), "{}", refused.err);
}
