//! Settings of the pages for browsers.

use super::{reader::SettingsReader, sources::SettingOrigin};
use crate::domain::{PolicySet, TenantId};

/// Settings of the console for administrators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsoleConfig {
    pub enabled: bool,
    /// The tenant of the sessions of administrators.
    pub tenant: String,
    /// The policy of these sessions.
    pub policy: String,
    /// The header in which a gateway names the administrator. `None`: no gateway does.
    pub gateway_header: Option<String>,
}

impl ConsoleConfig {
    /// Reads the section. `has_http` states whether HTTP is served.
    pub(super) fn read(r: &mut SettingsReader, has_http: bool, policies: &PolicySet) -> Self {
        let enabled = read_enabled(r, "console.enabled", has_http);
        let tenant: String = r.get("console.tenant").unwrap_or_default();
        if let Err(violation) = TenantId::new(&tenant) {
            r.add_problem("console.tenant", violation.description);
        }
        let policy: String = r.get("console.policy").unwrap_or_default();
        if let Err(violations) = policies.get(&policy) {
            let reason = violations.iter().next().map(|violation| violation.description.to_string());
            r.add_problem("console.policy", reason.unwrap_or_default());
        }
        let header: String = r.get("console.gateway_header").unwrap_or_default();
        let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let is_name = header.strip_prefix("x-").is_some_and(|rest| !rest.is_empty() && rest.bytes().all(is_letter));
        if !header.is_empty() && !is_name {
            r.add_problem("console.gateway_header", "is not the name of a header in lower case that begins with `x-`");
        }
        Self { enabled, tenant, policy, gateway_header: is_name.then_some(header) }
    }
}

/// Settings of the page on which users review their sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountConfig {
    pub enabled: bool,
    /// The address at which users sign in; empty if it is unknown.
    pub login_url: String,
}

impl AccountConfig {
    /// Reads the section. `has_http` states whether HTTP is served.
    pub(super) fn read(r: &mut SettingsReader, has_http: bool) -> Self {
        let enabled = read_enabled(r, "account.enabled", has_http);
        let login_url: String = r.get("account.login_url").unwrap_or_default();
        let is_address =
            login_url.starts_with('/') || login_url.starts_with("https://") || login_url.starts_with("http://");
        if !login_url.is_empty() && (!is_address || login_url.contains(char::is_control)) {
            r.add_problem(
                "account.login_url",
                "is neither a path that begins with `/` nor an address of http or https",
            );
        }
        Self { enabled, login_url }
    }
}

fn read_enabled(r: &mut SettingsReader, key: &str, has_http: bool) -> bool {
    let enabled = r.get_bool(key);
    // A development server has the pages wherever it serves HTTP.
    if enabled && !has_http && r.origin(key) != Some(SettingOrigin::Development) {
        r.add_problem(key, "is true and `http.listen` is empty: set the address at which the pages are served");
    }
    enabled
}
