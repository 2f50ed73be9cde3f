//! A guard against plaintext connections to servers beyond loopback that a Cluster announces.
//!
//! A configuration whose URL names such a server is refused. A Cluster on loopback may announce others later: a master
//! that was moved, or one that announces a public address.

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

/// Refuses servers beyond loopback unless the connection to them is encrypted or plaintext is allowed.
pub(crate) struct PlaintextGuard {
    /// The advice in the error for a server that is refused; `None` if none is.
    advice: Option<&'static str>,
    last_warning: Mutex<Option<Stopwatch>>,
}

impl PlaintextGuard {
    pub(crate) fn new(address: &RedisAddress, policy: PlaintextPolicy) -> Self {
        let advice = match policy {
            PlaintextPolicy::LoopbackOnly { advice } if address.is_plaintext() => Some(advice),
            _ => None,
        };
        Self { advice, last_warning: Mutex::default() }
    }

    /// Fails with the advice if nothing may be sent to `server`.
    pub(crate) fn check(&self, server: &Endpoint) -> Result<(), ClientError> {
        let Some(advice) = self.advice.filter(|_| !server.is_loopback()) else { return Ok(()) };
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

    #[test]
    fn plaintext_stays_on_loopback_unless_it_is_allowed() {
        let check = |url: &str, is_allowed, host: &str| {
            let address = RedisAddress::parse(url, None).expect("an address");
            let policy = PlaintextPolicy::LoopbackOnly { advice: "use TLS" };
            let policy = if is_allowed { PlaintextPolicy::Allowed } else { policy };
            PlaintextGuard::new(&address, policy).check(&Endpoint { host: host.to_owned(), port: 7000 })
        };
        let (plain, tls) = ("redis+cluster://127.0.0.1:7000", "rediss+cluster://127.0.0.1:7000");
        for local in ["127.0.0.1", "127.0.0.2", "::1", "::ffff:127.0.0.1", "localhost", "LOCALHOST"] {
            assert!(check(plain, false, local).is_ok(), "{local}");
        }
        for remote in
            ["192.0.2.1", "2001:db8::1", "cache.example.com", "localhost.example.com", "127.0.0.1.example.com"]
        {
            let error = check(plain, false, remote).expect_err(remote).to_string();
            assert!(error.contains(remote) && error.contains("use TLS"), "{error}");
            assert!(check(plain, true, remote).is_ok() && check(tls, false, remote).is_ok(), "{remote}");
        }
    }

    #[test]
    fn the_log_is_not_filled() {
        let guard = PlaintextGuard { advice: None, last_warning: Mutex::default() };
        assert!(guard.is_warning_due());
        assert!(!guard.is_warning_due());
    }
}
