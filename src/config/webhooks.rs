//! Settings of webhooks.

use std::{path::PathBuf, time::Duration};

use zeroize::Zeroizing;

use crate::{
    certificates::TokenSigner,
    domain::{
        TenantId,
        limits::{MAX_IDENTIFIER_BYTES, check_optional_text},
        webhook::{
            ConfiguredEndpoint, MAX_ENDPOINTS, MAX_TENANTS, WebhookEndpoint, WebhookEventType, WebhookFormat,
            WebhookName, WebhookSecret, WebhookUrl,
        },
    },
};

use super::{
    audit::AuditUrl,
    durations::{millis, secs},
    named_sections::WEBHOOK_ENDPOINTS,
    reader::SettingsReader,
};

/// The endpoints of the configuration, and what all endpoints have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhooksConfig {
    /// Time limit of an attempt.
    pub timeout: Duration,
    /// Maximum number of concurrent attempts for each endpoint.
    pub max_concurrency: usize,
    /// The file of the certificate authorities of endpoints. `None`: the public ones.
    pub ca_file: Option<PathBuf>,
    pub endpoints: Vec<ConfiguredEndpoint>,
    /// The claim `iss` of security event tokens, and the file of the key that signs them. `None`: there are none.
    pub sets: Option<(String, PathBuf)>,
    /// The interval at which these files are checked for changes.
    pub reload_interval: Duration,
}

impl WebhooksConfig {
    /// Reads the section. Endpoints need an audit database.
    pub(super) fn read(r: &mut SettingsReader, audit: Option<&AuditUrl>) -> Self {
        let timeout = r.get_in_range("webhooks.timeout", secs(1)..=secs(30));
        let max_concurrency = r.get_in_range("webhooks.max_concurrency", 1..=64);
        let ca_file = r.get_path("webhooks.ca_file").filter(|path| r.read_file("webhooks.ca_file", path).is_some());
        let reload_interval = r.get_in_range("webhooks.reload_interval", millis(100)..=secs(3600));
        let names = WEBHOOK_ENDPOINTS.names(&r.keys_under(WEBHOOK_ENDPOINTS.prefix));
        if !names.is_empty() && matches!(audit, Some(AuditUrl::None)) {
            r.add_problem("webhooks.endpoints", "need an audit database, and `audit.url` is `none`");
        }
        if names.len() > MAX_ENDPOINTS {
            r.add_problem(
                "webhooks.endpoints",
                format!("has {} entries; at most {MAX_ENDPOINTS} are allowed", names.len()),
            );
        }
        let sets = read_set_key(r);
        let endpoints: Vec<_> = names.iter().filter_map(|name| read_endpoint(r, name)).collect();
        let is_caep = |configured: &&ConfiguredEndpoint| configured.endpoint.format == WebhookFormat::CaepSet;
        if sets.is_none()
            && let Some(configured) = endpoints.iter().find(is_caep)
        {
            let name = &configured.endpoint.name;
            r.add_problem("webhooks.set_key_file", format!("is required, because webhook `{name}` has `caep-set`"));
        }
        Self { timeout, max_concurrency, ca_file, endpoints, sets, reload_interval }
    }
}

/// Reads the issuer and the key of security event tokens.
fn read_set_key(r: &mut SettingsReader) -> Option<(String, PathBuf)> {
    let (key, issuer) = ("webhooks.set_key_file", "webhooks.set_issuer");
    let (file, name) = (r.get_path(key), r.get_text(issuer));
    let file = file?;
    r.add_secret_file(key, &file);
    let pem = r.read_file(key, &file).map(Zeroizing::new)?;
    let is_usable = TokenSigner::from_pem(&pem).map_err(|error| r.add_problem(key, error.to_string())).is_ok();
    match name {
        Some(name) if name.starts_with("https://") => is_usable.then_some((name, file)),
        Some(_) => {
            r.add_problem(issuer, "must begin with https://");
            None
        }
        None => {
            r.add_problem(issuer, format!("is required with `{key}`"));
            None
        }
    }
}

