//! A command and where it belongs.

use redis::{Cmd, ToRedisArgs};

use super::hash_slot::HashSlot;

/// A command on one key, or on keys of one slot. Which server it goes to follows from that.
pub(super) struct RedisRequest<'a> {
    pub(super) slot: HashSlot,
    pub(super) command: Cmd,
    /// What the command runs, for a server that does not have it.
    pub(super) script: Option<&'a redis::Script>,
}

impl RedisRequest<'_> {
    /// The command `name` on `key`; its other arguments follow.
    pub(super) fn new(name: &str, key: &[u8]) -> Self {
        let mut command = redis::cmd(name);
        command.arg(key);
        Self { slot: HashSlot::from_key(key), command, script: None }
    }

    pub(super) fn arg<T: ToRedisArgs>(mut self, argument: T) -> Self {
        self.command.arg(argument);
        self
    }
}
