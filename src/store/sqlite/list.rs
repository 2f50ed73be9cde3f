//! The live sessions of a user.

use std::collections::HashMap;

use sqlx::SqliteConnection;

use super::{end::end, fault::Fault, session_rows, user::User};
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
    let mut records: HashMap<_, _> = session_rows::records(connection, handle).await?.into_iter().collect();
    let mut listed = Vec::with_capacity(survey.live.len());
    for standing in survey.live.into_iter().rev() {
        let record = records
            .remove(&standing.unique)
            .ok_or_else(|| StoreError::corrupt("listing sessions", "a session has no record"))?;
        let (record, _) = record::decode(&record)?;
        listed.push(Session { id: user.session_id(&standing), owner: owner.clone(), record, clock: standing.clock });
    }
    Ok(listed)
}
