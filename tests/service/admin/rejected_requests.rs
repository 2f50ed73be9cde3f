//! Rejected requests, and the reasons.

use prost_types::{Duration, Timestamp};
use session_authority::{
    api::{
        CreateRequest, ForgetUserRequest, GetStatsRequest, ListEventsRequest, RevokeWhereRequest,
        SearchSessionsRequest, SessionFilter, TimeWindow,
    },
    domain::CallerRole,
};
use tonic::{Code, Request, Response, Status};

use super::{on_postgres_at, wait_until_complete};
use crate::{
    service::{
        callers::{KeyRing, directory, guarded},
        fixture::{TestService, assert_invalid_fields, error_parts, login_of, signed},
    },
    support::postgres::PostgresServer,
};

#[track_caller]
fn assert_fields<T: std::fmt::Debug>(outcome: Result<Response<T>, Status>, fields: &[&str]) {
    assert_invalid_fields(&outcome.expect_err("a wrong request"), fields);
}

fn window(start: Option<i64>, end: Option<i64>) -> TimeWindow {
    let at = |seconds: Option<i64>| seconds.map(|seconds| Timestamp { seconds, nanos: 0 });
    TimeWindow { start: at(start), end: at(end) }
}

#[tokio::test]
async fn every_wrong_field_is_named() {
    let service = TestService::on_sqlite().await;
    let mut admin = service.admin();
    let long = |bytes: usize| "x".repeat(bytes + 1);
    let filters = [
        (
            SessionFilter { tenant_id: long(256), user_id: "a\nb".into(), ..Default::default() },
            vec!["filter.tenant_id", "filter.user_id"],
        ),
        (SessionFilter { device_id: long(128), ..Default::default() }, vec!["filter.device_id"]),
        (SessionFilter { device_type: 77, ..Default::default() }, vec!["filter.device_type"]),
        (SessionFilter { country: "Brazil".into(), ..Default::default() }, vec!["filter.country"]),
        (SessionFilter { ip_range: "10.0.0.0/33".into(), ..Default::default() }, vec!["filter.ip_range"]),
        (SessionFilter { auth_method: long(64), ..Default::default() }, vec!["filter.auth_method"]),
        (SessionFilter { user_agent: long(256), ..Default::default() }, vec!["filter.user_agent"]),
        (SessionFilter { policy: long(64), ..Default::default() }, vec!["filter.policy"]),
        (SessionFilter { created: Some(window(None, None)), ..Default::default() }, vec!["filter.created"]),
        (SessionFilter { created: Some(window(Some(5), Some(5))), ..Default::default() }, vec!["filter.created"]),
        (
            SessionFilter { last_active: Some(window(Some(-5), None)), ..Default::default() },
            vec!["filter.last_active.start"],
        ),
    ];
    for (filter, mut fields) in filters {
        let search = SearchSessionsRequest { filter: Some(filter.clone()), ..Default::default() };
        fields.sort_unstable();
        let status = admin.search_sessions(search).await.expect_err("a wrong filter");
        let mut named = error_parts(&status).2;
        named.sort_unstable();
        assert_eq!(named, fields);
        let revoke = RevokeWhereRequest { filter: Some(filter), ..Default::default() };
        let status = admin.revoke_where(revoke).await.expect_err("a wrong filter");
        assert_eq!(status.code(), Code::InvalidArgument);
    }
    let search = SearchSessionsRequest { state: 9, end_reason: 99, page_token: "?".into(), ..Default::default() };
    assert_fields(admin.search_sessions(search).await, &["page_token", "state", "end_reason"]);

    let wrong = ListEventsRequest {
        tenant_id: long(256),
        user_id: long(256),
        session_id: "nonsense".into(),
        kinds: vec![0],
        end_reason: 99,
        actor: long(256),
        country: "1".into(),
        ip_range: "x".into(),
        occurred: Some(window(Some(9), Some(1))),
        page_token: "x".repeat(2_000),
        page_size: 0,
        order: 9,
        recorded_since: Some(prost_types::Timestamp { seconds: -1, nanos: 0 }),
    };
    let all = [
        "order",
        "page_token",
        "recorded_since",
        "tenant_id",
        "user_id",
        "session_id",
        "kinds",
        "end_reason",
        "actor",
        "country",
        "ip_range",
        "occurred",
    ];
    assert_fields(admin.list_events(wrong).await, &all);
    let many = ListEventsRequest { kinds: vec![1; 17], ..Default::default() };
    assert_fields(admin.list_events(many).await, &["kinds"]);

    let step = |seconds| Some(Duration { seconds, nanos: 0 });
    let counts = |window, step| GetStatsRequest { window, step, ..Default::default() };
    let day = 86_400;
    for (request, field) in [
        (counts(None, step(59)), "step"),
        (counts(None, step(-60)), "step"),
        (counts(Some(window(Some(0), Some(2 * day))), step(60)), "step"),
        (counts(Some(window(Some(0), Some(401 * day))), None), "window"),
        (counts(Some(window(None, None)), None), "window"),
        (counts(Some(window(Some(4_000_000_000), None)), None), "window.start"),
        (GetStatsRequest { user_id: long(256), ..Default::default() }, "user_id"),
    ] {
        assert_fields(admin.get_stats(request).await, &[field]);
    }

    let everyone = SessionFilter { tenant_id: "acme".into(), ..Default::default() };
    for filter in [None, Some(SessionFilter::default()), Some(everyone)] {
        let status =
            admin.revoke_where(RevokeWhereRequest { filter, ..Default::default() }).await.expect_err("no criterion");
        assert_eq!(error_parts(&status).2, ["filter"]);
    }
    let wrong = RevokeWhereRequest { reason: long(256), actor: long(256), ..Default::default() };
    let status = admin.revoke_where(wrong).await.expect_err("long texts");
    assert_eq!(error_parts(&status).2, ["reason", "actor", "filter"]);
    let wrong = ForgetUserRequest { tenant_id: long(256), reason: long(256), ..Default::default() };
    assert_fields(admin.forget_user(wrong).await, &["reason", "tenant_id", "user_id"]);
}

