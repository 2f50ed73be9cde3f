//! The addresses of this machine. Everything that is sent to others is encrypted, unless the operator allows plaintext
//! for that connection: callers, Redis, PostgreSQL, the trace collector, and the commands of the program.

use std::net::IpAddr;

/// Returns whether only this machine can reach `address`. An IPv4-mapped IPv6 address counts as its IPv4 address.
#[must_use]
pub fn is_loopback_address(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

/// Returns whether a host name or an address, which may be in brackets, is this machine. Only `localhost` counts among
/// the names: any other may lead elsewhere.
#[must_use]
pub fn is_loopback_host(host: &str) -> bool {
    let address: Option<IpAddr> = host.trim_start_matches('[').trim_end_matches(']').parse().ok();
    host.eq_ignore_ascii_case("localhost") || address.is_some_and(is_loopback_address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_this_machine() {
        for local in ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "::ffff:127.0.0.1", "localhost", "LocalHost"] {
            assert!(is_loopback_host(local), "{local}");
        }
        for remote in ["", "0.0.0.0", "::", "192.0.2.1", "localhost.example.com", "127.0.0.1.example.com", "redis"] {
            assert!(!is_loopback_host(remote), "{remote}");
        }
    }
}
