//! Erasure of a person.

use std::{net::Ipv4Addr, time::Duration};

use session_authority::{
    api::{
        AuditEvent, AuditEventKind, ClientContext, CreateRequest, ForgetUserRequest, ForgetUserResponse,
        ListEventsRequest, NotificationContact, RevokeAllRequest, SearchSessionsRequest, UserScope,
        revoke_all_request::Scope,
    },
    clock::Clock,
};
use tempfile::TempDir;

use super::{
    login_from, on_every_audit, on_postgres_at, search, sign_in, sign_out,
    store_dump::{self, rows_containing, search_forms},
    wait_until_complete,
};
use crate::{
    service::fixture::{TestService, eventually, id_of, login_of},
    support::{postgres::PostgresServer, redis::RedisServer},
};

const USER: &str = "Zq-Person-7f3";
const EMAIL: &str = "zq.person@example.com";
/// The address for notifications.
const CONTACT: &str = "zq.contact@example.org";
const IP: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 77);

fn forget() -> ForgetUserRequest {
    ForgetUserRequest {
        user_id: USER.to_owned(),
        reason: "request 4711".to_owned(),
        actor: "dpo".to_owned(),
        ..Default::default()
    }
}

fn login() -> CreateRequest {
    let notify = NotificationContact { email: CONTACT.to_owned(), locale: "de".to_owned() };
    CreateRequest {
        email: EMAIL.to_owned(),
        notify: Some(notify),
        request_id: "r-1".to_owned(),
        ..login_from(USER, &IP.to_string())
    }
}

/// Creates sessions of a person, active and ended, with and without events in the audit, and alerts, next to another
/// user's.
async fn populate_person(service: &TestService) {
    let first = sign_in(service, login()).await;
    let on_a_phone = ClientContext {
        device_id: format!("phone of {USER}"),
        user_agent: "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Safari/604.1".to_owned(),
        ip: IP.to_string(),
        country: "BR".to_owned(),
        ..ClientContext::default()
    };
    let from_abroad = CreateRequest { client: Some(on_a_phone), request_id: "r-2".to_owned(), ..login() };
    let second = sign_in(service, from_abroad).await;
    sign_in(service, login_of("somebody-else")).await;
    sign_out(service, &first).await;
    wait_until_complete(service).await;
    let user = UserScope { user_id: USER.to_owned(), ..UserScope::default() };
    let revoke_all = RevokeAllRequest { scope: Some(Scope::User(user)), actor: USER.to_owned(), ..Default::default() };
    service.sessions().revoke_all(revoke_all).await.expect("revoked");
    service.validate(&second.token).await.expect_err("signed out");
    for n in 3..5 {
        sign_in(service, CreateRequest { request_id: format!("r-{n}"), ..login() }).await;
    }
    // The login is on a node whose clock is ahead.
    let now = service.clock.now();
    service.clock.advance(Duration::from_millis(900));
    sign_in(service, CreateRequest { request_id: "r-5".to_owned(), ..login() }).await;
    service.clock.set(now);
}

async fn forget_person(service: &TestService) -> ForgetUserResponse {
    service.clock.advance(Duration::from_secs(1));
    service.admin().forget_user(forget()).await.expect("forgotten").into_inner()
}

/// Asserts that no response of the service mentions the person any more.
async fn assert_forgotten(service: &TestService) {
    let answer = forget_person(service).await;
    assert_eq!(answer.revoked_count, 3, "{answer:?}");
    assert!(answer.erased_count > 0, "{answer:?}");
    assert!(answer.retained.iter().any(|records| records.kind == "session_events" && records.count > 0), "{answer:?}");
    assert!(answer.retained.iter().all(|records| !records.reason.is_empty()));
    // The ends arrive in the audit after the call.
    wait_until_complete(service).await;
    assert!(service.list(USER).await.is_empty());
    let sessions = search(service, SearchSessionsRequest::default()).await.sessions;
    let users: Vec<_> = sessions.into_iter().map(|entry| entry.session.expect("a session").user_id).collect();
    assert_eq!(users, ["somebody-else"]);
    let of_person = ListEventsRequest { user_id: USER.to_owned(), ..Default::default() };
    assert!(service.admin().list_events(of_person).await.expect("events").into_inner().events.is_empty());
    assert_recorded(1, service).await;

    let again = forget_person(service).await;
    assert_eq!((again.revoked_count, again.erased_count), (0, 0), "{again:?}");
    wait_until_complete(service).await;
    assert_recorded(2, service).await;
}

/// Asserts that that number of erasures is in the audit, without the person.
async fn assert_recorded(calls: usize, service: &TestService) {
    let kinds = vec![AuditEventKind::UserForgotten.into()];
    let request = ListEventsRequest { kinds, ..Default::default() };
    let recorded = service.admin().list_events(request).await.expect("events").into_inner().events;
    assert_eq!(recorded.len(), calls);
    for event in recorded {
        let texts = [event.tenant_id, event.user_id, event.reason, event.actor];
        assert_eq!(texts, ["default", "", "request 4711", "dpo"]);
    }
}

fn assert_no_trace(rows: &[String]) {
    let person = search_forms(&[USER, EMAIL, CONTACT], IP);
    assert_eq!(rows_containing(rows, &person), Vec::<&String>::new());
    let other = search_forms(&["somebody-else"], Ipv4Addr::LOCALHOST);
    assert!(!rows_containing(rows, &other[..2]).is_empty(), "the search finds existing data");
}

