//! IP ranges, as administrators write them.

use std::{net::IpAddr, str::FromStr};

use super::error::FieldViolation;

/// A range of IP addresses of one family, from `first` to `last`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IpRange {
    pub first: IpAddr,
    pub last: IpAddr,
}

impl IpRange {
    /// Parses the text of `field`: an address, or a block in CIDR notation (RFC 4632 §3.1). Bits beyond the prefix are
    /// ignored. A block of IPv4-mapped IPv6 addresses becomes a block of IPv4 addresses. Any other text is a violation
    /// of `field`.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, FieldViolation> {
        parse(text)
            .ok_or_else(|| FieldViolation::new(field, "is not an IP address or CIDR block (such as 192.0.2.0/24)"))
    }

    #[must_use]
    pub fn contains(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        ip.is_ipv4() == self.first.is_ipv4() && (self.first..=self.last).contains(&ip)
    }
}

fn parse(text: &str) -> Option<IpRange> {
    let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
    let stated = IpAddr::from_str(address).ok()?;
    let width: u32 = if stated.is_ipv4() { 32 } else { 128 };
    let prefix = match prefix {
        None => width,
        Some(prefix) if prefix.bytes().all(|byte| byte.is_ascii_digit()) => prefix.parse().ok()?,
        Some(_) => return None,
    };
    let free = width.checked_sub(prefix)?;
    let (first, last) = match stated {
        IpAddr::V4(ip) => {
            let host = u32::MAX.checked_shr(32 - free).unwrap_or_default();
            let bits = ip.to_bits();
            (IpAddr::V4((bits & !host).into()), IpAddr::V4((bits | host).into()))
        }
        IpAddr::V6(ip) => {
            let host = u128::MAX.checked_shr(128 - free).unwrap_or_default();
            let bits = ip.to_bits();
            (IpAddr::V6((bits & !host).into()), IpAddr::V6((bits | host).into()))
        }
    };
    let (canonical_first, canonical_last) = (first.to_canonical(), last.to_canonical());
    if canonical_first.is_ipv4() == canonical_last.is_ipv4() {
        Some(IpRange { first: canonical_first, last: canonical_last })
    } else {
        Some(IpRange { first, last })
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use proptest::prelude::*;

    use super::*;

    fn range(text: &str) -> String {
        parse(text).map_or_else(String::new, |range| format!("{} {}", range.first, range.last))
    }

    #[test]
    fn a_block_is_all_its_addresses() {
        assert_eq!(range("192.0.2.7"), "192.0.2.7 192.0.2.7");
        assert_eq!(range("192.0.2.7/24"), "192.0.2.0 192.0.2.255");
        assert_eq!(range("0.0.0.0/0"), "0.0.0.0 255.255.255.255");
        assert_eq!(range("2001:db8::/32"), "2001:db8:: 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff");
        assert_eq!(range("::1"), "::1 ::1");
        assert_eq!(range("::ffff:192.0.2.0/120"), "192.0.2.0 192.0.2.255");
    }

    #[test]
    fn anything_else_is_refused_by_the_name_of_its_field() {
        for wrong in ["", "192.0.2", "192.0.2.0/33", "::/129", "192.0.2.0/", "192.0.2.0/+8", "a/8", "1.2.3.4/8/8"] {
            assert_eq!(IpRange::parse("filter.ip_range", wrong).expect_err(wrong).field, "filter.ip_range");
        }
    }

    #[test]
    fn families_are_not_mixed() {
        let every_v6 = parse("::/0").expect("a range");
        assert!(every_v6.contains("2001:db8::1".parse().expect("an address")));
        assert!(!every_v6.contains("192.0.2.1".parse().expect("an address")));
        assert!(parse("192.0.2.0/24").expect("a range").contains("::ffff:192.0.2.9".parse().expect("an address")));
    }

    /// Returns whether a text is an address, with or without a prefix that is not longer than it.
    fn is_address_or_block(text: &str) -> bool {
        let (address, prefix) = text.split_once('/').unwrap_or((text, "0"));
        let Ok(address) = address.parse::<IpAddr>() else { return false };
        let width = if address.is_ipv4() { 32 } else { 128 };
        prefix.bytes().all(|byte| byte.is_ascii_digit()) && prefix.parse::<u32>().is_ok_and(|prefix| prefix <= width)
    }

    proptest! {
        #[test]
        fn a_block_of_ipv4_has_all_addresses_with_its_prefix(block: u32, noise: u32, shift in 0..32_u32, prefix in 0..=32_u32) {
            let range = parse(&format!("{}/{prefix}", Ipv4Addr::from_bits(block))).expect("a block");
            let difference = noise >> shift;
            let other = Ipv4Addr::from_bits(block ^ difference);
            prop_assert_eq!(range.contains(other.into()), difference.leading_zeros() >= prefix);
        }

        #[test]
        fn a_block_of_ipv6_has_all_addresses_with_its_prefix(block: u128, noise: u128, shift in 0..128_u32, prefix in 0..=128_u32) {
            let range = parse(&format!("{}/{prefix}", Ipv6Addr::from_bits(block))).expect("a block");
            let difference = noise >> shift;
            let other = Ipv6Addr::from_bits(block ^ difference);
            prop_assert_eq!(range.contains(other.into()), difference.leading_zeros() >= prefix);
        }

        #[test]
        fn no_other_text_is_a_range(
            text in prop_oneof!["\\PC{0,24}", "[0-9a-f:./+]{0,24}", "([0-9]{1,3}\\.){3}[0-9]{1,3}(/\\+?[0-9]{0,3})?",
                "[0-9a-f:]{2,8}::/[0-9]{1,3}"],
        ) {
            prop_assert_eq!(parse(&text).is_some(), is_address_or_block(&text));
        }
    }
}
