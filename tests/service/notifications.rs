//! Notifications to users, from the sign-in to the consumer, and the links by which users answer.

mod mailer;

use std::{sync::OnceLock, time::Duration};

use session_authority::api::{
    AckAlertRequest, AckRequest, AckResponse, AlertAction, AlertVerdict, AnswerLinkRequest, ClientContext,
    CreateRequest, ExtendRequest, ForgetUserRequest, GetQueueStatsRequest, LeaseRequest, LeaseResponse, Notification,
    NotificationContact, RequeueRequest, RotateRequest, notification_service_client::NotificationServiceClient,
};
use tonic::{Code, transport::Channel};

use super::{
    fixture::{CHROME, TestService, assert_invalid_fields, error_parts, eventually, id_of, login_of},
    pages::Browser,
};
use crate::support::redis::RedisServer;

const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                      Version/18.1 Mobile/15E148 Safari/604.1";
const ENABLED: (&str, &str) = ("NOTIFICATIONS__ENABLED", "true");
const LINKS: (&str, &str) = ("ALERTS__LINK_URL", "https://id.example.com/account/alerts/{token}");
const TWO_COUNTRIES: (&str, &str) = ("DETECTION__CONCURRENT_COUNTRIES", "2");
const LISTEN: (&str, &str) = ("HTTP__LISTEN", "127.0.0.1:0");
const DAY: Duration = Duration::from_hours(24);

/// Makes each case a test on each engine, with notifications enabled.
macro_rules! with_notifications_on_every_engine {
    ($($case:ident),+ $(,)?) => {
        mod redis {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let redis = crate::support::redis::RedisServer::start().await;
                super::$case(super::start(Some(redis), &[super::ENABLED]).await).await;
            })+
        }

        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                super::$case(super::start(None, &[super::ENABLED]).await).await;
            })+
        }
    };
}

with_notifications_on_every_engine![
    a_sign_in_with_three_findings_is_one_notification_in_the_language_of_its_user,
    a_stolen_token_is_notified,
    an_answer_by_which_a_session_ended_is_confirmed,
    an_erased_user_is_not_notified,
    a_dead_notification_is_put_back_into_the_queue,
];

async fn start(redis: Option<RedisServer>, settings: &[(&str, &str)]) -> TestService {
    let url = redis.as_ref().map(RedisServer::url);
    let store = url.as_deref().map(|url| ("STORE__URL", url));
    let all: Vec<_> = [LISTEN, LINKS, TWO_COUNTRIES].into_iter().chain(store).chain(settings.iter().copied()).collect();
    TestService::start(redis, &all).await
}

fn login_from(country: &str, user_agent: &str) -> CreateRequest {
    // A new country in a known network is none: another GeoIP database may have moved the network.
    let ip = if country == "DE" { "198.51.100.7" } else { "203.0.113.9" };
    let client = ClientContext {
        ip: ip.to_owned(),
        user_agent: user_agent.to_owned(),
        country: country.to_owned(),
        ..ClientContext::default()
    };
    let notify = NotificationContact { email: "ann@mail.example".to_owned(), locale: "de-AT".to_owned() };
    CreateRequest { client: Some(client), notify: Some(notify), ..login_of("ann") }
}

impl TestService {
    fn notifications(&self) -> NotificationServiceClient<Channel> {
        NotificationServiceClient::new(self.channel.clone())
    }

    /// Signs the user in at home for some days, and then from another country on another device. Returns the session
    /// there and the rules whose findings have a text for the user.
    async fn attacked(&self) -> (String, Vec<String>) {
        for _ in 0..12 {
            self.clock.advance(DAY);
            self.create(login_from("DE", CHROME)).await.expect("a session");
        }
        self.clock.advance(Duration::from_mins(5));
        let created = self.create(login_from("BR", IPHONE)).await.expect("a session");
        let for_user = created.alerts.iter().filter(|alert| !alert.reason_user.is_empty());
        let mut rules: Vec<_> = for_user.map(|alert| alert.rule.clone()).collect();
        rules.sort_unstable();
        (id_of(&created), rules)
    }

