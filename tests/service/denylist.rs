//! Denied JWTs as callers see them.

use std::{sync::Arc, time::Duration};

use prost_types::Timestamp;
use session_authority::{
    api::{
        AuditEvent, AuditEventKind, CheckRequest, CheckResponse, Consistency, DeniedToken, DenyRequest, DenyResponse,
        ListEventsRequest, Source, denylist_service_client::DenylistServiceClient,
    },
    domain::{CallerRole, JwtId, TenantId, UnixMillis, limits::MAX_DENIALS_PER_BUCKET},
};
use tonic::{Code, Status, transport::Channel};

use super::{
    callers::{KeyRing, directory, guarded},
    fixture::{START, TestService, assert_invalid_fields, channel_to, error_parts, eventually, signed, start_node},
    on_every_engine,
};
use crate::support::redis::RedisServer;

const MINUTE: Duration = Duration::from_mins(1);

on_every_engine! {
    a_jwt_is_denied_until_it_expires,
    many_jwts_are_denied_and_checked_at_once,
    a_repeated_id_counts_once_with_its_latest_expiry,
    jwts_of_two_tenants_have_nothing_to_do_with_each_other,
    a_wrong_denial_names_every_field_and_denies_nothing,
    a_wrong_check_names_every_field,
    a_check_is_served_from_memory_and_a_strong_one_from_the_store,
    a_denial_is_one_event_with_digests_or_with_ids,
}

fn timestamp(at: UnixMillis) -> Timestamp {
    let (seconds, millis) = (at.get() / 1000, at.get() % 1000);
    Timestamp {
        seconds: i64::try_from(seconds).expect("a time"),
        nanos: i32::try_from(millis).expect("small") * 1_000_000,
    }
}

fn token(jti: &str, expires_at: UnixMillis) -> DeniedToken {
    DeniedToken { jti: jti.to_owned(), expires_at: Some(timestamp(expires_at)) }
}

fn deny_request(tokens: Vec<DeniedToken>) -> DenyRequest {
    DenyRequest { tokens, ..DenyRequest::default() }
}

fn check_request(jtis: &[&str]) -> CheckRequest {
    CheckRequest { jtis: jtis.iter().map(ToString::to_string).collect(), ..CheckRequest::default() }
}

fn client(channel: &Channel) -> DenylistServiceClient<Channel> {
    DenylistServiceClient::new(channel.clone())
}

async fn deny(service: &TestService, request: DenyRequest) -> Result<DenyResponse, Status> {
    client(&service.channel).deny(request).await.map(tonic::Response::into_inner)
}

async fn check(service: &TestService, request: CheckRequest) -> Result<CheckResponse, Status> {
    client(&service.channel).check(request).await.map(tonic::Response::into_inner)
}

/// Returns whether each JWT is denied.
async fn verdicts(service: &TestService, jtis: &[&str]) -> Vec<bool> {
    let checked = check(service, check_request(jtis)).await.expect("verdicts").verdicts;
    assert!(checked.iter().map(|verdict| verdict.jti.as_str()).eq(jtis.iter().copied()), "in the order of the request");
    checked.iter().map(|verdict| verdict.denied).collect()
}

const fn counts(denied_count: u32, already_denied_count: u32, expired_count: u32) -> DenyResponse {
    DenyResponse { denied_count, already_denied_count, expired_count }
}

async fn a_jwt_is_denied_until_it_expires(service: TestService) {
    assert_eq!(verdicts(&service, &["a", "b"]).await, [false, false]);
    let request = deny_request(vec![token("a", START.plus(MINUTE))]);
    assert_eq!(deny(&service, request.clone()).await.expect("a denial"), counts(1, 0, 0));
    assert_eq!(deny(&service, request.clone()).await.expect("a repeat"), counts(0, 1, 0));
    let verdict = check(&service, check_request(&["a"])).await.expect("a verdict").verdicts.remove(0);
    assert_eq!((verdict.denied, verdict.expires_at), (true, Some(timestamp(START.plus(MINUTE)))));

    let last = Duration::from_millis(1);
    service.clock.advance(MINUTE.saturating_sub(last));
    assert_eq!(verdicts(&service, &["a", "b"]).await, [true, false]);
    service.clock.advance(last);
    let verdict = check(&service, check_request(&["a"])).await.expect("a verdict").verdicts.remove(0);
    assert_eq!((verdict.denied, verdict.expires_at), (false, None));
    assert_eq!(deny(&service, request).await.expect("an expired JWT"), counts(0, 0, 1));
}

