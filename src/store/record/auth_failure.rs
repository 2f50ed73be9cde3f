//! The stored form of a failed authentication, in outbox entries.

use prost::Message;

use super::{
    alert::{decode_observation, encode_observation},
    stored,
};
use crate::{
    domain::{AuthEventKind, AuthFailure, Owner, alert::ClientObservation},
    store::StoreError,
};

/// Encodes the parts of a failure that an outbox entry does not carry itself.
#[must_use]
pub fn encode_auth_failure(failure: &AuthFailure) -> Vec<u8> {
    let AuthFailure { method, location, device, at, .. } = failure;
    let client = ClientObservation { location: location.clone(), device: Some(device.clone()), at: *at };
    stored::AuthFailure { method: method.clone(), client: Some(encode_observation(&client)) }.encode_to_vec()
}

/// The inverse of [`encode_auth_failure`].
pub fn decode_auth_failure(bytes: &[u8], owner: Owner, kind: AuthEventKind) -> Result<AuthFailure, StoreError> {
    let stored = stored::AuthFailure::decode(bytes)
        .map_err(|error| StoreError::corrupt("reading a failed authentication", error.to_string()))?;
    let ClientObservation { location, device, at } = decode_observation(stored.client.unwrap_or_default());
    Ok(AuthFailure { owner, kind, method: stored.method, location, device: device.unwrap_or_default(), at })
}
