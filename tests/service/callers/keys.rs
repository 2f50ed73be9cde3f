//! A key lets in from its creation to its end, and nothing else does.

use std::{fs, time::Duration};

use session_authority::{
    api::{ListRequest, ListResponse},
    callers::ApiKey,
    domain::Role,
    entropy::SystemEntropy,
};
use tonic::{Code, Request, Response, Status};

use super::{KeyRing, directory, guarded};
use crate::service::{
    fixture::{START, Service, anatomy_of, eventually, signed},
    management::get,
};

fn request() -> ListRequest {
    ListRequest { user_id: "ann".to_owned(), ..ListRequest::default() }
}

async fn list(service: &Service, request: Request<ListRequest>) -> Result<Response<ListResponse>, Status> {
    service.sessions().list(request).await
}

#[tokio::test]
async fn whoever_has_no_good_key_is_told_what_is_wrong_with_it() {
    let directory = directory();
    let ring = KeyRing::of(&directory);
    let good = ring.add("login", Role::Issuer, &[]);
    let short = ring.add_until(Some(START.plus(Duration::from_mins(1))), "visitor", Role::Issuer, &[]);
    let revoked = ring.add("former", Role::Issuer, &[]);
    ring.revoke("former");
    let service = guarded(directory).await;
    list(&service, signed(&good, request())).await.expect("let in");
    list(&service, signed(&short, request())).await.expect("let in, for now");
    service.clock.advance(Duration::from_mins(1));

    let stranger = ApiKey::generate(&SystemEntropy).expect("a key").reveal();
    let mut mistyped = good.clone();
    mistyped.replace_range(20..21, if &good[20..21] == "A" { "B" } else { "A" });
    let mut basic = signed(&good, request());
    basic.metadata_mut().insert("authorization", format!("Basic {good}").parse().expect("a header"));
    for (request, text) in [
        (Request::new(request()), "an API key is needed: authorization: Bearer KEY"),
        (basic, "an API key is needed: authorization: Bearer KEY"),
        (signed("", request()), "the API key is not known"),
        (signed(&mistyped, request()), "the API key is not known"),
        (signed(&stranger, request()), "the API key is not known"),
        (signed(&short, request()), "the API key has expired"),
        (signed(&revoked, request()), "the API key was revoked"),
    ] {
        let status = list(&service, request).await.expect_err("not let in");
        assert_eq!(anatomy_of(&status), (Code::Unauthenticated, "CALLER_UNAUTHENTICATED".into(), vec![]));
        assert_eq!(status.message(), text);
    }
    list(&service, signed(&good, request())).await.expect("still let in");
}

#[tokio::test]
async fn a_running_node_learns_of_new_and_of_revoked_keys() {
    let directory = directory();
    let ring = KeyRing::of(&directory);
    let old = ring.add("old", Role::Issuer, &[]);
    let service = guarded(directory).await;
    list(&service, signed(&old, request())).await.expect("let in");

    let new = ring.add("new", Role::Issuer, &[]);
    eventually("the new key works", || async { list(&service, signed(&new, request())).await.is_ok() }).await;
    ring.revoke("old");
    eventually("the old key works no longer", || async { list(&service, signed(&old, request())).await.is_err() })
        .await;
    let status = list(&service, signed(&old, request())).await.expect_err("revoked");
    assert_eq!(status.message(), "the API key was revoked");
    list(&service, signed(&new, request())).await.expect("the other key is as good as before");
}

#[tokio::test]
async fn a_file_that_cannot_be_used_changes_nothing() {
    let directory = directory();
    let ring = KeyRing::of(&directory);
    let key = ring.add("login", Role::Issuer, &[]);
    let service = guarded(directory).await;
    let good = fs::read_to_string(ring.file.path()).expect("the file");
    let kept = async |times: u32| {
        let line = format!("session_authority_caller_reloads_total{{outcome=\"kept\"}} {times}\n");
        eventually("the change is seen", || async { get(service.node.management, "/metrics").await.1.contains(&line) })
            .await;
    };

    fs::write(ring.file.path(), "this is not TOML").expect("a broken file");
    kept(1).await;
    list(&service, signed(&key, request())).await.expect("let in as before");
    fs::remove_file(ring.file.path()).expect("no file");
    kept(2).await;
    list(&service, signed(&key, request())).await.expect("let in as before");

    fs::write(ring.file.path(), good).expect("the file again");
    ring.revoke("login");
    eventually("the mended file counts", || async { list(&service, signed(&key, request())).await.is_err() }).await;
}
