//! A single event for all ends of a mass revocation: the audit shows each of them as if the session store had sent an
//! event for it.

use std::time::Duration;

use session_authority::{
    audit::{self, AppendReport, AuditDatabase, MassEndings, Relay},
    clock::SystemClock,
    domain::{
        Cause, EndReason, Event, EventId, EventKind, EventSubject, Owner, Session, TenantId, UnixMillis,
        event::RevocationScope,
        search::{
            AuditEvent, AuditedSession, EventSearch, PageRequest, SessionFilter, SessionSearch, SessionState,
            SessionStats, StatsQuery,
        },
    },
    store::sqlite::SqliteSessionStore,
};
use sqlx::Executor;
use tempfile::TempDir;

use super::{
    fixture::connect_audit,
    logins::{NOW, login},
};
use crate::support::postgres::PostgresServer;

const SECOND: Duration = Duration::from_secs(1);
/// The time at which the tenant is signed out, and the time before which the audit is known to be complete.
pub const REVOKED: UnixMillis = UnixMillis::new(NOW.get() + 60_000);
pub const SETTLED: UnixMillis = UnixMillis::new(REVOKED.get() + 5_000);

/// An audit database that can be opened again.
pub struct AuditTestDatabase {
    pub url: String,
    pub audit: AuditDatabase,
    _directory: Option<TempDir>,
}

impl AuditTestDatabase {
    pub async fn postgres() -> Self {
        Self::open(PostgresServer::shared().await.database().await, None).await
    }

    pub async fn sqlite() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let url = format!("sqlite://{}", directory.path().join("audit.db").display());
        Self::open(url, Some(directory)).await
    }

    async fn open(url: String, directory: Option<TempDir>) -> Self {
        let audit = audit::open(&url, true).await.expect("an audit database");
        Self { url, audit, _directory: directory }
    }

    async fn reopen(&mut self) {
        self.audit.log.close().await;
        self.audit = audit::open(&self.url, false).await.expect("an audit database");
    }

    pub async fn append(&self, events: &[Event]) -> AppendReport {
        self.audit.log.append(events).await.expect("appended")
    }

    async fn end_revoked(&self, until: UnixMillis, limit: u32) -> MassEndings {
        self.audit.log.end_revoked(until, limit).await.expect("a step")
    }

    /// Ends all affected sessions in batches of `limit`. Returns the number of ended sessions.
    async fn end_all(&self, until: UnixMillis, limit: u32) -> u64 {
        let mut ended = 0;
        for _ in 0..100 {
            let step = self.end_revoked(until, limit).await;
            assert!(step.ended <= limit.into(), "{step:?}");
            ended += step.ended;
            if !step.has_more {
                return ended;
            }
        }
        panic!("it does not finish");
    }

    pub async fn sessions(&self, state: Option<SessionState>) -> Vec<AuditedSession> {
        let search = SessionSearch { filter: SessionFilter::default(), state, end_reason: None };
        let found = self.audit.history.search_sessions(&search, PageRequest { size: 1_000, after: None }).await;
        let found = found.expect("sessions");
        let counted = self.audit.history.count_sessions(&search).await.expect("a count");
        assert_eq!(counted, found.len() as u64);
        found
    }

    /// Returns the number of active sessions, on which a search, a count and the statistics agree.
    async fn live(&self) -> u64 {
        let found = self.sessions(Some(SessionState::Live)).await.len() as u64;
        assert_eq!(self.stats().await.active_sessions, found);
        found
    }

    /// Returns the events without the time at which they were recorded.
    async fn events(&self) -> Vec<AuditEvent> {
        let page = PageRequest { size: 1_000, after: None };
        let mut events = self.audit.history.list_events(&EventSearch::default(), page).await.expect("events");
        for event in &mut events {
            event.recorded_at = UnixMillis::default();
        }
        events
    }

    async fn stats(&self) -> SessionStats {
        let query = StatsQuery {
            tenants: None,
            user: None,
            start: NOW.minus(SECOND),
            end: SETTLED.plus(SECOND),
            step: Duration::from_mins(1),
        };
        self.audit.history.stats(&query).await.expect("stats")
    }
}

pub fn tenant_session(tenant: &str, user: &str, number: u64) -> Session {
    let mut session = login(user, number).session;
    session.owner = Owner::new(tenant, user).expect("an owner");
    session
}

pub fn created_event(session: &Session, stored_at: UnixMillis) -> Event {
    session_event(EventKind::Created, session, stored_at, Cause { caller: "login".to_owned(), ..Cause::default() })
}

fn session_event(kind: EventKind, session: &Session, at: UnixMillis, cause: Cause) -> Event {
    let id = EventId::from_session(kind, session.id, session.record.revision);
    Event { id, kind, at, subject: EventSubject::Session(Box::new(session.clone())), cause }
}

