//! The subjects of failures: users, networks and callers.

use std::net::{IpAddr, Ipv6Addr};

use crate::{
    detection::FailureSettings,
    domain::{
        InstallationSecret, Owner, TenantId, UnixMillis, UserHandle, UserId,
        failures::{FailureSubject, PeerTag},
    },
};

/// Buckets, and the users whose failures are remembered for each network with failures, for each one with newcomers or
/// guessed tokens, and for each caller with guessed tokens.
const BUCKETS: u32 = 256;
const USERS_PER_NETWORK: u32 = 2;
const USERS_PER_NEWCOMERS: u32 = 4;
const USERS_PER_CALLER: u32 = 64;

/// Returns the handle of a network of a tenant; `None` if the address is unknown. IPv6 addresses with the same prefix of
/// `ipv6_prefix` bits are of one network.
pub(super) fn network_handle(
    installation: &InstallationSecret,
    tenant: &TenantId,
    ip: Option<IpAddr>,
    ipv6_prefix: u32,
) -> Option<UserHandle> {
    let user = UserId::new(&mask_address(ip?, ipv6_prefix).to_string()).ok()?;
    Some(installation.user_handle(&Owner { tenant: tenant.clone(), user }))
}

/// Returns the first address of a network.
pub(super) fn mask_address(ip: IpAddr, ipv6_prefix: u32) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V4(ip) => IpAddr::V4(ip),
        IpAddr::V6(ip) => {
            let mask = u128::MAX.checked_shl(128_u32.saturating_sub(ipv6_prefix)).unwrap_or_default();
            IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & mask))
        }
    }
}

/// Returns the tag of a user or a network among those of a record. The first byte of a handle is its bucket.
pub(super) fn peer_tag(handle: UserHandle) -> PeerTag {
    std::array::from_fn(|n| handle.0[n + 1])
}

/// Returns the maximum number of records in a bucket.
pub(super) fn record_limit(settings: &FailureSettings, subject: FailureSubject) -> usize {
    let users = settings.max_users / BUCKETS;
    let limit = match subject {
        FailureSubject::User => users,
        FailureSubject::Network => users / USERS_PER_NETWORK,
        FailureSubject::NetworkNewcomers | FailureSubject::NetworkTokens => users / USERS_PER_NEWCOMERS,
        FailureSubject::CallerTokens => users.div_ceil(USERS_PER_CALLER),
    };
    usize::try_from(limit).unwrap_or(usize::MAX)
}

/// Returns a time as a record of failures has it.
pub(super) fn to_seconds(at: UnixMillis) -> UnixMillis {
    UnixMillis::new(at.get() - at.get() % 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_host_has_one_network_whatever_address_it_takes() {
        let installation = InstallationSecret::new(&[7; 32]);
        let tenant = TenantId::new("acme").expect("a tenant");
        let handle = |ip: &str, prefix| network_handle(&installation, &tenant, ip.parse().ok(), prefix);
        assert_eq!(handle("2001:db8::1", 64), handle("2001:db8::ffff:2", 64));
        assert_ne!(handle("2001:db8::1", 64), handle("2001:db8:0:1::1", 64));
        assert_eq!(handle("2001:db8::1", 56), handle("2001:db8:0:1::1", 56));
        assert_eq!(handle("::ffff:192.0.2.1", 64), handle("192.0.2.1", 64));
        assert_ne!(handle("192.0.2.2", 64), handle("192.0.2.1", 64));
        assert_eq!(handle("", 64), None);
    }
}
