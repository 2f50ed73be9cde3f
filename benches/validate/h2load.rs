//! The same calls with one token, by an independent load generator: `h2load` of nghttp2.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use crate::{common::cores::CorePinning, measured_server::MeasuredServer, plan::ValidatePlan};

const CONNECTIONS: &str = "4";
const IN_FLIGHT: &str = "32";

pub fn is_installed() -> bool {
    let asked = Command::new("h2load").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    asked.is_ok_and(|status| status.success())
}

/// Loads the subject for the time of a round and blocks meanwhile. The request body is written to `directory`.
pub fn load(subject: &mut MeasuredServer, plan: &ValidatePlan, cores: &CorePinning, directory: &Path) {
    let body = directory.join("h2load.body");
    fs::write(&body, &subject.target.checks[0].body).expect("a body");
    let mut command = Command::new("h2load");
    command.args(["--threads", "1", "--clients", CONNECTIONS, "--max-concurrent-streams", IN_FLIGHT]);
    command.arg(format!("--duration={}", plan.measured.as_secs().max(1)));
    command.arg(format!("--warm-up-time={}", plan.warm_up.as_millis().max(1)) + "ms");
    command.arg("--data").arg(&body);
    for (name, value) in subject.target.method.headers() {
        command.arg("--header").arg(format!("{name}: {}", value.to_str().expect("a header")));
    }
    command.arg(subject.target.method.uri().to_string());
    let output = cores.pin_load_command(&command).output().expect("h2load");
    let text = String::from_utf8_lossy(&output.stdout);
    match rate(&text) {
        Some(rate) if has_no_failures(&text) => subject.by_h2load.push(rate),
        _ => {
            println!("{}: h2load failed: {text}{}", subject.name, String::from_utf8_lossy(&output.stderr));
            subject.failed += 1;
        }
    }
}

/// Parses the rate from `finished in 4.00s, 23456.75 req/s, 11.01MB/s`.
fn rate(text: &str) -> Option<f64> {
    let line = text.lines().find(|line| line.starts_with("finished in "))?;
    line.split(", ").nth(1)?.strip_suffix(" req/s")?.parse().ok()
}

/// Checks `requests: 93827 total, 93955 started, 93827 done, 93827 succeeded, 0 failed, 0 errored, 0 timeout`.
fn has_no_failures(text: &str) -> bool {
    let requests = text.lines().find(|line| line.starts_with("requests: ")).unwrap_or_default();
    [" 0 failed", " 0 errored", " 0 timeout"].iter().all(|none| requests.contains(none))
}
