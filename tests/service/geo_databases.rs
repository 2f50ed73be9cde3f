//! Locations of sessions.

use std::path::PathBuf;

use session_authority::api::{ClientContext, CreateRequest, Location};
use tempfile::TempDir;

use super::fixture::{TestService, eventually, login_of};
use super::management::get;
use crate::support::mmdb;

/// A node whose GeoIP databases can be replaced.
struct GeoNode {
    service: TestService,
    paths: Vec<PathBuf>,
}

impl GeoNode {
    /// Starts a node with a file for each of `databases`; `None` stands for a configured file that does not exist.
    async fn with(databases: &[Option<Vec<u8>>]) -> Self {
        Self::with_settings(databases, &[]).await
    }

    async fn with_settings(databases: &[Option<Vec<u8>>], settings: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let paths: Vec<_> = (0..databases.len()).map(|i| directory.path().join(format!("{i}.mmdb"))).collect();
        for (path, bytes) in paths.iter().zip(databases) {
            if let Some(bytes) = bytes {
                mmdb::replace_file(path, bytes);
            }
        }
        let service = start(directory, &paths, settings).await;
        Self { service, paths }
    }

    async fn location(&self, client: ClientContext) -> Location {
        let request = CreateRequest { client: Some(client), ..login_of("ann") };
        let session = self.service.create(request).await.expect("a session").session.expect("one");
        session.location.expect("a location")
    }

    async fn locate(&self, ip: &str) -> Location {
        self.location(ClientContext { ip: ip.to_owned(), ..ClientContext::default() }).await
    }

    async fn readiness(&self) -> String {
        let (_, body) = get(self.service.node.management, "/readyz").await;
        body.lines().find(|line| line.starts_with("geoip: ")).expect("a line on geoip").to_owned()
    }

    async fn metric(&self, series: &str) -> String {
        let (_, text) = get(self.service.node.management, "/metrics").await;
        let name = format!("session_authority_geo_{series} ");
        text.lines().find_map(|line| line.strip_prefix(&name)).expect("the series").to_owned()
    }
}

async fn start(directory: TempDir, paths: &[PathBuf], settings: &[(&str, &str)]) -> TestService {
    let databases = format!("{paths:?}");
    let ours = [("GEO__DATABASES", databases.as_str()), ("GEO__RELOAD_INTERVAL", "100ms")];
    TestService::start_in(directory, None, &[&ours, settings].concat()).await
}

#[tokio::test]
async fn a_session_is_shown_with_where_it_is_from_and_over_whose_network() {
    let asn = mmdb::asn("81.2.0.0/16", 64_500, "Example Net");
    let located = GeoNode::with(&[Some(mmdb::nested("81.2.69.0/24", "London")), Some(asn)]).await;
    let expected = Location {
        ip: "81.2.69.142".to_owned(),
        country: "GB".to_owned(),
        region: "England".to_owned(),
        city: "London".to_owned(),
        latitude: 51.5142,
        longitude: -0.0931,
        accuracy_radius_km: 10,
        asn: 64_500,
        network: "Example Net".to_owned(),
    };
    assert_eq!(located.locate("81.2.69.142").await, expected);
    assert_eq!(located.locate("::ffff:81.2.69.142").await, expected);
    for session in located.service.list("ann").await {
        assert_eq!(session.location, Some(expected.clone()), "the stored location");
    }
    let elsewhere = located.locate("81.2.70.1").await;
    assert_eq!((elsewhere.country.as_str(), elsewhere.accuracy_radius_km, elsewhere.asn), ("", 0, 64_500));
}

#[tokio::test]
async fn ipv4_and_ipv6_may_lie_in_files_of_their_own() {
    let v4 = mmdb::flat("200.147.3.0/24", "BR", "Sao Paulo");
    let v6 = mmdb::flat("2a01:4f8::/32", "DE", "Nuremberg");
    for files in [[v4.clone(), v6.clone()], [v6, v4]] {
        let located = GeoNode::with(&files.map(Some)).await;
        let sao_paulo = located.locate("200.147.3.157").await;
        assert_eq!((sao_paulo.city.as_str(), sao_paulo.accuracy_radius_km), ("Sao Paulo", 200));
        let nuremberg = located.locate("2a01:4f8::1").await;
        assert_eq!((nuremberg.city.as_str(), nuremberg.country.as_str()), ("Nuremberg", "DE"));
        assert_eq!(located.locate("2a02::1").await.city, "");
    }
}

#[tokio::test]
async fn special_addresses_have_no_place_whatever_a_file_says() {
    let everywhere = ["0.0.0.0/0", "::/0"].map(|network| Some(mmdb::flat(network, "BR", "Sao Paulo")));
    let located = GeoNode::with(&everywhere).await;
    for ip in ["10.0.0.1", "100.64.0.1", "127.0.0.1", "192.0.2.1", "198.51.100.7", "::1", "fd00::1", "2001:db8::1"] {
        let nowhere = Location { ip: ip.to_owned(), ..Location::default() };
        assert_eq!(located.locate(ip).await, nowhere);
    }
    // Other addresses have the location of the files.
    for ip in ["8.8.8.8", "2a01:4f8::1"] {
        assert_eq!(located.locate(ip).await.city, "Sao Paulo");
    }
    assert_eq!(located.metric("lookups_total{outcome=\"special_purpose\"}").await, "8");
    assert_eq!(located.metric("lookups_total{outcome=\"city\"}").await, "2");
}