async fn many_jwts_are_denied_and_checked_at_once(service: TestService) {
    let jtis: Vec<_> = (0..200).map(|number| format!("jwt {number}")).collect();
    let tokens = jtis.iter().step_by(2).map(|jti| token(jti, START.plus(MINUTE))).collect();
    assert_eq!(deny(&service, deny_request(tokens)).await.expect("a denial"), counts(100, 0, 0));
    let jtis: Vec<_> = jtis.iter().map(String::as_str).collect();
    let expected: Vec<_> = (0..200).map(|number| number % 2 == 0).collect();
    assert_eq!(verdicts(&service, &jtis).await, expected);
}

async fn a_repeated_id_counts_once_with_its_latest_expiry(service: TestService) {
    let tokens = [1, 3, 2].map(|minutes| token("a", START.plus(MINUTE * minutes))).to_vec();
    assert_eq!(deny(&service, deny_request(tokens)).await.expect("a denial"), counts(1, 2, 0));
    let verdict = check(&service, check_request(&["a"])).await.expect("a verdict").verdicts.remove(0);
    assert_eq!(verdict.expires_at, Some(timestamp(START.plus(MINUTE * 3))));
}

async fn jwts_of_two_tenants_have_nothing_to_do_with_each_other(service: TestService) {
    let request = DenyRequest { tenant_id: "acme".to_owned(), ..deny_request(vec![token("a", START.plus(MINUTE))]) };
    deny(&service, request).await.expect("a denial");
    for (tenant_id, denied) in [("acme", true), ("globex", false), ("", false)] {
        let request = CheckRequest { tenant_id: tenant_id.to_owned(), ..check_request(&["a"]) };
        assert_eq!(check(&service, request).await.expect("a verdict").verdicts[0].denied, denied, "{tenant_id:?}");
    }
}

async fn a_wrong_denial_names_every_field_and_denies_nothing(service: TestService) {
    let valid = || token("a", START.plus(MINUTE));
    let days = |days: u64| START.plus(Duration::from_hours(24 * days));
    let cases = [
        (deny_request(Vec::new()), vec!["tokens"]),
        (deny_request(vec![valid(); 201]), vec!["tokens"]),
        (
            deny_request(vec![valid(), token("", START), DeniedToken { jti: "b".to_owned(), expires_at: None }]),
            vec!["tokens[1].jti", "tokens[2].expires_at"],
        ),
        (
            deny_request(vec![valid(), token(&"x".repeat(257), days(401))]),
            vec!["tokens[1].jti", "tokens[1].expires_at"],
        ),
        (deny_request(vec![valid(), token("b\n", days(400))]), vec!["tokens[1].jti"]),
        (
            DenyRequest {
                tenant_id: "t".repeat(257),
                reason: "r".repeat(257),
                actor: "a\u{7}".to_owned(),
                ..deny_request(vec![valid()])
            },
            vec!["reason", "actor", "tenant_id"],
        ),
        (
            DenyRequest {
                record_jtis: true,
                ..deny_request((0..40).map(|number| token(&format!("{number:0>250}"), days(1))).collect())
            },
            vec!["record_jtis"],
        ),
    ];
    for (request, fields) in cases {
        let status = deny(&service, request).await.expect_err("a wrong denial");
        assert_invalid_fields(&status, &fields);
        assert!(status.message().len() < 1_000, "{}", status.message());
    }
    assert_eq!(verdicts(&service, &["a"]).await, [false]);
}

async fn a_wrong_check_names_every_field(service: TestService) {
    let long = "x".repeat(257);
    let cases = [
        (check_request(&[]), vec!["jtis"]),
        (check_request(&vec!["a"; 201]), vec!["jtis"]),
        (check_request(&["a", "", &long]), vec!["jtis[1]", "jtis[2]"]),
        (
            CheckRequest { tenant_id: "t".repeat(257), consistency: 9, ..check_request(&["a"]) },
            vec!["tenant_id", "consistency"],
        ),
    ];
    for (request, fields) in cases {
        let status = check(&service, request).await.expect_err("a wrong check");
        assert_invalid_fields(&status, &fields);
    }
}

