//! The Redis client of the store: its options, and its errors as errors of the store.

use redis::RedisError;
use redis_cluster::{ClientError, ClientKeyPair, PlaintextPolicy, RedisNode, Router, RouterOptions, TlsCredentials};

use super::{
    RedisOptions,
    server_inspection::{ServerFault, StoreServerInspection},
};
use crate::{
    certificates::{ClientCredentials, KeyedCertificate},
    domain::UnixMillis,
    loopback::is_loopback_host,
    store::{BindingFault, StoreError},
};

/// The client, with the checks that the store makes of each server.
pub(super) type StoreRouter = Router<StoreServerInspection>;

/// A server of the store.
pub(super) type StoreServer = RedisNode<StoreServerInspection>;

const PLAINTEXT_ADVICE: &str = "it is beyond loopback and without TLS; use rediss+cluster://, or set \
                                `store.allow_plaintext = true` if the network is encrypted otherwise";

pub(super) fn router_options(options: &RedisOptions) -> RouterOptions {
    let plaintext = if options.allow_plaintext {
        PlaintextPolicy::Allowed
    } else {
        PlaintextPolicy::Hosts { is_allowed: is_loopback_host, advice: PLAINTEXT_ADVICE }
    };
    RouterOptions {
        connections: options.connections,
        connect_timeout: options.connect_timeout,
        response_timeout: options.response_timeout,
        plaintext,
    }
}

pub(super) fn tls_credentials(credentials: &ClientCredentials) -> TlsCredentials<'_> {
    let ClientCredentials { authorities, certificate } = credentials;
    let client = certificate.as_ref().map(|KeyedCertificate { chain, key }| ClientKeyPair { certificate: chain, key });
    TlsCredentials { authorities: authorities.as_deref(), client }
}

/// Returns the error for a request that was not sent.
pub(super) fn unreachable(during: &'static str, why: &'static str) -> StoreError {
    StoreError::Unreachable { during, source: why.into() }
}

impl From<ClientError> for StoreError {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::InvalidUrl { source } => {
                Self::Unreachable { during: "parsing the store URL", source: source.into() }
            }
            ClientError::Unreachable { during, source } => Self::Unreachable { during, source: source.into() },
            ClientError::NoResponse { during, source } => Self::NoResponse { during, source: source.into() },
            ClientError::ErrorReply { during, reply } => script_refusal(during, &reply).unwrap_or_else(|| {
                let text: String = reply.to_string().chars().take(200).collect();
                Self::Unreachable { during, source: text.into() }
            }),
            ClientError::UnexpectedReply { during, what } => Self::Corrupt { during, what },
            ClientError::Plaintext { server, advice } => Self::Misconfigured { server, advice },
            ClientError::Refused(reason) => match reason.downcast_ref::<ServerFault>() {
                Some(fault) => fault.clone().into(),
                None => Self::Unreachable { during: "using a server", source: reason.into() },
            },
        }
    }
}

/// Returns the error by which a script refused its caller (`lua/caller.lua`); `None` for any other error.
fn script_refusal(during: &'static str, reply: &RedisError) -> Option<StoreError> {
    match reply.code()? {
        "CLOCKSKEW" => {
            let mut times = reply.detail()?.split_whitespace().filter_map(|word| word.parse().ok());
            let mut time = || times.next().map(UnixMillis::new);
            Some(StoreError::ClockSkewed { during, node: time()?, store: time()? })
        }
        "UNBOUND" => Some(StoreError::Binding { during, fault: BindingFault::Unbound }),
        "FOREIGN" => Some(StoreError::Binding { during, fault: BindingFault::WrongInstallation }),
        "CLAIMLOST" => Some(StoreError::ClaimLost { during }),
        _ => None,
    }
}
