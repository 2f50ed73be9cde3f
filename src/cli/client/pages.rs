//! Answers that come in pages.

use prost_types::Timestamp;
use tonic::Status;

use crate::{api, cli::failure::Failure};

use super::{Server, refusal};

/// The most that a page may hold.
const PAGE: u64 = 200;

/// One page.
pub struct Page<E> {
    pub entries: Vec<E>,
    /// Gets the next one. Empty: this is the last.
    next: String,
    /// Gets what comes later, in an order that later entries come at the end of; else empty.
    resume: String,
    complete_until: Option<Timestamp>,
}

/// A question whose answer comes in pages.
pub trait Query: Clone {
    type Entry;

    /// Gets the first page; empty: from the beginning.
    fn start(&self) -> String {
        String::new()
    }

    async fn page(self, server: &Server, size: u32, token: String) -> Result<Page<Self::Entry>, Status>;
}

impl Query for api::SearchSessionsRequest {
    type Entry = api::SessionEntry;

    async fn page(self, server: &Server, page_size: u32, page_token: String) -> Result<Page<Self::Entry>, Status> {
        let request = Self { page_size, page_token, ..self };
        let answer = server.administration().search_sessions(request).await?.into_inner();
        Ok(Page {
            entries: answer.sessions,
            next: answer.next_page_token,
            resume: String::new(),
            complete_until: answer.complete_until,
        })
    }
}

impl Query for api::ListEventsRequest {
    type Entry = api::AuditEvent;

    fn start(&self) -> String {
        self.page_token.clone()
    }

    async fn page(self, server: &Server, page_size: u32, page_token: String) -> Result<Page<Self::Entry>, Status> {
        let request = Self { page_size, page_token, ..self };
        let answer = server.administration().list_events(request).await?.into_inner();
        Ok(Page {
            entries: answer.events,
            next: answer.next_page_token,
            resume: answer.resume_token,
            complete_until: answer.complete_until,
        })
    }
}

/// Walks through the pages of an answer, one fetched at a time.
pub struct Pages<'a, Q> {
    server: &'a Server,
    query: Q,
    /// How many entries are still wanted. `None`: all.
    wanted: Option<u64>,
    /// Gets the next page; that of the first is empty. `None`: there is none.
    token: Option<String>,
    is_first: bool,
    resume: String,
    complete_until: Option<Timestamp>,
}

impl<'a, Q: Query> Pages<'a, Q> {
    /// The first `limit` entries that answer `query`, or all of them.
    pub fn new(server: &'a Server, query: Q, limit: Option<u64>) -> Self {
        let token = Some(query.start());
        Self { server, query, wanted: limit, token, is_first: true, resume: String::new(), complete_until: None }
    }

    /// The entries of the next page, which may be none although more follow. `None`: no more are there,
    /// or wanted.
    pub async fn next(&mut self) -> Result<Option<Vec<Q::Entry>>, Failure> {
        let size = self.wanted.map_or(PAGE, |wanted| wanted.min(PAGE));
        let Some(token) = self.token.take_if(|_| size > 0) else { return Ok(None) };
        let size = u32::try_from(size).unwrap_or(u32::MAX);
        let answered = self.query.clone().page(self.server, size, token).await;
        let page = answered.map_err(|status| refusal(&status, &self.server.destination))?;
        // What happens during the walk is later than all of its entries: the first page says what they lack.
        if std::mem::replace(&mut self.is_first, false) {
            self.complete_until = page.complete_until;
        }
        self.resume = page.resume;
        let got = u64::try_from(page.entries.len()).unwrap_or(u64::MAX);
        self.wanted = self.wanted.map(|wanted| wanted.saturating_sub(got));
        self.token = Some(page.next).filter(|next| !next.is_empty());
        Ok(Some(page.entries))
    }

    /// Whether there are more than were wanted.
    pub const fn has_more(&self) -> bool {
        self.token.is_some()
    }

    /// Gets what comes later than all that was read; empty in an order in which that is not at the end.
    pub fn resume(&self) -> &str {
        &self.resume
    }

    pub const fn complete_until(&self) -> Option<Timestamp> {
        self.complete_until
    }
}
