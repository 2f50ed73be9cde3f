//! The first step of every call with a token.

use std::sync::Arc;

use super::{
    rejected_tokens::{RejectedTokens, TokenOrigin},
    token_key_registry::TokenKeyRegistry,
};
use crate::domain::{BearerToken, CallError, SessionToken, TokenKeys, token::TokenParseError};

/// Parses session tokens with the keys of this node.
#[derive(Clone)]
pub struct TokenParser {
    pub keys: TokenKeys,
    /// The token keys that other nodes use and this one does not have.
    pub registry: Arc<TokenKeyRegistry>,
    /// Receives the tokens that were not issued here.
    pub rejected: Arc<RejectedTokens>,
}

impl TokenParser {
    /// Parses a token, and notes one that was not issued here. Fails if only another node can decide whether the token is
    /// valid.
    pub(super) fn parse(
        &self,
        token: &BearerToken,
        origin: TokenOrigin<'_>,
    ) -> Result<Result<SessionToken, TokenParseError>, CallError> {
        let parsed = self.keys.parse(token.as_str());
        if let Err(TokenParseError::UnknownKey(id)) = parsed {
            self.registry.verify_unused(id)?;
        }
        if matches!(parsed, Err(TokenParseError::InvalidMac | TokenParseError::UnknownKey(_))) {
            self.rejected.note_guess(token, origin, false);
        }
        Ok(parsed)
    }
}