async fn a_check_is_served_from_memory_and_a_strong_one_from_the_store(service: TestService) {
    deny(&service, deny_request(vec![token("a", START.plus(MINUTE))])).await.expect("a denial");
    eventually("the denylist is cached", || async {
        check(&service, check_request(&["a"])).await.expect("a verdict").source() == Source::Cache
    })
    .await;
    let strong = CheckRequest { consistency: Consistency::Strong.into(), ..check_request(&["a"]) };
    let strong = check(&service, strong).await.expect("a verdict");
    assert_eq!((strong.source(), strong.verdicts[0].denied), (Source::Store, true));
    assert_eq!(strong.as_of, Some(timestamp(START)));
}

/// Returns the events of denials in the audit database, once there are `count`.
async fn denial_events(service: &TestService, count: usize) -> Vec<AuditEvent> {
    let list = ListEventsRequest { kinds: vec![AuditEventKind::TokensDenied.into()], ..ListEventsRequest::default() };
    let listed = async || service.admin().list_events(list.clone()).await.expect("events").into_inner().events;
    eventually("the denials are recorded", || async { listed().await.len() >= count }).await;
    listed().await
}

async fn a_denial_is_one_event_with_digests_or_with_ids(service: TestService) {
    let cause = DenyRequest { reason: "stolen".to_owned(), actor: "admin:eve".to_owned(), ..DenyRequest::default() };
    let tokens: Vec<_> = (0..50).map(|number| token(&format!("jwt {number}"), START.plus(MINUTE))).collect();
    deny(&service, DenyRequest { tokens: tokens.clone(), ..cause.clone() }).await.expect("a denial");
    deny(&service, DenyRequest { tokens: tokens.clone(), ..cause.clone() }).await.expect("a repeat");
    service.clock.advance(Duration::from_secs(1));
    let by_id = DenyRequest { record_jtis: true, tokens: vec![token("7f3e", START.plus(MINUTE))], ..cause };
    deny(&service, by_id).await.expect("a denial");

    let events = denial_events(&service, 2).await;
    let [latest, earliest] = &events[..] else { panic!("{events:?}") };
    assert_eq!(latest.denied_tokens, ["jti:7f3e"]);
    let mut digests = earliest.denied_tokens.clone();
    digests.sort();
    let default = TenantId::new("").expect("a tenant");
    let digest = |token: &DeniedToken| {
        let digest = JwtId::new(&token.jti).expect("an ID").digest(&default);
        format!("sha256:{}", data_encoding::HEXLOWER.encode(&digest.0))
    };
    let mut expected: Vec<_> = tokens.iter().map(digest).collect();
    expected.sort();
    assert_eq!(digests, expected);
    assert_eq!((earliest.tenant_id.as_str(), earliest.user_id.as_str()), ("default", ""));
    assert_eq!((earliest.reason.as_str(), earliest.actor.as_str()), ("stolen", "admin:eve"));
    assert_eq!(earliest.occurred_at, Some(timestamp(START)));
    assert!(!earliest.request_id.is_empty());
}

