//! Exports of events.

use std::{fs, process::Stdio};

use serde_json::Value;

use super::fake::{FakeAdministration, FakeServer, events};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_has_every_event_latest_first() {
    let fake = FakeServer::serve(FakeAdministration { events: events(450), ..FakeAdministration::default() }).await;
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("events.jsonl");
    let file = path.to_str().expect("text");
    let ran = fake.run(&["export", "--output", file]).await;
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), ""), "{}", ran.err);
    assert_eq!(ran.err, format!("wrote 450 events to {file}\n"));
    let written = fs::read_to_string(&path).expect("a file");
    assert_eq!(written, fake.run(&["export"]).await.expect_success());
    let ids: Vec<_> = written.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON")).collect();
    assert_eq!((ids.len(), &ids[0]["event_id"], &ids[449]["event_id"]), (450, &"event-449".into(), &"event-0".into()));

    let ocsf = fake.run(&["export", "--format", "ocsf"]).await.expect_success();
    let lines: Vec<Value> = ocsf.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), 450);
    assert!(lines.iter().all(|line| line["type_uid"] == 300_201), "{}", lines[0]);
    assert_eq!(lines[0]["user"]["uid"], "user-449");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_that_is_interrupted_says_so_and_leaves_what_was_there() {
    let fake =
        FakeServer::serve(FakeAdministration { events: events(450), pages: 2, ..FakeAdministration::default() }).await;
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("events.jsonl");
    fs::write(&path, "before").expect("a file");
    let mut command = fake.program(&["export", "--timeout", "10m", "--output", path.to_str().expect("text")]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program");
    fake.administration.page_withheld.notified().await;
    let names = || fs::read_dir(directory.path()).expect("a directory").count();
    assert_eq!(names(), 2, "the export is written to a temporary file");
    let id = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &id]).status().expect("kill").success());
    let ended = tokio::task::spawn_blocking(|| child.wait_with_output()).await.expect("an end").expect("its output");
    let err = String::from_utf8(ended.stderr).expect("text");
    assert_eq!((ended.status.code(), err.as_str()), (Some(1), "error: interrupted: the export is incomplete\n"));
    assert_eq!((fs::read_to_string(&path).expect("a file").as_str(), names()), ("before", 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_that_fails_halfway_leaves_no_file() {
    let fake =
        FakeServer::serve(FakeAdministration { events: events(450), pages: 2, ..FakeAdministration::default() }).await;
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("events.jsonl");
    let file = path.to_str().expect("text");
    let err = fake.run(&["export", "--timeout", "1s", "--output", file]).await.expect_exit_code(1);
    assert!(err.contains("timed out after 1 s"), "{err}");
    assert_eq!(fs::read_dir(directory.path()).expect("a directory").count(), 0);
}