#[tokio::test]
async fn the_callers_country_counts_where_no_file_knows_one() {
    let located = GeoNode::with(&[Some(mmdb::flat("200.147.3.0/24", "BR", ""))]).await;
    for (ip, country) in [("200.147.3.157", "BR"), ("200.147.4.1", "GB"), ("10.0.0.1", "GB"), ("", "GB")] {
        let client = ClientContext { ip: ip.to_owned(), country: "gb".to_owned(), ..ClientContext::default() };
        assert_eq!(located.location(client).await.country, country, "{ip}");
    }
}

#[tokio::test]
async fn a_file_is_replaced_while_sessions_are_made() {
    let located = GeoNode::with(&[Some(mmdb::nested("81.2.69.0/24", "London"))]).await;
    assert_eq!(located.locate("81.2.69.142").await.city, "London");
    assert_eq!(located.readiness().await, "geoip: ok: GeoLite2-City built 2027-01-14");
    mmdb::replace_file(&located.paths[0], &mmdb::nested("81.2.69.0/24", "Leeds"));
    eventually("the new file is in use", || async { located.locate("81.2.69.142").await.city == "Leeds" }).await;
    assert_eq!(located.metric("database_reloads_total{outcome=\"replaced\"}").await, "2");
    assert_eq!(located.metric("database_build_timestamp_seconds{kind=\"location\"}").await, mmdb::BUILT.to_string());
    assert_eq!(located.metric("database_build_timestamp_seconds{kind=\"network\"}").await, "0");
}

#[tokio::test]
async fn a_damaged_replacement_changes_nothing_and_is_reported() {
    let good = mmdb::nested("81.2.69.0/24", "London");
    let located = GeoNode::with(&[Some(good.clone())]).await;
    let damaged: Vec<_> = good[..good.len() / 2].to_vec();
    mmdb::replace_file(&located.paths[0], &damaged);
    eventually("it is reported", || async { located.readiness().await.contains("is not a valid MaxMind DB file") })
        .await;
    let readiness = located.readiness().await;
    assert!(readiness.starts_with("geoip: degraded: GeoLite2-City built 2027-01-14 stays in use: "), "{readiness}");
    assert!(readiness.contains("0.mmdb is not a valid MaxMind DB file"), "{readiness}");
    assert_eq!(located.metric("databases{state=\"reload_failed\"}").await, "1");
    assert_eq!(located.metric("database_reloads_total{outcome=\"rejected\"}").await, "1");
    assert_eq!(located.locate("81.2.69.142").await.city, "London");

    mmdb::replace_file(&located.paths[0], &mmdb::nested("81.2.69.0/24", "Leeds"));
    eventually("it recovers", || async { located.locate("81.2.69.142").await.city == "Leeds" }).await;
    eventually("that is reported", || async { located.metric("databases{state=\"current\"}").await == "1" }).await;
}

#[tokio::test]
async fn a_node_starts_without_its_file_and_takes_it_over_when_it_comes() {
    let located = GeoNode::with(&[None]).await;
    assert_eq!(located.locate("81.2.69.142").await.city, "");
    let readiness = located.readiness().await;
    assert!(readiness.starts_with("geoip: degraded: ") && readiness.contains("0.mmdb cannot be read"), "{readiness}");
    assert!(readiness.contains("put a MaxMind DB file there"), "{readiness}");
    assert_eq!(located.metric("databases{state=\"missing\"}").await, "1");
    mmdb::replace_file(&located.paths[0], &mmdb::nested("81.2.69.0/24", "London"));
    eventually("it is in use", || async { located.locate("81.2.69.142").await.city == "London" }).await;
}

#[tokio::test]
async fn an_old_database_is_reported_and_stays_in_use() {
    let old = mmdb::flat_of(mmdb::BUILT - 50 * 86_400, "200.147.3.0/24", "BR", "Sao Paulo");
    let located = GeoNode::with(&[Some(old.clone())]).await;
    let readiness = located.readiness().await;
    assert!(readiness.starts_with("geoip: ok: city ipv4 built 2026-11-25 is 51 days old: replace "), "{readiness}");
    assert_eq!(located.metric("databases{state=\"outdated\"}").await, "1");
    assert_eq!(located.locate("200.147.3.157").await.city, "Sao Paulo");
    let patient = GeoNode::with_settings(&[Some(old)], &[("GEO__MAX_AGE", "60d")]).await;
    assert_eq!(patient.metric("databases{state=\"outdated\"}").await, "0");
}

#[tokio::test]
async fn a_node_without_databases_says_so() {
    let located = GeoNode::with(&[]).await;
    assert_eq!(located.locate("81.2.69.142").await.city, "");
    assert!(located.readiness().await.starts_with("geoip: ok: no GeoIP databases configured"));
}
