//! Findings about logins.

use std::sync::Arc;
use std::time::Duration;

use session_authority::api::{
    Alert, AlertAction, ClientContext, CreateRequest, CreateResponse, NoveltyDetail, NoveltyKind, Severity,
    alert::Detail, session_service_client::SessionServiceClient,
};
use tokio::task::JoinSet;

use super::fixture::{CHROME, TestService, channel_to, create_with_retries, login_of, start_node};
use super::management::get;
use crate::support::{mmdb, redis::RedisServer};

const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                      Version/18.1 Mobile/15E148 Safari/604.1";
/// An address in London.
const LONDON: &str = "81.2.69.142";
/// Addresses in Brazil, Germany and France, whose positions in the databases are only rough.
const BRAZIL: &str = "200.147.3.157";
const GERMANY: &str = "89.1.2.3";
const FRANCE: &str = "90.1.2.3";

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// Starts a node with GeoIP databases that contain these addresses.
async fn start_located_node(redis: Option<RedisServer>, settings: &[(&str, &str)]) -> TestService {
    let directory = tempfile::tempdir().expect("a directory");
    let databases = [
        mmdb::nested("81.2.69.0/24", "London"),
        mmdb::flat("200.147.3.0/24", "BR", "Sao Paulo"),
        mmdb::flat("89.1.0.0/16", "DE", ""),
        mmdb::flat("90.1.0.0/16", "FR", ""),
        mmdb::flat("126.0.0.0/16", "JP", "Tokyo"),
    ];
    let path = |i| directory.path().join(format!("{i}.mmdb"));
    for (i, bytes) in databases.iter().enumerate() {
        mmdb::replace_file(&path(i), bytes);
    }
    let paths = format!("{:?}", (0..databases.len()).map(path).collect::<Vec<_>>());
    let url = redis.as_ref().map(RedisServer::url);
    let mut ours = vec![("GEO__DATABASES", paths.as_str())];
    ours.extend(url.as_deref().map(|url| ("STORE__URL", url)));
    ours.extend(settings);
    TestService::start_in(directory, redis, &ours).await
}

/// Makes each case a test on each engine, with the given settings.
macro_rules! on_every_engine_with {
    ($($case:ident $settings:expr;)+) => {
        mod redis {
            use super::*;
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                super::$case(start_located_node(Some(RedisServer::start().await), &$settings).await).await;
            })+
        }

        mod sqlite {
            use super::*;
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                super::$case(start_located_node(None, &$settings).await).await;
            })+
        }
    };
}

mod answers;
mod auth_failures;
mod learning;
mod mass_sign_in;
mod networks;
mod notifications;
mod rejected_tokens;

on_every_engine_with! {
    a_new_country_raises_one_alert_an_hour [];
    a_code_that_names_no_country_raises_nothing [];
    a_rule_that_is_off_raises_nothing [("DETECTION__RULES__NEW_COUNTRY", "false")];
    without_a_dedup_window_every_login_raises_an_alert [("DETECTION__DEDUP_WINDOW", "0s")];
    a_new_device_raises_an_alert_and_is_shown [];
    a_first_login_is_compared_with_nothing [];
    a_second_login_is_compared_with_the_first [];
    a_dormant_account_raises_one_alert [];
    an_account_whose_history_has_expired_is_a_new_one [("DETECTION__HISTORY_RETENTION", "90d")];
    new_sessions_on_three_devices_raise_an_alert [];
    a_login_at_an_unusual_hour_is_reported [("DETECTION__UNUSUAL_HOUR_MIN_LOGINS", "5")];
    impossible_travel_raises_an_alert [];
    a_third_country_raises_an_alert_while_sessions_are_live_in_two [];
    an_eviction_raises_an_alert_with_the_evicted_session [];
    a_refused_login_raises_nothing_and_is_not_remembered [
        ("POLICIES__STRICT__MAX_SESSIONS", "1"), ("POLICIES__STRICT__ON_LIMIT", "refuse")
    ];
    a_repeated_login_raises_nothing_and_is_not_remembered [];
    while_only_trying_out_alerts_say_so [("DETECTION__AUDIT_ONLY", "true")];
}

