//! Whether a master still is what it was, and has what it had.

use redis::{Pipeline, RedisError, RedisResult, Value};

use super::{
    super::{
        identity::{Identity, REPLICA},
        keys,
        redirect::Redirect,
    },
    link::Link,
};
use crate::domain::Bucket;

/// What a server says of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    /// It has all of it.
    Whole,
    /// It has it, and nothing is in it: it was emptied, or is new.
    Empty,
    /// It is another server's, or on the way there.
    Elsewhere,
}

/// Asks for each bucket. An error where nothing of what the server says counts any more. Waits for the answer for as long
/// as the caller does.
///
/// While a slot is on the move, a key that is missing may be written at its new place, and nobody tells of it here. So
/// not only the version is asked for, but also the generations: a server answers for both only if it has the whole slot
/// or both of them.
pub(super) async fn claims(link: &Link, buckets: &[Bucket]) -> Result<Vec<Claim>, String> {
    let mut pipe = redis::pipe();
    ask_for(buckets, &mut pipe);
    pipe.cmd("HGET").arg(keys::meta(buckets.first().copied().unwrap_or(Bucket(0)))).arg("layout");
    let mut answers = identified(link, pipe).await?;
    is_layout(link, answers.pop())?;
    answers.into_iter().map(|answer| claim(link, answer)).collect()
}

/// The same without the layout: a question that no later answer may come before.
pub(super) async fn whereabouts(link: &Link, buckets: &[Bucket]) -> Result<Vec<Claim>, String> {
    let mut pipe = redis::pipe();
    ask_for(buckets, &mut pipe);
    identified(link, pipe).await?.into_iter().map(|answer| claim(link, answer)).collect()
}

/// The answers of a server that states, after all of them, that it is the same master as when the link was made.
async fn identified(link: &Link, mut pipe: Pipeline) -> Result<Vec<RedisResult<Value>>, String> {
    pipe.cmd("INFO").arg("replication");
    let mut answers = link.send(pipe).await.map_err(|error| brief(&error))?;
    is_same(link, answers.pop())?;
    Ok(answers)
}

fn ask_for(buckets: &[Bucket], pipe: &mut Pipeline) {
    for bucket in buckets {
        pipe.cmd("EXISTS").arg(keys::meta(*bucket)).arg(keys::generations(*bucket));
    }
}

fn claim(link: &Link, answer: RedisResult<Value>) -> Result<Claim, String> {
    match answer {
        Ok(Value::Int(0)) => Ok(Claim::Empty),
        Ok(Value::Int(_)) => Ok(Claim::Whole),
        Ok(_) => Err("it answered something else".to_owned()),
        Err(error) if is_elsewhere(link, &error) => Ok(Claim::Elsewhere),
        Err(error) => Err(brief(&error)),
    }
}

fn is_layout(link: &Link, answer: Option<RedisResult<Value>>) -> Result<(), String> {
    match answer {
        Some(Ok(Value::Nil)) => Ok(()),
        Some(Ok(Value::BulkString(layout))) if layout == keys::LAYOUT.as_bytes() => Ok(()),
        Some(Err(error)) if is_elsewhere(link, &error) => Ok(()),
        Some(Err(error)) => Err(brief(&error)),
        _ => Err("it holds another layout; run the release that wrote it".to_owned()),
    }
}

pub(super) fn is_same(link: &Link, answer: Option<RedisResult<Value>>) -> Result<(), String> {
    let info = match answer {
        Some(Ok(info)) => redis::from_redis_value::<String>(info).unwrap_or_default(),
        Some(Err(error)) => return Err(brief(&error)),
        None => String::new(),
    };
    match Identity::read(&info) {
        Some(Identity { is_master: true, history }) if history == link.history => Ok(()),
        Some(Identity { is_master: false, .. }) => Err(REPLICA.to_owned()),
        _ => Err("its data is another's by now".to_owned()),
    }
}

/// Whether the error says that the bucket is not, or not whole, at this server.
pub(super) fn is_elsewhere(link: &Link, error: &RedisError) -> bool {
    matches!(Redirect::told(error, &link.endpoint), Some(Redirect::Moved(_) | Redirect::Ask(_) | Redirect::Later))
}

/// The beginning of what a server says.
fn brief(error: &RedisError) -> String {
    error.to_string().chars().take(200).collect()
}
