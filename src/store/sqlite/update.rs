//! Another record for a session.

use sqlx::SqliteConnection;

use super::{end::end, fault::Fault, generations, outbox, session_rows, survey::ending, user::User};
use crate::{
    domain::{EventKind, Record},
    store::{Update, UpdateOutcome, record},
};

/// The session keeps its secret, its generation and its clock. One that is over is ended instead.
pub(super) async fn update(connection: &mut SqliteConnection, update: Update) -> Result<UpdateOutcome, Fault> {
    let Update { now, session, expected_revision, cause } = update;
    let user = User::admit(connection, session.id.handle, &session.owner).await?;
    let Some(standing) = session_rows::standing_one(connection, session.id).await? else {
        return Ok(UpdateOutcome::Gone);
    };
    let mass = generations::concerning(connection, &user.owner.tenant).await?;
    if ending(&standing.clock, standing.generation, mass.as_ref(), now).is_some() {
        let survey = user.survey(connection, &[], now).await?;
        end(connection, &user, survey.over, now).await?;
        user.settle(connection, &survey.live).await?;
        return Ok(UpdateOutcome::Gone);
    }
    let (current, generation) = record::decode(&session_rows::record(connection, session.id).await?)?;
    if current.revision != expected_revision {
        return Ok(UpdateOutcome::Conflict { current: current.revision });
    }
    let record = record::encode(&Record { secret: current.secret, ..session.record }, generation)?;
    session_rows::put_record(connection, session.id, &record).await?;
    let entry = outbox::of_session(EventKind::Updated, &user, &standing, record, now, &cause);
    outbox::append(connection, user.handle.bucket(), &entry).await?;
    Ok(UpdateOutcome::Updated)
}
