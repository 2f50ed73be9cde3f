use mmdb_writer::IpVersion;
use serde_json::json;

use super::{super::samples, *};
use crate::domain::location::GeoPosition;

fn open(bytes: Vec<u8>) -> GeoDatabase {
    GeoDatabase::new(bytes).expect("a database")
}

#[test]
fn nested_records_are_read() {
    let database = open(samples::nested());
    let london = GeoIpRecord {
        country: "GB".to_owned(),
        region: "England".to_owned(),
        city: "London".to_owned(),
        position: Some(GeoPosition { latitude: 51.5142, longitude: -0.0931, accuracy_radius_km: 10 }),
        ..GeoIpRecord::default()
    };
    assert_eq!(database.lookup(ip("81.2.69.142")), london);
    assert_eq!(database.lookup(ip("2001:218::1")).country, "NZ", "the country in which the network is registered");
    assert_eq!(database.lookup(ip("8.8.8.8")), GeoIpRecord::default());
    assert_eq!((database.kind(), database.name()), (DatabaseKind::Location, "GeoLite2-City"));
    assert_eq!(database.build_time().get(), samples::BUILT * 1_000);
}

#[test]
fn flat_records_are_read_and_an_empty_text_is_unknown() {
    let database = open(samples::flat(IpVersion::V4));
    let sao_paulo = GeoIpRecord {
        country: "BR".to_owned(),
        region: "Sao Paulo".to_owned(),
        city: "Sao Paulo".to_owned(),
        position: Some(GeoPosition { latitude: -23.5558, longitude: -46.6396, accuracy_radius_km: 200 }),
        ..GeoIpRecord::default()
    };
    assert_eq!(database.lookup(ip("200.147.3.157")), sao_paulo);
    assert_eq!(database.lookup(ip("8.8.8.8")), GeoIpRecord::default());
}

#[test]
fn a_file_of_one_address_version_knows_nothing_of_the_other() {
    let (v4, v6) = (open(samples::flat(IpVersion::V4)), open(samples::flat(IpVersion::V6)));
    assert_eq!(v4.lookup(ip("2804:14c::1")), GeoIpRecord::default());
    assert_eq!(v6.lookup(ip("200.147.3.157")), GeoIpRecord::default());
    assert_eq!(v6.lookup(ip("2804:14c::1")).city, "Sao Paulo");
}

#[test]
fn networks_are_read_from_asn_and_enterprise_files() {
    let database = open(samples::asn());
    let network = GeoIpRecord { asn: 64_500, network: "Example Net".to_owned(), ..GeoIpRecord::default() };
    assert_eq!(database.lookup(ip("81.2.69.142")), network);
    assert_eq!(database.kind(), DatabaseKind::Network);

    let record = json!({"country": {"iso_code": "GB"}, "traits": {"autonomous_system_number": 64_501}});
    let enterprise = open(samples::database("GeoIP2-Enterprise", IpVersion::V4, &[("81.2.69.0/24", record)]));
    let place = enterprise.lookup(ip("81.2.69.142"));
    assert_eq!((place.country.as_str(), place.asn), ("GB", 64_501));
}

#[test]
fn an_unknown_database_type_is_detected_by_its_records() {
    let records = |record| [("81.2.69.0/24", record)];
    let flat = samples::database("places", IpVersion::V4, &records(json!({"country_code": "gb"})));
    assert_eq!(open(flat).lookup(ip("81.2.69.1")).country, "GB");
    let network = samples::database("", IpVersion::V4, &records(json!({"autonomous_system_number": 7})));
    assert_eq!(open(network).lookup(ip("81.2.69.1")).asn, 7);
}

#[test]
fn a_file_of_something_else_is_refused_by_name() {
    let cases = [
        ("GeoIP2-Anonymous-IP", json!({"is_anonymous": true})),
        ("GeoLite2-City", json!({"autonomous_system_number": 7})),
        ("GeoLite2-ASN", json!({"country": {"iso_code": "GB"}})),
        ("GeoLite2-City", json!({})),
        ("of texts", json!({"country": "GB"})),
    ];
    for (name, record) in cases {
        let refused = GeoDatabase::new(samples::database(name, IpVersion::V4, &[("81.2.69.0/24", record)]));
        let Err(GeoDatabaseError::UnknownSchema(database_type)) = refused else { panic!("{name}: {refused:?}") };
        assert_eq!(database_type, name);
    }
}
