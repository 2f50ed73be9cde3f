//! The search in the audit log.

use askama::Template;

use crate::{
    api,
    web::{layout::PageLayout, link, page_time::PageTime},
};

use super::{
    EventRow, SelectOption,
    labels::{end_reason_options, options},
};

/// The page with a filter and the events that match it.
#[derive(Clone, Debug, Template)]
#[template(path = "console/audit.html")]
pub struct AuditPage {
    pub layout: PageLayout,
    pub filter: AuditFilter,
    pub events: Vec<EventRow>,
    /// The address of the next page; empty if this is the last one.
    pub next: String,
    pub is_first: bool,
    pub complete_until: PageTime,
}

/// The values of the filter, as they were entered.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    pub tenant: String,
    pub user: String,
    pub session_id: String,
    pub actor: String,
    pub country: String,
    pub ip_range: String,
    /// Date and time in UTC, as the field of a form has it.
    pub since: String,
    pub until: String,
    /// A value of `AuditEventKind` without its prefix.
    pub kind: String,
    /// A value of `EndReason` without its prefix.
    pub end_reason: String,
}

impl AuditFilter {
    fn parameters(&self) -> [(&'static str, &str); 10] {
        [
            ("tenant", self.tenant.as_str()),
            ("user", &self.user),
            ("session_id", &self.session_id),
            ("actor", &self.actor),
            ("country", &self.country),
            ("ip_range", &self.ip_range),
            ("since", &self.since),
            ("until", &self.until),
            ("kind", &self.kind),
            ("end_reason", &self.end_reason),
        ]
    }

    /// Returns the address of a page of the search.
    #[must_use]
    pub fn address(&self, page_token: &str) -> String {
        link("/console/audit", &[self.parameters().as_slice(), &[("page", page_token)]].concat())
    }

    /// Returns the address of the events that match, in a format for programs.
    #[must_use]
    pub fn export_address(&self, format: &str) -> String {
        link("/console/audit/export", &[self.parameters().as_slice(), &[("format", format)]].concat())
    }

    #[must_use]
    pub fn kinds(&self) -> Vec<SelectOption> {
        // Their numbers begin with 1 and have no gaps.
        let kinds = (1..).map_while(|number| api::AuditEventKind::try_from(number).ok());
        options(kinds.map(|kind| kind.as_str_name()), "AUDIT_EVENT_KIND_", &self.kind)
    }

    #[must_use]
    pub fn end_reasons(&self) -> Vec<SelectOption> {
        end_reason_options(&self.end_reason)
    }
}
