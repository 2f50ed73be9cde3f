//! The client that a session is bound to.

use std::net::IpAddr;

use super::{
    client::ClientContext,
    device::Device,
    history::NetworkPrefix,
    policy::{ClientBindingMode, ClientBindingRules},
    rejection::RejectReason,
    session::Record,
};

/// The parts of the client that signed in without which a request is rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoundClient {
    ip: Option<IpAddr>,
    device: Option<BoundDevice>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct BoundDevice {
    /// The ID that the login service keeps on the device; empty if it has none.
    id: Box<str>,
    user_agent: Box<str>,
    browser: Box<str>,
    os: Box<str>,
}

/// The result of the comparison of a client with the one that a session is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientBindingCheck {
    Match,
    Mismatch(RejectReason),
    /// The user agent is another one. Whether it is of another device depends on its browser and operating system.
    DependsOnUserAgent,
}

impl BoundClient {
    /// Returns the client that the session is bound to; `None` if no request is rejected.
    #[must_use]
    pub fn from_record(record: &Record) -> Option<Self> {
        let ClientBindingRules { ip, device } = record.binding;
        if ip != ClientBindingMode::Reject && device != ClientBindingMode::Reject {
            return None;
        }
        let bound = |device: &Device| BoundDevice {
            id: if device.named_by_caller { device.id.as_str().into() } else { Box::default() },
            user_agent: device.user_agent.as_str().into(),
            browser: device.browser.as_str().into(),
            os: device.os.as_str().into(),
        };
        Some(Self {
            ip: record.location.ip.filter(|_| ip == ClientBindingMode::Reject),
            device: (device == ClientBindingMode::Reject).then(|| bound(&record.device)),
        })
    }

    /// Compares a client. What the caller does not state about it cannot be compared and matches.
    #[must_use]
    pub fn check(&self, client: &ClientContext) -> ClientBindingCheck {
        if let (Some(bound), Some(ip)) = (self.ip, client.ip)
            && !is_same_address(bound, ip)
        {
            return ClientBindingCheck::Mismatch(RejectReason::IpMismatch);
        }
        let Some(device) = &self.device else { return ClientBindingCheck::Match };
        if !device.id.is_empty() && !client.device_id.is_empty() {
            let is_same = *device.id == *client.device_id;
            return if is_same {
                ClientBindingCheck::Match
            } else {
                ClientBindingCheck::Mismatch(RejectReason::DeviceMismatch)
            };
        }
        let is_comparable = !client.user_agent.is_empty() && !device.user_agent.is_empty();
        if is_comparable && *device.user_agent != *client.user_agent {
            return ClientBindingCheck::DependsOnUserAgent;
        }
        ClientBindingCheck::Match
    }

    /// Compares the browser and the operating system of another user agent. An unknown one matches no known one.
    #[must_use]
    pub fn has_software(&self, browser: &str, os: &str) -> bool {
        self.device.as_ref().is_none_or(|device| *device.browser == *browser && *device.os == *os)
    }

    /// Returns the approximate memory, in bytes.
    #[must_use]
    pub fn weight(&self) -> usize {
        let text =
            |device: &BoundDevice| device.id.len() + device.user_agent.len() + device.browser.len() + device.os.len();
        size_of::<Self>() + self.device.as_ref().map_or(0, text)
    }
}

/// Returns whether two addresses are the same for a binding. An IPv6 host changes the last 64 bits at will.
#[must_use]
pub fn is_same_address(one: IpAddr, other: IpAddr) -> bool {
    NetworkPrefix::from_ip(one) == NetworkPrefix::from_ip(other)
}

/// Returns whether two devices are the same for a binding; `None` if too little is known. IDs of the login service
/// decide, if both have one, and otherwise browser and operating system, in any version.
#[must_use]
pub fn is_same_device(one: &Device, other: &Device) -> Option<bool> {
    if one.named_by_caller && other.named_by_caller {
        return Some(one.id == other.id);
    }
    let is_known =
        |device: &Device| !device.user_agent.is_empty() || !device.browser.is_empty() || !device.os.is_empty();
    (is_known(one) && is_known(other)).then(|| one.browser == other.browser && one.os == other.os)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OTHER_USER_AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64)";

    fn record(ip: ClientBindingMode, device: ClientBindingMode) -> Record {
        let mut record = Record { binding: ClientBindingRules { ip, device }, ..Record::sample() };
        record.location.ip = "192.0.2.7".parse().ok();
        record
    }

    /// Returns the client of the login.
    fn client() -> ClientContext {
        let Record { device, .. } = Record::sample();
        ClientContext {
            ip: "192.0.2.7".parse().ok(),
            user_agent: device.user_agent,
            device_id: device.id,
            ..ClientContext::default()
        }
    }

    #[test]
    fn nothing_is_compared_unless_something_is_rejected() {
        for (ip, device) in
            [(ClientBindingMode::Off, ClientBindingMode::Off), (ClientBindingMode::Alert, ClientBindingMode::Alert)]
        {
            assert_eq!(BoundClient::from_record(&record(ip, device)), None);
        }
    }

    #[test]
    fn clients_are_compared_with_that_of_the_login() {
        let (off, reject) = (ClientBindingMode::Off, ClientBindingMode::Reject);
        let by_ip = BoundClient::from_record(&record(reject, off)).expect("bound");
        let by_device = BoundClient::from_record(&record(off, reject)).expect("bound");
        let unnamed = {
            let mut record = record(off, reject);
            record.device.named_by_caller = false;
            BoundClient::from_record(&record).expect("bound")
        };
        let elsewhere = ClientContext { ip: "192.0.2.8".parse().ok(), ..client() };
        let other_id = ClientContext { device_id: "other".to_owned(), ..client() };
        let no_id = ClientContext { device_id: String::new(), ..client() };
        let other_agent = ClientContext { user_agent: OTHER_USER_AGENT.to_owned(), ..no_id.clone() };
        let mismatch = ClientBindingCheck::Mismatch;
        let cases = [
            (&by_ip, client(), ClientBindingCheck::Match),
            (&by_ip, elsewhere.clone(), mismatch(RejectReason::IpMismatch)),
            (&by_ip, other_id.clone(), ClientBindingCheck::Match),
            (&by_ip, ClientContext::default(), ClientBindingCheck::Match),
            (&by_device, client(), ClientBindingCheck::Match),
            (&by_device, elsewhere, ClientBindingCheck::Match),
            (&by_device, other_id.clone(), mismatch(RejectReason::DeviceMismatch)),
            (&by_device, no_id, ClientBindingCheck::Match),
            (&by_device, other_agent.clone(), ClientBindingCheck::DependsOnUserAgent),
            (&by_device, ClientContext::default(), ClientBindingCheck::Match),
            (&unnamed, other_id, ClientBindingCheck::Match),
            (&unnamed, other_agent, ClientBindingCheck::DependsOnUserAgent),
        ];
        for (number, (bound, client, expected)) in cases.into_iter().enumerate() {
            assert_eq!(bound.check(&client), expected, "case {number}");
        }
        assert!(by_device.has_software("Safari", "iOS") && !by_device.has_software("Firefox", "Linux"));
    }

    #[test]
    fn an_ipv6_host_may_change_its_address_within_its_network() {
        let same = |one: &str, other: &str| is_same_address(one.parse().expect("one"), other.parse().expect("another"));
        assert!(same("2001:db8::1", "2001:db8::2:3") && !same("2001:db8::1", "2001:db8:0:1::1"));
        assert!(!same("192.0.2.7", "192.0.2.8"));
    }
}
