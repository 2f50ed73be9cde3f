//! Responses that let a request pass. Most requests do, so these responses are encoded without building their messages
//! first, which would cost as much as the verdict.

use super::super::wire::{begin_field, field_len, length_delimited_key, put_field, varint_key};
use crate::gateway::{
    AccessProfile, GatewayRequest, GatewaySettings, IdentityHeaders, SessionIdentity, without_token_cookies,
};

/// Fields of `CheckResponse`.
const STATUS: u8 = length_delimited_key(1);
const OK_RESPONSE: u8 = length_delimited_key(3);

/// Fields of `OkHttpResponse`.
const HEADERS: u8 = length_delimited_key(2);
const HEADERS_TO_REMOVE: u8 = length_delimited_key(5);

/// Fields of `HeaderValueOption` and of its `HeaderValue`.
const HEADER: u8 = length_delimited_key(1);
const KEY: u8 = length_delimited_key(1);
const VALUE: u8 = length_delimited_key(2);
const RAW_VALUE: u8 = length_delimited_key(3);
/// The field `append_action` with the value `OVERWRITE_IF_EXISTS_OR_ADD`. Envoy ignores it for requests; later releases
/// do not.
const OVERWRITE: [u8; 2] = [varint_key(3), 2];

/// Room for the usual changes of a request.
const CHANGES_BYTES: usize = 384;

/// A response that lets a request pass.
pub(super) struct AllowedResponse {
    /// An encoded `OkHttpResponse`.
    changes: Vec<u8>,
}

impl AllowedResponse {
    /// Returns the response to `request`. Each identity header is either set or removed, so that none of the client's
    /// own passes.
    pub(super) fn new(
        identity: Option<&SessionIdentity>,
        profile: &AccessProfile,
        request: &GatewayRequest<'_>,
        settings: &GatewaySettings,
    ) -> Self {
        let mut changes = Vec::with_capacity(CHANGES_BYTES);
        for (name, value) in IdentityHeaders::new(identity).into_pairs() {
            if value.is_empty() {
                put_field(HEADERS_TO_REMOVE, name.as_bytes(), &mut changes);
            } else {
                set_header(name, VALUE, value.as_bytes(), &mut changes);
            }
        }
        if !profile.forward_token {
            remove_token(request, settings, &mut changes);
        }
        Self { changes }
    }

    pub(super) fn encoded_len(&self) -> usize {
        field_len(0) + field_len(self.changes.len())
    }

    pub(super) fn encode(&self, to: &mut Vec<u8>) {
        // A status without fields is OK.
        put_field(STATUS, &[], to);
        put_field(OK_RESPONSE, &self.changes, to);
    }
}

/// Removes the token from the request: its cookies, and `authorization` if that may have it.
fn remove_token(request: &GatewayRequest<'_>, settings: &GatewaySettings, changes: &mut Vec<u8>) {
    match without_token_cookies(request, &settings.credentials) {
        _ if request.cookies.is_empty() => {}
        None => put_field(HEADERS_TO_REMOVE, b"cookie", changes),
        Some(others) => set_header("cookie", RAW_VALUE, &others, changes),
    }
    if settings.credentials.bearer && !request.authorization.is_empty() {
        put_field(HEADERS_TO_REMOVE, b"authorization", changes);
    }
}

/// Sets a header, whose value is that of the field `VALUE` or `RAW_VALUE`.
fn set_header(name: &str, value_key: u8, value: &[u8], to: &mut Vec<u8>) {
    let header_len = field_len(name.len()) + field_len(value.len());
    begin_field(HEADERS, field_len(header_len) + OVERWRITE.len(), to);
    begin_field(HEADER, header_len, to);
    put_field(KEY, name.as_bytes(), to);
    put_field(value_key, value, to);
    to.extend_from_slice(&OVERWRITE);
}

#[cfg(test)]
mod tests {
    use prost::Message;
    use prost_types::{Struct, Value, value::Kind};

    use super::*;
    use crate::{
        api::ext_authz::{
            CheckResponse, HeaderAppendAction, HeaderValueOption, OkHttpResponse, Status, check_response::HttpResponse,
        },
        authority::VerdictSource,
        domain::UnixMillis,
        gateway::{AccessDecision, IDENTITY_HEADERS},
        transport::grpc::ext_authz::{request::tests::settings, response::CheckAnswer},
    };

