//! A simulation against a real server: its report agrees with the metrics of the server.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use super::program::{program, run};
use super::server::ServerProgram;
use crate::support::ports;

/// Returns the sum of the samples of /metrics whose names begin with `name`.
fn metric(server: &ServerProgram, name: &str) -> u64 {
    let mut stream = TcpStream::connect(&server.management).expect("a connection");
    write!(stream, "GET /metrics HTTP/1.0\r\nhost: {}\r\n\r\n", server.management).expect("a request");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("metrics");
    let samples: Vec<_> = text.lines().filter(|line| line.starts_with(name)).collect();
    let value = |line: &&str| line.rsplit(' ').next().and_then(|value| value.parse::<u64>().ok()).expect("a count");
    assert!(!samples.is_empty(), "no {name} in {text}");
    samples.iter().map(value).sum()
}

/// Simulates three hundred calls, with negligible pauses and a long timeout for busy machines.
fn simulate(server: &ServerProgram, more: &[&str]) -> Value {
    let args =
        [&["simulate", "--rate", "300", "--duration", "1s", "--seed", "7", "--timeout", "1m", "--json"], more].concat();
    let ran = server.run(&args);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.err.contains("300 calls with --seed 7\n"), "{}", ran.err);
    serde_json::from_str(&ran.out).expect("a report")
}

fn sum(counts: &Value) -> u64 {
    counts.as_object().expect("counts").values().filter_map(Value::as_u64).sum()
}

#[tokio::test]
async fn the_report_agrees_with_the_server() {
    let server = ServerProgram::dev().await;
    let report = simulate(&server, &["--attack", "session-hoarding,token-guessing", "--users", "5"]);
    let succeeded = |method: &str| report["calls"][method]["succeeded"].as_u64().expect("a count");
    assert_eq!(sum(&report["errors"]), 0, "{report}");
    let calls: u64 = ["Create", "Validate", "Revoke"].into_iter().map(succeeded).sum();
    let rest = report["calls"]["RevokeAll"]["succeeded"].as_u64().unwrap_or_default();
    assert_eq!(calls + rest + report["skipped"].as_u64().expect("a count"), 300, "{report}");

    assert_eq!(succeeded("Create"), metric(&server, "session_authority_sessions_created_total"));
    assert_eq!(succeeded("Validate"), metric(&server, "session_authority_validations_total"));
    assert_eq!(sum(&report["verdicts"]), succeeded("Validate"));
    let unknown = report["verdicts"]["unknown"].as_u64().expect("guessed tokens");
    assert_eq!(unknown, metric(&server, "session_authority_validation_rejections_total{reason=\"unknown\"}"));
    assert!(unknown >= 25, "{report}");
    let evicted = report["ended"]["evicted"].as_u64().expect("evictions");
    assert_eq!(evicted, metric(&server, "session_authority_sessions_ended_total{reason=\"evicted\"}"));
    assert_eq!(report["verdicts"]["evicted"], evicted, "each evicted session of a hoarder is rejected later");
}

#[tokio::test]
async fn a_victim_who_changes_the_password_is_alone_again() {
    let server = ServerProgram::dev().await;
    let report = simulate(&server, &["--attack", "stolen-password", "--users", "5"]);
    let attack = &report["attacks"][0];
    let text = |name: &str| attack[name].as_str().expect("a text");
    assert_eq!(text("attack"), "stolen-password");
    assert!(report["verdicts"]["revoked all"].as_u64() >= Some(1), "{report}");
    let listed = server.json(&["list", text("user_id"), "--tenant", text("tenant_id")]);
    assert_eq!(listed["sessions"].as_array().map(Vec::len), Some(1), "{listed}");
}

#[tokio::test]
async fn a_seed_makes_the_same_calls_again() {
    let reports = [ServerProgram::dev().await, ServerProgram::dev().await].map(|server| simulate(&server, &[]));
    assert_eq!(reports[0]["calls"], reports[1]["calls"]);
    assert_eq!(reports[0]["verdicts"], reports[1]["verdicts"]);
    let users = |report: &Value| report["attacks"].as_array().expect("attacks").len();
    assert_eq!(users(&reports[0]), users(&reports[1]));
}

#[tokio::test]
async fn a_server_that_becomes_unavailable_is_reported_and_no_reason_to_stop() {
    let server = ServerProgram::dev().await;
    let mut command = server.program(&["simulate", "--rate", "100", "--duration", "2s", "--json"]);
    let simulation = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("a simulation");
    while metric(&server, "session_authority_sessions_created_total") == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    drop(server);
    let ended = simulation.wait_with_output().expect("its end");
    assert_eq!(ended.status.code(), Some(0), "some calls succeeded");
    let report: Value = serde_json::from_slice(&ended.stdout).expect("a report");
    assert!(sum(&report["errors"]) > 0, "{report}");
    assert!(report["calls"]["Create"]["succeeded"].as_u64() > Some(0), "{report}");
}

#[test]
fn what_cannot_be_simulated_is_refused() {
    let nobody = format!("http://127.0.0.1:{}", ports::free());
    let stderr = run(program().args(["simulate", "--server", &nobody]), "").expect_exit_code(1);
    assert!(stderr.contains("cannot reach") && stderr.contains("session-authority dev"), "{stderr}");
    let production = "https://sessions.example.com";
    let stderr = run(program().args(["simulate", "--server", production]), "").expect_exit_code(2);
    assert!(stderr.contains(production) && stderr.contains("--this-is-not-production"), "{stderr}");
}
