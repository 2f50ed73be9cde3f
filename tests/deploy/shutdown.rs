//! Supervisors wait longer for the service than an orderly shutdown takes.

use std::path::Path;
use std::time::Duration;

use session_authority::config::parse_span;

use super::read_deploy_file;

/// A file, the text before the timeout that it gives the service, and the unit after it.
const STOP_TIMEOUTS: [(&str, &str, &str); 3] = [
    ("systemd/session-authority.service", "\nTimeoutStopSec=", ""),
    ("compose.yaml", "\n    stop_grace_period: ", ""),
    ("kubernetes/deployment.yaml", "\n      terminationGracePeriodSeconds: ", "s"),
];

#[test]
fn who_stops_the_service_waits_until_it_has_ended_by_itself() {
    let defaults = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/config/default.toml");
    let defaults = std::fs::read_to_string(defaults).expect("the defaults");
    let shutdown = &defaults[defaults.find("\n[shutdown]").expect("a section")..];
    let deadline = span(shutdown, "\ndeadline = \"", "");
    assert_eq!(deadline, span(&read_deploy_file("kubernetes/session-authority.toml"), "\ndeadline = \"", ""));
    for (file, before, unit) in STOP_TIMEOUTS {
        let patience = span(&read_deploy_file(file), before, unit);
        assert!(patience > deadline, "{file} waits {patience:?}; the service may take {deadline:?}");
    }
}

fn span(text: &str, before: &str, unit: &str) -> Duration {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("{before} in {text}"));
    let number = rest.split(|c: char| !c.is_alphanumeric()).next().expect("a span");
    parse_span(&format!("{number}{unit}")).unwrap_or_else(|| panic!("{before}{number}"))
}
