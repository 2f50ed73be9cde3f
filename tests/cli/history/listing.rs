//! Listings, independent of their pages.

use std::time::Duration;

use serde_json::Value;

use super::fake::{FakeAdministration, FakeServer, events};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_pages_are_walked_and_each_entry_is_shown_once() {
    let fake = FakeServer::serve(FakeAdministration { events: events(450), ..FakeAdministration::default() }).await;
    let out = fake.run(&["events", "--limit", "0", "--user", "ann", "--since", "24h", "--json"]).await.expect_success();
    let ids: Vec<_> = out.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON")).collect();
    let expected: Vec<_> = events(450).into_iter().map(|event| event.event_id).collect();
    assert_eq!(ids.iter().map(|event| event["event_id"].as_str().expect("an id")).collect::<Vec<_>>(), expected);

    // A page token is valid only with the same filter, so a relative time must be resolved once.
    let asked = fake.administration.list_requests.lock().expect("no panic");
    assert_eq!(asked.len(), 5);
    assert!(asked.iter().all(|request| request.user_id == "ann" && request.occurred == asked[0].occurred));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_is_fetched_than_is_wanted_and_further_results_are_announced() {
    let fake = FakeServer::serve(FakeAdministration { events: events(300), ..FakeAdministration::default() }).await;
    let ran = fake.run(&["events", "--limit", "250"]).await;
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), "more entries match; use --limit 0 to show all\n"));
    let lines: Vec<_> = ran.out.lines().collect();
    assert_eq!(lines.len(), 251, "one heading and 250 events");
    assert!(lines[0].starts_with("AT ") && lines[0].ends_with("SESSION ID"), "{}", lines[0]);
    let columns = |line: &str| line.find("session").expect("a kind");
    assert_eq!(columns(lines[1]), columns(lines[250]), "columns line up over pages");
    let sizes: Vec<_> =
        fake.administration.list_requests.lock().expect("no panic").iter().map(|request| request.page_size).collect();
    assert_eq!(sizes, [200, 50, 50]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_result_is_a_message_for_people_and_no_line_for_programs() {
    let fake = FakeServer::serve(FakeAdministration::default()).await;
    assert_eq!(fake.run(&["events"]).await.expect_success(), "no event matches\n");
    assert_eq!(fake.run(&["events", "--json"]).await.expect_success(), "");
    assert_eq!(fake.run(&["sessions", "search"]).await.expect_success(), "no session matches\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_audit_that_lags_is_reported_where_it_matters() {
    let behind = Duration::from_mins(10);
    let fake =
        FakeServer::serve(FakeAdministration { behind, events: events(1), ..FakeAdministration::default() }).await;
    let err = fake.run(&["events", "--json"]).await.expect_exit_code(0);
    assert!(err.starts_with("complete until 2") && err.ends_with(": audit records are delayed\n"), "{err}");
    fake.run(&["events", "--until", "1h"]).await.expect_success();
}
