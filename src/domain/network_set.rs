//! Sets of networks, as administrators write them.

use std::net::IpAddr;

use super::ip_range::IpRange;

/// An entry of a list of networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkEntry {
    Range(IpRange),
    /// An autonomous system, by its number.
    System(u32),
}

impl NetworkEntry {
    /// Parses an address or a block in CIDR notation, or the number of an autonomous system such as `AS64500`. Returns
    /// `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix("AS") {
            Some(number) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
                number.parse().ok().filter(|number| *number > 0).map(Self::System)
            }
            Some(_) => None,
            None => IpRange::parse("network", text).ok().map(Self::Range),
        }
    }
}

/// A set of IP ranges and autonomous systems. A lookup takes the time of a binary search.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkSet {
    v4: Vec<(u32, u32)>,
    v6: Vec<(u128, u128)>,
    systems: Vec<u32>,
}

impl FromIterator<NetworkEntry> for NetworkSet {
    fn from_iter<I: IntoIterator<Item = NetworkEntry>>(entries: I) -> Self {
        let mut set = Self::default();
        for entry in entries {
            match entry {
                NetworkEntry::System(number) => set.systems.push(number),
                NetworkEntry::Range(IpRange { first: IpAddr::V4(first), last: IpAddr::V4(last) }) => {
                    set.v4.push((first.to_bits(), last.to_bits()));
                }
                NetworkEntry::Range(IpRange { first: IpAddr::V6(first), last: IpAddr::V6(last) }) => {
                    set.v6.push((first.to_bits(), last.to_bits()));
                }
                // A range is of one family.
                NetworkEntry::Range(_) => {}
            }
        }
        set.systems.sort_unstable();
        set.systems.dedup();
        Self { v4: merge_ranges(set.v4), v6: merge_ranges(set.v6), systems: set.systems }
    }
}

impl NetworkSet {
    /// Returns whether the address or its autonomous system is in the set. `asn` is 0 if the system is unknown.
    #[must_use]
    pub fn contains(&self, ip: Option<IpAddr>, asn: u32) -> bool {
        let has_ip = match ip.map(|ip| ip.to_canonical()) {
            Some(IpAddr::V4(ip)) => is_in_ranges(&self.v4, ip.to_bits()),
            Some(IpAddr::V6(ip)) => is_in_ranges(&self.v6, ip.to_bits()),
            None => false,
        };
        has_ip || self.contains_system(asn)
    }

    /// Returns whether the autonomous system is in the set. 0 stands for an unknown one, which is in no set.
    #[must_use]
    pub fn contains_system(&self, asn: u32) -> bool {
        asn != 0 && self.systems.binary_search(&asn).is_ok()
    }

    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty() && self.systems.is_empty()
    }
}

/// Sorts the ranges and joins those that overlap, so that at most one can contain an address.
fn merge_ranges<T: Copy + Ord>(mut ranges: Vec<(T, T)>) -> Vec<(T, T)> {
    ranges.sort_unstable();
    let mut merged: Vec<(T, T)> = Vec::with_capacity(ranges.len());
    for (first, last) in ranges {
        match merged.last_mut() {
            Some((_, end)) if first <= *end => *end = (*end).max(last),
            _ => merged.push((first, last)),
        }
    }
    merged.shrink_to_fit();
    merged
}

fn is_in_ranges<T: Copy + Ord>(ranges: &[(T, T)], address: T) -> bool {
    let after = ranges.partition_point(|(first, _)| *first <= address);
    after.checked_sub(1).and_then(|index| ranges.get(index)).is_some_and(|(_, last)| address <= *last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(entries: &[&str]) -> NetworkSet {
        entries.iter().map(|entry| NetworkEntry::parse(entry).expect("an entry")).collect()
    }

    #[test]
    fn an_address_is_in_a_set_of_ranges_that_overlap() {
        let set = set(&["203.0.113.0/24", "203.0.113.64/26", "192.0.2.7", "2001:db8::/32", "203.0.112.0/23"]);
        let cases = [
            ("203.0.113.0", true),
            ("203.0.113.255", true),
            ("203.0.112.1", true),
            ("203.0.114.0", false),
            ("203.0.111.255", false),
            ("192.0.2.7", true),
            ("192.0.2.8", false),
            ("::ffff:192.0.2.7", true),
            ("2001:db8:ffff::1", true),
            ("2001:db9::", false),
        ];
        for (ip, expected) in cases {
            assert_eq!(set.contains(Some(ip.parse().expect("an address")), 0), expected, "{ip}");
        }
        assert!(!set.contains(None, 0));
    }

    #[test]
    fn a_system_is_in_a_set_by_its_number() {
        let set = set(&["AS64500", "AS64501", "AS64500"]);
        assert!(set.contains(None, 64_500) && set.contains_system(64_501));
        assert!(!set.contains(None, 64_502) && !set.contains(None, 0) && !set.is_empty());
        assert!(NetworkSet::default().is_empty());
    }

    #[test]
    fn anything_else_is_no_entry() {
        for text in ["", "AS", "AS0", "AS-1", "AS1x", "as64500", "64500", "192.0.2.0/33", "AS4294967296"] {
            assert_eq!(NetworkEntry::parse(text), None, "{text}");
        }
    }
}
