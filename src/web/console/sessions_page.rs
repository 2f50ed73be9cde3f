//! The search for sessions.

use askama::Template;

use crate::{
    api,
    web::{layout::PageLayout, link, page_time::PageTime},
};

use super::{
    SelectOption, SessionRow,
    labels::{end_reason_options, options},
};

/// The page with a filter and the sessions that match it.
#[derive(Clone, Debug, Template)]
#[template(path = "console/sessions.html")]
pub struct SessionsPage {
    pub layout: PageLayout,
    pub search: SessionCriteria,
    pub sessions: Vec<SessionRow>,
    /// The address of the next page; empty if this is the last one.
    pub next: String,
    pub is_first: bool,
    pub complete_until: PageTime,
}

/// The values of the filter, as they were entered.
#[derive(Clone, Debug, Default)]
pub struct SessionCriteria {
    pub tenant: String,
    pub user: String,
    pub device_id: String,
    /// A value of `DeviceType` without its prefix.
    pub device_type: String,
    pub country: String,
    pub ip_range: String,
    pub auth_method: String,
    pub user_agent: String,
    pub policy: String,
    /// Date and time in UTC, as the field of a form has it.
    pub created_since: String,
    pub created_until: String,
    pub inactive_since: String,
    /// A value of `SessionState` without its prefix.
    pub state: String,
    /// A value of `EndReason` without its prefix.
    pub end_reason: String,
}

impl SessionCriteria {
    /// Returns the criteria of sessions that are set, by the names of their fields.
    #[must_use]
    pub fn criteria(&self) -> Vec<(&'static str, &str)> {
        let mut criteria = vec![
            ("tenant", self.tenant.as_str()),
            ("user", &self.user),
            ("device_id", &self.device_id),
            ("device_type", &self.device_type),
            ("country", &self.country),
            ("ip_range", &self.ip_range),
            ("auth_method", &self.auth_method),
            ("user_agent", &self.user_agent),
            ("policy", &self.policy),
            ("created_since", &self.created_since),
            ("created_until", &self.created_until),
            ("inactive_since", &self.inactive_since),
        ];
        criteria.retain(|(_, value)| !value.is_empty());
        criteria
    }

    /// Returns whether a criterion limits the sessions that could be ended.
    #[must_use]
    pub fn has_criteria(&self) -> bool {
        self.criteria().iter().any(|(name, _)| *name != "tenant")
    }

    /// Returns whether a criterion is set that is not shown at first.
    #[must_use]
    pub fn has_further_criteria(&self) -> bool {
        !self.end_reason.is_empty() || self.criteria().iter().any(|(name, _)| !matches!(*name, "tenant" | "user"))
    }

    /// Returns the address of a page of the search.
    #[must_use]
    pub fn address(&self, page_token: &str) -> String {
        let state = [("state", self.state.as_str()), ("end_reason", &self.end_reason), ("page", page_token)];
        link("/console/sessions", &[self.criteria().as_slice(), &state].concat())
    }

    /// Returns the address of the page that ends the sessions that match.
    #[must_use]
    pub fn revoke_address(&self) -> String {
        link("/console/revoke", &self.criteria())
    }

    #[must_use]
    pub fn device_types(&self) -> Vec<SelectOption> {
        use api::DeviceType::{Desktop, Mobile, Other, Tablet};
        options([Mobile, Tablet, Desktop, Other].map(|kind| kind.as_str_name()), "DEVICE_TYPE_", &self.device_type)
    }

    #[must_use]
    pub fn states(&self) -> Vec<SelectOption> {
        use api::SessionState::{Ended, Live};
        options([Live, Ended].map(|state| state.as_str_name()), "SESSION_STATE_", &self.state)
    }

    #[must_use]
    pub fn end_reasons(&self) -> Vec<SelectOption> {
        end_reason_options(&self.end_reason)
    }
}
