//! What is known of a user.

use std::collections::HashMap;

use sqlx::SqliteConnection;

use super::{fault::Fault, histories, session_rows, survey::Standing, user::User};
use crate::{
    domain::{Owner, Session, UnixMillis, UserHandle},
    store::{Acquaintance, StoreError, findings::readable_history, record},
};

/// Reads only.
pub(super) async fn acquaint(
    connection: &mut SqliteConnection,
    owner: &Owner,
    handle: UserHandle,
    now: UnixMillis,
) -> Result<Acquaintance, Fault> {
    let user = User::admit(connection, handle, owner).await?;
    let survey = user.survey(connection, &[], now).await?;
    let records: HashMap<_, _> = session_rows::records(connection, handle).await?.into_iter().collect();
    let (version, history) = histories::of(connection, handle).await?;
    let read = |standing: Standing| {
        let bytes = records.get(&standing.unique).map(Vec::as_slice).unwrap_or_default();
        let session = record::decode(bytes).map(|(record, _)| session(&user, &standing, record));
        session.inspect_err(|error: &StoreError| tracing::warn!(%error, "a live session cannot be read")).ok()
    };
    let live = survey.live.into_iter().rev().filter_map(read).collect();
    Ok(Acquaintance { version, history: readable_history(&history), live })
}

fn session(user: &User, standing: &Standing, record: crate::domain::Record) -> Session {
    Session { id: user.session_id(standing), owner: user.owner.clone(), record, clock: standing.clock }
}