on_every_audit![a_login_after_the_forgetting_is_kept_whatever_the_clocks_say, a_login_in_the_same_millisecond_is_kept,];

/// The user is erased on a node whose clock is ahead, and signs in again on one whose clock is not.
async fn a_login_after_the_forgetting_is_kept_whatever_the_clocks_say(service: TestService) {
    populate_person(&service).await;
    let now = service.clock.now();
    service.clock.set(now.plus(Duration::from_millis(900)));
    service.admin().forget_user(forget()).await.expect("forgotten");
    service.clock.set(now.plus(Duration::from_millis(1)));
    assert_is_kept(&service).await;
}

async fn a_login_in_the_same_millisecond_is_kept(service: TestService) {
    populate_person(&service).await;
    service.clock.advance(Duration::from_secs(1));
    service.admin().forget_user(forget()).await.expect("forgotten");
    assert_is_kept(&service).await;
}

/// Asserts that a new session of the user is in every response that lists sessions.
async fn assert_is_kept(service: &TestService) {
    let created = service.create(CreateRequest { request_id: String::new(), ..login() }).await.expect("a session");
    wait_until_complete(service).await;
    service.validate(&created.token).await.expect("an active session");
    let sessions = search(service, SearchSessionsRequest::default()).await.sessions;
    let of_user = sessions.into_iter().filter_map(|entry| entry.session).filter(|session| session.user_id == USER);
    assert_eq!(of_user.map(|session| session.session_id).collect::<Vec<_>>(), [id_of(&created)]);
    let of_person = ListEventsRequest { user_id: USER.to_owned(), ..Default::default() };
    let events = service.admin().list_events(of_person).await.expect("events").into_inner().events;
    assert_eq!(events.iter().map(AuditEvent::kind).collect::<Vec<_>>(), [AuditEventKind::SessionCreated]);
    // Another erasure finds the session, and leaves nothing.
    service.clock.advance(Duration::from_secs(1));
    let answer = service.admin().forget_user(forget()).await.expect("forgotten").into_inner();
    assert_eq!(answer.revoked_count, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_in_redis_and_postgres_names_a_forgotten_user() {
    let audit = PostgresServer::shared().await.database().await;
    let service = on_postgres_at(&audit).await;
    populate_person(&service).await;
    let redis = async || store_dump::redis(service.redis.as_ref().expect("redis").admin().await).await;
    let before = [redis().await, store_dump::postgres(&audit).await].concat();
    assert!(!rows_containing(&before, &search_forms(&[USER, EMAIL, CONTACT], IP)).is_empty(), "there is data to erase");

    assert_forgotten(&service).await;
    assert_no_trace(&redis().await);
    assert_no_trace(&store_dump::postgres(&audit).await);

    service.clock.advance(Duration::from_secs(1));
    sign_in(&service, CreateRequest { request_id: String::new(), ..login() }).await;
    wait_until_complete(&service).await;
    assert_eq!(search(&service, SearchSessionsRequest::default()).await.sessions.len(), 2, "a new record starts");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_in_sqlite_names_a_forgotten_user() {
    let service = TestService::on_sqlite().await;
    populate_person(&service).await;
    assert_forgotten(&service).await;
    let directory = stop_node(service).await;
    for file in ["sessions.db", "audit.db"] {
        assert_no_trace(&store_dump::sqlite(&directory.path().join(file)).await);
    }
}

/// Stops a node and returns its directory, whose files are locked while it runs.
async fn stop_node(service: TestService) -> TempDir {
    let TestService { node, directory, channel, .. } = service;
    drop(channel);
    assert!(node.stop().await, "it ends before its deadline");
    directory
}

/// Returns Redis' append-only file, as far as it is in the file system.
async fn append_only_file(service: &TestService) -> Vec<u8> {
    let redis = service.redis.as_ref().expect("a Redis");
    let answer = redis.command(&["CONFIG", "GET", "dir"]).await.expect("a setting");
    let directory: Vec<String> = redis::from_redis_value(answer).expect("a pair");
    let directory = std::path::Path::new(&directory[1]).join("appendonlydir");
    let files =
        std::fs::read_dir(directory).expect("the append-only file").map(|entry| entry.expect("an entry").path());
    // A file of an older generation may be removed meanwhile.
    files.filter_map(|file| std::fs::read(file).ok()).flatten().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_append_only_file_keeps_a_person_until_it_is_rewritten_and_the_answer_says_so() {
    let redis = RedisServer::durable().await;
    let url = redis.url();
    let service = TestService::start(Some(redis), &[("STORE__URL", &url)]).await;
    sign_in(&service, login()).await;
    let answer = forget_person(&service).await;
    let retained: Vec<_> = answer.retained.iter().map(|records| (records.kind.as_str(), records.count)).collect();
    assert!(retained.contains(&("append_only_file", 0)), "{retained:?}");

    wait_until_complete(&service).await;
    let has_person = |bytes: Vec<u8>| bytes.windows(EMAIL.len()).any(|window| window == EMAIL.as_bytes());
    assert!(has_person(append_only_file(&service).await), "written data stays until the file is rewritten");
    service.redis.as_ref().expect("a Redis").command(&["BGREWRITEAOF"]).await.expect("begun");
    eventually("the file is rewritten without the person", || async { !has_person(append_only_file(&service).await) })
        .await;
}
