//! Many users who sign in from one network in which none of them was known.

use session_authority::api::{Alert, AlertAction, CreateRequest, Severity, alert::Detail};

use super::super::fixture::{CHROME, TestService};
use super::{BRAZIL, DAY, IPHONE, LONDON, alerts_of_rule, login, single_alert, start_located_node};
use crate::support::redis::RedisServer;

on_every_engine_with! {
    passwords_that_work_for_many_users_raise_one_alert [];
    users_on_their_own_devices_raise_none [];
    users_who_were_never_seen_raise_none [];
    a_lower_threshold_raises_it_earlier [("DETECTION__MASS_SIGN_IN_USERS", "3")];
    a_shorter_window_forgets_the_first_users [("DETECTION__MASS_SIGN_IN_WINDOW", "1m")];
    in_a_trusted_network_anybody_may_be_new [("DETECTION__TRUSTED_NETWORKS", r#"["200.147.3.0/24"]"#)];
    without_the_rule_nothing_is_raised [("DETECTION__RULES__MASS_SIGN_IN", "false")];
}

const USERS: usize = 12;

fn sign_in_of(number: usize, request: CreateRequest) -> CreateRequest {
    CreateRequest { user_id: format!("user-{number}"), ..request }
}

impl TestService {
    /// Lets every user sign in once in London, and a day later from one address in Brazil on an unknown device, so many
    /// seconds apart. Returns the alerts about the network, by the number of the user whose sign-in raised them.
    async fn mass_sign_in(&self, seconds_apart: u64) -> Vec<(usize, Alert)> {
        for number in 0..USERS {
            self.expect_created(sign_in_of(number, login(LONDON, CHROME))).await;
        }
        self.clock.advance(DAY);
        self.sign_all_in(seconds_apart, login(BRAZIL, IPHONE)).await
    }

    async fn sign_all_in(&self, seconds_apart: u64, request: CreateRequest) -> Vec<(usize, Alert)> {
        let mut raised = Vec::new();
        for number in 0..USERS {
            self.clock.advance(std::time::Duration::from_secs(seconds_apart));
            let created = self.expect_created(sign_in_of(number, request.clone())).await;
            let alerts = alerts_of_rule("MASS_SIGN_IN", &created.alerts);
            raised.extend(alerts.into_iter().map(|alert| (number + 1, alert.clone())));
        }
        raised
    }
}

async fn passwords_that_work_for_many_users_raise_one_alert(service: TestService) {
    let raised = service.mass_sign_in(1).await;
    let [(10, alert)] = &raised[..] else { panic!("{raised:?}") };
    assert_eq!((alert.severity(), alert.action_recommended()), (Severity::High, AlertAction::Throttle));
    assert_eq!((alert.user_id.as_str(), alert.session_id.as_str(), alert.reason_user.as_str()), ("", "", ""));
    assert!(alert.reason_admin.contains(BRAZIL), "{}", alert.reason_admin);
    let Some(Detail::Volume(volume)) = &alert.detail else { panic!("{alert:?}") };
    assert_eq!((volume.distinct_users, volume.threshold), (10, 10));
    assert_eq!(service.series("alerts_raised_total{rule=\"MASS_SIGN_IN\",severity=\"high\"}").await, "1");
    assert_eq!(service.sign_all_in(1, login(BRAZIL, IPHONE)).await, [], "a repeat within the hour");
}

/// The counterpart: a conference, where everybody brings a device on which the login service knows them.
async fn users_on_their_own_devices_raise_none(service: TestService) {
    let named = |ip: &str, number: usize| {
        let mut request = sign_in_of(number, login(ip, CHROME));
        request.client.as_mut().expect("a client").device_id = format!("laptop-{number}");
        request
    };
    for number in 0..USERS {
        service.expect_created(named(LONDON, number)).await;
    }
    service.clock.advance(DAY);
    for number in 0..USERS {
        let created = service.expect_created(named(BRAZIL, number)).await;
        assert_eq!(alerts_of_rule("MASS_SIGN_IN", &created.alerts).len(), 0);
    }
}

async fn users_who_were_never_seen_raise_none(service: TestService) {
    assert_eq!(service.sign_all_in(1, login(BRAZIL, IPHONE)).await, []);
}

async fn a_lower_threshold_raises_it_earlier(service: TestService) {
    let raised = service.mass_sign_in(1).await;
    assert_eq!(raised.first().map(|(user, _)| *user), Some(3));
    single_alert("MASS_SIGN_IN", &[raised[0].1.clone()]);
}

async fn a_shorter_window_forgets_the_first_users(service: TestService) {
    assert_eq!(service.mass_sign_in(10).await, []);
}

async fn in_a_trusted_network_anybody_may_be_new(service: TestService) {
    assert_eq!(service.mass_sign_in(1).await, []);
}

async fn without_the_rule_nothing_is_raised(service: TestService) {
    assert_eq!(service.mass_sign_in(1).await, []);
}
