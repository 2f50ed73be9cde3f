//! Invalid input: the error names the fields, and nothing changes.

use prost_types::{FieldMask, Timestamp};
use session_authority::api::{
    ClientContext, CreateRequest, GetStatsRequest, ListRequest, NotificationContact, RejectReason, RevokeAllRequest,
    RevokeRequest, Session, Source, TenantScope, TimeWindow, UpdateRequest, UserScope, ValidateRequest,
    revoke_all_request::Scope, revoke_request::Target,
};

use super::fixture::{TestService, assert_invalid_fields, error_parts, login_of, reason_of};

super::on_every_engine![
    a_wrong_login_names_every_field_and_makes_nothing,
    a_wrong_update_names_its_field,
    a_wrong_revocation_names_its_field,
    no_token_is_ever_an_error,
];

async fn a_wrong_login_names_every_field_and_makes_nothing(service: TestService) {
    let long = "x".repeat(257);
    let contact =
        |email: &str, locale: &str| Some(NotificationContact { email: email.to_owned(), locale: locale.to_owned() });
    let duration = |seconds| Some(prost_types::Duration { seconds, nanos: 0 });
    let cases: Vec<(CreateRequest, Vec<&str>)> = vec![
        (CreateRequest { user_id: String::new(), ..login_of("ann") }, vec!["user_id"]),
        (
            CreateRequest { user_id: long.clone(), tenant_id: "a\nb".into(), ..login_of("ann") },
            vec!["tenant_id", "user_id"],
        ),
        (CreateRequest { email: long.clone(), ..login_of("ann") }, vec!["email"]),
        (
            CreateRequest { notify: contact("ann@example.com", "de-CH"), policy: "gold".into(), ..login_of("ann") },
            vec!["policy"],
        ),
        (
            CreateRequest { notify: contact("a@b, c@d", "de_DE"), ..login_of("ann") },
            vec!["notify.email", "notify.locale"],
        ),
        (CreateRequest { roles: vec!["r".into(); 65], ..login_of("ann") }, vec!["roles"]),
        (CreateRequest { roles: vec![String::new()], ..login_of("ann") }, vec!["roles"]),
        (CreateRequest { auth_methods: vec!["m".repeat(65)], ..login_of("ann") }, vec!["auth_methods"]),
        (CreateRequest { assurance_level: 101, ..login_of("ann") }, vec!["assurance_level"]),
        (CreateRequest { policy: "gold".into(), ..login_of("ann") }, vec!["policy"]),
        (CreateRequest { request_id: "r".repeat(129), ..login_of("ann") }, vec!["request_id"]),
        (CreateRequest { lifetime: duration(0), ..login_of("ann") }, vec!["lifetime"]),
        (
            CreateRequest { lifetime: duration(-5), idle_timeout: duration(-5), ..login_of("ann") },
            vec!["lifetime", "idle_timeout"],
        ),
        (CreateRequest { lifetime: duration(31 * 24 * 3600), ..login_of("ann") }, vec!["lifetime"]),
        (
            CreateRequest { authenticated_at: Some(Timestamp { seconds: -1, nanos: 0 }), ..login_of("ann") },
            vec!["authenticated_at"],
        ),
        (
            CreateRequest { authenticated_at: Some(Timestamp { seconds: 1, nanos: 0 }), ..login_of("ann") },
            vec!["authenticated_at"],
        ),
        (
            CreateRequest { authenticated_at: Some(Timestamp { seconds: 1_900_000_000, nanos: 0 }), ..login_of("ann") },
            vec!["authenticated_at"],
        ),
        (
            CreateRequest {
                client: Some(ClientContext {
                    ip: "1.2.3".into(),
                    country: "Brazil".into(),
                    ..ClientContext::default()
                }),
                ..login_of("ann")
            },
            vec!["client.ip", "client.country"],
        ),
        (
            CreateRequest {
                user_id: String::new(),
                client: Some(ClientContext { ip: "300.1.1.1".into(), ..ClientContext::default() }),
                policy: "nope".into(),
                assurance_level: 1000,
                ..login_of("ann")
            },
            vec!["user_id", "client.ip", "policy", "assurance_level"],
        ),
    ];
    for (request, fields) in cases {
        let status = service.create(request).await.expect_err("a wrong login");
        assert_invalid_fields(&status, &fields);
    }
    assert!(service.list("ann").await.is_empty());
    // The roles are within their limits, but too large together.
    let large = CreateRequest { roles: (0..64).map(|n| format!("{n:0>128}")).collect(), ..login_of("ann") };
    assert_eq!(error_parts(&service.create(large).await.expect_err("too large")).2, ["data"]);
}