fn incident() -> Cause {
    Cause {
        reason: "incident 7".to_owned(),
        actor: "admin:eve".to_owned(),
        caller: "ops".to_owned(),
        request_id: "request 7".to_owned(),
        operation_id: "operation 7".to_owned(),
        ..Cause::default()
    }
}

pub fn mass_revocation_event(scope: RevocationScope, at: UnixMillis) -> Event {
    let id = EventId::from_operation(&scope, &at.to_string());
    Event { id, kind: EventKind::RevokedAll, at, subject: EventSubject::Scope(scope), cause: incident() }
}

pub fn acme_scope() -> RevocationScope {
    RevocationScope::Tenant(TenantId::new("acme").expect("a tenant"))
}

/// Builds the event that the session store would append for the end of the session.
fn ended_event(session: &Session) -> Event {
    session_event(EventKind::Ended(EndReason::RevokedAll), session, REVOKED, incident())
}

/// Returns sessions of the tenant from before the revocation, one of another tenant, and one from after it.
fn sessions_around_revocation() -> (Vec<Session>, Vec<Event>) {
    let before: Vec<_> = (1..=5).map(|number| tenant_session("acme", &format!("user-{number}"), number)).collect();
    let other = tenant_session("globex", "bob", 10);
    // The clock of its node is behind: the time of storing decides.
    let after = tenant_session("acme", "cy", 11);
    let mut events: Vec<_> = before.iter().map(|session| created_event(session, session.record.created_at)).collect();
    events.extend([created_event(&other, other.record.created_at), created_event(&after, REVOKED)]);
    (before, events)
}

pub async fn each_session_ends_as_if_the_store_had_reported_it(one: AuditTestDatabase, by_one: AuditTestDatabase) {
    let (before, created) = sessions_around_revocation();
    for database in [&one, &by_one] {
        database.append(&created).await;
        database.append(&[mass_revocation_event(acme_scope(), REVOKED)]).await;
    }
    by_one.append(&before.iter().map(ended_event).collect::<Vec<_>>()).await;
    assert_eq!(by_one.end_all(SETTLED, 100).await, 0, "they have ended");

    assert_eq!(one.end_all(SETTLED, 2).await, 5);
    assert_eq!(one.sessions(None).await, by_one.sessions(None).await);
    assert_eq!(one.sessions(Some(SessionState::Live)).await.len(), 2);
    assert_eq!(one.events().await, by_one.events().await);
    assert_eq!(one.stats().await, by_one.stats().await);
    assert_eq!(one.stats().await.endings_by_reason, [(EndReason::RevokedAll, 5)]);
}

pub async fn everyone_is_ended(database: AuditTestDatabase, _: AuditTestDatabase) {
    let (_, created) = sessions_around_revocation();
    database.append(&created).await;
    database.append(&[mass_revocation_event(RevocationScope::Everyone, REVOKED)]).await;
    assert_eq!(database.end_all(SETTLED, 4).await, 6);
    let live = database.sessions(Some(SessionState::Live)).await;
    assert_eq!(live.iter().map(|session| session.owner.user.as_str()).collect::<Vec<_>>(), ["cy"]);
}

/// Events that ended sessions in another way take precedence, and may arrive later than the mass revocation.
pub async fn it_waits_until_everything_from_before_has_arrived(database: AuditTestDatabase, _: AuditTestDatabase) {
    let (before, created) = sessions_around_revocation();
    database.append(&[mass_revocation_event(acme_scope(), REVOKED)]).await;
    let unsettled = SETTLED.minus(Duration::from_millis(1));
    let waiting = MassEndings { ended: 0, has_more: false, unfinished: Some(REVOKED) };
    assert_eq!(database.end_revoked(unsettled, 100).await, waiting);
    database.append(&created).await;
    assert_eq!(database.end_revoked(unsettled, 100).await, waiting);
    let signed_out = REVOKED.minus(SECOND);
    let own = session_event(EventKind::Ended(EndReason::Revoked), &before[0], signed_out, Cause::default());
    database.append(&[own]).await;

    assert_eq!(database.end_all(SETTLED, 100).await, 4);
    assert_eq!(database.end_revoked(SETTLED, 100).await, MassEndings::default());
    let sessions = database.sessions(None).await;
    let first = sessions.iter().find(|session| session.id == before[0].id).expect("the session");
    let end = first.end.as_ref().expect("an end");
    assert_eq!((end.at, end.reason), (signed_out, EndReason::Revoked));
}

