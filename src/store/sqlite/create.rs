//! Making a session.

use std::time::Duration;

use sqlx::SqliteConnection;

use super::{
    end::{end, end_all},
    fault::Fault,
    findings::{self, Evicted},
    floors, generations, histories, outbox, requests,
    room::{self, Full, Room},
    session_rows,
    survey::{Ending, Standing},
    user::User,
};
use crate::{
    domain::{EndReason, Ended, EventKind, Session, UnixMillis},
    store::{CreateOutcome, Creation, RequestKey, record},
};

/// Everything is decided before the first write, so that a refusal leaves nothing behind.
pub(super) async fn create(connection: &mut SqliteConnection, mut creation: Creation) -> Result<CreateOutcome, Fault> {
    let now = creation.now;
    let generation = generations::latest(connection).await?;
    let user = User::admit(connection, creation.session.id.handle, &creation.session.owner).await?;
    let survey = user.survey(connection, &creation.touches, now).await?;

    if let Some(request) = &creation.request
        && let Some(outcome) = repeated(connection, &user, request, &survey.live, now).await?
    {
        return Ok(outcome);
    }
    let floor = floors::of(connection, user.handle).await?;
    let mass_floor = generations::floor(connection, &user.owner.tenant).await?;
    let floor = floor.max(mass_floor);
    if let Some(floor) = floor.filter(|floor| !creation.is_proven_after(*floor)) {
        return Ok(CreateOutcome::AuthenticatedBeforeRevocation { floor: floor.min(now) });
    }
    let created_at = started_at(floor, mass_floor, now);
    creation.session.record.set_start(created_at);
    // A sweep tells by the last activity what the audit tells by the start: which sessions a mass revocation ended.
    creation.session.clock.last_active = creation.session.clock.last_active.max(created_at);
    let session = &creation.session;
    let record = record::encode(&session.record, generation)?;
    let device = session.record.device.named_by_caller.then_some(session.clock.device);
    let room = match room::make_room(survey.live, device, creation.limit, creation.on_limit) {
        Ok(room) => room,
        Err(Full { live }) => return Ok(CreateOutcome::LimitReached { live }),
    };

    let (version, _) = histories::of(connection, user.handle).await?;
    if let Some(update) = &creation.history
        && update.expected_version.is_some_and(|expected| expected != version)
    {
        return Ok(CreateOutcome::HistoryMoved);
    }

    let mut ended = end(connection, &user, survey.over, now).await?;
    let evicted = Evicted {
        sessions: u64::try_from(room.evicted.len()).unwrap_or(u64::MAX),
        record: match room.evicted.first() {
            Some(first) => session_rows::record(connection, user.session_id(first)).await?,
            None => Vec::new(),
        },
    };
    let staying = give_way(connection, &user, room, &creation, &mut ended).await?;
    let made = Standing { unique: session.id.unique, clock: session.clock, generation, touched: false };
    put(connection, &user, staying, &made, record, &creation).await?;
    if let Some(update) = &creation.history {
        histories::put(connection, user.handle, version, update, now).await?;
    }
    let raised = findings::raise(connection, user.handle, &creation.findings, &evicted, now).await?;
    Ok(CreateOutcome::Created { session: Box::new(creation.session), ended, raised })
}

/// A step may have waited for its turn for so long since its time was read.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// When a session begins that is made `now`: later than every revocation before it, also within the same millisecond. So
/// times tell which sessions a revocation has ended. A user's floor further ahead was left by a clock that was wrong.
fn started_at(floor: Option<UnixMillis>, mass_floor: Option<UnixMillis>, now: UnixMillis) -> UnixMillis {
    let plausible = floor.filter(|floor| *floor <= now.plus(LONGEST_WAIT));
    let after = |floor: UnixMillis| floor.plus(Duration::from_millis(1));
    plausible.max(mass_floor).map_or(now, |floor| after(floor).max(now))
}

/// What the same request led to before.
async fn repeated(
    connection: &mut SqliteConnection,
    user: &User,
    request: &RequestKey,
    live: &[Standing],
    now: UnixMillis,
) -> Result<Option<CreateOutcome>, Fault> {
    let Some(known) = requests::known(connection, user.handle, request.id, now).await? else {
        return Ok(None);
    };
    if known.request.body != request.body {
        return Ok(Some(CreateOutcome::RequestIdReused));
    }
    let Some(made) = live.iter().find(|session| session.unique == known.made) else {
        return Ok(Some(CreateOutcome::RepeatedEnded));
    };
    let id = user.session_id(made);
    let (record, _) = record::decode(&session_rows::record(connection, id).await?)?;
    let session = Session { id, owner: user.owner.clone(), record, clock: made.clock };
    Ok(Some(CreateOutcome::Repeated { session: Box::new(session), request: known.request }))
}

/// Ends what gives way, and writes the activity of what stays.
async fn give_way(
    connection: &mut SqliteConnection,
    user: &User,
    room: Room,
    creation: &Creation,
    ended: &mut Vec<Ended>,
) -> Result<Vec<Standing>, Fault> {
    let Room { staying, replaced, evicted } = room;
    for (sessions, reason) in [(replaced, EndReason::Replaced), (evicted, EndReason::Evicted)] {
        let ending = Ending { reason, at: creation.now, cause: creation.cause.clone() };
        ended.extend(end_all(connection, user, sessions, &ending).await?);
    }
    session_rows::put_touched(connection, user.handle, &staying).await?;
    Ok(staying)
}

/// Writes the session with its event, and remembers the request that made it.
async fn put(
    connection: &mut SqliteConnection,
    user: &User,
    staying: Vec<Standing>,
    made: &Standing,
    record: Vec<u8>,
    creation: &Creation,
) -> Result<(), Fault> {
    let id = creation.session.id;
    let sessions = [staying, vec![made.clone()]].concat();
    user.put(connection, &sessions).await?;
    session_rows::put(connection, user.handle, made, &record).await?;
    if let Some(request) = &creation.request {
        requests::put(connection, id, request, creation.now).await?;
    }
    let created_at = creation.session.record.created_at;
    let entry = outbox::of_session(EventKind::Created, user, made, record, created_at, &creation.cause);
    outbox::append(connection, user.handle.bucket(), &entry).await
}
