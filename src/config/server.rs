//! Settings of the gRPC server and its limits.

use std::{net::SocketAddr, time::Duration};

use super::{
    durations::{millis, secs},
    reader::SettingsReader,
    setting_type::ByteSize,
};
use crate::loopback::is_loopback_address;

/// Settings of the gRPC server. Plain text on an address that is not loopback must be allowed explicitly.
#[derive(Clone, Debug, PartialEq)]
pub struct ServerConfig {
    pub listen: SocketAddr,
    pub max_connections: usize,
    /// Maximum number of connections without an authenticated call.
    pub max_unauthenticated_connections: usize,
    /// The same limit for one address.
    pub max_unauthenticated_per_peer: usize,
    /// Time from the opening of a connection to its first authenticated call.
    pub unauthenticated_timeout: Duration,
    /// Maximum number of concurrent calls on one connection.
    pub max_concurrent_streams: u32,
    /// Maximum number of checks in flight on one `ValidateStream`.
    pub max_in_flight_per_stream: usize,
    /// Time from the headers of a call to its complete message.
    pub message_timeout: Duration,
    /// Time limit of unary calls, and of each check of a `ValidateStream`.
    pub request_timeout: Duration,
    /// Limit in bytes.
    pub max_message_size: usize,
    /// Limit in bytes.
    pub max_header_size: u32,
    pub keepalive_interval: Duration,
    pub keepalive_timeout: Duration,
    pub max_connection_age: Duration,
    pub max_connection_age_grace: Duration,
    /// Time after which a response stream ends if its client reads nothing.
    pub stream_write_timeout: Duration,
    /// Share of each budget that a single caller may hold.
    pub caller_share: f64,
    /// The number of calls that one caller may make in a second.
    pub caller_rate: CallerRateConfig,
    pub concurrency: ConcurrencyLimits,
}

/// Maximum numbers of calls of one caller in a second, by kind of work; 0: no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallerRateConfig {
    pub validations: u32,
    pub writes: u32,
    pub revocations: u32,
    pub reads: u32,
    pub admin: u32,
    /// The time for which a caller that was idle may make calls in advance.
    pub burst: Duration,
}

/// Maximum numbers of concurrent calls, by kind of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConcurrencyLimits {
    pub validations: usize,
    pub writes: usize,
    pub revocations: usize,
    pub reads: usize,
    pub admin: usize,
    pub streams: usize,
    pub receiving: usize,
    pub unauthenticated: usize,
}

impl ServerConfig {
    /// Reads the section. `has_tls` states whether a certificate is configured.
    pub(super) fn read(r: &mut SettingsReader, listen: SocketAddr, has_tls: bool) -> Self {
        let allow_plaintext = r.get_bool("server.allow_plaintext");
        if !is_loopback_address(listen.ip()) && !has_tls && !allow_plaintext {
            r.add_problem(
                "listen",
                "is not on loopback and TLS is not configured: set `tls.certificate_file` and `tls.key_file`, \
                 or `server.allow_plaintext = true` if the connection is encrypted by other means",
            );
        }
        Self {
            listen,
            max_connections: r.get_in_range("server.max_connections", 1..=1_000_000),
            max_unauthenticated_connections: r.get_in_range("server.max_unauthenticated_connections", 1..=1_000_000),
            max_unauthenticated_per_peer: r.get_in_range("server.max_unauthenticated_per_peer", 1..=1_000_000),
            unauthenticated_timeout: r.get_in_range("server.unauthenticated_timeout", millis(100)..=secs(600)),
            max_concurrent_streams: r.get_in_range("server.max_concurrent_streams", 1..=65_535),
            max_in_flight_per_stream: r.get_in_range("server.max_in_flight_per_stream", 1..=10_000),
            message_timeout: r.get_in_range("server.message_timeout", millis(100)..=secs(60)),
            request_timeout: r.get_in_range("server.request_timeout", millis(10)..=millis(60_000)),
            max_message_size: r.get_in_range("server.max_message_size", ByteSize::kib(16)..=ByteSize::kib(4096)).0,
            max_header_size: read_header_size(r),
            keepalive_interval: r.get_in_range("server.keepalive_interval", secs(1)..=secs(3600)),
            keepalive_timeout: r.get_in_range("server.keepalive_timeout", secs(1)..=secs(60)),
            max_connection_age: r.get_in_range("server.max_connection_age", secs(60)..=secs(86_400)),
            max_connection_age_grace: r.get_in_range("server.max_connection_age_grace", secs(1)..=secs(600)),
            stream_write_timeout: r.get_in_range("server.stream_write_timeout", millis(100)..=secs(600)),
            caller_share: r.get_in_range("server.caller_share", 0.1..=1.0),
            caller_rate: CallerRateConfig::read(r),
            concurrency: ConcurrencyLimits::read(r),
        }
    }

    /// Returns the number of connections of one caller that are not replaced by those of other callers, at least one.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a part of at most a million, rounded down"
    )]
    #[must_use]
    pub fn connections_per_caller(&self) -> usize {
        ((self.max_connections as f64 * self.caller_share) as usize).max(1)
    }
}

impl ConcurrencyLimits {
    fn read(r: &mut SettingsReader) -> Self {
        let mut budget = |key| r.get_in_range(key, 1..=100_000);
        Self {
            validations: budget("server.concurrency.validations"),
            writes: budget("server.concurrency.writes"),
            revocations: budget("server.concurrency.revocations"),
            reads: budget("server.concurrency.reads"),
            admin: budget("server.concurrency.admin"),
            streams: budget("server.concurrency.streams"),
            receiving: budget("server.concurrency.receiving"),
            unauthenticated: budget("server.concurrency.unauthenticated"),
        }
    }
}

impl CallerRateConfig {
    fn read(r: &mut SettingsReader) -> Self {
        let mut rate = |key| r.get_in_range(key, 0..=1_000_000);
        Self {
            validations: rate("server.caller_rate.validations"),
            writes: rate("server.caller_rate.writes"),
            revocations: rate("server.caller_rate.revocations"),
            reads: rate("server.caller_rate.reads"),
            admin: rate("server.caller_rate.admin"),
            burst: r.get_in_range("server.caller_rate.burst", millis(100)..=secs(60)),
        }
    }
}

fn read_header_size(r: &mut SettingsReader) -> u32 {
    let bytes = r.get_in_range("server.max_header_size", ByteSize::kib(4)..=ByteSize::kib(64)).0;
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// Returns the address of the gRPC server. An invalid address is replaced by loopback, which causes no further
/// problems.
pub(super) fn read_listen_address(r: &mut SettingsReader) -> SocketAddr {
    r.get("listen").unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0)))
}
