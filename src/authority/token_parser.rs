//! The first step of every call with a token.

use std::sync::Arc;

use super::token_key_registry::TokenKeyRegistry;
use crate::domain::{BearerToken, CallError, SessionToken, TokenKeys, token::TokenParseError};

/// Parses session tokens with the keys of this node.
#[derive(Clone)]
pub struct TokenParser {
    pub keys: TokenKeys,
    /// The token keys that other nodes use and this one does not have.
    pub registry: Arc<TokenKeyRegistry>,
}

impl TokenParser {
    /// Parses a token. Fails if only another node can decide whether the token is valid.
    pub(super) fn parse(&self, token: &BearerToken) -> Result<Result<SessionToken, TokenParseError>, CallError> {
        let parsed = self.keys.parse(token.as_str());
        if let Err(TokenParseError::UnknownKey(id)) = parsed {
            self.registry.verify_unused(id)?;
        }
        Ok(parsed)
    }
}
