//! The rows of the queue of notifications. An erasure removes whole rows, so they have no list of columns.

use std::collections::HashMap;

use crate::domain::{
    UnixMillis,
    notification::{DeadNotification, LeasedNotification, NotificationId, NotificationQueueStats},
};

/// The columns of a leased notification: ID, tenant, user, attempts, and the time at which it expires.
pub(in crate::audit) type LeasedRow = (String, String, String, i64, i64);

/// The columns of a dead notification: ID, tenant, user, attempts, and the time at which it was queued.
pub(in crate::audit) type DeadRow = (String, String, String, i64, i64);

/// The counts of waiting, leased and dead notifications, and the time at which the oldest one was queued.
pub(in crate::audit) type CountsRow = (i64, i64, i64, Option<i64>);

/// Converts a time to a column.
pub(in crate::audit) fn to_column(time: UnixMillis) -> i64 {
    i64::try_from(time.get()).unwrap_or(i64::MAX)
}

/// Converts a column to a time.
pub(in crate::audit) fn to_time(column: i64) -> UnixMillis {
    UnixMillis::new(u64::try_from(column).unwrap_or_default())
}

fn to_count(column: i64) -> u32 {
    u32::try_from(column).unwrap_or_default()
}

/// Joins leased notifications with their findings, which are given as ID and stored form.
pub(in crate::audit) fn group_findings(
    leased: Vec<LeasedRow>,
    findings: Vec<(String, Vec<u8>)>,
) -> Vec<LeasedNotification> {
    let mut by_id: HashMap<String, Vec<Vec<u8>>> = HashMap::new();
    for (id, record) in findings {
        by_id.entry(id).or_default().push(record);
    }
    let join = |(id, tenant, user, attempts, expires_at): LeasedRow| {
        let findings = by_id.remove(&id).unwrap_or_default();
        let (attempts, expires_at) = (to_count(attempts), to_time(expires_at));
        Some(LeasedNotification { id: id.parse().ok()?, tenant, user, attempts, expires_at, findings })
    };
    leased.into_iter().filter_map(join).collect()
}

pub(in crate::audit) fn parse_ids(ids: &[String]) -> Vec<NotificationId> {
    ids.iter().filter_map(|id| id.parse().ok()).collect()
}

pub(in crate::audit) fn to_dead((id, tenant, user, attempts, queued_at): DeadRow) -> Option<DeadNotification> {
    let (attempts, queued_at) = (to_count(attempts), to_time(queued_at));
    Some(DeadNotification { id: id.parse().ok()?, tenant, user, attempts, queued_at })
}

pub(in crate::audit) fn to_stats((waiting, leased, dead, oldest): CountsRow) -> NotificationQueueStats {
    NotificationQueueStats {
        waiting: waiting.unsigned_abs(),
        leased: leased.unsigned_abs(),
        dead: dead.unsigned_abs(),
        oldest: oldest.map(to_time),
    }
}
