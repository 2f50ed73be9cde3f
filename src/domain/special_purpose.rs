//! Special-purpose IP addresses, which have no location.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Networks of the IANA IPv4 Special-Purpose Address Registry (RFC 6890), and multicast.
const IPV4_NETWORKS: &[(Ipv4Addr, u32)] = &[
    (Ipv4Addr::UNSPECIFIED, 8),           // "this network" (RFC 791 §3.2)
    (Ipv4Addr::new(10, 0, 0, 0), 8),      // private use (RFC 1918)
    (Ipv4Addr::new(100, 64, 0, 0), 10),   // shared by carriers' NAT (RFC 6598)
    (Ipv4Addr::new(127, 0, 0, 0), 8),     // loopback (RFC 1122 §3.2.1.3)
    (Ipv4Addr::new(169, 254, 0, 0), 16),  // link local (RFC 3927)
    (Ipv4Addr::new(172, 16, 0, 0), 12),   // private use (RFC 1918)
    (Ipv4Addr::new(192, 0, 0, 0), 24),    // protocol assignments (RFC 6890 §2.1)
    (Ipv4Addr::new(192, 0, 2, 0), 24),    // documentation (RFC 5737)
    (Ipv4Addr::new(192, 31, 196, 0), 24), // AS112 (RFC 7535)
    (Ipv4Addr::new(192, 52, 193, 0), 24), // automatic multicast tunnels (RFC 7450)
    (Ipv4Addr::new(192, 88, 99, 0), 24),  // 6to4 relays, deprecated (RFC 7526)
    (Ipv4Addr::new(192, 168, 0, 0), 16),  // private use (RFC 1918)
    (Ipv4Addr::new(192, 175, 48, 0), 24), // AS112 (RFC 7534)
    (Ipv4Addr::new(198, 18, 0, 0), 15),   // benchmarks (RFC 2544)
    (Ipv4Addr::new(198, 51, 100, 0), 24), // documentation (RFC 5737)
    (Ipv4Addr::new(203, 0, 113, 0), 24),  // documentation (RFC 5737)
    (Ipv4Addr::new(224, 0, 0, 0), 4),     // multicast (RFC 5771)
    (Ipv4Addr::new(240, 0, 0, 0), 4),     // reserved, broadcast (RFC 1112 §4, RFC 919)
];

/// The IPv6 addresses that are assigned to sites at all (RFC 4291 §2.4, IANA IPv6 Global Unicast). Outside are
/// loopback, unspecified, unique-local (RFC 4193), link-local, multicast, NAT64 (RFC 6052), discard (RFC 6666) and
/// segment routing (RFC 9602) addresses.
const GLOBAL_UNICAST: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// Networks of the IANA IPv6 Special-Purpose Address Registry within [`GLOBAL_UNICAST`].
const IPV6_NETWORKS: &[(Ipv6Addr, u32)] = &[
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23), // protocols, Teredo, ORCHID (RFC 2928, 4380, 7343)
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32), // documentation (RFC 3849)
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16), // 6to4 (RFC 3056)
    (Ipv6Addr::new(0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0), 48), // AS112 (RFC 7534)
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20), // documentation (RFC 9637)
];

/// Returns whether `ip` reveals nothing about the location of its holder: private, shared, local, documentation,
/// benchmark, multicast, tunnel and reserved addresses. An IPv4-mapped IPv6 address counts as the IPv4 address.
#[must_use]
pub fn is_special_purpose(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => IPV4_NETWORKS.iter().any(|network| contains_v4(*network, ip)),
        IpAddr::V6(ip) => {
            !contains_v6(GLOBAL_UNICAST, ip) || IPV6_NETWORKS.iter().any(|network| contains_v6(*network, ip))
        }
    }
}

fn contains_v4((network, prefix): (Ipv4Addr, u32), ip: Ipv4Addr) -> bool {
    (network.to_bits() ^ ip.to_bits()).leading_zeros() >= prefix
}

fn contains_v6((network, prefix): (Ipv6Addr, u32), ip: Ipv6Addr) -> bool {
    (network.to_bits() ^ ip.to_bits()).leading_zeros() >= prefix
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_special(ip: &str) -> bool {
        is_special_purpose(ip.parse().expect("an address"))
    }

    #[test]
    fn the_first_and_the_last_address_of_each_network_count_and_their_neighbours_do_not() {
        let networks = [
            ("10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"),
            ("100.64.0.0", "100.127.255.255", "100.63.255.255", "100.128.0.0"),
            ("169.254.0.0", "169.254.255.255", "169.253.255.255", "169.255.0.0"),
            ("172.16.0.0", "172.31.255.255", "172.15.255.255", "172.32.0.0"),
            ("192.0.2.0", "192.0.2.255", "192.0.1.255", "192.0.3.0"),
            ("192.168.0.0", "192.168.255.255", "192.167.255.255", "192.169.0.0"),
            ("198.18.0.0", "198.19.255.255", "198.17.255.255", "198.20.0.0"),
            ("198.51.100.0", "198.51.100.255", "198.51.99.255", "198.51.101.0"),
            ("203.0.113.0", "203.0.113.255", "203.0.112.255", "203.0.114.0"),
            ("224.0.0.0", "255.255.255.255", "223.255.255.255", "1.0.0.0"),
            ("2001::", "2001:1ff:ffff::", "2000:ffff::", "2001:200::"),
            ("2001:db8::", "2001:db8:ffff::", "2001:db7:ffff::", "2001:db9::"),
            ("2002::", "2002:ffff::", "2001:ffff::", "2003::"),
            ("3fff::", "3fff:fff:ffff::", "3ffe:ffff::", "3fff:1000::"),
        ];
        for (first, last, before, after) in networks {
            assert!(is_special(first) && is_special(last), "{first} to {last}");
            assert!(!is_special(before) && !is_special(after), "{before} and {after}");
        }
    }

    #[test]
    fn what_is_not_given_to_sites_has_no_place() {
        for ip in
            ["::", "::1", "64:ff9b::808:808", "100::1", "fc00::1", "fd12::1", "fe80::1", "ff02::1", "4000::", "0.0.0.0"]
        {
            assert!(is_special(ip), "{ip}");
        }
        for ip in ["2000::", "2620:4f:7fff::", "2804:14c::1", "3ffe::"] {
            assert!(!is_special(ip), "{ip}");
        }
    }

    #[test]
    fn a_mapped_address_is_judged_as_the_ipv4_address() {
        assert!(is_special("::ffff:10.1.2.3"));
        assert!(!is_special("::ffff:81.2.69.142"));
    }
}
