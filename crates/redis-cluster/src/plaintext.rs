//! A guard against plaintext connections to servers that the application does not allow.
//!
//! An application can check the servers that a URL names. A Cluster may announce others later: a master that was moved,
//! or one that announces a public address.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::{
    address::{Endpoint, RedisAddress},
    client_error::ClientError,
    options::PlaintextPolicy,
    stopwatch::Stopwatch,
};

/// Minimum time between two warnings.
const PAUSE: Duration = Duration::from_mins(1);

/// Refuses servers unless the connection to them is encrypted or plaintext is allowed.
pub(crate) struct PlaintextGuard {
    policy: PlaintextPolicy,
    last_warning: Mutex<Option<Stopwatch>>,
}

impl PlaintextGuard {
    pub(crate) fn new(address: &RedisAddress, policy: PlaintextPolicy) -> Self {
        // Without plaintext there is nothing to refuse.
        let policy = if address.is_plaintext() { policy } else { PlaintextPolicy::Allowed };
        Self { policy, last_warning: Mutex::default() }
    }

    /// Fails with the advice if nothing may be sent to `server`.
    pub(crate) fn check(&self, server: &Endpoint) -> Result<(), ClientError> {
        let advice = match self.policy {
            PlaintextPolicy::Hosts { is_allowed, advice } if !is_allowed(&server.host) => advice,
            PlaintextPolicy::Hosts { .. } | PlaintextPolicy::Allowed => return Ok(()),
        };
        if self.is_warning_due() {
            tracing::warn!(
                %server, advice,
                "refusing a plaintext connection to a Redis server; keys on it are unavailable"
            );
        }
        Err(ClientError::Plaintext { server: server.to_string(), advice: advice.to_owned() })
    }

    fn is_warning_due(&self) -> bool {
        let mut last = self.last_warning.lock().unwrap_or_else(PoisonError::into_inner);
        if last.as_ref().is_some_and(|last| last.elapsed() < PAUSE) {
            return false;
        }
        *last = Some(Stopwatch::start());
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls_credentials::TlsCredentials;

    #[test]
    fn plaintext_goes_to_the_allowed_hosts_only() {
        let policy = PlaintextPolicy::Hosts { is_allowed: |host| host == "127.0.0.1", advice: "use TLS" };
        let check = |url: &str, policy, host: &str| {
            let address = RedisAddress::parse(url, TlsCredentials::default()).expect("an address");
            PlaintextGuard::new(&address, policy).check(&Endpoint { host: host.to_owned(), port: 7000 })
        };
        let (plain, tls) = ("redis+cluster://127.0.0.1:7000", "rediss+cluster://127.0.0.1:7000");
        check(plain, policy, "127.0.0.1").expect("an allowed host");
        let error = check(plain, policy, "192.0.2.1").expect_err("another host").to_string();
        assert!(error.contains("192.0.2.1") && error.contains("use TLS"), "{error}");
        check(plain, PlaintextPolicy::Allowed, "192.0.2.1").expect("plaintext is allowed");
        check(tls, policy, "192.0.2.1").expect("TLS");
    }

    #[test]
    fn the_log_is_not_filled() {
        let guard = PlaintextGuard { policy: PlaintextPolicy::Allowed, last_warning: Mutex::default() };
        assert!(guard.is_warning_due());
        assert!(!guard.is_warning_due());
    }
}
