//! Update of the record of a session.

use sqlx::SqliteConnection;

use super::{end::end, engine_error::EngineError, generations, outbox, session_rows, user::UserEntry};
use crate::{
    domain::{EventKind, Record},
    store::{SessionUpdate, UpdateOutcome, record, rules::liveness::session_ending},
};

/// Replaces the record of a session, which keeps its secret, its generation and its clock. A session whose time is up
/// is ended instead.
pub(super) async fn update(
    connection: &mut SqliteConnection,
    update: SessionUpdate,
) -> Result<UpdateOutcome, EngineError> {
    let SessionUpdate { now, session, expected_revision, cause } = update;
    let user = UserEntry::find_or_new(connection, session.id.handle, &session.owner).await?;
    let Some(head) = session_rows::load_head(connection, session.id).await? else {
        return Ok(UpdateOutcome::NotFound);
    };
    let mass = generations::latest_for_tenant(connection, &user.owner.tenant).await?;
    if session_ending(&head.clock, head.generation, mass.as_ref(), now).is_some() {
        let sessions = user.partition_sessions(connection, &[], now).await?;
        end(connection, &user, sessions.ended, now).await?;
        user.update_or_remove(connection, &sessions.live).await?;
        return Ok(UpdateOutcome::NotFound);
    }
    let (current, generation) = record::decode(&session_rows::load_record(connection, session.id).await?)?;
    if current.revision != expected_revision {
        return Ok(UpdateOutcome::Conflict { current: current.revision });
    }
    let record = record::encode(&Record { secret: current.secret, ..session.record }, generation)?;
    session_rows::update_record(connection, session.id, &record).await?;
    let entry = outbox::new_session_entry(EventKind::Updated, &user, &head, record, now, &cause);
    outbox::append(connection, user.handle.bucket(), &entry).await?;
    Ok(UpdateOutcome::Updated)
}
