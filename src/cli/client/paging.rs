//! Requests whose responses come in pages.

use prost::Name;
use prost_types::Timestamp;
use tonic::Status;

use crate::{api, cli::command_error::CommandError};

use super::{ServerConnection, status_error};

/// Maximum number of entries of a page.
const PAGE_SIZE: u64 = 200;

/// A page of entries.
pub struct FetchedPage<E> {
    pub entries: Vec<E>,
    /// The page token of the next page. Empty: this is the last one.
    next_token: String,
    /// The resume token for later entries. Empty unless the order appends them at the end.
    resume_token: String,
    complete_until: Option<Timestamp>,
}

/// A request whose response comes in pages.
pub trait PagedRequest: Clone {
    type Entry: Name;

    /// Returns the page token of the first page. Empty: from the beginning.
    fn first_token(&self) -> String {
        String::new()
    }

    /// Returns the same request for the page of `token`, with at most `size` entries.
    #[must_use]
    fn for_page(self, size: u32, token: String) -> Self;

    async fn fetch_page(self, server: &ServerConnection) -> Result<FetchedPage<Self::Entry>, Status>;
}

impl PagedRequest for api::SearchSessionsRequest {
    type Entry = api::SessionEntry;

    fn for_page(self, page_size: u32, page_token: String) -> Self {
        Self { page_size, page_token, ..self }
    }

    async fn fetch_page(self, server: &ServerConnection) -> Result<FetchedPage<Self::Entry>, Status> {
        let answer = server.admin().search_sessions(self).await?.into_inner();
        Ok(FetchedPage {
            entries: answer.sessions,
            next_token: answer.next_page_token,
            resume_token: String::new(),
            complete_until: answer.complete_until,
        })
    }
}

impl PagedRequest for api::ListEventsRequest {
    type Entry = api::AuditEvent;

    fn first_token(&self) -> String {
        self.page_token.clone()
    }

    fn for_page(self, page_size: u32, page_token: String) -> Self {
        Self { page_size, page_token, ..self }
    }

    async fn fetch_page(self, server: &ServerConnection) -> Result<FetchedPage<Self::Entry>, Status> {
        let answer = server.admin().list_events(self).await?.into_inner();
        Ok(FetchedPage {
            entries: answer.events,
            next_token: answer.next_page_token,
            resume_token: answer.resume_token,
            complete_until: answer.complete_until,
        })
    }
}

impl PagedRequest for api::ListAlertsRequest {
    type Entry = api::AlertEntry;

    fn for_page(self, page_size: u32, page_token: String) -> Self {
        Self { page_size, page_token, ..self }
    }

    async fn fetch_page(self, server: &ServerConnection) -> Result<FetchedPage<Self::Entry>, Status> {
        let answer = server.admin().list_alerts(self).await?.into_inner();
        Ok(FetchedPage {
            entries: answer.alerts,
            next_token: answer.next_page_token,
            resume_token: String::new(),
            complete_until: None,
        })
    }
}

impl PagedRequest for api::ListTenantsRequest {
    type Entry = api::TenantEntry;

    fn for_page(self, page_size: u32, page_token: String) -> Self {
        Self { page_size, page_token, ..self }
    }

    async fn fetch_page(self, server: &ServerConnection) -> Result<FetchedPage<Self::Entry>, Status> {
        let answer = server.admin().list_tenants(self).await?.into_inner();
        Ok(FetchedPage {
            entries: answer.tenants,
            next_token: answer.next_page_token,
            resume_token: String::new(),
            complete_until: answer.complete_until,
        })
    }
}

/// Reads the pages of a response, one at a time.
pub struct PageReader<'a, Q> {
    server: &'a ServerConnection,
    query: Q,
    /// The number of entries that are still requested. `None`: no limit.
    remaining: Option<u64>,
    /// The page token of the next page. `None`: there is no further page.
    next_token: Option<String>,
    is_first: bool,
    resume_token: String,
    complete_until: Option<Timestamp>,
}

impl<'a, Q: PagedRequest> PageReader<'a, Q> {
    /// Returns a reader of the first `limit` entries that match `query`, or of all.
    pub fn new(server: &'a ServerConnection, query: Q, limit: Option<u64>) -> Self {
        let token = Some(query.first_token());
        Self {
            server,
            query,
            remaining: limit,
            next_token: token,
            is_first: true,
            resume_token: String::new(),
            complete_until: None,
        }
    }

    /// Returns the entries of the next page, which may be empty although more pages follow. Returns `None` at the end,
    /// or at the limit.
    pub async fn next_page(&mut self) -> Result<Option<Vec<Q::Entry>>, CommandError> {
        let size = self.remaining.map_or(PAGE_SIZE, |wanted| wanted.min(PAGE_SIZE));
        let Some(token) = self.next_token.take_if(|_| size > 0) else { return Ok(None) };
        let size = u32::try_from(size).unwrap_or(u32::MAX);
        let answered = self.query.clone().for_page(size, token).fetch_page(self.server).await;
        let page = answered.map_err(|status| status_error(&status, &self.server.target))?;
        // Changes made while the pages are read are later than all entries, so the first page states the completeness.
        if std::mem::replace(&mut self.is_first, false) {
            self.complete_until = page.complete_until;
        }
        self.resume_token = page.resume_token;
        let got = u64::try_from(page.entries.len()).unwrap_or(u64::MAX);
        self.remaining = self.remaining.map(|wanted| wanted.saturating_sub(got));
        self.next_token = Some(page.next_token).filter(|next| !next.is_empty());
        Ok(Some(page.entries))
    }

    /// Returns whether entries remain beyond the limit.
    pub const fn has_more(&self) -> bool {
        self.next_token.is_some()
    }

    /// Returns the resume token for entries later than those read. Empty unless the order appends them at the end.
    pub fn resume_token(&self) -> &str {
        &self.resume_token
    }

    pub const fn complete_until(&self) -> Option<Timestamp> {
        self.complete_until
    }
}
