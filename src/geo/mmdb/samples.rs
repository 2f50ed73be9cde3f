//! Sample databases of every schema, generated here.

use std::time::{Duration, UNIX_EPOCH};

use mmdb_writer::{IpVersion, Writer};
use serde_json::{Value, json};

/// Build time of the samples, in seconds since the Unix epoch.
pub(super) const BUILT: u64 = 1_780_000_000;

pub(super) fn database(database_type: &str, version: IpVersion, records: &[(&str, Value)]) -> Vec<u8> {
    let built = UNIX_EPOCH + Duration::from_secs(BUILT);
    let mut writer = Writer::builder(database_type).ip_version(version).build_epoch(built).build();
    for (network, record) in records {
        writer.insert(network.parse::<ipnet::IpNet>().expect("a network"), record).expect("inserted");
    }
    writer.to_bytes().expect("a database")
}

pub(super) fn nested() -> Vec<u8> {
    let london = json!({
        "city": {"names": {"de": "London", "en": "London"}},
        "continent": {"code": "EU"},
        "country": {"iso_code": "GB", "names": {"en": "United Kingdom"}},
        "location": {"accuracy_radius": 10, "latitude": 51.5142, "longitude": -0.0931, "time_zone": "Europe/London"},
        "registered_country": {"iso_code": "US"},
        "subdivisions": [{"iso_code": "ENG", "names": {"en": "England"}}, {"iso_code": "WSM"}],
    });
    let registered = json!({"registered_country": {"iso_code": "NZ"}});
    let records = [("81.2.69.0/24", london), ("2001:218::/32", registered), ("1.0.0.0/24", json!({}))];
    database("GeoLite2-City", IpVersion::V6, &records)
}

pub(super) fn flat(version: IpVersion) -> Vec<u8> {
    let record = |country: &str, city: &str, latitude: f32, longitude: f32| {
        json!({"country_code": country, "state1": "Sao Paulo", "state2": "", "city": city, "postcode": "",
               "latitude": latitude, "longitude": longitude, "timezone": ""})
    };
    let unknown = json!({"country_code": "", "state1": "", "state2": "", "city": "", "latitude": "", "longitude": ""});
    let (name, network) = match version {
        IpVersion::V4 => ("city ipv4", ["200.147.3.0/24", "10.0.0.0/8", "8.8.8.0/24"]),
        _ => ("city ipv6", ["2804:14c::/32", "fd00::/8", "2a00::/16"]),
    };
    let records = [
        (network[0], record("BR", "Sao Paulo (Bela Vista)", -23.5558, -46.6396)),
        (network[1], record("US", "Los Angeles", 34.0, -118.2)),
        (network[2], unknown),
    ];
    database(name, version, &records)
}

pub(super) fn asn() -> Vec<u8> {
    let record = json!({"autonomous_system_number": 64_500, "autonomous_system_organization": "Example Net"});
    database("GeoLite2-ASN", IpVersion::V6, &[("81.2.0.0/16", record.clone()), ("2804::/16", record)])
}
