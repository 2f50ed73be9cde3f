//! Checks that a master is still the same server and still has its buckets.

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

/// The ownership of a bucket, as a server reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BucketOwnership {
    /// The server has the whole bucket.
    Owned,
    /// The server has the bucket, and it contains nothing: it was emptied, or is new.
    Empty,
    /// The bucket is on another server, or is moving there.
    Moved,
}

/// Checks the ownership of each bucket, and the layout version. Fails if nothing that the server reports can be relied
/// upon any more. Waits for the response for as long as the caller does.
///
/// While a slot is moving, a missing key may be written at its new place, and no invalidation of that arrives here. So
/// the check covers `meta` as well as the generations: a server answers for both only if it has the whole slot, or both
/// of them.
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

/// Checks the ownership without the layout. No response to a later command arrives before the result.
pub(super) async fn check_ownership(
    connection: &TrackingConnection,
    buckets: &[Bucket],
) -> Result<Vec<BucketOwnership>, String> {
    let mut pipe = redis::pipe();
    append_ownership_commands(buckets, &mut pipe);
    send_verified(connection, pipe).await?.into_iter().map(|answer| parse_ownership(connection, answer)).collect()
}

/// Returns the answers of a server that reports, after all of them, that it is still the same master as when the
/// connection was made; otherwise fails.
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
        Ok(_) => Err("unexpected reply".to_owned()),
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
        _ => Err("it holds data in another layout version; run the release that wrote it".to_owned()),
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
        Some(ServerIdentity { is_master: true, replication_id }) if replication_id == connection.replication_id => {
            Ok(())
        }
        Some(ServerIdentity { is_master: false, .. }) => Err(REPLICA.to_owned()),
        _ => Err("its replication id has changed".to_owned()),
    }
}

/// Returns whether the error says that the server does not have the bucket, or not all of it.
pub(super) fn is_redirect(connection: &TrackingConnection, error: &RedisError) -> bool {
    matches!(
        Redirect::from_error(error, &connection.endpoint),
        Some(Redirect::Moved(_) | Redirect::Ask(_) | Redirect::TryAgain)
    )
}

/// Returns the beginning of an error message.
fn truncate_error(error: &RedisError) -> String {
    error.to_string().chars().take(200).collect()
}
