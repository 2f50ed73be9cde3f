//! Following alerts by command.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use serde_json::Value;

use super::server::Server;

/// The command while it runs; killed when dropped.
struct Following(Child);

impl Following {
    fn start(mut command: Command) -> (Self, impl Iterator<Item = String>) {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        (Self(child), lines.map_while(Result::ok))
    }

    /// Asks it to end, as Ctrl-C does, and answers how it did.
    fn interrupt(mut self) -> Option<i32> {
        let id = self.0.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().expect("kill").success());
        self.0.wait().expect("an end").code()
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_follows_until_it_is_interrupted() {
    let server = Server::dev().await;
    let (following, mut lines) = Following::start(server.program(&["alerts", "--json", "--heartbeats"]));
    let first: Value = serde_json::from_str(&lines.next().expect("a line")).expect("JSON");
    let cursor = first["heartbeat"]["cursor"].as_str().expect("a heartbeat comes first").to_owned();
    assert_eq!(following.interrupt(), Some(0));
    let (following, mut lines) = Following::start(server.program(&["alerts", "--heartbeats", "--resume", &cursor]));
    let line = lines.next().expect("a line");
    assert!(line.ends_with(&format!("alive, up to {cursor}")), "{line}");
    assert_eq!(following.interrupt(), Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_server_refuses_is_told_and_not_tried_again() {
    let server = Server::dev().await;
    let error = server.run(&["alerts", "--resume", "not-a-cursor"]).ended_with(2);
    assert!(error.contains("resume_cursor: is not a cursor"), "{error}");
    let error = server.run(&["alerts", "--min-severity", "dreadful"]).ended_with(2);
    assert!(error.contains("info, low, medium, high or critical"), "{error}");
}
