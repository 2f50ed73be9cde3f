use mmdb_writer::IpVersion;
use proptest::prelude::*;
use serde_json::json;

use super::{super::samples, *};

fn refusal(bytes: Vec<u8>) -> String {
    GeoDatabase::new(bytes).expect_err("must be rejected").to_string()
}

/// Looks up addresses in a database of arbitrary bytes. It may return anything, but must return.
fn exercise_database(bytes: Vec<u8>) {
    if let Ok(database) = GeoDatabase::new(bytes) {
        for address in
            ["81.2.69.142", "200.147.3.157", "0.0.0.0", "255.255.255.255", "2001:218::1", "2804:14c::1", "::"]
        {
            let place = database.lookup(ip(address));
            assert!(place.city.len() <= 128 && place.network.len() <= 128);
        }
    }
}

#[test]
fn what_is_no_database_is_refused_and_says_so() {
    for bytes in [Vec::new(), b"not a database".to_vec(), vec![0; 100_000], b"\xab\xcd\xefMaxMind.com".to_vec()] {
        assert!(refusal(bytes).starts_with("is not a valid MaxMind DB file: "));
    }
}

#[test]
fn a_database_that_was_cut_short_is_refused_wherever_it_was_cut() {
    for bytes in [samples::nested(), samples::flat(IpVersion::V4), samples::asn()] {
        for length in 0..bytes.len() {
            GeoDatabase::new(bytes[..length].to_vec()).expect_err("cut short");
        }
    }
}

#[test]
fn a_pointer_that_leads_nowhere_is_found_when_the_file_is_read() {
    let mut bytes = samples::flat(IpVersion::V4);
    // The right record of the first node, of three bytes, in a tree of 24-bit records.
    bytes[3..6].copy_from_slice(&[0xff, 0xff, 0xff]);
    assert!(refusal(bytes).contains("pointer"));
}

#[test]
fn a_tree_that_loops_is_found_when_the_file_is_read() {
    let mut bytes = samples::flat(IpVersion::V4);
    bytes[0..6].fill(0);
    assert!(refusal(bytes).contains("cycle"));
}

#[test]
fn a_tree_whose_branches_join_again_and_again_is_given_up() {
    let mut bytes = samples::database("city ipv6", IpVersion::V6, &[("81.2.69.0/24", json!({"country_code": "GB"}))]);
    // IPv4 is 96 nodes down on the left. If right and left records lead to the same nodes, there are 2^96 paths to it.
    let mut node = 0;
    for _ in 0..96 {
        let at = node * 6;
        bytes.copy_within(at..at + 3, at + 3);
        node = bytes[at..at + 3].iter().fold(0, |number, byte| number * 256 + usize::from(*byte));
    }
    assert!(refusal(bytes).contains("shared branches"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn whatever_happens_to_the_bytes_nothing_panics_and_everything_ends(
        which in 0..4_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = match which {
            0 => samples::nested(),
            1 => samples::flat(IpVersion::V4),
            2 => samples::flat(IpVersion::V6),
            _ => samples::asn(),
        };
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Some(cut) = cut {
            let at = cut.index(bytes.len());
            bytes.remove(at);
        }
        exercise_database(bytes);
    }
}
