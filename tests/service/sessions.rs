//! Create, Validate, Update, List: a session from login to the next request.

use std::time::Duration;

use prost_types::{FieldMask, Struct, Value, value::Kind};
use session_authority::api::{
    Activity, ClientContext, CreateRequest, DeviceType, EndReason, ListRequest, RejectReason, SearchSessionsRequest,
    Session, Source, UpdateRequest, ValidateRequest,
};
use tonic::Code;

use super::fixture::{TestService, error_parts, eventually, id_of, login_of, reason_of};

super::on_every_engine![
    a_login_gives_a_token_that_validates_to_its_session,
    what_a_session_does_not_have_is_unset,
    activity_moves_forward_unless_it_is_only_a_peek,
    a_list_has_the_most_recently_active_first_and_marks_the_current_one,
    an_update_is_seen_by_the_next_validation,
    an_update_of_another_revision_is_refused,
    the_least_recently_active_session_gives_way,
    a_policy_may_refuse_one_login_too_many,
    the_same_device_signs_in_in_the_place_of_its_session,
    a_repeated_request_gets_the_same_token,
    remembered_devices_stay_longer,
    a_validation_may_demand_a_fresh_or_strong_login,
    a_new_authentication_meets_the_demand_and_moves_no_deadline,
    two_tenants_have_nothing_in_common,
    parallel_logins_never_exceed_the_limit,
];