    async fn lease(&self) -> LeaseResponse {
        self.notifications().lease(LeaseRequest::default()).await.expect("a lease").into_inner()
    }

    /// Leases one notification, which may still be on its way to the queue.
    async fn leased(&self) -> (String, Notification) {
        let leased = OnceLock::new();
        eventually("a notification is queued", || async {
            let mut response = self.lease().await;
            let notification = response.notifications.pop();
            assert!(response.notifications.is_empty(), "only one: {:?}", response.notifications.len());
            notification.is_some_and(|notification| leased.set((response.lease_id, notification)).is_ok())
        })
        .await;
        leased.into_inner().expect("a notification")
    }

    /// Leases and acknowledges one notification.
    async fn delivered(&self) -> Notification {
        let (lease_id, notification) = self.leased().await;
        let ids = vec![notification.notification_id.clone()];
        let request = AckRequest { lease_id, notification_ids: ids.clone() };
        let response = self.notifications().ack(request).await.expect("acknowledged").into_inner();
        assert_eq!(response, AckResponse { acknowledged_ids: ids, refused_ids: Vec::new() });
        notification
    }
}

async fn a_sign_in_with_three_findings_is_one_notification_in_the_language_of_its_user(service: TestService) {
    let (_, rules) = service.attacked().await;
    assert!(rules.len() >= 3 && rules.contains(&"NEW_COUNTRY".to_owned()), "{rules:?}");
    let (lease_id, notification) = service.leased().await;
    let mut named: Vec<_> = notification.findings.iter().map(|finding| finding.rule.clone()).collect();
    named.sort_unstable();
    assert_eq!(named, rules, "one message names all findings");
    assert_eq!((notification.user_id.as_str(), notification.email.as_str()), ("ann", "ann@mail.example"));
    assert_eq!((notification.locale.as_str(), notification.language.as_str()), ("de-AT", "de"));
    assert_eq!(notification.subject, "Neue Anmeldung bei Ihrem Konto");
    for text in ["erste Anmeldung aus diesem Land", "Gerät: Safari auf iPhone", "Ort: BR", "https://id.example.com/"] {
        assert!(notification.text.contains(text), "{text}: {}", notification.text);
    }
    assert!(notification.findings.iter().all(|finding| notification.text.contains(&finding.text)));
    assert_eq!((notification.attempt, notification.action_taken()), (1, AlertAction::None));

    assert_eq!(service.lease().await.notifications.len(), 0, "nobody else gets it");
    let stats = || async {
        let stats = service.notifications().get_queue_stats(GetQueueStatsRequest::default()).await;
        let stats = stats.expect("counts").into_inner();
        (stats.waiting_count, stats.leased_count, stats.dead_count)
    };
    assert_eq!(stats().await, (0, 1, 0));
    let ids = vec![notification.notification_id.clone()];
    let back = ExtendRequest {
        lease_id: lease_id.clone(),
        notification_ids: ids.clone(),
        visibility_timeout: Some(prost_types::Duration::default()),
    };
    assert_eq!(service.notifications().extend(back).await.expect("given back").into_inner().extended_ids, ids);
    let again = service.delivered().await;
    assert_eq!((again.notification_id, again.attempt), (notification.notification_id, 2));
    let stale = AckRequest { lease_id, notification_ids: ids.clone() };
    let stale = service.notifications().ack(stale).await.expect("a response").into_inner();
    assert_eq!(stale, AckResponse { acknowledged_ids: Vec::new(), refused_ids: ids });
    assert_eq!(stats().await, (0, 0, 0));
}

