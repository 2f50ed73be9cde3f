//! Error messages of the program.

use std::net::TcpListener;

use super::program::{ProgramOutput, program, run};
use super::server::ServerProgram;
use crate::support::ports;

fn run_alone(args: &[&str]) -> ProgramOutput {
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
        let err = run_alone(args).expect_exit_code(2);
        assert!(err.starts_with("error: "), "{args:?}: {err}");
    }
}

#[test]
fn help_and_version_are_no_mistakes() {
    assert!(run_alone(&["--version"]).expect_success().starts_with("session-authority "));
    assert!(run_alone(&["--help"]).expect_success().contains("revoke-all"));
    assert!(run_alone(&["create", "--help"]).expect_success().contains("SESSION_AUTHORITY_API_KEY"));
}

#[test]
fn a_secret_in_the_environment_or_in_the_wrong_place_is_not_repeated() {
    let token = format!("sa_{}", "A".repeat(82));
    let err = run_alone(&["validate", "one", &token]).expect_exit_code(2);
    assert!(err.contains("sa_…") && !err.contains(&token), "{err}");
    let help =
        run(program().args(["list", "--help"]).env("SESSION_AUTHORITY_API_KEY", "sak_secret"), "").expect_success();
    assert!(!help.contains("sak_secret"), "{help}");
    let line = run(program().args(["list", "ann"]).env("SESSION_AUTHORITY_API_KEY", "sak_\nsecret"), "");
    assert!(!line.expect_exit_code(2).contains("secret"));
}

#[test]
fn a_server_that_is_not_there_is_named_with_what_to_do() {
    let url = format!("http://127.0.0.1:{}", ports::free());
    let err = run_alone(&["list", "ann", "--server", &url]).expect_exit_code(1);
    assert!(err.starts_with(&format!("error: cannot reach {url}: ")), "{err}");
    assert!(err.contains("`session-authority dev`"), "{err}");
}

#[test]
fn a_server_that_says_nothing_is_given_up() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", silent.local_addr().expect("an address"));
    for call in [&["list", "ann"][..], &["validate", "--stream"], &["revoke-where", "--user", "ann"]] {
        let err = run_alone(&[call, &["--server", &url, "--timeout", "1s"]].concat()).expect_exit_code(1);
        assert!(err.contains("timed out after 1 s"), "{call:?}: {err}");
    }
}

#[tokio::test]
async fn every_field_that_the_server_finds_wrong_is_named() {
    let server = ServerProgram::dev().await;
    let err = server.run(&["create", "ann", "--ip", "here", "--country", "Oz!"]).expect_exit_code(2);
    let lines: Vec<_> = err.lines().collect();
    assert_eq!(lines[0], "error: invalid request (INVALID_FIELD)");
    assert!(
        lines.len() == 3 && lines[1].starts_with("  client.ip: ") && lines[2].starts_with("  client.country: "),
        "{err}"
    );
}

#[test]
fn a_configuration_is_refused_by_the_names_of_its_settings() {
    let err = run(program().arg("serve").env("SESSION_AUTHORITY__STORE__URL", "mysql://h"), "").expect_exit_code(2);
    assert!(err.starts_with("error: invalid configuration\n"), "{err}");
    for setting in ["store.url", "audit.url", "keys.installation", "keys.token"] {
        assert!(err.contains(&format!("\n  `{setting}`: ")), "{setting}: {err}");
    }
}

#[test]
fn a_file_that_is_not_toml_is_all_that_is_reported() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("sa.toml");
    std::fs::write(&path, "[store]\nurl = \"sqlite://s.db\nhunter2 = 1\n").expect("a file");
    let err = run(program().args(["serve", "--config"]).arg(&path), "").expect_exit_code(2);
    assert_eq!(err.lines().count(), 2, "{err}");
    assert!(err.contains("is not TOML: line 2") && !err.contains("is required") && !err.contains("hunter2"), "{err}");
}

#[test]
fn failures_of_a_server_have_the_format_of_its_log() {
    let parse = |err: &str| -> serde_json::Value {
        assert_eq!(err.matches('\n').count(), 1, "{err}");
        serde_json::from_str(err).expect("one document a line")
    };
    let json = ("SESSION_AUTHORITY__LOG__FORMAT", "json");
    for command in ["serve", "migrate", "adopt"] {
        let wrong = ("SESSION_AUTHORITY__STORE__URL", "mysql://h");
        let err = run(program().arg(command).envs([json, wrong]), "").expect_exit_code(2);
        let line = parse(&err);
        assert_eq!((&line["level"], &line["message"]), (&"ERROR".into(), &"invalid configuration".into()));
        let details = line["details"].as_array().expect("details");
        assert!(
            details.iter().any(|detail| detail.as_str().is_some_and(|text| text.starts_with("`store.url`"))),
            "{err}"
        );
    }
    let directory = super::keys::installation();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let mut command = program();
    command.args(["serve", "--config", "sa.toml", "--listen", &address]).current_dir(directory.path());
    command.envs([json, ("SESSION_AUTHORITY__CALLERS__ANONYMOUS", "true")]);
    let err = run(&mut command, "").expect_exit_code(1);
    let line = parse(err.lines().last().map(|line| format!("{line}\n")).as_deref().expect("a line"));
    assert!(line["message"].as_str().is_some_and(|text| text.contains("cannot listen on")), "{err}");
}

#[test]
fn an_api_key_is_not_sent_in_the_clear_beyond_this_machine() {
    for server in ["http://192.0.2.1:50051", "http://sessions.example.com", "http://localhost.example.com:1"] {
        let err = run_alone(&["list", "ann", "--server", server]).expect_exit_code(2);
        assert!(err.contains("https://") && err.contains("--allow-plaintext"), "{err}");
    }
    let nobody = format!("http://127.0.0.1:{}", ports::free());
    let local = ["list", "ann", "--server", &nobody];
    run_alone(&local).expect_exit_code(1);
    let beyond = ["list", "ann", "--server", "http://192.0.2.1:1", "--timeout", "100ms"];
    let asked = run_alone(&[&beyond[..], &["--allow-plaintext"]].concat()).expect_exit_code(1);
    assert!(asked.contains("cannot reach"), "{asked}");
    let by_variable = |value| run(program().args(beyond).env("SESSION_AUTHORITY_ALLOW_PLAINTEXT", value), "");
    by_variable("true").expect_exit_code(1);
    by_variable("false").expect_exit_code(2);
}

#[test]
fn a_line_without_an_end_is_no_token() {
    let endless = "x".repeat(1 << 20);
    let err = run(program().args(["validate", "-"]), &endless).expect_exit_code(2);
    assert!(err.contains("too long for a token") && !err.contains("xxx"), "{err}");
}

#[test]
fn times_have_a_zone() {
    for option in ["--since", "--until"] {
        let err = run_alone(&["events", option, "2026-11-30T12:00:00"]).expect_exit_code(2);
        assert!(err.contains("\"2026-11-30T12:00:00Z\""), "{err}");
    }
    assert!(run_alone(&["events", "--help"]).expect_success().contains("end of this day in UTC"));
}

#[test]
fn completions_are_printed_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(run_alone(&["completions", shell]).expect_success().contains("revoke-all"), "{shell}");
    }
}
