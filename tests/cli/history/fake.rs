//! A fake administration service with given content, to test how commands handle its responses.

use std::{
    collections::HashMap,
    process::Command,
    sync::{Arc, Mutex},
    time::Duration,
};

use prost_types::Timestamp;
use session_authority::{
    api::{
        self,
        admin_service_server::{AdminService, AdminServiceServer},
    },
    clock::{Clock, SystemClock},
};
use tokio::{net::TcpListener, sync::Notify, task::JoinSet};
use tokio_stream::iter;
use tonic::{
    Code, Request, Response, Status,
    codegen::BoxStream,
    transport::{Server, server::TcpIncoming},
};
use tonic_types::{ErrorDetails, StatusExt};

use crate::cli::program::{ProgramOutput, program, run};

/// The content of the service, and the requests that it received.
pub struct FakeAdministration {
    /// Events, returned in pages of at most 200, each followed by an empty page.
    pub events: Vec<api::AuditEvent>,
    /// The lag of the audit.
    pub behind: Duration,
    /// Number of pages that are returned; the response to the next request never comes.
    pub pages: usize,
    /// Number of active sessions; each message ends one.
    pub live: u64,
    pub list_requests: Mutex<Vec<api::ListEventsRequest>>,
    pub revoke_requests: Mutex<Vec<api::RevokeWhereRequest>>,
    /// Notified when a page is requested whose response never comes.
    pub page_withheld: Notify,
}

impl Default for FakeAdministration {
    fn default() -> Self {
        Self {
            events: Vec::new(),
            behind: Duration::ZERO,
            pages: usize::MAX,
            live: 0,
            list_requests: Mutex::default(),
            revoke_requests: Mutex::default(),
            page_withheld: Notify::new(),
        }
    }
}

/// The running service.
pub struct FakeServer {
    pub administration: Arc<FakeAdministration>,
    url: String,
    _serving: JoinSet<()>,
}

impl FakeServer {
    pub async fn serve(administration: FakeAdministration) -> Self {
        let administration = Arc::new(administration);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let service = AdminServiceServer::from_arc(Arc::clone(&administration));
        let served = Server::builder().add_service(service).serve_with_incoming(TcpIncoming::from(listener));
        let mut serving = JoinSet::new();
        serving.spawn(async { served.await.expect("a server") });
        Self { administration, url, _serving: serving }
    }

    pub fn program(&self, args: &[&str]) -> Command {
        let mut command = program();
        command.args(args).env("SESSION_AUTHORITY_SERVER", &self.url);
        command
    }

    pub async fn run(&self, args: &[&str]) -> ProgramOutput {
        let mut command = self.program(args);
        tokio::task::spawn_blocking(move || run(&mut command, "")).await.expect("a run")
    }
}

/// Returns `count` sign-ins, the latest first.
pub fn events(count: i64) -> Vec<api::AuditEvent> {
    let event = |number| api::AuditEvent {
        event_id: format!("event-{number}"),
        kind: api::AuditEventKind::SessionCreated.into(),
        user_id: format!("user-{number}"),
        session_id: format!("session-{number}"),
        occurred_at: Some(Timestamp { seconds: 1_700_000_000 + number, nanos: 0 }),
        ..api::AuditEvent::default()
    };
    (0..count).rev().map(event).collect()
}

#[tonic::async_trait]
impl AdminService for FakeAdministration {
    async fn search_sessions(
        &self,
        _: Request<api::SearchSessionsRequest>,
    ) -> Result<Response<api::SearchSessionsResponse>, Status> {
        Ok(Response::new(api::SearchSessionsResponse { complete_until: Some(self.complete()), ..Default::default() }))
    }

    async fn list_events(
        &self,
        request: Request<api::ListEventsRequest>,
    ) -> Result<Response<api::ListEventsResponse>, Status> {
        let request = request.into_inner();
        let asked = {
            let mut asked = self.list_requests.lock().expect("no panic");
            asked.push(request.clone());
            asked.len()
        };
        if asked > self.pages {
            self.page_withheld.notify_one();
            std::future::pending::<()>().await;
        }
        // A page token states where its page starts; an empty page precedes every page but the first.
        let (start, is_empty) = match request.page_token.split_once(' ') {
            Some(("empty", start)) => (start.parse().expect("a number"), true),
            Some((_, start)) => (start.parse().expect("a number"), false),
            None => (0, false),
        };
        let rest = &self.events[start..];
        let page = if is_empty { &[] } else { &rest[..rest.len().min(request.page_size as usize)] };
        let next = match (is_empty, start + page.len()) {
            (true, next) => format!("at {next}"),
            (false, next) if next == self.events.len() => String::new(),
            (false, next) => format!("empty {next}"),
        };
        let answer = api::ListEventsResponse {
            events: page.to_vec(),
            next_page_token: next,
            complete_until: Some(self.complete()),
            resume_token: String::new(),
        };
        Ok(Response::new(answer))
    }

    async fn revoke_where(
        &self,
        request: Request<api::RevokeWhereRequest>,
    ) -> Result<Response<BoxStream<api::RevokeWhereResponse>>, Status> {
        let request = request.into_inner();
        self.revoke_requests.lock().expect("no panic").push(request.clone());
        if request.max_count > 0 && self.live > request.max_count {
            let mut details = ErrorDetails::new();
            details.set_error_info("TOO_MANY_MATCHES", "session.v1", HashMap::new());
            let text = format!("{} sessions match", self.live);
            return Err(Status::with_error_details(Code::FailedPrecondition, text, details));
        }
        let matched = self.live;
        let last = if request.dry_run { 0 } else { matched };
        let complete_until = Some(self.complete());
        let message = move |revoked| {
            let session = api::Session { session_id: "sample-1".to_owned(), ..api::Session::default() };
            let entry = api::SessionEntry { session: Some(session), ..api::SessionEntry::default() };
            Ok(api::RevokeWhereResponse {
                matched_count: matched,
                revoked_count: revoked,
                sample: if revoked == 0 && matched > 0 { vec![entry] } else { Vec::new() },
                done: revoked == last,
                complete_until: complete_until.filter(|_| revoked == 0),
            })
        };
        Ok(Response::new(Box::pin(iter((0..=last).map(message)))))
    }
}

impl FakeAdministration {
    fn complete(&self) -> Timestamp {
        let until = SystemClock.now().minus(self.behind).get();
        let seconds = i64::try_from(until / 1000).expect("a time");
        Timestamp { seconds, nanos: 0 }
    }
}