fn login(ip: &str, user_agent: &str) -> CreateRequest {
    let client = ClientContext { ip: ip.to_owned(), user_agent: user_agent.to_owned(), ..ClientContext::default() };
    CreateRequest { client: Some(client), ..login_of("ann") }
}

impl TestService {
    async fn sign_in_from(&self, ip: &str) -> Vec<Alert> {
        self.expect_created(login(ip, CHROME)).await.alerts
    }

    async fn expect_created(&self, request: CreateRequest) -> CreateResponse {
        self.create(request).await.expect("a session")
    }

    /// Makes ten logins from London with Chrome, the last one a day ago.
    async fn establish_history(&self) {
        for _ in 0..10 {
            self.sign_in_from(LONDON).await;
            self.clock.advance(DAY);
        }
    }

    async fn series(&self, name: &str) -> String {
        let (_, text) = get(self.node.management, "/metrics").await;
        let name = format!("session_authority_{name} ");
        text.lines().find_map(|line| line.strip_prefix(&name)).expect("the series").to_owned()
    }
}

/// Returns the alerts of a rule.
fn alerts_of_rule<'a>(rule: &str, alerts: &'a [Alert]) -> Vec<&'a Alert> {
    alerts.iter().filter(|alert| alert.rule == rule).collect()
}

fn single_alert<'a>(rule: &str, alerts: &'a [Alert]) -> &'a Alert {
    match alerts_of_rule(rule, alerts).as_slice() {
        [alert] => alert,
        _ => panic!("one of {rule} was expected: {alerts:?}"),
    }
}

fn novelty(alert: &Alert) -> &NoveltyDetail {
    match &alert.detail {
        Some(Detail::Novelty(novelty)) => novelty,
        other => panic!("{other:?}"),
    }
}

/// Codes that edge networks send: `XX` for an unknown country, `T1` for Tor. The address is in no database.
async fn a_code_that_names_no_country_raises_nothing(service: TestService) {
    service.establish_history().await;
    for country in ["XX", "T1"] {
        let mut request = login("203.0.113.9", CHROME);
        request.client.get_or_insert_default().country = country.to_owned();
        let created = service.expect_created(request).await;
        assert_eq!(alerts_of_rule("NEW_COUNTRY", &created.alerts), Vec::<&Alert>::new(), "{country}");
        assert_eq!(created.session.and_then(|session| session.location).expect("a location").country, "", "{country}");
        service.clock.advance(DAY);
    }
    let mut request = login("203.0.113.9", CHROME);
    request.client.get_or_insert_default().country = "BR".to_owned();
    single_alert("NEW_COUNTRY", &service.expect_created(request).await.alerts);
}

async fn a_new_country_raises_one_alert_an_hour(service: TestService) {
    service.establish_history().await;
    assert_eq!(service.sign_in_from(LONDON).await, []);
    service.clock.advance(DAY);
    let created = service.expect_created(login(BRAZIL, CHROME)).await;
    let alert = single_alert("NEW_COUNTRY", &created.alerts);
    assert_eq!((alert.severity(), alert.action_recommended()), (Severity::Low, AlertAction::Notify));
    assert_eq!(alert.reason_user, "New sign-in from Brazil on Chrome on Windows");
    assert_eq!(alert.session_id, created.session.expect("a session").session_id);
    assert_eq!((alert.dedup_count, alert.cursor.as_str(), alert.alert_id.len()), (1, "", 36));
    let (current, previous) = (alert.current.clone().expect("seen"), alert.previous.clone().expect("seen before"));
    assert_eq!((current.country.as_str(), previous.country.as_str()), ("BR", "GB"));
    let detail = novelty(alert);
    assert_eq!((detail.kind(), detail.value.as_str(), detail.known_logins), (NoveltyKind::Country, "BR", 11));
    assert_eq!(detail.known_values, ["GB"]);
    assert_eq!(service.series("alerts_raised_total{rule=\"NEW_COUNTRY\",severity=\"low\"}").await, "1");

    assert_eq!(alerts_of_rule("NEW_COUNTRY", &service.sign_in_from(BRAZIL).await).len(), 0, "within the hour");
}

