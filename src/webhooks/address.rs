//! The addresses to which messages may be sent.
//!
//! The URL of an endpoint must not lead to services that only this machine can reach. The name is resolved once,
//! every address is examined, and the connection goes to exactly one of them.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use async_trait::async_trait;
use tokio::net::lookup_host;

use crate::domain::is_special_purpose;

/// Maximum number of addresses of a name that are tried.
const MAX_ADDRESSES: usize = 4;

/// A source of the addresses of a host. It is injected, so that a test can state them.
#[async_trait]
pub trait AddressResolver: Send + Sync {
    async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>>;
}

/// The resolver of the system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

#[async_trait]
impl AddressResolver for SystemResolver {
    async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        Ok(lookup_host((host, port)).await?.collect())
    }
}

/// Returns the addresses to which a connection may be opened. Fails if one of the addresses of the name is not
/// permitted: a public name has no private address by accident.
pub(super) fn permitted_addresses(
    addresses: Vec<SocketAddr>,
    allow_private_addresses: bool,
) -> Result<Vec<SocketAddr>, String> {
    if addresses.is_empty() {
        return Err("the host has no address".to_owned());
    }
    if let Some(refused) = addresses.iter().find(|address| !is_permitted(address.ip(), allow_private_addresses)) {
        return Err(format!("the host resolves to {}, which is not a public address", refused.ip()));
    }
    Ok(addresses.into_iter().take(MAX_ADDRESSES).collect())
}

/// Returns whether messages may be sent to `ip`. Special-purpose addresses are private, loopback, link-local (with the
/// metadata services of clouds), shared, multicast and translated ones.
fn is_permitted(ip: IpAddr, allow_private_addresses: bool) -> bool {
    let ip = ip.to_canonical();
    if allow_private_addresses {
        !(ip.is_unspecified() || ip.is_multicast() || ip == IpAddr::V4(Ipv4Addr::BROADCAST))
    } else {
        !is_special_purpose(ip)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permitted(ips: &[&str], allow_private_addresses: bool) -> bool {
        let addresses = ips.iter().map(|ip| SocketAddr::new(ip.parse().expect("an address"), 443)).collect();
        permitted_addresses(addresses, allow_private_addresses).is_ok()
    }

    const PRIVATE: [&str; 14] = [
        "10.0.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "::1",
        "fd00::1",
        "fe80::1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::a00:1",
        "2002:a00:1::",
        "fd00:ec2::254",
    ];

    #[test]
    fn addresses_that_are_not_public_are_refused_unless_they_are_allowed() {
        for ip in PRIVATE {
            assert!(!permitted(&[ip], false), "{ip}");
            assert!(permitted(&[ip], true), "{ip}");
        }
        assert!(permitted(&["93.184.215.14", "2606:2800:21f::1"], false));
    }

    #[test]
    fn one_private_address_among_public_ones_is_enough_to_refuse_a_name() {
        assert!(!permitted(&["93.184.215.14", "10.0.0.1"], false));
        assert!(permitted(&["93.184.215.14", "10.0.0.1"], true));
    }

    #[test]
    fn some_addresses_are_never_permitted() {
        for ip in ["0.0.0.0", "::", "224.0.0.1", "ff02::1", "255.255.255.255", "::ffff:0.0.0.0"] {
            assert!(!permitted(&[ip], true) && !permitted(&[ip], false), "{ip}");
        }
        assert!(!permitted(&[], true));
    }
}
