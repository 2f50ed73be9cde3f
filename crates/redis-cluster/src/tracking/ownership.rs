//! Checks that a master is still the same server and still has its parts.

use redis::{Pipeline, RedisError, RedisResult, Value};

use super::{connection::TrackingConnection, tracked_data::TrackedData};
use crate::{
    redirect::Redirect,
    role::{REPLICA, ServerIdentity},
};

/// The ownership of a part, as a server reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PartOwnership {
    /// The server has the whole part.
    Owned,
    /// The server has the part, and it contains nothing: it was emptied, or is new.
    Empty,
    /// The part is on another server, or is moving there.
    Moved,
}

/// Checks the ownership of each part, and the layout version. Fails if nothing that the server reports can be relied
/// upon any more. Waits for the response for as long as the caller does.
///
/// While a slot is moving, a missing key may be written at its new place, and no invalidation of that arrives here. So
/// the check covers two keys of each part.
pub(super) async fn check_ownership_and_layout<T: TrackedData>(
    data: &T,
    connection: &TrackingConnection<T>,
    parts: &[T::Part],
) -> Result<Vec<PartOwnership>, String> {
    let mut pipe = redis::pipe();
    append_ownership_commands(data, parts, &mut pipe);
    // That of one part stands for all.
    if let Some(part) = parts.first() {
        pipe.add_command(data.layout_command(*part));
    }
    let mut answers = send_verified(connection, pipe).await?;
    let layout = answers.split_off(parts.len());
    layout.into_iter().try_for_each(|answer| check_layout(data, connection, answer))?;
    answers.into_iter().map(|answer| parse_ownership(connection, answer)).collect()
}

/// Checks the ownership without the layout. No response to a later command arrives before the result.
pub(super) async fn check_ownership<T: TrackedData>(
    data: &T,
    connection: &TrackingConnection<T>,
    parts: &[T::Part],
) -> Result<Vec<PartOwnership>, String> {
    let mut pipe = redis::pipe();
    append_ownership_commands(data, parts, &mut pipe);
    send_verified(connection, pipe).await?.into_iter().map(|answer| parse_ownership(connection, answer)).collect()
}

/// Returns the answers of a server that reports, after all of them, that it is still the same master as when the
/// connection was made; otherwise fails.
async fn send_verified<T: TrackedData>(
    connection: &TrackingConnection<T>,
    mut pipe: Pipeline,
) -> Result<Vec<RedisResult<Value>>, String> {
    pipe.cmd("INFO").arg("replication");
    let mut answers = connection.send(pipe).await.map_err(|error| truncate_error(&error))?;
    check_identity(connection, answers.pop())?;
    Ok(answers)
}

fn append_ownership_commands<T: TrackedData>(data: &T, parts: &[T::Part], pipe: &mut Pipeline) {
    for part in parts {
        pipe.cmd("EXISTS").arg(&data.presence_keys(*part)[..]);
    }
}

fn parse_ownership<T: TrackedData>(
    connection: &TrackingConnection<T>,
    answer: RedisResult<Value>,
) -> Result<PartOwnership, String> {
    match answer {
        Ok(Value::Int(0)) => Ok(PartOwnership::Empty),
        Ok(Value::Int(_)) => Ok(PartOwnership::Owned),
        Ok(_) => Err("unexpected reply".to_owned()),
        Err(error) if is_redirect(connection, &error) => Ok(PartOwnership::Moved),
        Err(error) => Err(truncate_error(&error)),
    }
}

fn check_layout<T: TrackedData>(
    data: &T,
    connection: &TrackingConnection<T>,
    answer: RedisResult<Value>,
) -> Result<(), String> {
    match answer {
        Ok(layout) => data.check_layout(&layout),
        Err(error) if is_redirect(connection, &error) => Ok(()),
        Err(error) => Err(truncate_error(&error)),
    }
}

pub(super) fn check_identity<T: TrackedData>(
    connection: &TrackingConnection<T>,
    answer: Option<RedisResult<Value>>,
) -> Result<(), String> {
    let info = match answer {
        Some(Ok(info)) => redis::from_redis_value::<String>(info).unwrap_or_default(),
        Some(Err(error)) => return Err(truncate_error(&error)),
        None => String::new(),
    };
    match ServerIdentity::parse(&info) {
        Some(ServerIdentity { is_master: true, replication_id }) if replication_id == connection.replication_id => {
            Ok(())
        }
        Some(ServerIdentity { is_master: false, .. }) => Err(REPLICA.to_owned()),
        _ => Err("its replication id has changed".to_owned()),
    }
}

/// Returns whether the error says that the server does not have the part, or not all of it.
pub(super) fn is_redirect<T: TrackedData>(connection: &TrackingConnection<T>, error: &RedisError) -> bool {
    matches!(
        Redirect::from_error(error, &connection.endpoint),
        Some(Redirect::Moved(_) | Redirect::Ask(_) | Redirect::TryAgain)
    )
}

/// Returns the beginning of an error message.
fn truncate_error(error: &RedisError) -> String {
    error.to_string().chars().take(200).collect()
}
