//! What is said when something is wrong.

use std::net::TcpListener;

use super::program::{Ran, program, run};
use super::server::Server;
use crate::support::ports;

fn run_alone(args: &[&str]) -> Ran {
    run(program().args(args), "")
}

#[test]
fn a_wrong_command_line_ends_with_2() {
    for args in [
        &["frobnicate"][..],
        &["create"],
        &["revoke"],
        &["revoke", "--device", "d"],
        &["revoke-all", "--everyone", "--except", "id"],
        &["update", "id"],
        &["list", "ann", "--server", "nowhere"],
        &["list", "ann", "--ca", "ca.pem"],
        &["create", "ann", "--data", "[]"],
        &["validate", "-"],
    ] {
        let err = run_alone(args).ended_with(2);
        assert!(err.starts_with("error: "), "{args:?}: {err}");
    }
}

#[test]
fn help_and_version_are_no_mistakes() {
    assert!(run_alone(&["--version"]).done().starts_with("session-authority "));
    assert!(run_alone(&["--help"]).done().contains("revoke-all"));
    assert!(run_alone(&["create", "--help"]).done().contains("SESSION_AUTHORITY_API_KEY"));
}

#[test]
fn a_secret_in_the_environment_or_in_the_wrong_place_is_not_repeated() {
    let token = format!("sa_{}", "A".repeat(82));
    let err = run_alone(&["validate", "one", &token]).ended_with(2);
    assert!(err.contains("sa_…") && !err.contains(&token), "{err}");
    let help = run(program().args(["list", "--help"]).env("SESSION_AUTHORITY_API_KEY", "sak_secret"), "").done();
    assert!(!help.contains("sak_secret"), "{help}");
    let line = run(program().args(["list", "ann"]).env("SESSION_AUTHORITY_API_KEY", "sak_\nsecret"), "");
    assert!(!line.ended_with(2).contains("secret"));
}

#[test]
fn a_server_that_is_not_there_is_named_with_what_to_do() {
    let url = format!("http://127.0.0.1:{}", ports::free());
    let err = run_alone(&["list", "ann", "--server", &url]).ended_with(1);
    assert!(err.starts_with(&format!("error: cannot reach {url}: ")), "{err}");
    assert!(err.contains("`session-authority dev`"), "{err}");
}

#[test]
fn a_server_that_says_nothing_is_given_up() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", silent.local_addr().expect("an address"));
    for call in [&["list", "ann"][..], &["validate", "--stream"], &["revoke-where", "--user", "ann"]] {
        let err = run_alone(&[call, &["--server", &url, "--timeout", "1s"]].concat()).ended_with(1);
        assert!(err.contains("no answer within 1 s"), "{call:?}: {err}");
    }
}

#[tokio::test]
async fn every_field_that_the_server_finds_wrong_is_named() {
    let server = Server::dev().await;
    let err = server.run(&["create", "ann", "--ip", "here", "--country", "Oz!"]).ended_with(2);
    let lines: Vec<_> = err.lines().collect();
    assert_eq!(lines[0], "error: the request is not valid (INVALID_FIELD)");
    assert!(
        lines.len() == 3 && lines[1].starts_with("  client.ip: ") && lines[2].starts_with("  client.country: "),
        "{err}"
    );
}

#[test]
fn a_configuration_is_refused_by_the_names_of_its_settings() {
    let err = run(program().arg("serve").env("SESSION_AUTHORITY__STORE__URL", "mysql://h"), "").ended_with(2);
    assert!(err.starts_with("error: the configuration cannot be used\n"), "{err}");
    for setting in ["store.url", "audit.url", "keys.installation", "keys.token"] {
        assert!(err.contains(&format!("\n  `{setting}`: ")), "{setting}: {err}");
    }
}

#[test]
fn completions_are_printed_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(run_alone(&["completions", shell]).done().contains("revoke-all"), "{shell}");
    }
}