/// Calls each method that reads the audit, with the smallest valid request.
async fn read_with_every_method(service: &TestService) -> Vec<Status> {
    let mut admin = service.admin();
    let filter = Some(SessionFilter { user_id: "ann".into(), ..Default::default() });
    let failed = [
        admin.search_sessions(SearchSessionsRequest::default()).await.err(),
        admin.list_events(ListEventsRequest::default()).await.err(),
        admin.get_stats(GetStatsRequest::default()).await.err(),
        admin.revoke_where(RevokeWhereRequest { filter, ..Default::default() }).await.err(),
    ];
    failed.into_iter().map(|status| status.expect("an error")).collect()
}

#[tokio::test]
async fn without_an_audit_there_is_nothing_to_look_into() {
    let service = TestService::start(None, &[("AUDIT__URL", "none")]).await;
    service.login("ann").await;
    for status in read_with_every_method(&service).await {
        assert_eq!(error_parts(&status), (Code::FailedPrecondition, "AUDIT_DISABLED".into(), vec![]));
        assert!(status.message().contains("audit.url"), "{}", status.message());
    }
    let forget = ForgetUserRequest { user_id: "ann".into(), ..Default::default() };
    let forgotten = service.admin().forget_user(forget).await.expect("forgotten").into_inner();
    assert_eq!((forgotten.revoked_count, forgotten.retained.len()), (1, 0));
    assert!(service.list("ann").await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_audit_is_unavailable_sessions_work_and_queries_are_refused_for_now() {
    let postgres = PostgresServer::start().await;
    let service = on_postgres_at(&postgres.database().await).await;
    let created = service.login("ann").await;
    postgres.stop();
    for status in read_with_every_method(&service).await {
        assert_eq!(error_parts(&status), (Code::Unavailable, "AUDIT_UNAVAILABLE".into(), vec![]));
    }
    service.validate(&created.token).await.expect("an active session");
    let forget = ForgetUserRequest { user_id: "ann".into(), ..Default::default() };
    let status = service.admin().forget_user(forget.clone()).await.expect_err("a partial result");
    assert_eq!(error_parts(&status), (Code::Unavailable, "AUDIT_UNAVAILABLE".into(), vec![]));
    service.validate(&created.token).await.expect_err("the sessions ended at once");
    postgres.restart().await;
    wait_until_complete(&service).await;
    let forgotten = service.admin().forget_user(forget).await.expect("forgotten").into_inner();
    assert!(forgotten.erased_count > 0, "{forgotten:?}");
}

#[tokio::test]
async fn a_caller_of_one_tenant_sees_and_ends_nothing_of_another() {
    let directory = directory();
    let ring = KeyRing::open(&directory);
    let issuer = ring.add("login", CallerRole::Issuer, &[]);
    let of_acme = ring.add("acme-admin", CallerRole::Admin, &["acme"]);
    let everywhere = ring.add("admin", CallerRole::Admin, &[]);
    let service = guarded(directory).await;
    let mut admin = service.admin();
    for tenant in ["acme", "globex"] {
        let login = CreateRequest { tenant_id: tenant.to_owned(), ..login_of("ann") };
        service.sessions().create(signed(&issuer, login)).await.expect("a session");
    }
    crate::service::fixture::eventually("both sessions are in the audit", || async {
        let found = service.admin().search_sessions(signed(&everywhere, SearchSessionsRequest::default())).await;
        found.expect("sessions").into_inner().sessions.len() == 2
    })
    .await;

    let found = admin.search_sessions(signed(&of_acme, SearchSessionsRequest::default())).await.expect("sessions");
    let tenants: Vec<_> =
        found.into_inner().sessions.into_iter().map(|entry| entry.session.expect("one").tenant_id).collect();
    assert_eq!(tenants, ["acme"]);
    let events = admin.list_events(signed(&of_acme, ListEventsRequest::default())).await.expect("events").into_inner();
    assert!(!events.events.is_empty() && events.events.iter().all(|event| event.tenant_id == "acme"));
    // Later events are not in the result up to now.
    service.clock.advance(std::time::Duration::from_secs(1));
    let stats = admin.get_stats(signed(&of_acme, GetStatsRequest::default())).await.expect("counts").into_inner();
    assert_eq!((stats.active_sessions, stats.logins), (1, 1));

    let filter =
        |tenant: &str| Some(SessionFilter { tenant_id: tenant.into(), user_id: "ann".into(), ..Default::default() });
    let denied = [
        admin
            .search_sessions(signed(&of_acme, SearchSessionsRequest { filter: filter("globex"), ..Default::default() }))
            .await
            .err(),
        admin
            .list_events(signed(&of_acme, ListEventsRequest { tenant_id: "globex".into(), ..Default::default() }))
            .await
            .err(),
        admin
            .get_stats(signed(&of_acme, GetStatsRequest { tenant_id: "globex".into(), ..Default::default() }))
            .await
            .err(),
        admin
            .revoke_where(signed(&of_acme, RevokeWhereRequest { filter: filter("globex"), ..Default::default() }))
            .await
            .err(),
        admin
            .forget_user(signed(
                &of_acme,
                ForgetUserRequest { tenant_id: "globex".into(), user_id: "ann".into(), ..Default::default() },
            ))
            .await
            .err(),
        admin
            .forget_user(signed(&of_acme, ForgetUserRequest { user_id: "ann".into(), ..Default::default() }))
            .await
            .err(),
    ];
    for status in denied {
        let expected = (Code::PermissionDenied, "CALLER_NOT_ALLOWED".into(), vec![]);
        assert_eq!(error_parts(&status.expect("another tenant's")), expected);
    }
    // Without a tenant, the filter covers the caller's own tenants.
    let request = RevokeWhereRequest { filter: filter(""), ..Default::default() };
    let mut answers = admin.revoke_where(signed(&of_acme, request)).await.expect("a stream").into_inner();
    let mut last = answers.message().await.expect("a response");
    while let Some(answer) = answers.message().await.expect("a response") {
        last = Some(answer);
    }
    let last = last.expect("a response");
    assert_eq!((last.matched_count, last.revoked_count, last.done), (1, 1, true));
    let live = |key: &str| signed(key, SearchSessionsRequest { state: 1, ..Default::default() });
    crate::service::fixture::eventually("the end is in the audit", || async {
        let found: Request<_> = live(&everywhere);
        service.admin().search_sessions(found).await.expect("sessions").into_inner().sessions.len() == 1
    })
    .await;
    let left = admin.search_sessions(live(&everywhere)).await.expect("sessions").into_inner().sessions;
    assert_eq!(left[0].session.as_ref().expect("one").tenant_id, "globex");
}
