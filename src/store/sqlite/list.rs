//! The live sessions of a user.

use std::collections::HashMap;

use sqlx::SqliteConnection;

use super::{end::end, fault::Fault, session_rows, survey::Standing, user::User};
use crate::{
    domain::{Owner, Session, UnixMillis, UserHandle},
    store::{StoreError, Touch, record},
};

/// What is over is ended on the way.
pub(super) async fn list(
    connection: &mut SqliteConnection,
    owner: &Owner,
    handle: UserHandle,
    touches: &[Touch],
    now: UnixMillis,
) -> Result<Vec<Session>, Fault> {
    let user = User::admit(connection, handle, owner).await?;
    let survey = user.survey(connection, touches, now).await?;
    session_rows::put_touched(connection, handle, &survey.live).await?;
    if !end(connection, &user, survey.over, now).await?.is_empty() {
        user.settle(connection, &survey.live).await?;
    }
    listed(connection, &user, survey.live).await
}

/// The same without writing: what is over is left out, and the touches are counted in.
pub(super) async fn read(
    connection: &mut SqliteConnection,
    owner: &Owner,
    handle: UserHandle,
    touches: &[Touch],
    now: UnixMillis,
) -> Result<Vec<Session>, Fault> {
    let user = User::admit(connection, handle, owner).await?;
    let survey = user.survey(connection, touches, now).await?;
    listed(connection, &user, survey.live).await
}

/// `live` sessions, least recently active first, with their records; most recently active first.
async fn listed(connection: &mut SqliteConnection, user: &User, live: Vec<Standing>) -> Result<Vec<Session>, Fault> {
    let mut records: HashMap<_, _> = session_rows::records(connection, user.handle).await?.into_iter().collect();
    let mut listed = Vec::with_capacity(live.len());
    for standing in live.into_iter().rev() {
        let record = records
            .remove(&standing.unique)
            .ok_or_else(|| StoreError::corrupt("listing sessions", "a session has no record"))?;
        let (record, _) = record::decode(&record)?;
        let (id, owner) = (user.session_id(&standing), user.owner.clone());
        listed.push(Session { id, owner, record, clock: standing.clock });
    }
    Ok(listed)
}