    fn ann() -> SessionIdentity {
        SessionIdentity {
            session_id: "s1".to_owned(),
            tenant_id: "default".to_owned(),
            user_id: "ann".to_owned(),
            roles: vec!["r".repeat(200)],
            assurance_level: 2,
            authenticated_at: UnixMillis::new(1_700_000_000_999),
        }
    }

    fn decoded(
        identity: Option<SessionIdentity>,
        verdict: Option<(VerdictSource, UnixMillis)>,
        profile: &AccessProfile,
        request: &GatewayRequest<'_>,
    ) -> (OkHttpResponse, Struct) {
        let answer = CheckAnswer::new(AccessDecision::Allow(identity), verdict, profile, request, &settings());
        let mut encoded = Vec::new();
        answer.encode(&mut encoded);
        assert_eq!(encoded.len(), answer.encoded_len());
        let response = CheckResponse::decode(&*encoded).expect("a response");
        assert_eq!(response.status, Some(Status::default()));
        let Some(HttpResponse::OkResponse(changes)) = response.http_response else { panic!("a request that passes") };
        (changes, response.dynamic_metadata.expect("metadata"))
    }

    fn names(options: &[HeaderValueOption]) -> Vec<&str> {
        options.iter().map(|option| option.header.as_ref().expect("a header").key.as_str()).collect()
    }

    #[test]
    fn each_identity_header_is_set_or_removed_and_never_both() {
        let (full, empty) = (ann(), SessionIdentity { user_id: "ann".to_owned(), ..SessionIdentity::default() });
        for identity in [None, Some(full), Some(empty)] {
            let (changes, _) = decoded(identity, None, &AccessProfile::default(), &GatewayRequest::default());
            let mut touched = names(&changes.headers);
            touched.extend(changes.headers_to_remove.iter().map(String::as_str));
            touched.sort_unstable();
            let mut expected = IDENTITY_HEADERS;
            expected.sort_unstable();
            assert_eq!(touched, expected);
            let overwrite = i32::from(HeaderAppendAction::OverwriteIfExistsOrAdd);
            assert!(changes.headers.iter().all(|option| option.append_action == overwrite));
        }
    }

    #[test]
    fn headers_have_the_values_of_the_identity() {
        let identity = ann();
        let (changes, _) = decoded(Some(identity.clone()), None, &AccessProfile::default(), &GatewayRequest::default());
        let set: Vec<_> = changes.headers.into_iter().filter_map(|option| option.header).collect();
        let set: Vec<_> = set.iter().map(|header| (header.key.as_str(), header.value.as_str())).collect();
        let headers = IdentityHeaders::new(Some(&identity));
        let expected: Vec<_> = headers.into_pairs().collect();
        assert!(expected.iter().map(|(name, value)| (*name, value.as_ref())).eq(set));
    }

    #[test]
    fn metadata_names_the_session_and_the_basis_of_the_verdict() {
        let verdict = Some((VerdictSource::Cache, UnixMillis::new(1_700_000_000_123)));
        let (_, metadata) = decoded(Some(ann()), verdict, &AccessProfile::default(), &GatewayRequest::default());
        let text = |text: &str| Value { kind: Some(Kind::StringValue(text.to_owned())) };
        let expected = [
            ("source", text("CACHE")),
            ("as_of_ms", Value { kind: Some(Kind::NumberValue(1_700_000_000_123.0)) }),
            ("user_id", text("ann")),
            ("session_id", text("s1")),
            ("tenant_id", text("default")),
        ];
        assert_eq!(metadata.fields, expected.map(|(name, value)| (name.to_owned(), value)).into());
        let (_, nobody) = decoded(None, None, &AccessProfile::default(), &GatewayRequest::default());
        assert_eq!(nobody, Struct::default());
    }

    #[test]
    fn the_token_is_removed_and_other_cookies_stay() {
        let profile = AccessProfile { forward_token: false, ..AccessProfile::default() };
        let mut request = GatewayRequest::default();
        request.add_header("cookie", b"a=1; __Host-session=t");
        request.add_header("authorization", b"Bearer t");
        let (changes, _) = decoded(None, None, &profile, &request);
        let cookie = changes.headers.iter().filter_map(|option| option.header.as_ref()).find(|own| own.key == "cookie");
        assert_eq!(cookie.expect("a header").raw_value, b"a=1");
        assert!(changes.headers_to_remove.contains(&"authorization".to_owned()));
        assert!(!changes.headers_to_remove.contains(&"cookie".to_owned()));
    }
}
