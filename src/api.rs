//! The public contract as code, generated from `proto/session/v1`.

#![allow(
    clippy::all,
    clippy::pedantic,
    clippy::allow_attributes_without_reason,
    missing_docs,
    reason = "generated code"
)]

mod lenient_codec;
mod utf8_repair;

pub use lenient_codec::{LenientCodec, LenientDecoder};

tonic::include_proto!("session.v1");

/// The contract, as server reflection serves it.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/session.v1.bin"));

/// Implements `Debug` so that only the named fields are printed: tokens, e-mail addresses and data stay out of logs.
macro_rules! print_only {
    ($($message:ident { $($field:ident),* })*) => {$(
        impl std::fmt::Debug for $message {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($message))$(.field(stringify!($field), &self.$field))*.finish_non_exhaustive()
            }
        }
    )*};
}

print_only! {
    Session { session_id, tenant_id, user_id, device, created_at, last_active_at, expires_at, policy, revision }
    CreateRequest { tenant_id, user_id, remember, policy, request_id, migrated }
    CreateResponse { session, ended, alerts }
    ValidateRequest { consistency, activity, max_auth_age, min_assurance_level }
    RotateRequest {}
    RotateResponse { outcome }
    RevokeRequest { target, tenant_id, user_id, reason, actor, sign_out, compromised }
    RevokeAllRequest { scope, except_session_id, operation_id, reason, actor, compromised }
    Alert {
        alert_id, cursor, tenant_id, rule, severity, event_time, user_id, session_id, device_id, current, previous,
        action_recommended, audit_only, detail, reason_admin, reason_user, dedup_key, dedup_count, audit_event_id,
        group_id, group_position, group_size
    }
}

impl std::fmt::Debug for revoke_request::Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::SessionId(id) => f.debug_tuple("SessionId").field(id).finish(),
            Self::Token(_) => f.write_str("Token(redacted)"),
            Self::DeviceId(id) => f.debug_tuple("DeviceId").field(id).finish(),
        }
    }
}

impl std::fmt::Debug for rotate_response::Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Session(session) => f.debug_tuple("Session").field(session).finish(),
            Self::Rejection(rejection) => f.debug_tuple("Rejection").field(rejection).finish(),
        }
    }
}

impl std::fmt::Debug for alert::Detail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Travel(travel) => f.debug_tuple("Travel").field(travel).finish(),
            Self::Novelty(novelty) => f.debug_tuple("Novelty").field(novelty).finish(),
            Self::Volume(volume) => f.debug_tuple("Volume").field(volume).finish(),
            Self::Replay(replay) => f.debug_tuple("Replay").field(replay).finish(),
        }
    }
}

impl std::fmt::Debug for revoke_all_request::Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::User(user) => f.debug_tuple("User").field(user).finish(),
            Self::Tenant(tenant) => f.debug_tuple("Tenant").field(tenant).finish(),
            Self::Everyone(_) => f.write_str("Everyone"),
        }
    }
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
            format!("{:?}", RevokeAllRequest { except_token: token, ..RevokeAllRequest::default() }),
        ];
        for text in &printed {
            assert!(!text.contains(TOKEN) && !text.contains(EMAIL), "{text}");
        }
        assert!(printed[1].contains("s-1"), "fields that are not secret are printed: {}", printed[1]);
    }
}
