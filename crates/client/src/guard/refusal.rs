//! The responses to requests that do not reach the service.

use http::{HeaderMap, HeaderValue, Response, StatusCode, header};

use super::cookie::SessionCookie;
use crate::ValidateError;

/// The reason why a request does not reach the service.
#[derive(Clone, Copy, Debug)]
pub enum Refusal {
    NoSession,
    StepUp,
    MissingRole,
    Forged,
    NoVerdict,
}

impl From<ValidateError> for Refusal {
    fn from(error: ValidateError) -> Self {
        match error {
            ValidateError::Rejected(_) => Self::NoSession,
            ValidateError::StepUpRequired(_) => Self::StepUp,
            ValidateError::NoVerdict(_) => Self::NoVerdict,
        }
    }
}

impl Refusal {
    pub fn response<R: From<String>>(self, cookie: &SessionCookie) -> Response<R> {
        let (status, error) = match self {
            Self::NoSession => (StatusCode::UNAUTHORIZED, "unauthenticated"),
            Self::StepUp => (StatusCode::FORBIDDEN, "step_up_required"),
            Self::MissingRole => (StatusCode::FORBIDDEN, "missing_role"),
            Self::Forged => (StatusCode::FORBIDDEN, "cross_site_request"),
            Self::NoVerdict => (StatusCode::SERVICE_UNAVAILABLE, "session_authority_unavailable"),
        };
        let mut response = Response::new(R::from(format!("{{\"error\":\"{error}\"}}\n")));
        *response.status_mut() = status;
        let headers: &mut HeaderMap = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        match self {
            Self::NoSession => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
                if let Ok(deletion) = HeaderValue::try_from(cookie.delete()) {
                    headers.insert(header::SET_COOKIE, deletion);
                }
            }
            Self::StepUp => {
                // RFC 9470 section 3
                let challenge = HeaderValue::from_static("Bearer error=\"insufficient_user_authentication\"");
                headers.insert(header::WWW_AUTHENTICATE, challenge);
            }
            Self::NoVerdict => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            }
            Self::MissingRole | Self::Forged => {}
        }
        response
    }
}