pub async fn what_is_yet_to_be_ended_does_not_count_as_live(database: AuditTestDatabase, _: AuditTestDatabase) {
    let (_, created) = sessions_around_revocation();
    database.append(&created).await;
    assert_eq!(
        (database.sessions(Some(SessionState::Live)).await.len(), database.stats().await.active_sessions),
        (7, 7)
    );
    database.append(&[mass_revocation_event(acme_scope(), REVOKED)]).await;
    assert_eq!(
        (database.sessions(Some(SessionState::Live)).await.len(), database.stats().await.active_sessions),
        (2, 2)
    );
    assert_eq!(database.sessions(None).await.len(), 7);
}

/// If several mass revocations are pending, the last one of the tenant and the last one of everyone count.
pub async fn several_that_are_yet_to_be_ended_count_together(database: AuditTestDatabase, _: AuditTestDatabase) {
    let (_, created) = sessions_around_revocation();
    database.append(&created).await;
    let long_ago = NOW.minus(SECOND);
    database
        .append(&[
            mass_revocation_event(RevocationScope::Everyone, long_ago),
            mass_revocation_event(acme_scope(), long_ago),
        ])
        .await;
    assert_eq!(database.live().await, 7);
    database
        .append(&[
            mass_revocation_event(acme_scope(), REVOKED),
            mass_revocation_event(acme_scope(), long_ago.plus(SECOND / 2)),
        ])
        .await;
    assert_eq!(database.live().await, 2);
    database.append(&[mass_revocation_event(RevocationScope::Everyone, REVOKED.minus(SECOND))]).await;
    assert_eq!(database.live().await, 1);
    database.append(&[mass_revocation_event(RevocationScope::Everyone, REVOKED.plus(SECOND))]).await;
    assert_eq!(database.live().await, 0);
}

/// A relay that was killed appends the entries again that it had not deleted, and resumes.
pub async fn repeats_and_a_restart_in_the_middle_change_nothing(mut database: AuditTestDatabase, _: AuditTestDatabase) {
    let (before, created) = sessions_around_revocation();
    database.append(&created).await;
    let mass = mass_revocation_event(acme_scope(), REVOKED);
    database.append(std::slice::from_ref(&mass)).await;
    assert_eq!(
        database.end_revoked(SETTLED, 2).await,
        MassEndings { ended: 2, has_more: true, unfinished: Some(REVOKED) }
    );
    database.reopen().await;
    assert_eq!(database.append(std::slice::from_ref(&mass)).await, AppendReport { added: 0, duplicates: 1 });
    assert_eq!(database.end_all(SETTLED, 2).await, 3);
    assert_eq!(database.append(&[mass]).await, AppendReport { added: 0, duplicates: 1 });
    assert_eq!(database.end_all(SETTLED, 2).await, 0);
    // The store appends an event of the session itself if it is not certain that the single event covers it.
    assert_eq!(database.append(&[ended_event(&before[4])]).await, AppendReport { added: 0, duplicates: 1 });
    let endings = database.events().await.into_iter().filter(|event| event.end_reason.is_some());
    assert_eq!(endings.count(), 5);
}

/// The promise of completeness ends before a mass revocation with pending sessions.
pub async fn the_audit_is_complete_no_further_than_an_unfinished_mass_revocation(
    database: AuditTestDatabase,
    _: AuditTestDatabase,
) {
    let (_, created) = sessions_around_revocation();
    database.append(&created).await;
    database.append(&[mass_revocation_event(acme_scope(), REVOKED)]).await;
    let store = SqliteSessionStore::open("sqlite::memory:").await.expect("a store");
    let relay = Relay::new(std::sync::Arc::new(store), database.audit.log.clone(), std::sync::Arc::new(SystemClock));
    let unsettled = SETTLED.minus(SECOND);
    assert_eq!(relay.end_revoked(unsettled).await.expect("complete"), REVOKED);
    assert_eq!(database.sessions(Some(SessionState::Ended)).await.len(), 0);
    assert_eq!(relay.end_revoked(SETTLED).await.expect("complete"), SETTLED);
    assert_eq!(database.sessions(Some(SessionState::Ended)).await.len(), 5);
}

/// Several nodes end the sessions of one mass revocation, each session once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_nodes_share_the_work() {
    let url = PostgresServer::shared().await.database().await;
    let nodes = [AuditTestDatabase::open(url.clone(), None).await, AuditTestDatabase::open(url.clone(), None).await];
    let sessions: Vec<_> = (1..=400).map(|number| tenant_session("acme", &format!("user-{number}"), number)).collect();
    let events: Vec<_> = sessions.iter().map(|session| created_event(session, session.record.created_at)).collect();
    nodes[0].append(&events).await;
    nodes[1].append(&[mass_revocation_event(acme_scope(), REVOKED)]).await;

    let (one, other) = tokio::join!(nodes[0].end_all(SETTLED, 7), nodes[1].end_all(SETTLED, 11));
    assert_eq!(one + other, 400);
    assert!(one > 0 && other > 0, "{one} and {other}");
    assert_eq!(nodes[0].end_revoked(SETTLED, 7).await, MassEndings::default());
    let endings = nodes[0].events().await.into_iter().filter(|event| event.end_reason.is_some());
    assert_eq!(endings.count(), 400);
}