async fn a_login_gives_a_token_that_validates_to_its_session(service: TestService) {
    let data = Struct { fields: [("plan".to_owned(), text("gold"))].into() };
    let created =
        service.create(CreateRequest { data: Some(data.clone()), ..login_of("ann") }).await.expect("a session");
    assert!(created.token.starts_with("sa_"), "the token is recognisable");
    let session = created.session.expect("a session");
    assert_eq!((session.tenant_id.as_str(), session.user_id.as_str()), ("default", "ann"));
    assert_eq!((session.email.as_str(), session.policy.as_str()), ("ann@example.com", "default"));
    assert_eq!((session.roles.clone(), session.data.clone()), (vec!["user".to_owned()], Some(data)));
    assert_eq!(session.session_id.len(), 32);
    let device = session.device.clone().expect("a device");
    assert_eq!((device.name.as_str(), device.r#type()), ("Chrome on Windows", DeviceType::Desktop));
    assert!(device.device_id.starts_with("d_"));
    assert_eq!(session.location.as_ref().map(|place| place.ip.as_str()), Some("198.51.100.7"));
    let (made, ends) = (session.created_at.expect("a time"), session.expires_at.expect("a time"));
    assert_eq!(ends.seconds - made.seconds, 30 * 24 * 3600);
    assert_eq!(session.idle_expires_at.expect("a time").seconds - made.seconds, 4 * 3600);

    let answer = service
        .sessions()
        .validate(ValidateRequest { token: created.token.clone(), ..ValidateRequest::default() })
        .await
        .expect("a verdict")
        .into_inner();
    assert_eq!((answer.source(), answer.cache_ttl.expect("a span").seconds), (Source::Store, 0));
    assert_eq!(service.validate(&created.token).await.expect("an active session"), session);
}

async fn what_a_session_does_not_have_is_unset(service: TestService) {
    let bare = CreateRequest { user_id: "ann".to_owned(), ..CreateRequest::default() };
    let created = service.create(bare).await.expect("a session");
    let validated = service.validate(&created.token).await.expect("an active session");
    let listed = service.list("ann").await.remove(0);
    for session in [created.session.expect("a session"), validated, listed] {
        assert_eq!((session.data, session.location), (None, None));
    }
    let search = SearchSessionsRequest::default();
    eventually("the audit has it", || async {
        let found = service.admin().search_sessions(search.clone()).await.expect("sessions").into_inner().sessions;
        found.first().is_some_and(|entry| entry.session.as_ref().is_some_and(|session| session.location.is_none()))
    })
    .await;
}

async fn activity_moves_forward_unless_it_is_only_a_peek(service: TestService) {
    let created = service.login("ann").await;
    let before = created.session.as_ref().expect("a session").last_active_at;
    service.clock.advance(Duration::from_secs(90));
    let peek =
        ValidateRequest { token: created.token.clone(), activity: Activity::Peek.into(), ..ValidateRequest::default() };
    assert_eq!(service.validate_request(peek).await.expect("an active session").last_active_at, before);
    let touched = service.validate(&created.token).await.expect("an active session").last_active_at;
    assert_eq!(touched.expect("a time").seconds - before.expect("a time").seconds, 90);
    assert_eq!(service.list("ann").await[0].last_active_at, touched, "the list includes it at once");
}

async fn a_list_has_the_most_recently_active_first_and_marks_the_current_one(service: TestService) {
    let mut ids = Vec::new();
    let mut tokens = Vec::new();
    for _ in 0..3 {
        let created = service.login("ann").await;
        ids.push(id_of(&created));
        tokens.push(created.token);
        service.clock.advance(Duration::from_secs(1));
    }
    service.validate(&tokens[0]).await.expect("an active session");
    let request = ListRequest { user_id: "ann".into(), current_session_id: ids[1].clone(), ..ListRequest::default() };
    let listed = service.sessions().list(request).await.expect("a list").into_inner().sessions;
    let order: Vec<_> = listed.iter().map(|session| session.session_id.as_str()).collect();
    assert_eq!(order, [&ids[0], &ids[2], &ids[1]]);
    assert_eq!(listed.iter().map(|session| session.current).collect::<Vec<_>>(), [false, false, true]);
    assert!(service.list("nobody").await.is_empty());
}

async fn an_update_is_seen_by_the_next_validation(service: TestService) {
    let created = service.login("ann").await;
    let update = UpdateRequest {
        session_id: id_of(&created),
        session: Some(Session {
            roles: vec!["admin".into()],
            email: "ignored@example.com".into(),
            ..Session::default()
        }),
        update_mask: Some(FieldMask { paths: vec!["roles".into()] }),
        if_revision: 1,
        rotate: false,
    };
    let updated = service.sessions().update(update).await.expect("an update").into_inner().session.expect("a session");
    let validated = service.validate(&created.token).await.expect("an active session");
    assert_eq!(validated.roles, ["admin"]);
    assert_eq!((validated.email.as_str(), validated.revision), ("ann@example.com", 2), "only the mask is changed");
    assert_eq!(updated, validated);
}

async fn an_update_of_another_revision_is_refused(service: TestService) {
    let created = service.login("ann").await;
    let update = |id: String, if_revision| UpdateRequest {
        session_id: id,
        session: Some(Session::default()),
        update_mask: Some(FieldMask { paths: vec!["email".into()] }),
        if_revision,
        rotate: false,
    };
    let error = service.sessions().update(update(id_of(&created), 7)).await.expect_err("a conflict");
    assert_eq!(error_parts(&error), (Code::Aborted, "REVISION_CONFLICT".into(), vec![]));
    let error = service.sessions().update(update("a".repeat(32), 0)).await.expect_err("no such session");
    assert_eq!(error_parts(&error), (Code::NotFound, "SESSION_NOT_FOUND".into(), vec![]));
}

async fn the_least_recently_active_session_gives_way(service: TestService) {
    let mut logins = Vec::new();
    for _ in 0..5 {
        logins.push(service.login("ann").await);
        service.clock.advance(Duration::from_secs(1));
    }
    // The first session is used. This node has not written that activity yet, but it counts nevertheless.
    service.validate(&logins[0].token).await.expect("an active session");
    let sixth = service.login("ann").await;
    let ended: Vec<_> = sixth.ended.iter().map(|ended| (ended.session_id.clone(), ended.reason())).collect();
    assert_eq!(ended, [(id_of(&logins[1]), EndReason::Evicted)]);
    assert_eq!(sixth.ended[0].device_name, "Chrome on Windows");
    assert_eq!(service.list("ann").await.len(), 5);
    assert_eq!(reason_of(&service.validate(&logins[1].token).await), RejectReason::Evicted);
}

async fn a_policy_may_refuse_one_login_too_many(service: TestService) {
    let login = CreateRequest { policy: "high-value".into(), ..login_of("ann") };
    let first = service.create(login.clone()).await.expect("the first");
    let error = service.create(login).await.expect_err("one too many");
    assert_eq!(error_parts(&error), (Code::FailedPrecondition, "SESSION_LIMIT_REACHED".into(), vec![]));
    service.validate(&first.token).await.expect("the first one stays");
}

async fn the_same_device_signs_in_in_the_place_of_its_session(service: TestService) {
    let client = |device: &str| Some(ClientContext { device_id: device.into(), ..ClientContext::default() });
    let on = |device: &str| CreateRequest { client: client(device), ..login_of("ann") };
    let phone = service.create(on("phone")).await.expect("a session");
    service.create(on("laptop")).await.expect("a session");
    let again = service.create(on("phone")).await.expect("a session");
    assert_eq!(
        again.ended.iter().map(|e| (e.session_id.clone(), e.reason())).collect::<Vec<_>>(),
        [(id_of(&phone), EndReason::Replaced)]
    );
    assert_eq!(reason_of(&service.validate(&phone.token).await), RejectReason::Replaced);
    assert_eq!(service.list("ann").await.len(), 2);
}

async fn a_repeated_request_gets_the_same_token(service: TestService) {
    let login = CreateRequest { request_id: "r-1".into(), ..login_of("ann") };
    let first = service.create(login.clone()).await.expect("a session");
    let again = service.create(login.clone()).await.expect("the same session");
    assert_eq!((&first.token, id_of(&first)), (&again.token, id_of(&again)));
    assert_eq!(service.list("ann").await.len(), 1);
    let elsewhere = ClientContext { ip: "198.51.100.200".into(), ..login_of("ann").client.expect("a client") };
    let retry = CreateRequest { client: Some(elsewhere), ..login.clone() };
    let retried = service.create(retry).await.expect("the same session, from another network");
    assert_eq!((first.token.as_str(), &first.session), (retried.token.as_str(), &retried.session));
    let other = CreateRequest { roles: vec!["admin".into()], ..login.clone() };
    let error = service.create(other).await.expect_err("another body");
    assert_eq!(error_parts(&error), (Code::AlreadyExists, "REQUEST_ID_REUSED".into(), vec![]));
    service.clock.advance(Duration::from_hours(5));
    let error = service.create(login).await.expect_err("it has idled out");
    assert_eq!(error_parts(&error), (Code::FailedPrecondition, "REQUEST_SESSION_ENDED".into(), vec![]));
}

async fn remembered_devices_stay_longer(service: TestService) {
    let created = service.create(CreateRequest { remember: true, ..login_of("ann") }).await.expect("a session");
    let session = created.session.expect("a session");
    assert!(session.remembered);
    let lifetime = session.expires_at.expect("a time").seconds - session.created_at.expect("a time").seconds;
    assert_eq!(lifetime, 90 * 24 * 3600);
    service.clock.advance(Duration::from_hours(29 * 24));
    service.validate(&created.token).await.expect("an active session");
}

async fn a_validation_may_demand_a_fresh_or_strong_login(service: TestService) {
    let login = CreateRequest { assurance_level: 1, auth_methods: vec!["pwd".into()], ..login_of("ann") };
    let created = service.create(login).await.expect("a session");
    let demand = |age: Option<i64>, level| ValidateRequest {
        token: created.token.clone(),
        max_auth_age: age.map(|seconds| prost_types::Duration { seconds, nanos: 0 }),
        min_assurance_level: level,
        ..ValidateRequest::default()
    };
    service.clock.advance(Duration::from_mins(10));
    service.validate_request(demand(Some(600), 1)).await.expect("fresh and strong enough");
    let old = service.validate_request(demand(Some(599), 0)).await;
    assert_eq!(reason_of(&old), RejectReason::StepUpRequired);
    let old = old.expect_err("a rejection");
    assert_eq!((old.required_max_auth_age.expect("the age").seconds, old.required_assurance_level), (599, 0));
    let weak = service.validate_request(demand(None, 2)).await.expect_err("too weak");
    assert_eq!((weak.required_assurance_level, weak.required_max_auth_age), (2, None));
    service.validate(&created.token).await.expect("the session is still active");
}

async fn a_new_authentication_meets_the_demand_and_moves_no_deadline(service: TestService) {
    let login = CreateRequest { assurance_level: 1, auth_methods: vec!["pwd".into()], ..login_of("ann") };
    let created = service.create(login).await.expect("a session");
    let demand = ValidateRequest {
        token: created.token.clone(),
        max_auth_age: Some(prost_types::Duration { seconds: 300, nanos: 0 }),
        min_assurance_level: 2,
        ..ValidateRequest::default()
    };
    service.clock.advance(Duration::from_mins(10));
    assert_eq!(reason_of(&service.validate_request(demand.clone()).await), RejectReason::StepUpRequired);
    let signed_in_at = created.session.as_ref().and_then(|session| session.created_at).expect("a time");
    let authenticated_at = prost_types::Timestamp { seconds: signed_in_at.seconds + 600, ..signed_in_at };
    let update = UpdateRequest {
        session_id: id_of(&created),
        session: Some(Session {
            authenticated_at: Some(authenticated_at),
            auth_methods: vec!["pwd".into(), "otp".into()],
            assurance_level: 2,
            ..Session::default()
        }),
        update_mask: Some(FieldMask {
            paths: ["authenticated_at", "auth_methods", "assurance_level"].map(String::from).into(),
        }),
        ..UpdateRequest::default()
    };
    service.sessions().update(update).await.expect("an update");
    let session = service.validate_request(demand.clone()).await.expect("fresh and strong enough");
    assert_eq!((session.authenticated_at, session.assurance_level), (Some(authenticated_at), 2));
    assert_eq!(session.expires_at, created.session.as_ref().and_then(|session| session.expires_at));
    service.clock.advance(Duration::from_millis(300_001));
    assert_eq!(reason_of(&service.validate_request(demand).await), RejectReason::StepUpRequired);
}

async fn two_tenants_have_nothing_in_common(service: TestService) {
    let of = |tenant: &str| CreateRequest { tenant_id: tenant.into(), ..login_of("ann") };
    let acme = service.create(of("acme")).await.expect("a session");
    service.create(of("globex")).await.expect("a session");
    let request = ListRequest { tenant_id: "acme".into(), user_id: "ann".into(), ..ListRequest::default() };
    let listed = service.sessions().list(request).await.expect("a list").into_inner().sessions;
    assert_eq!(listed.iter().map(|s| s.session_id.clone()).collect::<Vec<_>>(), [id_of(&acme)]);
    assert!(service.list("ann").await.is_empty(), "the default tenant has no such user");
}

async fn parallel_logins_never_exceed_the_limit(service: TestService) {
    let logins = (0..40).map(|_| service.create_with_retries(login_of("ann")));
    let created = futures_util::future::join_all(logins).await;
    assert!(created.iter().all(Result::is_ok));
    assert_eq!(service.list("ann").await.len(), 5);
    let mut live = 0;
    for login in created.into_iter().flatten() {
        live += usize::from(service.validate(&login.token).await.is_ok());
    }
    assert_eq!(live, 5);
}

fn text(text: &str) -> Value {
    Value { kind: Some(Kind::StringValue(text.to_owned())) }
}
