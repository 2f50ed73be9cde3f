//! Get and Touch: sessions by their IDs.

use std::time::Duration;

use prost_types::Timestamp;
use session_authority::{
    api::{
        CreateRequest, GetRequest, RejectReason, RevokeRequest, Session, SessionTouch, TouchRequest, TouchedSession,
        revoke_request::Target,
    },
    domain::UnixMillis,
};
use tonic::{Code, Status};

use super::fixture::{START, TestService, error_parts, id_of, login_of, reason_of};

const MINUTE: Duration = Duration::from_mins(1);

super::on_every_engine![
    a_session_is_returned_by_its_id_without_being_touched,
    what_is_not_active_or_not_meant_is_not_found,
    activity_moves_forward_and_never_back,
    activity_keeps_a_session_and_never_past_its_deadline,
    activity_of_what_is_over_revives_nothing,
    a_batch_is_answered_in_its_order,
    what_is_wrong_is_named_and_nothing_is_recorded,
];

fn timestamp(time: UnixMillis) -> Timestamp {
    let millis = time.get();
    let seconds = i64::try_from(millis / 1000).expect("a time");
    Timestamp { seconds, nanos: i32::try_from(millis % 1000).expect("millis") * 1_000_000 }
}

impl TestService {
    async fn get(&self, session_id: &str) -> Result<Session, Status> {
        let request = GetRequest { session_id: session_id.to_owned(), ..GetRequest::default() };
        let response = self.sessions().get(request).await?;
        Ok(response.into_inner().session.expect("a session"))
    }

    async fn touch(&self, touches: &[(&str, UnixMillis)]) -> Result<Vec<TouchedSession>, Status> {
        let touch = |(id, at): &(&str, UnixMillis)| SessionTouch {
            session_id: (*id).to_owned(),
            used_at: Some(timestamp(*at)),
        };
        let request = TouchRequest { touches: touches.iter().map(touch).collect() };
        Ok(self.sessions().touch(request).await?.into_inner().sessions)
    }

    async fn touch_one(&self, id: &str, at: UnixMillis) -> TouchedSession {
        self.touch(&[(id, at)]).await.expect("a response").remove(0)
    }
}

async fn a_session_is_returned_by_its_id_without_being_touched(service: TestService) {
    let created = service.login("ann").await;
    service.clock.advance(MINUTE);
    assert_eq!(service.get(&id_of(&created)).await.expect("a session"), created.session.expect("a session"));
}

async fn what_is_not_active_or_not_meant_is_not_found(service: TestService) {
    let created = service.login("ann").await;
    let id = id_of(&created);
    let guarded = |tenant: &str, user: &str| GetRequest {
        session_id: id.clone(),
        tenant_id: tenant.to_owned(),
        user_id: user.to_owned(),
    };
    for (tenant, user, is_found) in
        [("", "ann", true), ("default", "", true), ("", "bob", false), ("other", "", false), ("other", "ann", false)]
    {
        let found = service.sessions().get(guarded(tenant, user)).await;
        assert_eq!(found.is_ok(), is_found, "{tenant} {user}");
    }
    let revoke = RevokeRequest { target: Some(Target::SessionId(id.clone())), ..RevokeRequest::default() };
    service.sessions().revoke(revoke).await.expect("a response");
    let status = service.get(&id).await.expect_err("revoked");
    assert_eq!(error_parts(&status), (Code::NotFound, "SESSION_NOT_FOUND".into(), vec![]));
    let status = service.get("nonsense").await.expect_err("no id");
    assert_eq!(error_parts(&status), (Code::InvalidArgument, "INVALID_FIELD".into(), vec!["session_id".into()]));
    let idle = id_of(&service.login("ann").await);
    service.clock.advance(Duration::from_hours(5));
    assert_eq!(service.get(&idle).await.expect_err("timed out").code(), Code::NotFound);
}