async fn a_rule_that_is_off_raises_nothing(service: TestService) {
    service.establish_history().await;
    assert_eq!(alerts_of_rule("NEW_COUNTRY", &service.sign_in_from(BRAZIL).await).len(), 0);
}

async fn without_a_dedup_window_every_login_raises_an_alert(service: TestService) {
    service.establish_history().await;
    let names = ["a", "b", "c"];
    for device in names {
        let mut request = login(LONDON, IPHONE);
        request.client.as_mut().expect("a client").device_id = device.to_owned();
        single_alert("NEW_DEVICE", &service.expect_created(request).await.alerts);
    }
}

async fn a_new_device_raises_an_alert_and_is_shown(service: TestService) {
    service.establish_history().await;
    let named = |device: &str| {
        let mut request = login(LONDON, IPHONE);
        request.client.as_mut().expect("a client").device_id = device.to_owned();
        request
    };
    service.sign_in_from(LONDON).await;
    let created = service.expect_created(named("a")).await;
    let alert = single_alert("NEW_DEVICE", &created.alerts);
    assert_eq!(alert.severity(), Severity::Low);
    assert_eq!(alert.reason_user, "New sign-in on Safari on iPhone from the United Kingdom");
    assert_eq!(novelty(alert).known_values, ["Chrome on Windows"]);
    assert!(created.session.and_then(|session| session.device).expect("a device").first_seen);

    let again = service.expect_created(named("a")).await;
    assert_eq!(again.alerts, []);
    assert!(!again.session.and_then(|session| session.device).expect("a device").first_seen);

    service.clock.advance(HOUR);
    let created = service.expect_created(named("a")).await;
    assert_eq!(single_alert("NEW_DEVICE", &created.alerts).dedup_count, 2, "the suppressed one is counted");
}

async fn a_first_login_is_compared_with_nothing(service: TestService) {
    let created = service.expect_created(login(BRAZIL, CHROME)).await;
    assert_eq!(created.alerts, []);
    assert!(created.session.and_then(|session| session.device).expect("a device").first_seen);
    let reason = "rule=\"NEW_COUNTRY\",reason=\"no_history\"";
    assert_eq!(service.series(&format!("detection_not_evaluated_total{{{reason}}}")).await, "1");
}

async fn a_second_login_is_compared_with_the_first(service: TestService) {
    service.sign_in_from(LONDON).await;
    service.clock.advance(DAY);
    let alerts = service.expect_created(login(BRAZIL, IPHONE)).await.alerts;
    assert_eq!(single_alert("NEW_COUNTRY", &alerts).severity(), Severity::Low, "little is known yet");
    assert_eq!(single_alert("NEW_DEVICE", &alerts).severity(), Severity::Info);
    assert_eq!(single_alert("NEW_COUNTRY", &alerts).reason_admin, "Login from BR; the only earlier login was from GB.");
}

async fn a_dormant_account_raises_one_alert(service: TestService) {
    service.sign_in_from(LONDON).await;
    service.clock.advance(DAY * 89);
    assert_eq!(service.sign_in_from(LONDON).await, []);
    service.clock.advance(DAY * 300);
    let alerts = service.sign_in_from(LONDON).await;
    let alert = single_alert("DORMANT_ACCOUNT", &alerts);
    assert_eq!((alert.severity(), novelty(alert).kind()), (Severity::Low, NoveltyKind::AccountUse));
    assert_eq!(alert.reason_user, "First sign-in on Chrome on Windows after 300 days");
    service.clock.advance(HOUR * 2);
    assert_eq!(alerts_of_rule("DORMANT_ACCOUNT", &service.sign_in_from(LONDON).await).len(), 0, "no longer dormant");
}

/// The counterpart: what is not kept cannot be compared with.
async fn an_account_whose_history_has_expired_is_a_new_one(service: TestService) {
    service.sign_in_from(LONDON).await;
    service.clock.advance(DAY * 91);
    assert_eq!(service.sign_in_from(LONDON).await, []);
}

