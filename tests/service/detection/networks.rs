//! Networks that hide where their users are, and networks that administrators trust.

use std::{fs, path::PathBuf};

use session_authority::api::{NoveltyKind, Severity};

use super::super::fixture::{TestService, eventually};
use super::super::management::get;
use super::{BRAZIL, DAY, FRANCE, HOUR, LONDON, alerts_of_rule, novelty, single_alert, start_located_node};
use crate::support::redis::RedisServer;

on_every_engine_with! {
    between_trusted_networks_nobody_travels [
        ("DETECTION__TRUSTED_NETWORKS", r#"["81.2.69.0/24", "200.147.3.0/24"]"#)
    ];
    to_one_trusted_network_a_user_travels [("DETECTION__TRUSTED_NETWORKS", r#"["200.147.3.0/24"]"#)];
}

async fn between_trusted_networks_nobody_travels(service: TestService) {
    service.sign_in_from(LONDON).await;
    service.clock.advance(HOUR);
    assert_eq!(service.sign_in_from(BRAZIL).await, []);
}

/// The counterpart: one end alone explains nothing.
async fn to_one_trusted_network_a_user_travels(service: TestService) {
    service.sign_in_from(LONDON).await;
    service.clock.advance(HOUR);
    let alerts = service.sign_in_from(BRAZIL).await;
    single_alert("IMPOSSIBLE_TRAVEL", &alerts);
    assert_eq!(alerts_of_rule("NEW_COUNTRY", &alerts).len(), 0, "no country is new in a trusted network");
}

async fn start_with_vpn_list(redis: Option<RedisServer>) -> (TestService, tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().expect("a directory");
    let list = directory.path().join("vpn.txt");
    fs::write(&list, "# a provider\n200.147.3.0/24\n").expect("written");
    let paths = format!("{:?}", [&list]);
    let settings = [("GEO__NETWORK_LISTS__VPN", paths.as_str()), ("GEO__RELOAD_INTERVAL", "100ms")];
    (start_located_node(redis, &settings).await, directory, list)
}

async fn a_vpn_is_reported_and_its_country_is_not_the_users(redis: Option<RedisServer>) {
    let (service, _directory, _) = start_with_vpn_list(redis).await;
    service.establish_history().await;
    let alerts = service.sign_in_from(BRAZIL).await;
    let alert = single_alert("ANONYMOUS_NETWORK", &alerts);
    assert_eq!((alert.severity(), novelty(alert).kind()), (Severity::Low, NoveltyKind::Network));
    assert_eq!(alerts.len(), 1, "neither country nor journey: {alerts:?}");
    let reason = "rule=\"IMPOSSIBLE_TRAVEL\",reason=\"anonymous_network\"";
    assert_eq!(service.series(&format!("detection_not_evaluated_total{{{reason}}}")).await, "1");
    service.clock.advance(DAY);
    assert_eq!(single_alert("ANONYMOUS_NETWORK", &service.sign_in_from(BRAZIL).await).severity(), Severity::Info);
    service.clock.advance(HOUR);
    assert_eq!(service.sign_in_from(LONDON).await, [], "the VPN was no place to come from");
    let alerts = service.sign_in_from(FRANCE).await;
    assert_eq!(novelty(single_alert("NEW_COUNTRY", &alerts)).known_values, ["GB"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_vpn_is_reported_with_redis() {
    a_vpn_is_reported_and_its_country_is_not_the_users(Some(RedisServer::start().await)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_vpn_is_reported_with_sqlite() {
    a_vpn_is_reported_and_its_country_is_not_the_users(None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replaced_list_takes_effect_and_a_bad_one_is_reported() {
    let (service, directory, list) = start_with_vpn_list(None).await;
    service.establish_history().await;
    let entries = || service.series("network_list_entries{class=\"vpn\"}");
    assert_eq!(entries().await, "1");
    let replace = |text: &str| {
        let new = directory.path().join("new");
        fs::write(&new, text).expect("written");
        fs::rename(&new, &list).expect("renamed");
    };
    replace("nonsense\n");
    let management = service.node.management;
    let is_rejected = || async move { get(management, "/readyz").await.1.contains("line 1 is no IP address") };
    eventually("the bad list is reported", is_rejected).await;
    assert_eq!(entries().await, "1", "the previous entries stay in use");
    replace("198.51.100.0/24\n203.0.113.0/24\n");
    eventually("the new list is in use", || async { entries().await == "2" }).await;
    let alerts = service.sign_in_from(BRAZIL).await;
    single_alert("NEW_COUNTRY", &alerts);
    assert_eq!(alerts_of_rule("ANONYMOUS_NETWORK", &alerts).len(), 0);
}
