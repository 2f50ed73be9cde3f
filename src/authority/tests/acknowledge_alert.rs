use std::time::Duration;

use super::fixture::{AuthorityFixture, SECOND, cause, client, login, owner};
use crate::{
    authority::{AcknowledgementRequest, AcknowledgementResult, CreatedSession, LoginRequest},
    clock::Clock,
    domain::{
        Alert, CallError, LoginHistory, TenantId, TenantScope, UserId,
        alert::{AlertId, AlertVerdict, Severity},
        history::device_tag_prefix,
    },
    store::{AlertPosition, AlertRetention, AlertStream, SessionStore},
};

const KEEP: AlertRetention = AlertRetention { alerts: 1_000, age: Duration::from_hours(168), archived: None };
const WAS_NOT_ME: AlertVerdict = AlertVerdict::WasNotMe { ends_all: false };

fn abroad() -> LoginRequest {
    LoginRequest { client: client("phone", "BR"), ..login("ann") }
}

fn answer(alert: AlertId, verdict: AlertVerdict) -> AcknowledgementRequest {
    AcknowledgementRequest {
        alert,
        verdict,
        tenant: None,
        user: None,
        tenants: TenantScope::All,
        link_user: None,
        cause: cause("asked by mail"),
    }
}

impl AuthorityFixture {
    /// Signs the user in at home, and abroad a second later. The alerts are in the stream.
    async fn sign_in_abroad(&self) -> CreatedSession {
        self.sign_in("ann").await;
        self.clock.advance(SECOND);
        let created = self.creator().create(abroad()).await.expect("a session");
        self.engine.forward(created.session.id.handle.bucket(), 100, KEEP).await.expect("forwarded");
        created
    }

    async fn acknowledge(&self, request: AcknowledgementRequest) -> Result<AcknowledgementResult, CallError> {
        self.acknowledger().acknowledge(request).await
    }

    async fn history(&self, created: &CreatedSession) -> LoginHistory {
        let handle = created.session.id.handle;
        self.engine.load_user_state(&owner("ann"), handle, self.clock.now()).await.expect("a state").history
    }
}

fn new_country(created: &CreatedSession) -> &Alert {
    created.alerts.iter().find(|alert| alert.rule == "NEW_COUNTRY").expect("an alert")
}

#[tokio::test]
async fn what_the_user_recognises_is_learned_once() {
    let fixture = AuthorityFixture::new().await;
    let created = fixture.sign_in_abroad().await;
    let before = fixture.history(&created).await;
    assert!(!before.knows_device(created.session.record.device.tag()) && before.unconfirmed.len() == 1);
    let alert = new_country(&created).id;
    let first = fixture.acknowledge(answer(alert, AlertVerdict::WasMe)).await.expect("answered");
    assert_eq!(first, AcknowledgementResult::default());
    let learned = fixture.history(&created).await;
    assert!(learned.knows_device(created.session.record.device.tag()) && learned.countries.contains(*b"BR"));
    assert_eq!((learned.logins, learned.unconfirmed.len()), (2, 0));
    assert!(fixture.acknowledge(answer(alert, AlertVerdict::WasMe)).await.expect("answered").is_repeat);
    // The other alert of the sign-in says the same about the same place.
    for other in created.alerts.iter().filter(|other| other.id != alert) {
        fixture.acknowledge(answer(other.id, AlertVerdict::WasMe)).await.expect("answered");
    }
    assert_eq!(fixture.history(&created).await.logins, 2);
    assert!(fixture.is_accepted(&created.token).await);
}