async fn new_sessions_on_three_devices_raise_an_alert(service: TestService) {
    service.establish_history().await;
    let on = |device: &str| {
        let mut request = login(LONDON, CHROME);
        request.client.as_mut().expect("a client").device_id = device.to_owned();
        request
    };
    for device in ["a", "b"] {
        let alerts = service.expect_created(on(device)).await.alerts;
        assert_eq!(alerts_of_rule("SESSION_BURST", &alerts).len(), 0);
    }
    service.clock.advance(Duration::from_mins(29));
    let alerts = service.expect_created(on("c")).await.alerts;
    let alert = single_alert("SESSION_BURST", &alerts);
    let Some(Detail::Volume(volume)) = &alert.detail else { panic!("{alert:?}") };
    assert_eq!((alert.severity(), volume.distinct_devices, volume.count), (Severity::Low, 3, 3));
    service.clock.advance(Duration::from_mins(30));
    let alerts = service.expect_created(on("d")).await.alerts;
    assert_eq!(alerts_of_rule("SESSION_BURST", &alerts).len(), 0, "the others are no longer new");
}

async fn a_login_at_an_unusual_hour_is_reported(service: TestService) {
    for _ in 0..5 {
        assert_eq!(service.sign_in_from(LONDON).await, []);
        service.clock.advance(DAY);
    }
    service.clock.advance(HOUR * 12);
    let alerts = service.sign_in_from(LONDON).await;
    let alert = single_alert("UNUSUAL_HOUR", &alerts);
    assert_eq!((alert.severity(), alert.reason_user.as_str()), (Severity::Info, ""));
    service.clock.advance(DAY);
    assert_eq!(service.sign_in_from(LONDON).await, [], "it was learned from");
}

async fn impossible_travel_raises_an_alert(service: TestService) {
    service.sign_in_from(LONDON).await;
    service.clock.advance(HOUR * 2);
    let alerts = service.sign_in_from(BRAZIL).await;
    let alert = single_alert("IMPOSSIBLE_TRAVEL", &alerts);
    assert_eq!((alert.severity(), alert.action_recommended()), (Severity::Medium, AlertAction::StepUp));
    let Some(Detail::Travel(travel)) = &alert.detail else { panic!("{alert:?}") };
    assert!(travel.speed_kmh > 4_000.0 && travel.effective_distance_km < travel.distance_km, "{travel:?}");
    assert_eq!(travel.elapsed.expect("a time").seconds, 7_200);

    service.clock.advance(HOUR * 12);
    assert_eq!(
        alerts_of_rule("IMPOSSIBLE_TRAVEL", &service.sign_in_from(LONDON).await).len(),
        0,
        "half a day is enough"
    );
}

async fn a_third_country_raises_an_alert_while_sessions_are_live_in_two(service: TestService) {
    for ip in [GERMANY, FRANCE] {
        assert_eq!(alerts_of_rule("CONCURRENT_COUNTRIES", &service.sign_in_from(ip).await).len(), 0);
    }
    let alerts = service.sign_in_from(BRAZIL).await;
    let alert = single_alert("CONCURRENT_COUNTRIES", &alerts);
    assert!(alert.reason_admin.contains("3 countries"), "{}", alert.reason_admin);
    assert_eq!(
        alerts_of_rule("CONCURRENT_COUNTRIES", &service.sign_in_from(BRAZIL).await).len(),
        0,
        "no country is added"
    );
}

async fn an_eviction_raises_an_alert_with_the_evicted_session(service: TestService) {
    for _ in 0..5 {
        assert_eq!(service.sign_in_from("").await, []);
        service.clock.advance(Duration::from_mins(1));
    }
    let created = service.expect_created(login("", CHROME)).await;
    assert_eq!(created.ended.len(), 1);
    let alert = single_alert("SESSION_LIMIT", &created.alerts);
    let Some(Detail::Volume(volume)) = &alert.detail else { panic!("{alert:?}") };
    assert_eq!((volume.count, alert.severity()), (1, Severity::Low));
    let previous = alert.previous.as_ref().expect("the evicted session");
    assert_eq!(previous.device.as_ref().expect("a device").name, "Chrome on Windows");
}

