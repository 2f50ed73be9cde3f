//! Settings of the decisions for gateways.

use std::collections::BTreeMap;

use crate::{
    domain::{TenantId, limits::MAX_ASSURANCE_LEVEL},
    gateway::{
        AccessProfile, ClientAddressSource, CredentialRules, DEFAULT_PROFILE, GatewaySettings, MAX_PROFILE_NAME_BYTES,
        SessionRequirement,
    },
};

use super::{
    named_sections::{GATEWAY_PROFILES, NamedSections},
    reader::SettingsReader,
    setting_type::ByteSize,
};

/// Reads the section.
pub(super) fn read(r: &mut SettingsReader) -> GatewaySettings {
    let cookies = read_cookie_names(r);
    let bearer = r.get_bool("gateway.bearer");
    if cookies.is_empty() && !bearer {
        r.add_problem("gateway.cookies", "is empty and `gateway.bearer` is false: no request could have a token");
    }
    let ext_authz_client = r.get_in_range("gateway.ext_authz_client_position", 0..=16);
    let forward_auth_client = r.get_in_range("gateway.forward_auth_client_position", 0..=16);
    GatewaySettings {
        credentials: CredentialRules { cookies, bearer },
        profiles: read_profiles(r),
        ext_authz_client: ClientAddressSource::from_position(ext_authz_client),
        forward_auth_client: ClientAddressSource::from_position(forward_auth_client),
        max_check_bytes: r.get_in_range("gateway.max_check_size", ByteSize::kib(16)..=ByteSize::kib(4096)).0,
    }
}

fn read_cookie_names(r: &mut SettingsReader) -> Vec<String> {
    let key = "gateway.cookies";
    let names: Vec<String> = r.get(key).unwrap_or_default();
    // RFC 9110 §5.6.2: the characters of a token.
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    for (at, name) in names.iter().enumerate() {
        if name.is_empty() || name.len() > 64 || !name.bytes().all(is_token) {
            r.add_problem(key, format!("has an entry that is not a cookie name of at most 64 characters: {name:?}"));
        }
        if names[..at].contains(name) {
            r.add_problem(key, format!("lists {name} twice"));
        }
    }
    names
}

/// Returns the configured profiles. That of [`DEFAULT_PROFILE`] is among them even if it is not configured.
fn read_profiles(r: &mut SettingsReader) -> BTreeMap<String, AccessProfile> {
    let mut profiles = BTreeMap::from([(DEFAULT_PROFILE.to_owned(), AccessProfile::default())]);
    for name in GATEWAY_PROFILES.names(&r.keys_under(GATEWAY_PROFILES.prefix)) {
        let profile = read_profile(r, &name);
        profiles.insert(name, profile);
    }
    profiles
}

fn read_profile(r: &mut SettingsReader, name: &str) -> AccessProfile {
    let section = format!("{}{name}", GATEWAY_PROFILES.prefix);
    let key = |field: &str| format!("{section}.{field}");
    if !NamedSections::is_valid_name(name, MAX_PROFILE_NAME_BYTES) {
        let reason =
            format!("is not a name of at most {MAX_PROFILE_NAME_BYTES} lower-case letters, digits and hyphens");
        r.add_problem(&section, reason);
    }
    let mut profile = AccessProfile {
        roles: r.get(&key("roles")).unwrap_or_default(),
        login_url: r.get_text(&key("login_url")),
        delete_rejected_cookies: r.get(&key("delete_rejected_cookies")).unwrap_or_default(),
        forward_token: r.get(&key("forward_token")).unwrap_or(true),
        min_assurance_level: r.get(&key("min_assurance_level")).unwrap_or_default(),
        max_auth_age: r.get(&key("max_auth_age")),
        ..AccessProfile::default()
    };
    for field in ["session", "consistency", "activity"] {
        if let Some(text) = r.get_text(&key(field))
            && let Err(violation) = profile.set_demand(field, &text)
        {
            r.add_problem(&key(field), violation.description);
        }
    }
    if let Some(tenant) = r.get_text(&key("tenant")) {
        match TenantId::new(&tenant) {
            Ok(tenant) => profile.tenant = Some(tenant),
            Err(violation) => r.add_problem(&key("tenant"), violation.description),
        }
    }
    if profile.min_assurance_level > MAX_ASSURANCE_LEVEL {
        r.add_problem(&key("min_assurance_level"), format!("is not between 0 and {MAX_ASSURANCE_LEVEL}"));
    }
    if profile.max_auth_age.is_some_and(|age| age.is_zero()) {
        r.add_problem(&key("max_auth_age"), "must be greater than 0");
    }
    if let Err(violation) = profile.check() {
        r.add_problem(&key(&violation.field), violation.description);
    }
    if profile.session == SessionRequirement::Optional && profile.login_url.is_some() {
        r.add_problem(&key("login_url"), "has no effect while `session` is `optional`");
    }
    profile
}
