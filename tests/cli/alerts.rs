//! The command that follows alerts.

use std::{
    collections::HashSet,
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
};

use serde_json::Value;

use super::{fleet::ServerFleet, server::ServerProgram};
use crate::service::alerts::logins::login_alert;

/// The running command; killed when dropped.
struct FollowCommand(Child);

impl FollowCommand {
    fn start(mut command: Command) -> (Self, impl Iterator<Item = String>) {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        (Self(child), lines.map_while(Result::ok))
    }

    /// Interrupts it, as Ctrl-C does. Returns its exit code and its standard error.
    fn interrupt(mut self) -> (Option<i32>, String) {
        let id = self.0.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().expect("kill").success());
        let mut said = String::new();
        self.0.stderr.take().expect("its errors").read_to_string(&mut said).expect("text");
        (self.0.wait().expect("an end").code(), said)
    }
}

impl Drop for FollowCommand {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_follows_until_it_is_interrupted() {
    let server = ServerProgram::dev().await;
    let (following, mut lines) = FollowCommand::start(server.program(&["alerts", "--json", "--heartbeats"]));
    let first: Value = serde_json::from_str(&lines.next().expect("a line")).expect("JSON");
    let cursor = first["heartbeat"]["cursor"].as_str().expect("a heartbeat comes first").to_owned();
    assert_eq!(following.interrupt(), (Some(0), String::new()));
    let (following, mut lines) = FollowCommand::start(server.program(&["alerts", "--heartbeats", "--resume", &cursor]));
    let line = lines.next().expect("a line");
    assert!(line.ends_with(&format!("heartbeat, cursor {cursor}")), "{line}");
    assert_eq!(following.interrupt(), (Some(0), String::new()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_server_refuses_is_reported_and_not_retried() {
    let server = ServerProgram::dev().await;
    let error = server.run(&["alerts", "--resume", "not-a-cursor"]).expect_exit_code(2);
    assert!(error.contains("resume_cursor: is not a valid cursor"), "{error}");
    let error = server.run(&["alerts", "--min-severity", "dreadful"]).expect_exit_code(2);
    assert!(error.contains("info, low, medium, high or critical"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_resumes_where_it_was_when_the_server_is_back_and_shows_each_alert_once() {
    let fleet = ServerFleet::new().await;
    let mut server = fleet.server().await;
    let (following, mut lines) = FollowCommand::start(server.program(&["alerts", "--json", "--heartbeats"]));
    let first = lines.next().expect("a line");
    assert!(first.contains("heartbeat"), "{first}");
    let mut raised = Vec::new();
    for round in 0..3 {
        if round > 0 {
            server.kill();
            server.start_again().await;
        }
        for number in 0..5 {
            let alert = login_alert(&server.channel(), &format!("user-{round}-{number}")).await.expect("sessions");
            raised.push(alert.alert_id);
        }
    }
    let (mut shown, mut alive) = (Vec::new(), 0);
    // Duplicates would arrive with the next few heartbeats.
    while alive < 20 {
        let event: Value = serde_json::from_str(&lines.next().expect("the next line")).expect("JSON");
        match event["alert"]["alert_id"].as_str() {
            Some(id) => shown.push(id.to_owned()),
            None => assert!(event["heartbeat"].is_object(), "{event}"),
        }
        alive += usize::from(shown.len() >= raised.len());
    }
    let lost = raised.iter().filter(|id| !shown.contains(id)).count();
    let twice = shown.len() - shown.iter().collect::<HashSet<_>>().len();
    let (code, said) = following.interrupt();
    assert_eq!(
        (lost, twice, code),
        (0, 0, Some(0)),
        "of {} {lost} were lost, {twice} were duplicated: {said}",
        raised.len()
    );
    assert!(said.contains("; reconnecting\n") && said.ends_with("alert stream resumed\n"), "{said}");
}
