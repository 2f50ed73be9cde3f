//! Options of the client.

use std::time::Duration;

/// Options of a [`Router`](crate::Router).
#[derive(Clone, Debug)]
pub struct RouterOptions {
    /// Connections kept open to each server. Each carries many calls at once.
    pub connections: usize,
    pub connect_timeout: Duration,
    /// Time after which a call without a response fails.
    pub response_timeout: Duration,
    pub plaintext: PlaintextPolicy,
}

/// The servers to which connections without TLS are allowed.
#[derive(Clone, Copy, Debug)]
pub enum PlaintextPolicy {
    /// Every server.
    Allowed,
    /// Servers on some hosts.
    Hosts {
        /// Returns whether a host name or an address is one of them.
        is_allowed: fn(&str) -> bool,
        /// The advice in the error for any other server, in the terms of the application's settings.
        advice: &'static str,
    },
}
