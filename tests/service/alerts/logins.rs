//! From a login over gRPC to the alert stream: the response and the stream have the same alert.

use session_authority::api::{
    Alert, ClientContext, CreateRequest, StreamAlertsRequest, session_service_client::SessionServiceClient,
};
use tonic::{Code, Status, transport::Channel};

use super::{HEARTBEAT_EVERY_100MS, watch::AlertWatch};
use crate::{
    service::fixture::{CHROME, TestService, error_parts, login_of},
    support::redis::RedisServer,
};

/// Settings under which the second login of a user, from another country, raises an alert. The policy `strict` permits
/// one session.
const SETTINGS: [(&str, &str); 5] = [
    HEARTBEAT_EVERY_100MS,
    ("AUDIT__URL", "none"),
    ("DETECTION__LEARNING_MIN_LOGINS", "1"),
    ("POLICIES__STRICT__MAX_SESSIONS", "1"),
    ("POLICIES__STRICT__ON_LIMIT", "refuse"),
];

async fn on_redis() -> TestService {
    let redis = RedisServer::start().await;
    let url = redis.url();
    TestService::start(Some(redis), &[&SETTINGS[..], &[("STORE__URL", &url)]].concat()).await
}

async fn on_sqlite() -> TestService {
    TestService::start(None, &SETTINGS).await
}

/// Returns a login of `user` for which the caller states `country`.
fn login_from_country(country: &str, user: &str) -> CreateRequest {
    let client =
        ClientContext { country: country.to_owned(), user_agent: CHROME.to_owned(), ..ClientContext::default() };
    CreateRequest { client: Some(client), ..login_of(user) }
}

/// Signs in a new `user` at home and then from abroad. Returns the alert in the second response.
pub async fn login_alert(node: &Channel, user: &str) -> Result<Alert, Status> {
    let mut sessions = SessionServiceClient::new(node.clone());
    let at_home = sessions.create(login_from_country("GB", user)).await?.into_inner();
    assert_eq!(at_home.alerts, [], "no history to compare with");
    let mut abroad = sessions.create(login_from_country("BR", user)).await?.into_inner();
    assert_eq!(abroad.alerts.len(), 1, "{:?}", abroad.alerts);
    Ok(abroad.alerts.remove(0))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alert_is_streamed_as_it_was_answered() {
    for service in [on_redis().await, on_sqlite().await] {
        let mut watch = AlertWatch::begin(&service.channel, StreamAlertsRequest::default()).await;
        for user in ["ann", "bob"] {
            let answered = login_alert(&service.channel, user).await.expect("sessions");
            assert_eq!((answered.rule.as_str(), answered.cursor.as_str()), ("NEW_COUNTRY", ""));
            let streamed = watch.alert().await;
            assert_ne!(streamed.cursor, "");
            assert_eq!(Alert { cursor: String::new(), ..streamed }, answered);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_that_is_refused_or_repeated_is_not_streamed() {
    for service in [on_redis().await, on_sqlite().await] {
        let mut watch = AlertWatch::begin(&service.channel, StreamAlertsRequest::default()).await;
        service.create(login_from_country("GB", "ann")).await.expect("a session");
        let strict = CreateRequest { policy: "strict".to_owned(), ..login_from_country("BR", "ann") };
        let refused = service.create(strict).await.expect_err("the limit of one session");
        assert_eq!(error_parts(&refused).0, Code::FailedPrecondition);

        // The same login under a policy that permits it.
        let request = CreateRequest { request_id: "r-1".to_owned(), ..login_from_country("BR", "ann") };
        let answered = service.create(request.clone()).await.expect("a session").alerts;
        assert_eq!(service.create(request).await.expect("the same again").alerts, []);
        let next = login_alert(&service.channel, "bob").await.expect("sessions");
        assert_eq!(watch.ids(2).await, [answered[0].alert_id.clone(), next.alert_id]);
    }
}