#[tokio::test]
async fn what_was_not_the_user_is_ended_and_unlearned() {
    let fixture = AuthorityFixture::new().await;
    let created = fixture.sign_in_abroad().await;
    let home = fixture.list("ann").await.len();
    let answered = fixture.acknowledge(answer(new_country(&created).id, WAS_NOT_ME)).await.expect("answered");
    assert_eq!(answered.session_ids, [created.session.id]);
    assert!(!fixture.is_accepted(&created.token).await);
    assert_eq!(fixture.list("ann").await.len(), home - 1);
    let history = fixture.history(&created).await;
    assert!(!history.has_seen_device(created.session.record.device.tag()) && history.countries.contains(*b"DE"));
    assert!(history.devices.iter().all(|seen| seen.value != device_tag_prefix(created.session.record.device.tag())));
    let reported = fixture.observer.reported();
    assert_eq!(reported.acknowledged, [WAS_NOT_ME]);
    assert_eq!(
        fixture.dirty_buckets.take().await,
        [created.session.id.handle.bucket()],
        "its new alert waits to be forwarded"
    );
}

#[tokio::test]
async fn what_was_learned_before_the_answer_is_unlearned_too() {
    let fixture = AuthorityFixture::new().await;
    let created = fixture.sign_in_abroad().await;
    fixture.clock.advance(Duration::from_hours(25));
    let again = fixture.creator().create(abroad()).await.expect("a session");
    assert!(again.alerts.is_empty() && fixture.history(&created).await.countries.contains(*b"BR"));
    fixture.acknowledge(answer(new_country(&created).id, WAS_NOT_ME)).await.expect("answered");
    assert!(!fixture.history(&created).await.countries.contains(*b"BR"));
}

#[tokio::test]
async fn the_alert_is_raised_again_with_its_answer() {
    let fixture = AuthorityFixture::new().await;
    let created = fixture.sign_in_abroad().await;
    let alert = new_country(&created).clone();
    fixture.acknowledge(answer(alert.id, WAS_NOT_ME)).await.expect("answered");
    let bucket = created.session.id.handle.bucket();
    fixture.engine.forward(bucket, 100, KEEP).await.expect("forwarded");
    let page = fixture.engine.read(AlertPosition::START, 100).await.expect("alerts");
    let raised = page.alerts.last().expect("an alert").alert.clone().expect("readable");
    let said = raised.acknowledgement.clone().expect("an answer");
    assert_eq!((said.alert, said.verdict, said.actor.as_str()), (alert.id, WAS_NOT_ME, "ann"));
    assert_eq!((raised.severity, raised.rule.as_str()), (Severity::Critical, alert.rule.as_str()));
    assert!(raised.is_about_sign_in() && raised.id != alert.id);
    // It stands for the first one.
    let repeated = fixture.acknowledge(answer(raised.id, WAS_NOT_ME)).await.expect("answered");
    assert!(repeated.is_repeat);
    let other = fixture.acknowledge(answer(raised.id, AlertVerdict::WasMe)).await;
    assert_eq!(other, Err(CallError::AlertAlreadyAnswered { was_me: false }));
}

#[tokio::test]
async fn an_alert_outside_the_reach_of_the_caller_does_not_exist() {
    let fixture = AuthorityFixture::new().await;
    let created = fixture.sign_in_abroad().await;
    let request = answer(new_country(&created).id, WAS_NOT_ME);
    let (user, tenant) = (|name| UserId::new(name).ok(), |name| TenantId::new(name).ok());
    for refused in [
        AcknowledgementRequest { alert: AlertId([0; 16]), ..request.clone() },
        AcknowledgementRequest { user: user("bob"), ..request.clone() },
        AcknowledgementRequest { tenant: tenant("globex"), ..request.clone() },
        AcknowledgementRequest { tenants: TenantScope::Only(vec!["globex".to_owned()]), ..request.clone() },
    ] {
        assert_eq!(fixture.acknowledge(refused.clone()).await, Err(CallError::AlertNotFound), "{refused:?}");
    }
    assert!(fixture.is_accepted(&created.token).await);
    let own = AcknowledgementRequest { user: user("ann"), tenant: tenant("acme"), ..request };
    assert_eq!(fixture.acknowledge(own).await.expect("answered").session_ids.len(), 1);
}
