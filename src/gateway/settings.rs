//! Settings that all gateways of an installation share.

use std::collections::BTreeMap;

use super::{credential::CredentialRules, profile::AccessProfile};

/// The profile of requests for which the gateway names none.
pub const DEFAULT_PROFILE: &str = "default";

/// The name of a profile, in bytes.
pub const MAX_PROFILE_NAME_BYTES: usize = 64;

/// The source of the client's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAddressSource {
    /// The address of the connection to the gateway, as the protocol states it.
    Peer,
    /// An entry of `x-forwarded-for`, counted from the right, from 1.
    ForwardedFor { position: usize },
}

impl ClientAddressSource {
    /// Returns the source for a position in `x-forwarded-for`; 0 stands for the peer.
    #[must_use]
    pub const fn from_position(position: usize) -> Self {
        if position == 0 { Self::Peer } else { Self::ForwardedFor { position } }
    }
}

/// Settings of the decisions for gateways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewaySettings {
    pub credentials: CredentialRules,
    /// The profiles by name; the one of [`DEFAULT_PROFILE`] is always among them.
    pub profiles: BTreeMap<String, AccessProfile>,
    /// The source of the client's address in checks of Envoy.
    pub ext_authz_client: ClientAddressSource,
    /// The source of the client's address in forward-auth, which has no peer address.
    pub forward_auth_client: ClientAddressSource,
    /// The maximum size of a check of Envoy, in bytes.
    pub max_check_bytes: usize,
}

impl GatewaySettings {
    /// Returns a profile by its name.
    #[must_use]
    pub fn profile(&self, name: &str) -> Option<&AccessProfile> {
        self.profiles.get(name)
    }
}