async fn a_stolen_token_is_notified(service: TestService) {
    let created = service.create(login_from("DE", IPHONE)).await.expect("a session");
    let rotate = || RotateRequest { token: created.token.clone(), ..RotateRequest::default() };
    let rotated = service.sessions().rotate(rotate()).await.expect("a verdict").into_inner();
    service.validate(&rotated.token).await.expect("the new token");
    service.clock.advance(Duration::from_mins(10));
    service.validate(&created.token).await.expect_err("the old token");
    let notification = service.delivered().await;
    assert_eq!(notification.subject, "Eine Sitzung Ihres Kontos wurde beendet");
    assert_eq!(notification.findings[0].rule, "ROTATED_TOKEN_REUSE");
    assert_eq!(
        (notification.action_taken(), notification.email.as_str()),
        (AlertAction::RevokeSession, "ann@mail.example")
    );
}

async fn an_answer_by_which_a_session_ended_is_confirmed(service: TestService) {
    let (session, _) = service.attacked().await;
    let notification = service.delivered().await;
    let request = AckAlertRequest {
        alert_id: notification.findings[0].alert_id.clone(),
        verdict: AlertVerdict::WasNotMe.into(),
        actor: "ann".to_owned(),
        ..AckAlertRequest::default()
    };
    let answered = service.sessions().ack_alert(request).await.expect("answered").into_inner();
    assert_eq!(answered.session_ids, [session]);
    let confirmation = service.delivered().await;
    assert_eq!(confirmation.subject, "Ihre Meldung zu einer Anmeldung");
    assert_eq!((confirmation.action_taken(), confirmation.links), (AlertAction::RevokeSession, None));
}

async fn an_erased_user_is_not_notified(service: TestService) {
    service.attacked().await;
    let (lease_id, notification) = service.leased().await;
    service.clock.advance(Duration::from_secs(1));
    let forget = ForgetUserRequest { user_id: "ann".to_owned(), reason: "asked".to_owned(), ..Default::default() };
    service.admin().forget_user(forget).await.expect("forgotten");
    let ids = vec![notification.notification_id];
    let refused = AckRequest { lease_id, notification_ids: ids.clone() };
    let refused = service.notifications().ack(refused).await.expect("a response").into_inner();
    assert_eq!(refused.refused_ids, ids);
    service.clock.advance(Duration::from_mins(5));
    assert_eq!(service.lease().await.notifications.len(), 0);
}