/// The end of a session does not name a person that is being erased.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_written_about_a_person_who_was_forgotten() {
    for database in [AuditTestDatabase::postgres().await, AuditTestDatabase::sqlite().await] {
        let (before, created) = sessions_around_revocation();
        database.append(&created).await;
        database.append(&[mass_revocation_event(acme_scope(), REVOKED)]).await;
        database.audit.log.erase_user(&before[0].owner, REVOKED).await.expect("forgotten");
        assert_eq!(database.end_all(SETTLED, 100).await, 4);
        let user = &before[0].owner.user;
        assert!(database.events().await.iter().all(|event| event.user.as_ref() != Some(user)));
    }
}

/// An erasure deletes the session that the end would be written from. The end counts nevertheless.
pub async fn a_person_who_is_forgotten_in_between_is_counted_as_ended(
    forgetting: AuditTestDatabase,
    keeping: AuditTestDatabase,
) {
    let (before, created) = sessions_around_revocation();
    for database in [&forgetting, &keeping] {
        database.append(&created).await;
        database.append(&[mass_revocation_event(acme_scope(), REVOKED)]).await;
        database.append(&[mass_revocation_event(RevocationScope::Everyone, REVOKED.plus(SECOND))]).await;
    }
    forgetting.audit.log.erase_user(&before[0].owner, SETTLED).await.expect("forgotten");
    let settled = SETTLED.plus(SECOND);
    assert_eq!((forgetting.end_all(settled, 100).await, keeping.end_all(settled, 100).await), (6, 7));

    let (forgotten, kept) = (forgetting.stats().await, keeping.stats().await);
    assert_eq!(forgotten.endings_by_reason, [(EndReason::RevokedAll, 7)]);
    assert_eq!((forgotten.endings, forgotten.series), (kept.endings, kept.series));
    let user = Some(&before[0].owner.user);
    let events = forgetting.events().await;
    assert!(events.iter().all(|event| event.user.as_ref() != user && event.session != Some(before[0].id)));
    let at = |events: Vec<AuditEvent>| {
        let endings = events.into_iter().filter(|event| event.end_reason.is_some());
        endings.map(|event| event.at).collect::<Vec<_>>()
    };
    assert_eq!(at(events), at(keeping.events().await));
}

/// A session that had ended before is not counted twice.
pub async fn a_person_who_is_forgotten_afterwards_is_not_ended_again(
    database: AuditTestDatabase,
    _: AuditTestDatabase,
) {
    let (before, created) = sessions_around_revocation();
    database.append(&created).await;
    let own = session_event(EventKind::Ended(EndReason::Revoked), &before[0], REVOKED.minus(SECOND), Cause::default());
    database.append(&[own, mass_revocation_event(acme_scope(), REVOKED)]).await;
    assert_eq!(database.end_revoked(SETTLED, 1).await.ended, 1);
    for session in &before {
        database.audit.log.erase_user(&session.owner, SETTLED).await.expect("forgotten");
    }
    assert_eq!(database.end_all(SETTLED, 100).await, 0);
    assert_eq!(database.stats().await.endings_by_reason, [(EndReason::RevokedAll, 4), (EndReason::Revoked, 1)]);
}

/// An erasure that stops halfway has marked the person; ending the sessions must not lose the end.
#[tokio::test]
async fn a_person_whose_forgetting_failed_halfway_is_counted_as_ended() {
    let database = AuditTestDatabase::postgres().await;
    let (before, created) = sessions_around_revocation();
    database.append(&created).await;
    database.append(&[mass_revocation_event(acme_scope(), REVOKED)]).await;
    let refuse = "
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION 'not now' USING ERRCODE = 'query_canceled'; END $$;
        CREATE TRIGGER refuse BEFORE DELETE ON sessions FOR EACH ROW EXECUTE FUNCTION refuse()";
    let mut admin = connect_audit(&database.url).await;
    admin.execute(refuse).await.expect("a trigger");
    assert!(database.audit.log.erase_user(&before[0].owner, SETTLED).await.is_err());
    assert_eq!(database.end_all(SETTLED, 100).await, 5);
    admin.execute("DROP TRIGGER refuse ON sessions").await.expect("dropped");
    database.audit.log.erase_user(&before[0].owner, SETTLED).await.expect("forgotten");

    assert_eq!(database.stats().await.endings_by_reason, [(EndReason::RevokedAll, 5)]);
    let user = Some(&before[0].owner.user);
    assert!(database.events().await.iter().all(|event| event.user.as_ref() != user));
}