/// The store is filled directly: IDs that are stored in one bucket are rare.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_denylist_refuses_one_more_and_says_so() {
    let service = TestService::on_redis().await;
    let bucket = JwtId::new("a").expect("an ID").digest(&TenantId::new("").expect("a tenant")).bucket();
    let mut fill = ::redis::cmd("ZADD");
    fill.arg(format!("sa1:{{{bucket}}}:d"));
    for number in 0..MAX_DENIALS_PER_BUCKET {
        fill.arg(START.plus(MINUTE).get()).arg(format!("{number:016}"));
    }
    let mut admin = service.redis.as_ref().expect("Redis").admin().await;
    fill.query_async::<()>(&mut admin).await.expect("a full denylist");
    let attempt = || deny(&service, deny_request(vec![token("a", START.plus(MINUTE * 2))]));
    let status = attempt().await.expect_err("a full denylist");
    assert_eq!(error_parts(&status), (Code::ResourceExhausted, "DENYLIST_FULL".into(), vec![]));
    assert_eq!(verdicts(&service, &["a"]).await, [false]);

    service.clock.advance(MINUTE);
    assert_eq!(attempt().await.expect("room again"), counts(1, 0, 0));
    assert_eq!(verdicts(&service, &["a"]).await, [true]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_denial_on_one_node_is_seen_on_another() {
    let redis = RedisServer::start().await;
    let url = redis.url();
    let settings = [("STORE__URL", url.as_str()), ("AUDIT__URL", "none")];
    let service = TestService::start(Some(redis), &settings).await;
    let other = start_node(&service.directory, &settings, Arc::clone(&service.clock) as _).await;
    let other = channel_to(&other).await;
    let ask = async |jti: &str| {
        let checked = client(&other).check(check_request(&[jti])).await.expect("a verdict").into_inner();
        (checked.verdicts[0].denied, checked.source())
    };
    for number in 0..20 {
        let jti = format!("jwt {number}");
        eventually("the other node has cached the denylist", || async { ask(&jti).await == (false, Source::Cache) })
            .await;
        deny(&service, deny_request(vec![token(&jti, START.plus(MINUTE))])).await.expect("a denial");
        let strong = CheckRequest { consistency: Consistency::Strong.into(), ..check_request(&[&jti]) };
        assert!(client(&other).check(strong).await.expect("a verdict").into_inner().verdicts[0].denied);
        eventually("the other node has seen it", || async { ask(&jti).await.0 }).await;
    }
}

/// A store that fails gives no verdict, whether its denylist was cached or not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_store_there_is_no_verdict() {
    let redis = RedisServer::start().await;
    let url = redis.url();
    let service = TestService::start(Some(redis), &[("STORE__URL", &url)]).await;
    deny(&service, deny_request(vec![token("a", START.plus(MINUTE))])).await.expect("a denial");
    assert_eq!(verdicts(&service, &["a", "b"]).await, [true, false]);
    service.redis.as_ref().expect("Redis").pause();
    // The clock of the node stands still, so a lease never becomes old: only what is not cached needs the store.
    for request in [
        check_request(&["never checked before"]),
        CheckRequest { consistency: Consistency::Strong.into(), ..check_request(&["a"]) },
    ] {
        let status = check(&service, request).await.expect_err("no verdict");
        assert_eq!(error_parts(&status), (Code::Unavailable, "STORE_UNAVAILABLE".into(), vec![]));
    }
    let status = deny(&service, deny_request(vec![token("c", START.plus(MINUTE))])).await.expect_err("no denial");
    assert_eq!(error_parts(&status).0, Code::Unavailable);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_of_one_tenant_neither_denies_nor_checks_jwts_of_another() {
    let directory = directory();
    let ring = KeyRing::open(&directory);
    let issuer = ring.add("acme-login", CallerRole::Issuer, &["acme"]);
    let validator = ring.add("acme-gateway", CallerRole::Validator, &["acme"]);
    let service = guarded(directory).await;
    let client = || client(&service.channel);
    for tenant_id in ["globex", ""] {
        let request =
            DenyRequest { tenant_id: tenant_id.to_owned(), ..deny_request(vec![token("a", START.plus(MINUTE))]) };
        let status = client().deny(signed(&issuer, request)).await.expect_err("another tenant");
        assert_eq!(error_parts(&status), (Code::PermissionDenied, "CALLER_NOT_ALLOWED".into(), vec![]));
        let request = CheckRequest { tenant_id: tenant_id.to_owned(), ..check_request(&["a"]) };
        let status = client().check(signed(&validator, request)).await.expect_err("another tenant");
        assert_eq!(error_parts(&status), (Code::PermissionDenied, "CALLER_NOT_ALLOWED".into(), vec![]));
    }
    let request = DenyRequest { tenant_id: "acme".to_owned(), ..deny_request(vec![token("a", START.plus(MINUTE))]) };
    client().deny(signed(&issuer, request)).await.expect("its own tenant");
    let request = CheckRequest { tenant_id: "acme".to_owned(), ..check_request(&["a"]) };
    let checked = client().check(signed(&validator, request)).await.expect("its own tenant").into_inner();
    assert!(checked.verdicts[0].denied);
}
