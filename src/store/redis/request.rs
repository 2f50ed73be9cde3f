//! A command and where it belongs.

use redis::{Cmd, ToRedisArgs};

use super::slot::Slot;

/// A command on one key, or on keys of one slot. Which server it goes to follows from that.
pub(super) struct Request<'a> {
    pub(super) slot: Slot,
    pub(super) command: Cmd,
    /// What the command runs, for a server that does not have it.
    pub(super) script: Option<&'a redis::Script>,
}

impl Request<'_> {
    /// The command `name` on `key`; its other arguments follow.
    pub(super) fn on(name: &str, key: &[u8]) -> Self {
        let mut command = redis::cmd(name);
        command.arg(key);
        Self { slot: Slot::of(key), command, script: None }
    }

    pub(super) fn arg<T: ToRedisArgs>(mut self, argument: T) -> Self {
        self.command.arg(argument);
        self
    }
}
