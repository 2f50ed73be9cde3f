//! The public contract as code, generated from `proto/session/v1`, and the protocol of Envoy.

#![allow(
    clippy::all,
    clippy::pedantic,
    clippy::allow_attributes_without_reason,
    missing_docs,
    reason = "generated code"
)]

pub mod json;
mod lenient_codec;
mod utf8_repair;

pub use lenient_codec::{LenientCodec, LenientDecoder};

tonic::include_proto!("session.v1");

/// The contract, as server reflection serves it.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/session.v1.bin"));

/// Returns the name of an enum value for people: `END_REASON_IDLE_TIMEOUT` without `END_REASON_` is "idle timeout".
#[must_use]
pub fn enum_label(name: &str, prefix: &str) -> String {
    name.strip_prefix(prefix).unwrap_or(name).to_lowercase().replace('_', " ")
}

// The `Debug` of messages with fields that the contract marks as `redacted`: tokens, e-mail addresses and data stay out
// of logs.
include!(concat!(env!("OUT_DIR"), "/debug.rs"));

/// The protocol by which Envoy asks about requests, from `proto/envoy/service/auth/v3`.
pub mod ext_authz {
    tonic::include_proto!("envoy.service.auth.v3");

    /// The protocol, as server reflection serves it.
    pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/ext_authz.bin"));

    include!(concat!(env!("OUT_DIR"), "/ext_authz_debug.rs"));
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "sa_secret";
    const EMAIL: &str = "ann@example.org";

    fn session() -> Session {
        Session { session_id: "s-1".to_owned(), email: EMAIL.to_owned(), ..Session::default() }
    }

    #[test]
    fn no_message_prints_a_token_or_an_address() {
        let token = TOKEN.to_owned();
        let printed = [
            format!("{:?}", CreateRequest { email: EMAIL.to_owned(), ..CreateRequest::default() }),
            format!("{:?}", CreateResponse { token: token.clone(), session: Some(session()), ..Default::default() }),
            format!("{:?}", ValidateRequest { token: token.clone(), ..ValidateRequest::default() }),
            format!("{:?}", validate_response::Outcome::Session(session())),
            format!("{:?}", UpdateRequest { session: Some(session()), ..UpdateRequest::default() }),
            format!("{:?}", RotateRequest { token: token.clone(), ..RotateRequest::default() }),
            format!("{:?}", RotateResponse { token: token.clone(), ..RotateResponse::default() }),
            format!(
                "{:?}",
                RevokeRequest { target: Some(revoke_request::Target::Token(token.clone())), ..Default::default() }
            ),
            format!("{:?}", Alert { email: EMAIL.to_owned(), ..Alert::default() }),
            format!("{:?}", NotificationContact { email: EMAIL.to_owned(), locale: "de".to_owned() }),
            format!("{:?}", Notification { text: format!("{EMAIL} {TOKEN}"), ..Notification::default() }),
            format!("{:?}", NotificationLinks { was_me: TOKEN.to_owned(), ..NotificationLinks::default() }),
            format!("{:?}", AnswerLinkRequest { token: token.clone(), validate_only: false }),
            format!("{:?}", RevokeAllRequest { except_token: token, ..RevokeAllRequest::default() }),
        ];
        for text in &printed {
            assert!(!text.contains(TOKEN) && !text.contains(EMAIL), "{text}");
        }
        let header = ext_authz::HeaderEntry { key: "cookie".to_owned(), value: TOKEN.to_owned() };
        let printed_header = format!("{header:?}");
        assert!(printed_header.contains("cookie") && !printed_header.contains(TOKEN), "{printed_header}");
        assert!(printed[1].contains("s-1"), "fields that are not secret are printed: {}", printed[1]);
    }
}
