//! A request of an administrator who is signed in.

use std::sync::Arc;

use axum::{http::StatusCode, response::Response};

use super::{
    super::{BrowserRequest, ConsoleSettings, PageFailure, PageServer, browser_request::FormFields, page_response},
    signed_in_admin::{AdminRecheck, SignedInAdmin},
};
use crate::{
    domain::UnixMillis,
    transport::grpc::ContractClient,
    web::{Page, PageLayout, console::ResultPage},
};

/// The result of a request.
pub(super) type PageResult = Result<Response, PageFailure>;

/// A request of an administrator, and the means to answer it.
pub(super) struct ConsoleRequest<'a> {
    pub(super) server: &'a Arc<PageServer>,
    pub(super) settings: &'a ConsoleSettings,
    pub(super) request: &'a BrowserRequest,
    pub(super) admin: &'a SignedInAdmin,
    /// Calls with the rights of the administrator's API key.
    pub(super) client: ContractClient,
}

impl<'a> ConsoleRequest<'a> {
    pub(super) fn new(
        server: &'a Arc<PageServer>,
        settings: &'a ConsoleSettings,
        request: &'a BrowserRequest,
        admin: &'a SignedInAdmin,
    ) -> Self {
        let client = server.client(admin.local_caller(), request);
        Self { server, settings, request, admin, client }
    }

    pub(super) fn query(&self) -> &FormFields {
        &self.request.query
    }

    pub(super) fn form(&self) -> &FormFields {
        &self.request.form
    }

    /// Returns the check of the administrator's session for a response that takes long.
    pub(super) fn recheck(&self) -> AdminRecheck {
        AdminRecheck::new(self.server, self.request, self.admin)
    }

    pub(super) fn now(&self) -> UnixMillis {
        self.server.calls.gate.now()
    }

    pub(super) fn layout(&self, title: &str) -> PageLayout {
        PageLayout::console(title, &self.request.path, &self.admin.name)
    }

    pub(super) fn page(page: &impl Page) -> Response {
        page_response::page(StatusCode::OK, page)
    }

    /// Returns the page that says what a change did.
    pub(super) fn result(&self, heading: &str, lines: &[String], address: String, link: &str) -> Response {
        Self::page(&ResultPage {
            layout: self.layout(heading),
            heading: heading.to_owned(),
            lines: lines.iter().map(|line| line.as_str().into()).collect(),
            next: (address, link.to_owned()),
        })
    }

    /// Returns the reason that the form states. Every change needs one.
    pub(super) fn required_reason(&self) -> Result<String, PageFailure> {
        match self.form().get("reason") {
            "" => Err(PageFailure::Invalid("State a reason: it is kept in the audit log.".to_owned())),
            reason => Ok(reason.to_owned()),
        }
    }
}
