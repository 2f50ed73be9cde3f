//! Creation of a session.

use sqlx::SqliteConnection;

use super::{
    end::{end, end_all},
    engine_error::EngineError,
    findings::{self, EvictedSessions},
    floors, generations, histories, outbox, requests, session_rows,
    user::UserEntry,
};
use crate::{
    domain::{EndReason, EventKind, Session, SessionEnding, UnixMillis},
    store::{
        CreateOutcome, RequestKey, SessionCreation, record,
        rules::{
            eviction::{EvictionPlan, LimitReached, plan_eviction},
            liveness::{EndingDetails, SessionHead},
            start::session_start,
        },
    },
};

/// Creates a session. All decisions precede the first write, so a refusal changes nothing.
pub(super) async fn create(
    connection: &mut SqliteConnection,
    mut creation: SessionCreation,
) -> Result<CreateOutcome, EngineError> {
    let now = creation.now;
    let generation = generations::latest(connection).await?;
    let user = UserEntry::find_or_new(connection, creation.session.id.handle, &creation.session.owner).await?;
    let sessions = user.partition_sessions(connection, &creation.touches, now).await?;

    if let Some(request) = &creation.request
        && let Some(outcome) = find_repeated_request(connection, &user, request, &sessions.live, now).await?
    {
        return Ok(outcome);
    }
    let floor = floors::load(connection, user.handle).await?;
    let mass_floor = generations::floor(connection, &user.owner.tenant).await?;
    let floor = floor.max(mass_floor);
    if let Some(floor) = floor.filter(|floor| !creation.is_authenticated_after(*floor)) {
        return Ok(CreateOutcome::AuthenticatedBeforeRevocation { floor: floor.min(now) });
    }
    let created_at = session_start(floor, mass_floor, now);
    creation.session.record.set_start(created_at);
    // The sweep uses the last activity, and the audit uses the start, to determine which sessions a mass revocation
    // ended.
    creation.session.clock.last_active = creation.session.clock.last_active.max(created_at);
    let session = &creation.session;
    let record = record::encode(&session.record, generation)?;
    let device = session.record.device.named_by_caller.then_some(session.clock.device);
    let plan = match plan_eviction(sessions.live, device, creation.limit, creation.on_limit) {
        Ok(plan) => plan,
        Err(LimitReached { live }) => return Ok(CreateOutcome::LimitReached { live }),
    };

    let (version, _) = histories::load(connection, user.handle).await?;
    if let Some(update) = &creation.history
        && update.expected_version.is_some_and(|expected| expected != version)
    {
        return Ok(CreateOutcome::HistoryConflict);
    }

    let mut ended = end(connection, &user, sessions.ended, now).await?;
    let evicted = EvictedSessions {
        sessions: u64::try_from(plan.evicted.len()).unwrap_or(u64::MAX),
        record: match plan.evicted.first() {
            Some(first) => session_rows::load_record(connection, user.session_id(first)).await?,
            None => Vec::new(),
        },
    };
    let remaining = apply_eviction_plan(connection, &user, plan, &creation, &mut ended).await?;
    let created = SessionHead { unique: session.id.unique, clock: session.clock, generation, touched: false };
    insert_session(connection, &user, remaining, &created, record, &creation).await?;
    if let Some(update) = &creation.history {
        histories::put(connection, user.handle, version, update, now).await?;
    }
    let raised = findings::raise_alerts(connection, user.handle, &creation.findings, &evicted, now).await?;
    Ok(CreateOutcome::Created { session: Box::new(creation.session), ended, alerts: raised })
}

/// Returns the earlier outcome of the same request, or `None` if the request is new.
async fn find_repeated_request(
    connection: &mut SqliteConnection,
    user: &UserEntry,
    request: &RequestKey,
    live: &[SessionHead],
    now: UnixMillis,
) -> Result<Option<CreateOutcome>, EngineError> {
    let Some(known) = requests::find(connection, user.handle, request.id, now).await? else {
        return Ok(None);
    };
    if known.request.body != request.body {
        return Ok(Some(CreateOutcome::RequestIdReused));
    }
    let Some(created) = live.iter().find(|session| session.unique == known.session) else {
        return Ok(Some(CreateOutcome::RepeatedEnded));
    };
    let id = user.session_id(created);
    let (record, _) = record::decode(&session_rows::load_record(connection, id).await?)?;
    let session = Session { id, owner: user.owner.clone(), record, clock: created.clock };
    Ok(Some(CreateOutcome::Repeated { session: Box::new(session), request: known.request }))
}

/// Ends the replaced and evicted sessions, and writes the activity of the remaining ones.
async fn apply_eviction_plan(
    connection: &mut SqliteConnection,
    user: &UserEntry,
    plan: EvictionPlan,
    creation: &SessionCreation,
    ended: &mut Vec<SessionEnding>,
) -> Result<Vec<SessionHead>, EngineError> {
    let EvictionPlan { remaining, replaced, evicted } = plan;
    for (sessions, reason) in [(replaced, EndReason::Replaced), (evicted, EndReason::Evicted)] {
        let ending = EndingDetails { reason, at: creation.now, cause: creation.cause.clone() };
        ended.extend(end_all(connection, user, sessions, &ending).await?);
    }
    session_rows::update_touched_clocks(connection, user.handle, &remaining).await?;
    Ok(remaining)
}

/// Writes the session with its event, and stores the request that created it.
async fn insert_session(
    connection: &mut SqliteConnection,
    user: &UserEntry,
    remaining: Vec<SessionHead>,
    created: &SessionHead,
    record: Vec<u8>,
    creation: &SessionCreation,
) -> Result<(), EngineError> {
    let id = creation.session.id;
    let sessions = [remaining, vec![created.clone()]].concat();
    user.put(connection, &sessions).await?;
    session_rows::insert(connection, user.handle, created, &record).await?;
    if let Some(request) = &creation.request {
        requests::put(connection, id, request, creation.now).await?;
    }
    let created_at = creation.session.record.created_at;
    let entry = outbox::new_session_entry(EventKind::Created, user, created, record, created_at, &creation.cause);
    outbox::append(connection, user.handle.bucket(), &entry).await
}