async fn a_wrong_update_names_its_field(service: TestService) {
    let created = service.login("ann").await;
    let id = super::fixture::id_of(&created);
    let update = |id: &str, paths: &[&str]| UpdateRequest {
        session_id: id.to_owned(),
        session: Some(Session { email: "e".repeat(300), ..Session::default() }),
        update_mask: Some(FieldMask { paths: paths.iter().map(ToString::to_string).collect() }),
        if_revision: 0,
        rotate: false,
    };
    for (request, field) in [
        (update("nonsense", &["roles"]), "session_id"),
        (update(&id, &[]), "update_mask"),
        (update(&id, &["*"]), "update_mask"),
        (update(&id, &["data.plan"]), "update_mask"),
        (update(&id, &["expires_at"]), "update_mask"),
        (update(&id, &["email"]), "session.email"),
        (update(&id, &["authenticated_at"]), "session.authenticated_at"),
    ] {
        let status = service.sessions().update(request).await.expect_err("a wrong update");
        assert_invalid_fields(&status, &[field]);
    }
    let mut all = update("nonsense", &["email", "assurance_level", "authenticated_at", "data.plan"]);
    all.session.get_or_insert_default().assurance_level = 1000;
    let status = service.sessions().update(all).await.expect_err("a wrong update");
    assert_eq!(
        error_parts(&status).2,
        ["session_id", "session.authenticated_at", "update_mask", "session.email", "session.assurance_level"]
    );
    let many: Vec<_> = (0..1000).map(|n| format!("{n:0>50}")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    for paths in [&many[..], &["x".repeat(60_000).as_str()]] {
        let status = service.sessions().update(update(&id, paths)).await.expect_err("a wrong mask");
        assert_eq!(error_parts(&status).2, ["update_mask"]);
        assert!(status.message().len() < 200, "{}", status.message());
    }
    assert_eq!(service.validate(&created.token).await.expect("an active session").revision, 1, "nothing changed");
}

async fn a_wrong_revocation_names_its_field(service: TestService) {
    let revoke = |target| RevokeRequest { target, ..RevokeRequest::default() };
    for (request, field) in [
        (revoke(None), "target"),
        (revoke(Some(Target::SessionId("no".into()))), "session_id"),
        (revoke(Some(Target::DeviceId("d".into()))), "user_id"),
        (RevokeRequest { reason: "r".repeat(257), ..revoke(Some(Target::Token(String::new()))) }, "reason"),
    ] {
        let status = service.sessions().revoke(request).await.expect_err("a wrong revocation");
        assert_eq!(error_parts(&status).2, [field]);
    }
    let user = UserScope { tenant_id: "a\nb".into(), ..UserScope::default() };
    let tenant = TenantScope { tenant_id: "t".repeat(257) };
    for (scope, fields) in [
        (None, &["scope"][..]),
        (Some(Scope::User(user)), &["user.tenant_id", "user.user_id"]),
        (Some(Scope::Tenant(TenantScope::default())), &["tenant.tenant_id"]),
        (Some(Scope::Tenant(tenant)), &["tenant.tenant_id"]),
    ] {
        let request = RevokeAllRequest { scope, ..RevokeAllRequest::default() };
        let status = service.sessions().revoke_all(request).await.expect_err("a wrong scope");
        assert_eq!(error_parts(&status).2, fields);
    }
    let all = RevokeAllRequest {
        scope: Some(Scope::Tenant(TenantScope { tenant_id: "acme".into() })),
        except_token: "sa_".into(),
        operation_id: "o".repeat(129),
        actor: "a".repeat(257),
        ..RevokeAllRequest::default()
    };
    let status = service.sessions().revoke_all(all).await.expect_err("a wrong revocation");
    assert_eq!(error_parts(&status).2, ["actor", "except_token", "operation_id"]);
    let window =
        TimeWindow { start: Some(Timestamp { seconds: -1, nanos: 0 }), end: Some(Timestamp { seconds: 0, nanos: -1 }) };
    let step = Some(prost_types::Duration { seconds: -1, nanos: 0 });
    let counts = GetStatsRequest { user_id: "u".repeat(257), window: Some(window), step, ..GetStatsRequest::default() };
    let status = service.admin().get_stats(counts).await.expect_err("a wrong question");
    assert_eq!(error_parts(&status).2, ["user_id", "window.start", "window.end", "step"]);
    let wrong = ListRequest { current_session_id: "no".into(), ..ListRequest::default() };
    let status = service.sessions().list(wrong).await.expect_err("no user");
    assert_eq!(error_parts(&status).2, ["user_id", "current_session_id"]);
}

async fn no_token_is_ever_an_error(service: TestService) {
    let genuine = service.login("ann").await.token;
    let mut forged = genuine.clone();
    forged.replace_range(30..31, if &genuine[30..31] == "A" { "B" } else { "A" });
    for (token, reason) in [
        (String::new(), RejectReason::Malformed),
        ("sa_".into(), RejectReason::Malformed),
        ("\u{0}\u{1}é".into(), RejectReason::Malformed),
        ("x".repeat(60_000), RejectReason::Malformed),
        (genuine[1..].into(), RejectReason::Malformed),
        (forged, RejectReason::Unknown),
    ] {
        assert_eq!(reason_of(&service.validate(&token).await), reason);
        let request = ValidateRequest { token, ..ValidateRequest::default() };
        let answer = service.sessions().validate(request).await.expect("a verdict").into_inner();
        assert_eq!(answer.source(), Source::Token, "the store was not read");
    }
    let unknown = ValidateRequest { token: genuine.clone(), activity: 7, consistency: 9, ..ValidateRequest::default() };
    let status = service.sessions().validate(unknown).await.expect_err("unknown enum values");
    assert_eq!(error_parts(&status).2, ["consistency", "activity"]);
    let beyond = ValidateRequest { token: genuine, min_assurance_level: 101, ..ValidateRequest::default() };
    let status = service.sessions().validate(beyond).await.expect_err("more than can be stated");
    assert_eq!(error_parts(&status).2, ["min_assurance_level"]);
}
