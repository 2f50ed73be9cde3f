//! Answers that come in pages.

use prost_types::Timestamp;
use tonic::Status;

use crate::{api, cli::command_error::CommandError};

use super::{ServerConnection, status_error};

/// The most that a page may hold.
const PAGE_SIZE: u64 = 200;

/// One page.
pub struct FetchedPage<E> {
    pub entries: Vec<E>,
    /// Gets the next one. Empty: this is the last.
    next_token: String,
    /// Gets what comes later, in an order that later entries come at the end of; else empty.
    resume_token: String,
    complete_until: Option<Timestamp>,
}

/// A question whose answer comes in pages.
pub trait PagedRequest: Clone {
    type Entry;

    /// Gets the first page; empty: from the beginning.
    fn first_token(&self) -> String {
        String::new()
    }

    async fn fetch_page(
        self,
        server: &ServerConnection,
        size: u32,
        token: String,
    ) -> Result<FetchedPage<Self::Entry>, Status>;
}

impl PagedRequest for api::SearchSessionsRequest {
    type Entry = api::SessionEntry;

    async fn fetch_page(
        self,
        server: &ServerConnection,
        page_size: u32,
        page_token: String,
    ) -> Result<FetchedPage<Self::Entry>, Status> {
        let request = Self { page_size, page_token, ..self };
        let answer = server.admin().search_sessions(request).await?.into_inner();
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

    async fn fetch_page(
        self,
        server: &ServerConnection,
        page_size: u32,
        page_token: String,
    ) -> Result<FetchedPage<Self::Entry>, Status> {
        let request = Self { page_size, page_token, ..self };
        let answer = server.admin().list_events(request).await?.into_inner();
        Ok(FetchedPage {
            entries: answer.events,
            next_token: answer.next_page_token,
            resume_token: answer.resume_token,
            complete_until: answer.complete_until,
        })
    }
}

/// Walks through the pages of an answer, one fetched at a time.
pub struct PageReader<'a, Q> {
    server: &'a ServerConnection,
    query: Q,
    /// How many entries are still wanted. `None`: all.
    remaining: Option<u64>,
    /// Gets the next page; that of the first is empty. `None`: there is none.
    next_token: Option<String>,
    is_first: bool,
    resume_token: String,
    complete_until: Option<Timestamp>,
}

impl<'a, Q: PagedRequest> PageReader<'a, Q> {
    /// The first `limit` entries that answer `query`, or all of them.
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

    /// The entries of the next page, which may be none although more follow. `None`: no more are there,
    /// or wanted.
    pub async fn next_page(&mut self) -> Result<Option<Vec<Q::Entry>>, CommandError> {
        let size = self.remaining.map_or(PAGE_SIZE, |wanted| wanted.min(PAGE_SIZE));
        let Some(token) = self.next_token.take_if(|_| size > 0) else { return Ok(None) };
        let size = u32::try_from(size).unwrap_or(u32::MAX);
        let answered = self.query.clone().fetch_page(self.server, size, token).await;
        let page = answered.map_err(|status| status_error(&status, &self.server.target))?;
        // What happens during the walk is later than all of its entries: the first page says what they lack.
        if std::mem::replace(&mut self.is_first, false) {
            self.complete_until = page.complete_until;
        }
        self.resume_token = page.resume_token;
        let got = u64::try_from(page.entries.len()).unwrap_or(u64::MAX);
        self.remaining = self.remaining.map(|wanted| wanted.saturating_sub(got));
        self.next_token = Some(page.next_token).filter(|next| !next.is_empty());
        Ok(Some(page.entries))
    }

    /// Whether there are more than were wanted.
    pub const fn has_more(&self) -> bool {
        self.next_token.is_some()
    }

    /// Gets what comes later than all that was read; empty in an order in which that is not at the end.
    pub fn resume_token(&self) -> &str {
        &self.resume_token
    }

    pub const fn complete_until(&self) -> Option<Timestamp> {
        self.complete_until
    }
}
