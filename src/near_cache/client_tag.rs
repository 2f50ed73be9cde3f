//! Numbers that stand for clients, so that a validation notices a new client of a session without comparing texts.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    net::IpAddr,
    num::NonZeroU64,
    sync::LazyLock,
};

use crate::domain::{ClientContext, Device, Session};

/// The key of the hash, which nobody outside of this process knows. So nobody can choose a user agent whose number is
/// that of another client.
static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// A number that stands for the address, the user agent and the device ID of a client, in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientTag(NonZeroU64);

impl ClientTag {
    /// Returns the tag of a client; `None` if nothing is known about it.
    #[must_use]
    pub fn from_client(client: &ClientContext) -> Option<Self> {
        Self::new(client.ip, &client.user_agent, &client.device_id)
    }

    /// Returns the tag of the client that signed in, or of the one that was seen last.
    #[must_use]
    pub fn from_session(session: &Session) -> Option<Self> {
        let record = &session.record;
        let named = |device: &Device| if device.named_by_caller { device.id.clone() } else { String::new() };
        match &record.last_seen {
            Some(seen) => Self::new(seen.location.ip, &seen.device.user_agent, &named(&seen.device)),
            None => Self::new(record.location.ip, &record.device.user_agent, &named(&record.device)),
        }
    }

    fn new(ip: Option<IpAddr>, user_agent: &str, device_id: &str) -> Option<Self> {
        if ip.is_none() && user_agent.is_empty() && device_id.is_empty() {
            return None;
        }
        let mut hasher = KEY.build_hasher();
        match ip {
            None => hasher.write_u8(0),
            Some(IpAddr::V4(ip)) => hasher.write_u32(ip.to_bits()),
            Some(IpAddr::V6(ip)) => hasher.write_u128(ip.to_bits()),
        }
        hasher.write(user_agent.as_bytes());
        // No user agent contains a control character.
        hasher.write_u8(0);
        hasher.write(device_id.as_bytes());
        NonZeroU64::new(hasher.finish() | 1).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_has_one_tag_and_another_client_another() {
        let client = ClientContext {
            ip: "192.0.2.7".parse().ok(),
            user_agent: "Mozilla/5.0".to_owned(),
            device_id: "phone".to_owned(),
            ..ClientContext::default()
        };
        let tag = ClientTag::from_client;
        assert_eq!(tag(&client), tag(&client.clone()));
        let others = [
            ClientContext { ip: "192.0.2.8".parse().ok(), ..client.clone() },
            ClientContext { ip: None, ..client.clone() },
            ClientContext { user_agent: "Mozilla/5.1".to_owned(), ..client.clone() },
            ClientContext { device_id: String::new(), ..client.clone() },
        ];
        assert!(others.iter().all(|other| tag(other).is_some() && tag(other) != tag(&client)));
        assert_eq!(tag(&ClientContext::default()), None);
        let language = ClientContext { accept_language: "de".to_owned(), ..client.clone() };
        assert_eq!(tag(&language), tag(&client), "a browser may change it");
    }
}
