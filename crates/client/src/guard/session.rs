//! The session of a request.

use std::{ops::Deref, sync::Arc};

use crate::{SessionToken, ValidatedSession};

/// The session of a request that has passed a guard. An extension of the request, and with feature `axum` an extractor.
///
/// As an extractor it answers 401 if there is no session, that is, on a public or optional path; `Option<CurrentSession>` is
/// `None` there.
#[derive(Clone, Debug)]
pub struct CurrentSession(Arc<Current>);

#[derive(Debug)]
struct Current {
    session: ValidatedSession,
    token: SessionToken,
}

impl CurrentSession {
    pub(super) fn new(session: ValidatedSession, token: SessionToken) -> Self {
        Self(Arc::new(Current { session, token }))
    }

    /// Returns the token with which the request was authenticated.
    #[must_use]
    pub fn token(&self) -> &SessionToken {
        &self.0.token
    }
}

impl Deref for CurrentSession {
    type Target = ValidatedSession;

    fn deref(&self) -> &ValidatedSession {
        &self.0.session
    }
}

#[cfg(feature = "axum")]
impl<S: Sync> axum_core::extract::FromRequestParts<S> for CurrentSession {
    type Rejection = http::StatusCode;

    async fn from_request_parts(parts: &mut http::request::Parts, _: &S) -> Result<Self, Self::Rejection> {
        parts.extensions.get::<Self>().cloned().ok_or(http::StatusCode::UNAUTHORIZED)
    }
}

#[cfg(feature = "axum")]
impl<S: Sync> axum_core::extract::OptionalFromRequestParts<S> for CurrentSession {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut http::request::Parts, _: &S) -> Result<Option<Self>, Self::Rejection> {
        Ok(parts.extensions.get::<Self>().cloned())
    }
}
