//! The rate of requests of each user.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::{
    clock::Stopwatch,
    gateway::SessionIdentity,
    transport::grpc::{
        RpcError,
        admission::{RateLimit, RateState},
    },
};

/// The maximum number of users that are tracked at a time. Beyond it, all of them begin again.
const MAX_TRACKED_USERS: usize = 100_000;

/// Limits the requests of each user on this node.
pub(super) struct UserRateLimiter {
    limit: Option<RateLimit>,
    started: Stopwatch,
    users: Mutex<HashMap<(String, String), RateState>>,
}

impl UserRateLimiter {
    /// Returns a limiter of `per_second` requests of each user (0: no limit), which a user who made none may use up in
    /// advance for the time `burst`.
    pub(super) fn new(per_second: u32, burst: Duration) -> Self {
        Self { limit: RateLimit::new(per_second, burst), started: Stopwatch::start(), users: Mutex::default() }
    }

    /// Counts a request.
    pub(super) fn admit(&self, user: &SessionIdentity) -> Result<(), RpcError> {
        let Some(limit) = self.limit else { return Ok(()) };
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        if users.len() >= MAX_TRACKED_USERS {
            users.clear();
        }
        let state = users.entry((user.tenant_id.clone(), user.user_id.clone())).or_default();
        limit.check(state, self.started.elapsed()).map_err(|retry_after| RpcError::CallerRateExceeded { retry_after })
    }
}