fn read_endpoint(r: &mut SettingsReader, name: &str) -> Option<ConfiguredEndpoint> {
    let section = format!("{}{name}", WEBHOOK_ENDPOINTS.prefix);
    let key = |field: &str| format!("{section}.{field}");
    let valid_name = WebhookName::new(name).map_err(|violation| r.add_problem(&section, violation.description)).ok();
    let allow_private_addresses = r.get(&key("allow_private_addresses")).unwrap_or_default();
    let url = r.get_text(&key("url")).unwrap_or_default();
    let url = WebhookUrl::new(&url, allow_private_addresses);
    let url = url.map_err(|violation| r.add_problem(&key("url"), violation.description)).ok();
    let format = read_format(r, &key("format"));
    let event_types = read_event_types(r, &key("events"));
    let tenants = read_tenants(r, &key("tenants"));
    let audience = r.get_text(&key("audience")).unwrap_or_default();
    if let Err(violation) = check_optional_text("audience", &audience, MAX_IDENTIFIER_BYTES) {
        r.add_problem(&key("audience"), violation.description);
    }
    let include_ip = r.get(&key("include_ip")).unwrap_or_default();
    let secrets = read_secrets(r, &key("secret"), &key("secret_file"));
    let endpoint = WebhookEndpoint {
        name: valid_name?,
        url: url?,
        format: format?,
        event_types,
        tenants,
        allow_private_addresses,
        include_ip,
        audience,
    };
    Some(ConfiguredEndpoint { endpoint, secrets: secrets? })
}

fn read_format(r: &mut SettingsReader, key: &str) -> Option<WebhookFormat> {
    let Some(name) = r.get_text(key) else { return Some(WebhookFormat::default()) };
    let format = WebhookFormat::from_name(&name);
    if format.is_none() {
        let names = WebhookFormat::ALL.map(WebhookFormat::name).join(", ");
        r.add_problem(key, format!("is not one of {names}"));
    }
    format
}

fn read_event_types(r: &mut SettingsReader, key: &str) -> Vec<WebhookEventType> {
    let mut event_types = Vec::new();
    for name in r.get::<Vec<String>>(key).unwrap_or_default() {
        match WebhookEventType::from_name(&name) {
            Some(event_type) if !event_types.contains(&event_type) => event_types.push(event_type),
            Some(_) => r.add_problem(key, format!("lists {name} twice")),
            None => {
                let names = WebhookEventType::ALL.map(WebhookEventType::name).join(", ");
                r.add_problem(key, format!("has an unknown type {name:?}; the types are {names}"));
            }
        }
    }
    event_types
}

fn read_tenants(r: &mut SettingsReader, key: &str) -> Vec<TenantId> {
    let names: Vec<String> = r.get(key).unwrap_or_default();
    if names.len() > MAX_TENANTS {
        r.add_problem(key, format!("has {} entries; at most {MAX_TENANTS} are allowed", names.len()));
    }
    let mut tenants = Vec::new();
    for name in names {
        match TenantId::new(&name) {
            Ok(_) if name.is_empty() => r.add_problem(key, "has an empty entry"),
            Ok(tenant) => tenants.push(tenant),
            Err(violation) => r.add_problem(key, format!("has an entry that {}", violation.description)),
        }
    }
    tenants
}

/// Returns the secrets of an endpoint, in the setting itself or in a file, separated by commas or line feeds.
fn read_secrets(r: &mut SettingsReader, value_key: &str, file_key: &str) -> Option<Vec<WebhookSecret>> {
    let (key, text) = match (r.get_text(value_key), r.get_path(file_key)) {
        (Some(_), Some(_)) => {
            r.add_problem(file_key, format!("is set together with `{value_key}`; set only one"));
            return None;
        }
        (Some(text), None) => (value_key, text),
        (None, Some(file)) => {
            r.add_secret_file("webhooks.endpoints", &file);
            (file_key, r.read_file(file_key, &file)?)
        }
        (None, None) => {
            let reason = format!("is required, or `{file_key}`: whsec_ and base64 of 24 to 64 random bytes");
            r.add_problem(value_key, reason);
            return None;
        }
    };
    let entries = text.split([',', '\n']).map(str::trim).filter(|entry| !entry.is_empty());
    let secrets = entries.map(WebhookSecret::from_text).collect::<Result<Vec<_>, _>>();
    match secrets {
        Ok(secrets) if secrets.is_empty() => r.add_problem(key, "is empty"),
        Ok(secrets) if secrets.len() > 4 => r.add_problem(key, "has more than 4 secrets"),
        Ok(secrets) => return Some(secrets),
        Err(reason) => r.add_problem(key, format!("has an entry that {reason}")),
    }
    None
}
