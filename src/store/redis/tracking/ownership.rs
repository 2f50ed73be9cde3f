//! Whether a master still is what it was, and has what it had.

use redis::{Pipeline, RedisError, RedisResult, Value};

use super::{
    super::{
        identity::{REPLICA, ServerIdentity},
        keys,
        redirect::Redirect,
    },
    connection::TrackingConnection,
};
use crate::domain::Bucket;

/// What a server says of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BucketOwnership {
    /// It has all of it.
    Owned,
    /// It has it, and nothing is in it: it was emptied, or is new.
    Empty,
    /// It is another server's, or on the way there.
    Moved,
}

/// Asks for each bucket. An error where nothing of what the server says counts any more. Waits for the answer for as long
/// as the caller does.
///
/// While a slot is on the move, a key that is missing may be written at its new place, and nobody tells of it here. So
/// not only the version is asked for, but also the generations: a server answers for both only if it has the whole slot
/// or both of them.
pub(super) async fn check_ownership_and_layout(
    connection: &TrackingConnection,
    buckets: &[Bucket],
) -> Result<Vec<BucketOwnership>, String> {
    let mut pipe = redis::pipe();
    append_ownership_commands(buckets, &mut pipe);
    pipe.cmd("HGET").arg(keys::meta(buckets.first().copied().unwrap_or(Bucket(0)))).arg("layout");
    let mut answers = send_verified(connection, pipe).await?;
    check_layout(connection, answers.pop())?;
    answers.into_iter().map(|answer| parse_ownership(connection, answer)).collect()
}

/// The same without the layout: a question that no later answer may come before.
pub(super) async fn check_ownership(
    connection: &TrackingConnection,
    buckets: &[Bucket],
) -> Result<Vec<BucketOwnership>, String> {
    let mut pipe = redis::pipe();
    append_ownership_commands(buckets, &mut pipe);
    send_verified(connection, pipe).await?.into_iter().map(|answer| parse_ownership(connection, answer)).collect()
}

/// The answers of a server that states, after all of them, that it is the same master as when the link was made.
async fn send_verified(connection: &TrackingConnection, mut pipe: Pipeline) -> Result<Vec<RedisResult<Value>>, String> {
    pipe.cmd("INFO").arg("replication");
    let mut answers = connection.send(pipe).await.map_err(|error| truncate_error(&error))?;
    check_identity(connection, answers.pop())?;
    Ok(answers)
}

fn append_ownership_commands(buckets: &[Bucket], pipe: &mut Pipeline) {
    for bucket in buckets {
        pipe.cmd("EXISTS").arg(keys::meta(*bucket)).arg(keys::generations(*bucket));
    }
}

fn parse_ownership(connection: &TrackingConnection, answer: RedisResult<Value>) -> Result<BucketOwnership, String> {
    match answer {
        Ok(Value::Int(0)) => Ok(BucketOwnership::Empty),
        Ok(Value::Int(_)) => Ok(BucketOwnership::Owned),
        Ok(_) => Err("it answered something else".to_owned()),
        Err(error) if is_redirect(connection, &error) => Ok(BucketOwnership::Moved),
        Err(error) => Err(truncate_error(&error)),
    }
}

fn check_layout(connection: &TrackingConnection, answer: Option<RedisResult<Value>>) -> Result<(), String> {
    match answer {
        Some(Ok(Value::Nil)) => Ok(()),
        Some(Ok(Value::BulkString(layout))) if layout == keys::LAYOUT.as_bytes() => Ok(()),
        Some(Err(error)) if is_redirect(connection, &error) => Ok(()),
        Some(Err(error)) => Err(truncate_error(&error)),
        _ => Err("it holds another layout; run the release that wrote it".to_owned()),
    }
}

pub(super) fn check_identity(
    connection: &TrackingConnection,
    answer: Option<RedisResult<Value>>,
) -> Result<(), String> {
    let info = match answer {
        Some(Ok(info)) => redis::from_redis_value::<String>(info).unwrap_or_default(),
        Some(Err(error)) => return Err(truncate_error(&error)),
        None => String::new(),
    };
    match ServerIdentity::parse(&info) {
        Some(ServerIdentity { is_master: true, replication_id: history }) if history == connection.replication_id => {
            Ok(())
        }
        Some(ServerIdentity { is_master: false, .. }) => Err(REPLICA.to_owned()),
        _ => Err("its data is another's by now".to_owned()),
    }
}

/// Whether the error says that the bucket is not, or not whole, at this server.
pub(super) fn is_redirect(connection: &TrackingConnection, error: &RedisError) -> bool {
    matches!(
        Redirect::from_error(error, &connection.endpoint),
        Some(Redirect::Moved(_) | Redirect::Ask(_) | Redirect::TryAgain)
    )
}

/// The beginning of what a server says.
fn truncate_error(error: &RedisError) -> String {
    error.to_string().chars().take(200).collect()
}
