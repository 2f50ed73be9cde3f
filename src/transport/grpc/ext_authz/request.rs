//! The client's request and the demands of its route, in a check of Envoy.

use std::borrow::Cow;

use crate::{
    api::ext_authz::AttributeContext,
    domain::{FieldViolation, FieldViolations},
    gateway::{AccessProfile, DEFAULT_PROFILE, GatewayRequest, GatewaySettings},
};

/// The field with the demands of a route.
const EXTENSIONS: &str = "attributes.context_extensions";
/// The name in it of the profile.
const PROFILE: &str = "profile";

/// Returns the client's request.
pub(super) fn parse_request(attributes: Option<&AttributeContext>) -> GatewayRequest<'_> {
    let Some(attributes) = attributes else { return GatewayRequest::default() };
    let peer = attributes.source.as_ref().and_then(|source| source.address.as_ref()?.socket_address.as_ref());
    let peer = peer.and_then(|peer| peer.address.parse().ok());
    let mut parsed = GatewayRequest { peer, ..GatewayRequest::default() };
    let Some(http) = attributes.request.as_ref().and_then(|request| request.http.as_ref()) else { return parsed };
    (parsed.method, parsed.path) = (&http.method, &http.path);
    for header in &http.headers {
        parsed.add_header(&header.key, header.value.as_bytes());
    }
    for header in http.header_map.iter().flat_map(|map| &map.headers) {
        let value = if header.raw_value.is_empty() { header.value.as_bytes() } else { &header.raw_value };
        parsed.add_header(&header.key, value);
    }
    parsed
}

/// Returns the profile that the route names, with the demands that it states besides. An unknown profile or demand is a
/// violation: a misspelt demand must not let requests pass.
pub(super) fn route_profile<'a>(
    settings: &'a GatewaySettings,
    attributes: Option<&AttributeContext>,
) -> Result<Cow<'a, AccessProfile>, FieldViolations> {
    let extensions = attributes.map(|attributes| &attributes.context_extensions);
    let name = extensions.and_then(|extensions| extensions.get(PROFILE)).map_or(DEFAULT_PROFILE, String::as_str);
    let Some(profile) = settings.profile(name) else {
        let text = "names a profile that is not in `gateway.profiles`";
        return Err(FieldViolation::new(PROFILE, text).within(EXTENSIONS).into());
    };
    let mut violations = FieldViolations::default();
    let mut profile = Cow::Borrowed(profile);
    for (name, value) in extensions.into_iter().flatten().filter(|(name, _)| *name != PROFILE) {
        violations.check(profile.to_mut().set_demand(name, value));
    }
    if let Cow::Owned(profile) = &profile {
        violations.check(profile.check());
    }
    violations.into_result().map_err(|violations| violations.within(EXTENSIONS))?;
    Ok(profile)
}

#[cfg(test)]
pub(super) mod tests {
    use std::{collections::BTreeMap, net::IpAddr};

    use super::*;
    use crate::{
        api::ext_authz::{Address, HeaderEntry, HeaderMap, HeaderValue, HttpRequest, Peer, Request, SocketAddress},
        gateway::{ClientAddressSource, CredentialRules, SessionRequirement},
    };

    pub(in crate::transport::grpc::ext_authz) fn settings() -> GatewaySettings {
        let pages = AccessProfile { session: SessionRequirement::Optional, ..AccessProfile::default() };
        let profiles = [(DEFAULT_PROFILE.to_owned(), AccessProfile::default()), ("pages".to_owned(), pages)];
        GatewaySettings {
            credentials: CredentialRules { cookies: vec!["__Host-session".to_owned()], bearer: true },
            profiles: BTreeMap::from(profiles),
            ext_authz_client: ClientAddressSource::Peer,
            forward_auth_client: ClientAddressSource::ForwardedFor { position: 1 },
            max_check_bytes: 1024,
        }
    }

    fn attributes(extensions: &[(&str, &str)]) -> AttributeContext {
        let extensions = extensions.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        AttributeContext { context_extensions: extensions.collect(), ..AttributeContext::default() }
    }

    #[test]
    fn a_route_states_a_profile_and_demands_that_override_it() {
        let settings = settings();
        let profile = |extensions: &[(&str, &str)]| route_profile(&settings, Some(&attributes(extensions)));
        assert_eq!(route_profile(&settings, None).expect("a profile").as_ref(), &AccessProfile::default());
        assert_eq!(profile(&[("profile", "pages")]).expect("a profile").session, SessionRequirement::Optional);
        let strict = profile(&[("profile", "pages"), ("session", "required"), ("roles", "admin")]).expect("a profile");
        assert_eq!(
            (strict.session, strict.roles.as_slice()),
            (SessionRequirement::Required, &["admin".to_owned()][..])
        );
    }

    #[test]
    fn a_demand_that_is_unknown_or_wrong_is_an_error_that_names_it() {
        let settings = settings();
        for (extensions, field) in [
            (&[("profile", "billing")][..], "attributes.context_extensions.profile"),
            (&[("role", "admin")], "attributes.context_extensions.role"),
            (&[("session", "none")], "attributes.context_extensions.session"),
            (&[("session", "optional"), ("roles", "admin")], "attributes.context_extensions.roles"),
        ] {
            let violations = route_profile(&settings, Some(&attributes(extensions))).expect_err("a violation");
            assert_eq!(violations.iter().next().expect("one").field, field);
        }
    }

    #[test]
    fn headers_are_read_from_either_list() {
        let entry = |key: &str, value: &str| HeaderEntry { key: key.to_owned(), value: value.to_owned() };
        let raw = HeaderValue { key: "cookie".to_owned(), raw_value: b"b=\xff".to_vec(), ..HeaderValue::default() };
        let plain = HeaderValue { key: "accept".to_owned(), value: "text/html".to_owned(), ..HeaderValue::default() };
        let http = HttpRequest {
            method: "GET".to_owned(),
            path: "/a?b".to_owned(),
            headers: vec![entry(":path", "/other"), entry("cookie", "a=1")],
            header_map: Some(HeaderMap { headers: vec![raw, plain] }),
        };
        let address = SocketAddress { address: "192.0.2.7".to_owned() };
        let attributes = AttributeContext {
            source: Some(Peer { address: Some(Address { socket_address: Some(address) }) }),
            request: Some(Request { http: Some(http) }),
            ..AttributeContext::default()
        };
        let parsed = parse_request(Some(&attributes));
        assert_eq!((parsed.method, parsed.path, parsed.accept), ("GET", "/a?b", &b"text/html"[..]));
        assert_eq!(parsed.cookies, [&b"a=1"[..], b"b=\xff"]);
        assert_eq!(parsed.peer, Some(IpAddr::from([192, 0, 2, 7])));
        assert!(parse_request(None).cookies.is_empty());
    }
}