async fn activity_moves_forward_and_never_back(service: TestService) {
    let created = service.login("ann").await;
    let id = id_of(&created);
    service.clock.advance(MINUTE * 10);
    let touched = service.touch_one(&id, START.plus(MINUTE * 5)).await;
    assert_eq!((touched.session_id.as_str(), touched.active), (&*id, true));
    assert_eq!(touched.last_active_at, Some(timestamp(START.plus(MINUTE * 5))));
    assert_eq!(touched.idle_expires_at, Some(timestamp(START.plus(MINUTE * 5 + Duration::from_hours(4)))));
    let earlier = service.touch_one(&id, START.plus(MINUTE)).await;
    assert_eq!(earlier.last_active_at, touched.last_active_at);
    let ahead = service.touch_one(&id, START.plus(MINUTE * 10 + Duration::from_secs(5))).await;
    assert_eq!(ahead.last_active_at, Some(timestamp(START.plus(MINUTE * 10))), "the future counts as now");
    assert_eq!(service.get(&id).await.expect("a session").last_active_at, ahead.last_active_at);
    assert_eq!(service.list("ann").await[0].last_active_at, ahead.last_active_at);
}

async fn activity_keeps_a_session_and_never_past_its_deadline(service: TestService) {
    let created = service.create(CreateRequest { policy: "aal3".to_owned(), ..login_of("ann") }).await;
    let id = id_of(&created.expect("a session"));
    for step in 1..=51 {
        service.clock.advance(MINUTE * 14);
        assert!(service.touch_one(&id, START.plus(MINUTE * 14 * step)).await.active, "{step}");
    }
    service.clock.advance(MINUTE * 6);
    let touched = service.touch_one(&id, START.plus(MINUTE * 720)).await;
    assert!(!touched.active && touched.last_active_at.is_none(), "12 hours have passed");
    assert_eq!(service.get(&id).await.expect_err("expired").code(), Code::NotFound);
}

async fn activity_of_what_is_over_revives_nothing(service: TestService) {
    let created = service.login("ann").await;
    let id = id_of(&created);
    let hour = Duration::from_hours(1);
    service.clock.advance(hour * 5);
    assert!(!service.touch_one(&id, START.plus(hour * 3)).await.active, "reported after the end");
    assert_eq!(reason_of(&service.validate(&created.token).await), RejectReason::IdleTimeout);
    let never = format!("{}{}", &id[..19], "a".repeat(13));
    assert!(!service.touch_one(&never, START).await.active);
}

async fn a_batch_is_answered_in_its_order(service: TestService) {
    let ids: Vec<_> = [service.login("ann").await, service.login("bob").await].iter().map(id_of).collect();
    let revoke = RevokeRequest { target: Some(Target::SessionId(ids[1].clone())), ..RevokeRequest::default() };
    service.sessions().revoke(revoke).await.expect("a response");
    service.clock.advance(MINUTE);
    let [first, second] = [START.plus(Duration::from_secs(1)), START.plus(Duration::from_secs(2))];
    let batch = [(&*ids[0], first), (&*ids[1], second), (&*ids[0], second)];
    let touched = service.touch(&batch).await.expect("a response");
    let active: Vec<_> = touched.iter().map(|session| (session.session_id.as_str(), session.active)).collect();
    assert_eq!(active, [(&*ids[0], true), (&*ids[1], false), (&*ids[0], true)]);
    assert_eq!(touched[2].last_active_at, Some(timestamp(second)));
    let full = vec![(&*ids[0], second); 1000];
    assert_eq!(service.touch(&full).await.expect("a response").len(), 1000);
}

async fn what_is_wrong_is_named_and_nothing_is_recorded(service: TestService) {
    let created = service.login("ann").await;
    let id = id_of(&created);
    service.clock.advance(MINUTE);
    let future = START.plus(MINUTE + Duration::from_secs(6));
    let status = service.touch(&[(&id, START.plus(MINUTE)), ("x", START), (&id, future)]).await.expect_err("invalid");
    let fields = vec!["touches[1].session_id".to_owned(), "touches[2].used_at".to_owned()];
    assert_eq!(error_parts(&status), (Code::InvalidArgument, "INVALID_FIELD".into(), fields));
    for count in [0, 1001] {
        let status = service.touch(&vec![(&*id, START); count]).await.expect_err("invalid");
        assert_eq!(error_parts(&status).2, ["touches"]);
    }
    let untimed = TouchRequest { touches: vec![SessionTouch { session_id: id.clone(), used_at: None }] };
    let status = service.sessions().touch(untimed).await.expect_err("invalid");
    assert_eq!(error_parts(&status).2, ["touches[0].used_at"]);
    assert_eq!(service.get(&id).await.expect("a session"), created.session.expect("a session"));
}