async fn a_dead_notification_is_put_back_into_the_queue(service: TestService) {
    service.attacked().await;
    let (_, notification) = service.leased().await;
    let id = notification.notification_id;
    let requeue = |request: RequeueRequest| async {
        let response = service.notifications().requeue(request).await.expect("a response").into_inner();
        (response.requeued_count, response.dead_count)
    };
    let by_id = || RequeueRequest { notification_ids: vec![id.clone()], ..RequeueRequest::default() };
    assert_eq!(requeue(by_id()).await, (0, 0), "it is not dead");
    for attempt in 2..=10 {
        service.clock.advance(Duration::from_mins(5));
        assert_eq!(service.lease().await.notifications[0].attempt, attempt);
    }
    service.clock.advance(Duration::from_mins(5));
    assert_eq!(service.lease().await.notifications, [], "dead after `notifications.max_attempts`");
    let elsewhere = RequeueRequest { all: true, tenant_id: "globex".to_owned(), ..RequeueRequest::default() };
    assert_eq!(requeue(elsewhere).await, (0, 0));
    assert_eq!(requeue(by_id()).await, (1, 0));
    assert_eq!(requeue(by_id()).await, (0, 0), "a repeat");
    let again = service.delivered().await;
    assert_eq!((again.notification_id, again.attempt), (id, 1));
    assert_eq!(requeue(RequeueRequest { all: true, ..RequeueRequest::default() }).await, (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_queued_unless_it_is_enabled() {
    let service = start(None, &[]).await;
    service.attacked().await;
    let error = service.notifications().lease(LeaseRequest::default()).await.expect_err("disabled");
    assert_eq!((error.code(), error_parts(&error).1.as_str()), (Code::FailedPrecondition, "NOTIFICATIONS_DISABLED"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_findings_of_the_chosen_rules_and_severities_are_notified() {
    for (name, value) in [
        ("NOTIFICATIONS__RULES", "[\"ROTATED_TOKEN_REUSE\"]"),
        ("NOTIFICATIONS__MIN_SEVERITY", "critical"),
        ("NOTIFICATIONS__TENANTS", "[\"globex\"]"),
        ("DETECTION__AUDIT_ONLY", "true"),
    ] {
        let service = start(None, &[ENABLED, (name, value)]).await;
        service.attacked().await;
        let other = CreateRequest { tenant_id: "globex".to_owned(), ..login_from("DE", IPHONE) };
        let created = service.create(other.clone()).await.expect("a session");
        let rotate = RotateRequest { token: created.token.clone(), ..RotateRequest::default() };
        let rotated = service.sessions().rotate(rotate).await.expect("a verdict").into_inner();
        service.validate(&rotated.token).await.expect("the new token");
        service.clock.advance(Duration::from_mins(10));
        service.validate(&created.token).await.expect_err("the old token");
        // The one that is notified was raised last, so the others are known not to be queued.
        let notification = service.delivered().await;
        assert_eq!(notification.findings[0].rule, "ROTATED_TOKEN_REUSE", "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_makes_no_sense_is_refused() {
    let service = start(None, &[ENABLED]).await;
    let duration = |seconds| Some(prost_types::Duration { seconds, nanos: 0 });
    let lease = LeaseRequest { max_notifications: 101, visibility_timeout: duration(50_000), ..Default::default() };
    let error = service.notifications().lease(lease).await.expect_err("refused");
    assert_invalid_fields(&error, &["max_notifications", "visibility_timeout"]);
    let error = service.notifications().ack(AckRequest::default()).await.expect_err("refused");
    assert_invalid_fields(&error, &["lease_id", "notification_ids"]);
    let extend = ExtendRequest {
        lease_id: "l".to_owned(),
        notification_ids: vec!["00000000-0000-0000-0000-000000000000".to_owned()],
        visibility_timeout: None,
    };
    let error = service.notifications().extend(extend).await.expect_err("refused");
    assert_invalid_fields(&error, &["visibility_timeout"]);
    let error = service.notifications().requeue(RequeueRequest::default()).await.expect_err("refused");
    assert_invalid_fields(&error, &["notification_ids"]);
    let both = RequeueRequest { notification_ids: vec!["x".to_owned()], all: true, ..RequeueRequest::default() };
    assert_invalid_fields(&service.notifications().requeue(both).await.expect_err("refused"), &["all"]);
    let many = RequeueRequest { notification_ids: vec!["x".to_owned(); 101], ..RequeueRequest::default() };
    assert_invalid_fields(&service.notifications().requeue(many).await.expect_err("refused"), &["notification_ids"]);
}

/// Returns the path of a link.
fn path(link: &str) -> &str {
    link.strip_prefix("https://id.example.com").expect("the address of the setting")
}

fn token(link: &str) -> String {
    path(link).rsplit('/').next().expect("a token").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_is_confirmed_on_a_page_and_works_once() {
    let service = start(None, &[ENABLED]).await;
    let (session, _) = service.attacked().await;
    let links = service.delivered().await.links.expect("links");
    let (was_me, was_not_me) = (path(&links.was_me), path(&links.was_not_me));
    let browser = Browser::new(&service);
    // A program that checks mails follows both links.
    for link in [was_me, was_not_me, was_me, was_not_me] {
        let page = browser.get(link).await;
        assert_eq!((page.status, page.header("cache-control")), (200, "no-store"), "{page:?}");
        assert!(page.header("content-security-policy").contains("default-src 'none'"), "{page:?}");
        assert!(page.body.contains(&format!("<form method=\"post\" action=\"{link}\">")), "{}", page.body);
    }
    assert!(service.list("ann").await.iter().any(|live| live.session_id == session), "a GET changes nothing");
    let german = browser.get_with(was_not_me, &[("accept-language", "de")]).await;
    assert!(german.body.contains("<html lang=\"de\">") && german.body.contains("Das war ich nicht"), "{}", german.body);
    let other_site = browser.post_with(was_not_me, &[], &[("sec-fetch-site", "cross-site")]).await;
    assert_eq!(other_site.status, 403, "a page of another site");
    assert!(service.list("ann").await.iter().any(|live| live.session_id == session));

    let answered = browser.post(was_not_me, &[]).await;
    assert!(answered.status == 200 && answered.body.contains("The session is ended."), "{}", answered.body);
    assert!(service.list("ann").await.iter().all(|live| live.session_id != session), "the session has ended");
    let again = browser.post(was_not_me, &[]).await;
    assert!(again.status == 200 && again.body.contains("already given this answer"), "{}", again.body);
    let other = browser.post(was_me, &[]).await;
    assert!(other.status == 409 && other.body.contains("The other answer was given before"), "{}", other.body);
    let confirmation = service.delivered().await;
    assert_eq!(confirmation.subject, "Ihre Meldung zu einer Anmeldung");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_that_expired_or_was_changed_gives_no_answer() {
    let service = start(None, &[ENABLED]).await;
    let (session, _) = service.attacked().await;
    let links = service.delivered().await.links.expect("links");
    let (was_me, was_not_me) = (token(&links.was_me), token(&links.was_not_me));
    // The verdict of one link with the rest of the other.
    let swapped = format!("{}{}", &was_not_me[..4], &was_me[4..]);
    let browser = Browser::new(&service);
    for changed in [swapped.as_str(), "x", &was_me[1..]] {
        let request = AnswerLinkRequest { token: changed.to_owned(), validate_only: false };
        let error = service.notifications().answer_link(request).await.expect_err("not a link");
        assert_eq!(error_parts(&error).1, "ALERT_LINK_INVALID", "{changed}");
        let page = browser.post(&format!("/account/alerts/{changed}"), &[]).await;
        assert!(page.status == 404 && page.body.contains("The link is not valid"), "{}", page.body);
    }
    assert!(service.list("ann").await.iter().any(|live| live.session_id == session), "nothing has changed");
    service.clock.advance(DAY);
    for page in [browser.get(path(&links.was_not_me)).await, browser.post(path(&links.was_not_me), &[]).await] {
        assert!(page.status == 410 && page.body.contains("The link has expired"), "{}", page.body);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_that_are_no_links_are_limited_by_network() {
    let service = start(None, &[ENABLED]).await;
    service.attacked().await;
    let links = service.delivered().await.links.expect("links");
    let browser = Browser::new(&service);
    for attempt in 0..10 {
        assert_eq!(browser.get("/account/alerts/x").await.status, 404, "{attempt}");
    }
    let limited = browser.get(path(&links.was_me)).await;
    assert_eq!((limited.status, limited.header("retry-after")), (429, "60"), "{limited:?}");
    service.clock.advance(Duration::from_mins(1));
    for _ in 0..20 {
        assert_eq!(browser.get(path(&links.was_me)).await.status, 200, "links that are valid are not counted");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_back_end_answers_by_a_link_with_a_page_of_its_own() {
    let service = start(None, &[ENABLED]).await;
    let (session, _) = service.attacked().await;
    let links = service.delivered().await.links.expect("links");
    let answer = |validate_only| AnswerLinkRequest { token: token(&links.was_not_me), validate_only };
    let checked = service.notifications().answer_link(answer(true)).await.expect("a link").into_inner();
    assert_eq!((checked.verdict(), checked.session_ids.len()), (AlertVerdict::WasNotMe, 0));
    let answered = service.notifications().answer_link(answer(false)).await.expect("answered").into_inner();
    assert_eq!((answered.session_ids, answered.already_answered), (vec![session.clone()], false));
    let repeated = service.notifications().answer_link(answer(false)).await.expect("answered").into_inner();
    assert_eq!((repeated.session_ids, repeated.already_answered), (vec![session], true));
}