async fn a_refused_login_raises_nothing_and_is_not_remembered(service: TestService) {
    service.establish_history().await;
    service.sign_in_from(LONDON).await;
    let strict = CreateRequest { policy: "strict".to_owned(), ..login(BRAZIL, CHROME) };
    service.create(strict).await.expect_err("the limit is reached");
    let alerts = service.sign_in_from(BRAZIL).await;
    let alert = single_alert("NEW_COUNTRY", &alerts);
    assert_eq!((alert.dedup_count, novelty(alert).known_logins), (1, 11));
}

async fn a_repeated_login_raises_nothing_and_is_not_remembered(service: TestService) {
    service.establish_history().await;
    let request = CreateRequest { request_id: "r-1".to_owned(), ..login(BRAZIL, CHROME) };
    single_alert("NEW_COUNTRY", &service.expect_created(request.clone()).await.alerts);
    assert_eq!(service.expect_created(request).await.alerts, []);
    let alerts = service.sign_in_from(FRANCE).await;
    assert_eq!(
        novelty(single_alert("NEW_COUNTRY", &alerts)).known_logins,
        10,
        "a login with a finding is not learned from yet"
    );
}

async fn while_only_trying_out_alerts_say_so(service: TestService) {
    service.establish_history().await;
    let alerts = service.sign_in_from(BRAZIL).await;
    let alert = single_alert("NEW_COUNTRY", &alerts);
    assert!(alert.audit_only);
    assert_eq!((alert.action_taken(), alert.action_recommended()), (AlertAction::None, AlertAction::Notify));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_logins_on_two_nodes_one_raises_an_alert_and_the_history_holds() {
    let redis = RedisServer::start().await;
    let url = redis.url();
    let service = start_located_node(Some(redis), &[("AUDIT__URL", "none")]).await;
    service.establish_history().await;
    let paths: Vec<_> = (0..4).map(|i| service.directory.path().join(format!("{i}.mmdb"))).collect();
    let paths = format!("{paths:?}");
    let settings = [("STORE__URL", url.as_str()), ("AUDIT__URL", "none"), ("GEO__DATABASES", paths.as_str())];
    let other = start_node(&service.directory, &settings, Arc::clone(&service.clock) as _).await;
    let channels = [service.channel.clone(), channel_to(&other).await];

    let mut logins = JoinSet::new();
    for channel in channels.iter().cycle().take(50) {
        let mut sessions = SessionServiceClient::new(channel.clone());
        logins
            .spawn(async move { create_with_retries(&mut sessions, login(BRAZIL, CHROME)).await.expect("a session") });
    }
    let alerts: Vec<_> = logins.join_all().await.into_iter().flat_map(|created| created.alerts).collect();
    assert_eq!(alerts_of_rule("NEW_COUNTRY", &alerts).len(), 1, "{alerts:?}");

    // A login that raised an alert is learned from after a day.
    let mut logins = JoinSet::new();
    for channel in channels.iter().cycle().take(50) {
        let mut sessions = SessionServiceClient::new(channel.clone());
        logins
            .spawn(async move { create_with_retries(&mut sessions, login(LONDON, CHROME)).await.expect("a session") });
    }
    logins.join_all().await;
    let alerts = service.sign_in_from(FRANCE).await;
    let known = novelty(single_alert("NEW_COUNTRY", &alerts));
    assert_eq!(known.known_values, ["GB"]);
    // If the nodes conflicted repeatedly, some of their logins may be missing.
    assert!((35..=60).contains(&known.known_logins), "{}", known.known_logins);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_history_that_cannot_be_read_refuses_nobody() {
    let service = start_located_node(Some(RedisServer::start().await), &[]).await;
    service.establish_history().await;
    let mut redis = service.redis.as_ref().expect("Redis").admin().await;
    let keys: Vec<Vec<u8>> = ::redis::cmd("KEYS").arg("sa1:*:p:*").query_async(&mut redis).await.expect("KEYS");
    assert_eq!(keys.len(), 1);
    let broken = ::redis::cmd("HSET").arg(&keys[0]).arg("h").arg(&b"\xff"[..]).query_async(&mut redis).await;
    let () = broken.expect("HSET");
    assert_eq!(service.sign_in_from(BRAZIL).await, [], "it starts over");
}
