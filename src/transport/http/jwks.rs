//! `/.well-known/jwks.json`: the public key with which receivers of webhooks verify security event tokens.

use axum::{
    Router,
    http::{HeaderName, header},
    routing::get,
};

/// The time for which receivers may keep the keys.
const CACHE_CONTROL: &str = "public, max-age=3600";

/// Returns the router of the document that `keys` returns. It needs no credentials: the keys are public.
pub(super) fn router(keys: impl Fn() -> String + Clone + Send + Sync + 'static) -> Router {
    let headers: [(HeaderName, &str); 2] =
        [(header::CONTENT_TYPE, "application/jwk-set+json"), (header::CACHE_CONTROL, CACHE_CONTROL)];
    let respond = move || {
        let response = (headers.clone(), keys());
        async move { response }
    };
    Router::new().route("/.well-known/jwks.json", get(respond))
}
