//! An API key is accepted from its creation to its end, and nothing else is.

use std::{fs, time::Duration};

use session_authority::{
    api::{ListRequest, ListResponse},
    callers::ApiKey,
    domain::CallerRole,
    entropy::SystemEntropy,
};
use tonic::{Code, Request, Response, Status};

use super::{KeyRing, directory, guarded};
use crate::service::{
    fixture::{START, TestService, error_parts, eventually, signed},
    management::get,
};

const MISSING: &str = "an API key (authorization: Bearer KEY) or a client certificate is required";

fn request() -> ListRequest {
    ListRequest { user_id: "ann".to_owned(), ..ListRequest::default() }
}

async fn list(service: &TestService, request: Request<ListRequest>) -> Result<Response<ListResponse>, Status> {
    service.sessions().list(request).await
}

#[tokio::test]
async fn a_caller_without_a_valid_key_learns_what_is_wrong_with_it() {
    let directory = directory();
    let ring = KeyRing::open(&directory);
    let good = ring.add("login", CallerRole::Issuer, &[]);
    let short = ring.add_until(Some(START.plus(Duration::from_mins(1))), "visitor", CallerRole::Issuer, &[]);
    let revoked = ring.add("former", CallerRole::Issuer, &[]);
    ring.revoke("former");
    let service = guarded(directory).await;
    list(&service, signed(&good, request())).await.expect("authenticated");
    list(&service, signed(&short, request())).await.expect("authenticated, for now");
    service.clock.advance(Duration::from_mins(1));

    let stranger = ApiKey::generate(&SystemEntropy).expect("a key").reveal();
    let mut mistyped = good.clone();
    mistyped.replace_range(20..21, if &good[20..21] == "A" { "B" } else { "A" });
    let mut basic = signed(&good, request());
    basic.metadata_mut().insert("authorization", format!("Basic {good}").parse().expect("a header"));
    for (request, text) in [
        (Request::new(request()), MISSING),
        (basic, MISSING),
        (signed("", request()), "unknown API key"),
        (signed(&mistyped, request()), "unknown API key"),
        (signed(&stranger, request()), "unknown API key"),
        (signed(&short, request()), "the API key has expired"),
        (signed(&revoked, request()), "the API key was revoked"),
    ] {
        let status = list(&service, request).await.expect_err("not authenticated");
        assert_eq!(error_parts(&status), (Code::Unauthenticated, "CALLER_UNAUTHENTICATED".into(), vec![]));
        assert_eq!(status.message(), text);
    }
    list(&service, signed(&good, request())).await.expect("still authenticated");
}

#[tokio::test]
async fn a_running_node_learns_of_new_and_of_revoked_keys() {
    let directory = directory();
    let ring = KeyRing::open(&directory);
    let old = ring.add("old", CallerRole::Issuer, &[]);
    let service = guarded(directory).await;
    list(&service, signed(&old, request())).await.expect("authenticated");

    let new = ring.add("new", CallerRole::Issuer, &[]);
    eventually("the new key works", || async { list(&service, signed(&new, request())).await.is_ok() }).await;
    ring.revoke("old");
    eventually("the old key no longer works", || async { list(&service, signed(&old, request())).await.is_err() })
        .await;
    let status = list(&service, signed(&old, request())).await.expect_err("revoked");
    assert_eq!(status.message(), "the API key was revoked");
    list(&service, signed(&new, request())).await.expect("the other key stays valid");
}

/// Returns the state of the callers in `/readyz`.
async fn callers_line(service: &TestService) -> String {
    let (_, body) = get(service.node.management, "/readyz").await;
    body.lines().find(|line| line.starts_with("callers: ")).expect("a line on callers").to_owned()
}

/// Replaces the key file as a whole: a file that is written in place is empty for a moment.
fn put(ring: &KeyRing, content: &str) {
    let new = ring.file.path().with_extension("put");
    fs::write(&new, content).expect("a file");
    fs::rename(&new, ring.file.path()).expect("the file replaced");
}

async fn exports(service: &TestService, series: &str) -> bool {
    let (_, metrics) = get(service.node.management, "/metrics").await;
    metrics.contains(&format!("\nsession_authority_{series}\n"))
}

