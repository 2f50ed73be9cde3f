//! A command and the hash slot of its keys.

use redis::{Cmd, ToRedisArgs};

use super::hash_slot::HashSlot;

/// A command on one key, or on keys of one slot. The slot determines its server.
pub(super) struct RedisRequest<'a> {
    pub(super) slot: HashSlot,
    pub(super) command: Cmd,
    /// The script that the command runs, for a server that does not have it.
    pub(super) script: Option<&'a redis::Script>,
}

impl RedisRequest<'_> {
    /// Creates the command `name` on `key`; its other arguments follow.
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
