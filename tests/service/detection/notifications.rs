//! The data in an alert for a message to the user, and sessions of which users are not notified.

use session_authority::api::{Alert, CreateRequest};

use super::super::fixture::{CHROME, TestService};
use super::{BRAZIL, IPHONE, LONDON, login, novelty, single_alert, start_located_node};
use crate::support::redis::RedisServer;

on_every_engine_with! {
    the_alerts_of_one_sign_in_belong_together [];
    an_alert_has_the_address_of_the_session [];
    a_migrated_session_raises_nothing_and_teaches_nothing [];
    a_migrated_session_counts_towards_the_limit [];
}

fn places(alerts: &[Alert]) -> Vec<(u32, u32)> {
    alerts.iter().map(|alert| (alert.group_position, alert.group_size)).collect()
}

async fn the_alerts_of_one_sign_in_belong_together(service: TestService) {
    service.establish_history().await;
    let both = service.expect_created(login(BRAZIL, IPHONE)).await.alerts;
    assert_eq!(places(&both), [(1, 2), (2, 2)], "{both:?}");
    assert!(!both[0].group_id.is_empty() && both[0].group_id.len() <= 64, "{}", both[0].group_id);
    assert_eq!(both[0].group_id, both[1].group_id);

    let other = service.expect_created(login(BRAZIL, CHROME)).await.alerts;
    assert_eq!(places(&other), [(1, 1)], "{other:?}");
    assert_ne!(other[0].group_id, both[0].group_id, "another sign-in");
}

async fn an_alert_has_the_address_of_the_session(service: TestService) {
    service.establish_history().await;
    let alerts = service.expect_created(login(BRAZIL, CHROME)).await.alerts;
    let alert = single_alert("NEW_COUNTRY", &alerts);
    assert_eq!(alert.email, "ann@example.com");
    assert!(!format!("{alert:?}").contains("example.com"), "the e-mail address is not in the debug output");
    let nameless = CreateRequest { email: String::new(), ..login(LONDON, IPHONE) };
    assert_eq!(single_alert("NEW_DEVICE", &service.expect_created(nameless).await.alerts).email, "");
}

async fn a_migrated_session_raises_nothing_and_teaches_nothing(service: TestService) {
    service.establish_history().await;
    let migrated = CreateRequest { migrated: true, ..login(BRAZIL, IPHONE) };
    let created = service.expect_created(migrated).await;
    assert_eq!(created.alerts, []);
    assert!(!created.session.and_then(|session| session.device).expect("a device").first_seen);
    service.validate(&created.token).await.expect("an ordinary session");

    let alerts = service.expect_created(login(BRAZIL, IPHONE)).await.alerts;
    assert_eq!(novelty(single_alert("NEW_COUNTRY", &alerts)).known_logins, 10, "the counterpart, a sign-in");
    single_alert("NEW_DEVICE", &alerts);
}

async fn a_migrated_session_counts_towards_the_limit(service: TestService) {
    for _ in 0..5 {
        let created = service.expect_created(CreateRequest { migrated: true, ..login(LONDON, CHROME) }).await;
        assert_eq!(created.ended, []);
    }
    let created = service.expect_created(CreateRequest { migrated: true, ..login(LONDON, CHROME) }).await;
    assert_eq!((created.ended.len(), created.alerts.len()), (1, 0));
}
