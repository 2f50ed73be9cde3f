//! A session in a list.

use crate::{
    api,
    domain::UnixMillis,
    web::{account::place, language::Language, link, page_time::PageTime, untrusted::UntrustedText},
};

use super::enum_label;

/// A session in a list, active or ended.
#[derive(Clone, Debug)]
pub struct SessionRow {
    pub session_id: String,
    pub address: String,
    pub tenant: UntrustedText,
    pub user: UntrustedText,
    pub user_address: String,
    pub device: UntrustedText,
    pub place: UntrustedText,
    pub network_address: UntrustedText,
    /// The place, the address and the device of the client that was seen last; empty if it is the one that signed in.
    pub last_seen: UntrustedText,
    pub signed_in: PageTime,
    pub last_active: PageTime,
    /// "active", or why the session ended.
    pub state: String,
    pub is_active: bool,
}

impl SessionRow {
    /// Creates the row of an active session.
    #[must_use]
    pub fn new(session: &api::Session, now: UnixMillis) -> Self {
        let time = |at| PageTime::new(at, now, Language::English);
        let device = session.device.clone().unwrap_or_default();
        let address = session.location.as_ref().map(|location| location.ip.clone()).unwrap_or_default();
        Self {
            session_id: session.session_id.clone(),
            address: link("/console/session", &[("id", &session.session_id)]),
            tenant: session.tenant_id.as_str().into(),
            user: session.user_id.as_str().into(),
            user_address: user_address(&session.tenant_id, &session.user_id),
            device: device.name.into(),
            place: place(session.location.as_ref()).into(),
            network_address: address.into(),
            last_seen: last_seen(session).into(),
            signed_in: time(session.created_at),
            last_active: time(session.last_active_at),
            state: "active".to_owned(),
            is_active: true,
        }
    }

    /// Creates the row of a session in the audit database.
    #[must_use]
    pub fn from_entry(entry: &api::SessionEntry, now: UnixMillis) -> Self {
        let row = Self::new(&entry.session.clone().unwrap_or_default(), now);
        match entry.state() {
            api::SessionState::Live => row,
            api::SessionState::Ended | api::SessionState::Unspecified => {
                Self { state: enum_label(entry.end_reason().as_str_name(), "END_REASON_"), is_active: false, ..row }
            }
        }
    }
}

impl SessionRow {
    /// Returns the end of the ID, by which sessions of one user differ.
    #[must_use]
    pub fn short_id(&self) -> String {
        short_id(&self.session_id)
    }
}

/// Returns the client that was seen last; empty if it is the one that signed in.
#[must_use]
pub fn last_seen(session: &api::Session) -> String {
    let Some(seen) = &session.last_seen else { return String::new() };
    let location = seen.location.clone().unwrap_or_default();
    let device = seen.device.clone().unwrap_or_default();
    let parts = [place(seen.location.as_ref()), location.ip, device.name];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

/// Returns the end of the ID of a session.
pub(super) fn short_id(session_id: &str) -> String {
    let start = session_id.len().saturating_sub(8);
    session_id.get(start..).map(|end| format!("…{end}")).unwrap_or_default()
}

/// Returns the address of the page of a user.
pub(super) fn user_address(tenant: &str, user: &str) -> String {
    if user.is_empty() { String::new() } else { link("/console/user", &[("tenant", tenant), ("user", user)]) }
}
