//! The address of the client behind a gateway.

use std::net::{IpAddr, SocketAddr};

use super::{request::GatewayRequest, settings::ClientAddressSource};

/// Returns the client's address, or `None` if `source` does not state a usable one.
///
/// A client can put anything into `x-forwarded-for`, and each proxy appends the address of its own peer. Only an entry
/// counted from the right is therefore known to come from a proxy.
#[must_use]
pub fn client_address(request: &GatewayRequest<'_>, source: ClientAddressSource) -> Option<IpAddr> {
    match source {
        ClientAddressSource::Peer => request.peer,
        ClientAddressSource::ForwardedFor { position } => {
            let mut entries = request.forwarded_for.iter().rev().flat_map(|value| value.rsplit(|byte| *byte == b','));
            parse_address(entries.nth(position.saturating_sub(1))?)
        }
    }
}

/// Parses an address, with or without a port.
fn parse_address(entry: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(entry).ok()?.trim();
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()));
    address.ok().map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(values: &[&str], position: usize) -> Option<String> {
        let mut request = GatewayRequest { peer: Some(IpAddr::from([192, 0, 2, 1])), ..GatewayRequest::default() };
        for value in values {
            request.add_header("x-forwarded-for", value.as_bytes());
        }
        let source =
            if position == 0 { ClientAddressSource::Peer } else { ClientAddressSource::ForwardedFor { position } };
        client_address(&request, source).map(|ip| ip.to_string())
    }

    #[test]
    fn entries_are_counted_from_the_right() {
        let chain = ["6.6.6.6, 203.0.113.7", "198.51.100.2"];
        for (position, expected) in [
            (0, Some("192.0.2.1")),
            (1, Some("198.51.100.2")),
            (2, Some("203.0.113.7")),
            (3, Some("6.6.6.6")),
            (4, None),
        ] {
            assert_eq!(address(&chain, position).as_deref(), expected, "{position}");
        }
        assert_eq!(address(&[], 1), None);
    }

    #[test]
    fn an_entry_may_have_a_port_and_one_that_is_no_address_is_none() {
        for (entry, expected) in [
            ("203.0.113.7:4711", Some("203.0.113.7")),
            ("[2001:db8::7]:4711", Some("2001:db8::7")),
            ("[2001:db8::7]", Some("2001:db8::7")),
            ("::ffff:203.0.113.7", Some("203.0.113.7")),
            ("unknown", None),
            ("", None),
        ] {
            assert_eq!(address(&[entry], 1).as_deref(), expected, "{entry}");
        }
    }
}
