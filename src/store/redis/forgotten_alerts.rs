//! Alerts that `ForgetUser` removed from the stream.
//!
//! The alert after a removed one still names its position. To distinguish this from a loss, each removed position is
//! recorded with the previous one that remained, for as long as that may matter.

use std::mem::take;

use redis::streams::StreamRangeReply;
use redis_cluster::RedisRequest;

use super::{
    RedisSessionStore,
    alert_entry::{take_bytes, take_text},
    keys,
};
use crate::{
    domain::{Bucket, Owner},
    store::{AlertPosition, StoreError, record::AlertOutline},
};

/// Entries read in one step: about a hundred kilobytes.
const PAGE_SIZE: usize = 100;

/// Returns the latest position up to `before` that `ForgetUser` did not remove, but at least `after`. If it returns
/// `after`, `ForgetUser` removed every alert between `after` and `before`, and nothing else was there.
pub(super) async fn skip_forgotten(
    store: &RedisSessionStore,
    after: AlertPosition,
    mut before: AlertPosition,
) -> Result<AlertPosition, StoreError> {
    while before > after {
        let millisecond =
            RedisRequest::new("ZRANGEBYSCORE", &keys::forgotten_alerts()).arg(before.major).arg(before.major);
        let notes: Vec<String> = store.router.query("reading alerts", millisecond).await?;
        let name = before.to_string();
        let earlier = notes.iter().filter_map(|note| note.split_once(' ')).find(|(position, _)| *position == name);
        match earlier {
            Some((_, earlier)) => before = earlier.parse()?,
            None => return Ok(before),
        }
    }
    Ok(after)
}

/// Removes the alerts about a user: first the pending findings and then the stream, in the direction in which alerts
/// move.
pub(super) async fn forget(store: &RedisSessionStore, owner: &Owner) -> Result<u64, StoreError> {
    const DURING: &str = "removing a user's findings";
    let lengths: Vec<_> = Bucket::all().map(|bucket| RedisRequest::new("XLEN", &keys::findings(bucket))).collect();
    let lengths = store.router.query_all::<u64>(DURING, &lengths).await?;
    let mut removed = 0;
    for (bucket, _) in Bucket::all().zip(lengths).filter(|(_, length)| *length > 0) {
        let key = keys::findings(bucket);
        let mut from = "-".to_owned();
        while let Some(page) = read_page(store, DURING, &key, &mut from).await? {
            let ids: Vec<_> = entries_about(owner, page).map(|(id, _)| id).collect();
            if !ids.is_empty() {
                removed += store.router.query::<u64>(DURING, RedisRequest::new("XDEL", &key).arg(ids)).await?;
            }
        }
    }
    let mut from = "-".to_owned();
    while let Some(page) = read_page(store, "removing a user's alerts", &keys::alerts(), &mut from).await? {
        let mut found = entries_about(owner, page).peekable();
        if found.peek().is_some() {
            let script = store.scripts.forget_alerts.call(&[keys::alerts(), keys::forgotten_alerts()]);
            let script = found.fold(script, |script, (id, previous)| script.arg(id).arg(previous));
            removed += script.run::<u64>(&store.router).await?;
        }
    }
    Ok(removed)
}

/// Reads the next entries of a stream, starting at `from`, and moves `from` behind them. Returns `None` at the end.
async fn read_page(
    store: &RedisSessionStore,
    during: &'static str,
    key: &[u8],
    from: &mut String,
) -> Result<Option<StreamRangeReply>, StoreError> {
    let range = RedisRequest::new("XRANGE", key).arg(from.as_str()).arg("+").arg("COUNT").arg(PAGE_SIZE);
    let page: StreamRangeReply = store.router.query(during, range).await?;
    let Some(last) = page.ids.last() else { return Ok(None) };
    *from = format!("({}", last.id);
    Ok(Some(page))
}

/// Returns the entries that hold an alert about `owner`, each with the position that it names as the previous one.
fn entries_about(owner: &Owner, page: StreamRangeReply) -> impl Iterator<Item = (String, String)> {
    page.ids.into_iter().filter_map(|mut entry| {
        let mut fields = take(&mut entry.map);
        let alert = take_bytes(&mut fields, "a");
        AlertOutline::from_bytes(&alert).is_about(owner).then(|| (entry.id, take_text(&mut fields, "p")))
    })
}
