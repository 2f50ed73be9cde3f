//! MMDB files. A file that is accepted must answer every lookup.

#![no_main]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use libfuzzer_sys::fuzz_target;
use session_authority::geo::mmdb::GeoDatabase;

fuzz_target!(|data: &[u8]| {
    let Ok(database) = GeoDatabase::new(data.to_vec()) else { return };
    let _ = (database.kind(), database.name(), database.build_time());
    let addresses = [
        IpAddr::V4(Ipv4Addr::new(81, 2, 69, 142)),
        IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        IpAddr::V4(Ipv4Addr::BROADCAST),
        IpAddr::V6(Ipv6Addr::LOCALHOST),
        IpAddr::V6(Ipv6Addr::new(0x2001, 0x218, 0, 0, 0, 0, 0, 1)),
        IpAddr::V6(Ipv6Addr::from_bits(u128::MAX)),
    ];
    for address in addresses {
        let record = database.lookup(address);
        assert!(matches!(record.country.len(), 0 | 2));
    }
});
