//! The issue of session IDs and tokens.

use std::sync::Arc;

use super::digest::digest;
use crate::{
    domain::{BearerToken, InstallationSecret, Owner, SecretHash, SessionId, TokenKeys, TokenSecret},
    entropy::{Entropy, EntropyError, random_bytes},
    store::RequestKey,
};

/// Issues session IDs and tokens.
#[derive(Clone)]
pub struct TokenIssuer {
    pub installation: InstallationSecret,
    pub keys: TokenKeys,
    pub entropy: Arc<dyn Entropy>,
}

/// The part of a request by which a repeat of it is recognised.
pub(super) struct RequestIdentity<'a> {
    /// The caller. The same request ID from another caller is another request.
    pub(super) caller: &'a str,
    /// The idempotency key. Empty: the request cannot be repeated.
    pub(super) request_id: &'a str,
    pub(super) body_digest: [u8; 16],
}

impl TokenIssuer {
    /// Returns the ID of a new session.
    pub(super) fn new_session_id(&self, owner: &Owner) -> Result<SessionId, EntropyError> {
        Ok(SessionId { handle: self.installation.user_handle(owner), unique: random_bytes(self.entropy.as_ref())? })
    }

    /// Generates the token secret of a session. It is random, unless the response must be repeatable.
    pub(super) fn generate_secret(
        &self,
        id: SessionId,
        request: &RequestIdentity<'_>,
    ) -> Result<(TokenSecret, Option<RequestKey>), EntropyError> {
        let RequestIdentity { caller, request_id, body_digest } = *request;
        let entropy = self.entropy.as_ref();
        if request_id.is_empty() {
            return Ok((TokenSecret::new(random_bytes(entropy)?), None));
        }
        let key = self.keys.minting_key();
        let nonce: [u8; 16] = random_bytes(entropy)?;
        let secret = key.secret_for_request(id, request_id, &nonce);
        let named = [digest(caller.as_bytes()), digest(request_id.as_bytes())].concat();
        Ok((secret, Some(RequestKey { id: digest(&named), body: body_digest, nonce, key_id: key.id() })))
    }

    /// Returns a random secret and the token with it, for a session that had `number` tokens before.
    pub(super) fn new_token(
        &self,
        session_id: SessionId,
        number: u32,
    ) -> Result<(TokenSecret, BearerToken), EntropyError> {
        let secret = TokenSecret::new(random_bytes(self.entropy.as_ref())?);
        let token = self.mint(session_id, &secret, number);
        Ok((secret, token))
    }

    /// Returns the token of a session that had `number` tokens before, signed with the first key.
    pub(super) fn mint(&self, session_id: SessionId, secret: &TokenSecret, number: u32) -> BearerToken {
        self.keys.minting_key().mint(session_id, secret, number)
    }

    /// Returns the token that an earlier request got. `None`: its key has been removed, or the token was rotated since
    /// and would end the session.
    pub(super) fn mint_again(
        &self,
        session_id: SessionId,
        current: SecretHash,
        request_id: &str,
        request: &RequestKey,
    ) -> Option<BearerToken> {
        let key = self.keys.by_id(request.key_id)?;
        let secret = key.secret_for_request(session_id, request_id, &request.nonce);
        (secret.hash() == current).then(|| key.mint(session_id, &secret, 0))
    }
}