#[tokio::test]
async fn a_file_that_cannot_be_used_changes_nothing_for_now_and_is_reported() {
    let directory = directory();
    let ring = KeyRing::open(&directory);
    let key = ring.add("login", CallerRole::Issuer, &[]);
    let service = guarded(directory).await;
    let good = fs::read_to_string(ring.file.path()).expect("the file");
    eventually("the file is read", async || callers_line(&service).await == "callers: ok: 1 credentials").await;
    assert!(exports(&service, "caller_file_usable 1").await);

    put(&ring, "this is not TOML");
    eventually("the change is noticed", || exports(&service, "caller_reloads_total{outcome=\"rejected\"} 1")).await;
    list(&service, signed(&key, request())).await.expect("still authenticated");
    eventually("it is reported", async || callers_line(&service).await.starts_with("callers: degraded: ")).await;
    let line = callers_line(&service).await;
    assert!(line.contains("line 1") && line.contains("stay valid for at most 3"), "{line}");
    assert!(exports(&service, "caller_file_usable 0").await);
    assert!(exports(&service, "readiness_check_state{check=\"callers\",state=\"degraded\"} 1").await);

    put(&ring, &good);
    ring.revoke("login");
    eventually("the repaired file is in effect", || async { list(&service, signed(&key, request())).await.is_err() })
        .await;
    eventually("that is reported", || exports(&service, "caller_file_usable 1")).await;
}

/// A file can become usable without a change of its length or its modification time: `chown` and `chmod` change
/// neither, and `rsync -t` and `tar` restore both.
#[tokio::test]
async fn a_revoked_key_ends_although_the_file_was_unusable_when_it_was_revoked() {
    let directory = directory();
    let ring = KeyRing::open(&directory);
    let key = ring.add("login", CallerRole::Issuer, &[]);
    let path = ring.file.path().to_owned();
    let service = guarded(directory).await;
    list(&service, signed(&key, request())).await.expect("authenticated");

    ring.revoke("login");
    let revoked = fs::read(&path).expect("the file");
    let time = fs::metadata(&path).expect("metadata").modified().expect("a time");
    let put = |content: &[u8]| {
        let new = path.with_extension("put");
        fs::write(&new, content).expect("a file");
        fs::File::options().write(true).open(&new).expect("it").set_modified(time).expect("a time");
        fs::rename(&new, &path).expect("the file replaced");
    };
    put(&vec![b'?'; revoked.len()]);
    eventually("that is noticed", || exports(&service, "caller_reloads_total{outcome=\"rejected\"} 1")).await;
    put(&revoked);
    eventually("the key has ended", || async { list(&service, signed(&key, request())).await.is_err() }).await;
    let status = list(&service, signed(&key, request())).await.expect_err("revoked");
    assert_eq!(status.message(), "the API key was revoked");
}

#[tokio::test]
async fn a_deleted_file_disables_its_keys() {
    let directory = directory();
    let ring = KeyRing::open(&directory);
    let key = ring.add("login", CallerRole::Issuer, &[]);
    let service = guarded(directory).await;
    let good = fs::read_to_string(ring.file.path()).expect("the file");
    list(&service, signed(&key, request())).await.expect("authenticated");

    fs::remove_file(ring.file.path()).expect("no file");
    eventually("no caller is authenticated", || async { list(&service, signed(&key, request())).await.is_err() }).await;
    let status = list(&service, signed(&key, request())).await.expect_err("not authenticated");
    assert_eq!(status.message(), "unknown API key");
    eventually("the node is not ready", async || callers_line(&service).await.starts_with("callers: failed: ")).await;
    assert_eq!(get(service.node.management, "/readyz").await.0, 503);
    assert!(exports(&service, "caller_reloads_total{outcome=\"disabled\"} 1").await);
    assert!(exports(&service, "caller_file_usable 0").await);

    put(&ring, &good);
    eventually("the key is valid again", || async { list(&service, signed(&key, request())).await.is_ok() }).await;
    eventually("the node is ready again", async || callers_line(&service).await == "callers: ok: 1 credentials").await;
}

#[tokio::test]
async fn the_keys_of_a_file_that_stays_unusable_end() {
    let directory = directory();
    let ring = KeyRing::open(&directory);
    let key = ring.add("login", CallerRole::Issuer, &[]);
    let service = guarded(directory).await;
    put(&ring, "this is not TOML");
    eventually("that is noticed", || exports(&service, "caller_reloads_total{outcome=\"rejected\"} 1")).await;
    list(&service, signed(&key, request())).await.expect("still authenticated");
    service.clock.advance(Duration::from_mins(61));
    eventually("no caller is authenticated", || async { list(&service, signed(&key, request())).await.is_err() }).await;
    eventually("the node is not ready", async || callers_line(&service).await.starts_with("callers: failed: ")).await;
}
