//! Sign-in and sign-out of a browser.

use http::HeaderMap;

use super::{
    client_context,
    cookie::{self, SessionCookie},
    cross_site::comes_from_another_site,
    presented_token::{PresentedToken, cookies},
};
use crate::{CallError, CreatedSession, SessionAuthority, api::CreateRequest, call::random_id};

/// The number of sessions that a sign-in ends at most. A browser has one.
const MAX_OLD_SESSIONS: usize = 4;

/// The maximum length of a device ID in the contract, in bytes.
const MAX_DEVICE_ID: usize = 128;

/// A session that was created for a browser.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The session and its token.
    pub created: CreatedSession,
    /// The values of the `Set-Cookie` headers of the response: the session, and the device if it is a new one.
    pub cookies: Vec<String>,
}

/// The error of a sign-in.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SignInError {
    /// A page of another site sent the request. It could sign its visitors in to an account of its own.
    #[error("the request comes from another site")]
    CrossSite,
    /// A call failed.
    #[error(transparent)]
    Call(#[from] CallError),
}

/// Creates a session for the browser that sent a request with these headers, after you have checked its credentials. A
/// session that the browser has already is signed out first. The browser gets a cookie with a device ID, unless the
/// request names one.
///
/// After an error, no cookie belongs to a session. A [`SignInError::CrossSite`] deserves a 403, and a call's error a 503
/// unless it is about the fields of the request.
///
/// A callback that other sites call and that carries its own proof, such as that of SAML, removes `origin` and
/// `sec-fetch-site` from the headers.
pub async fn sign_in(
    authority: &SessionAuthority,
    headers: &HeaderMap,
    cookie: &SessionCookie,
    mut request: CreateRequest,
) -> Result<SignedIn, SignInError> {
    if comes_from_another_site(headers, None) {
        return Err(SignInError::CrossSite);
    }
    let mut device = None;
    let client = request.client.get_or_insert_with(|| client_context(headers));
    if client.device_id.is_empty() {
        let known = cookies(headers, cookie::DEVICE).find(|id| id.len() <= MAX_DEVICE_ID);
        client.device_id = known.map_or_else(random_id, str::to_owned);
        device = known.is_none().then(|| cookie::set_device(&client.device_id));
    }
    for token in cookies(headers, cookie.name()).take(MAX_OLD_SESSIONS) {
        authority.sign_out(token).await?;
    }
    let created = authority.create(request).await?;
    let session = cookie.set(&created.token, super::remembered_for(&created.session));
    Ok(SignedIn { created, cookies: [session].into_iter().chain(device).collect() })
}

/// Ends the session of the request with these headers, if it has one, and returns the value of the `Set-Cookie` header
/// that deletes the cookie.
pub async fn sign_out(
    authority: &SessionAuthority,
    headers: &HeaderMap,
    cookie: &SessionCookie,
) -> Result<String, CallError> {
    if let PresentedToken::One(token, _) = PresentedToken::from_headers(headers, cookie) {
        authority.sign_out(token).await?;
    }
    Ok(cookie.delete())
}
