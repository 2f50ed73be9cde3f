//! Small GeoIP databases in each of the supported formats, built by the tests.

use std::fs;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use mmdb_writer::{IpVersion, Writer};
use serde_json::{Value, json};

/// The build time of the databases: a day before the start time of a test.
pub const BUILT: u64 = 1_800_000_000 - 86_400;

/// Builds a database in the format of `MaxMind`'s City databases, for IPv4 and IPv6: `network` is in that city of Great
/// Britain.
pub fn nested(network: &str, city: &str) -> Vec<u8> {
    let record = json!({
        "city": {"names": {"en": city}},
        "country": {"iso_code": "GB"},
        "location": {"accuracy_radius": 10, "latitude": 51.5142, "longitude": -0.0931},
        "subdivisions": [{"names": {"en": "England"}}],
    });
    database("GeoLite2-City", IpVersion::V6, BUILT, &[(network, record)])
}

/// Builds a database in the format of the ip-location-db project, for the address version of `network`.
pub fn flat(network: &str, country: &str, city: &str) -> Vec<u8> {
    flat_of(BUILT, network, country, city)
}

/// Builds such a database with another build time.
pub fn flat_of(built: u64, network: &str, country: &str, city: &str) -> Vec<u8> {
    let record = json!({
        "country_code": country, "state1": "", "state2": "", "city": city, "postcode": "",
        "latitude": -23.5558_f32, "longitude": -46.6396_f32, "timezone": "",
    });
    let (name, version) =
        if network.contains(':') { ("city ipv6", IpVersion::V6) } else { ("city ipv4", IpVersion::V4) };
    database(name, version, built, &[(network, record)])
}

/// Builds a database in the format of `MaxMind`'s ASN databases.
pub fn asn(network: &str, number: u32, organisation: &str) -> Vec<u8> {
    let record = json!({"autonomous_system_number": number, "autonomous_system_organization": organisation});
    database("GeoLite2-ASN", IpVersion::V6, BUILT, &[(network, record)])
}

/// Replaces a file atomically.
pub fn replace_file(path: &Path, bytes: &[u8]) {
    let new = path.with_extension("new");
    fs::write(&new, bytes).expect("written");
    fs::rename(new, path).expect("renamed");
}

fn database(name: &str, version: IpVersion, built: u64, records: &[(&str, Value)]) -> Vec<u8> {
    let built = UNIX_EPOCH + Duration::from_secs(built);
    let mut writer = Writer::builder(name).ip_version(version).build_epoch(built).build();
    for (network, record) in records {
        writer.insert(network.parse::<ipnet::IpNet>().expect("a network"), record).expect("inserted");
    }
    writer.to_bytes().expect("a database")
}
