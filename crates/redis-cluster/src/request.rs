//! A command and the hash slot of its keys.

use redis::{Cmd, Script, ToRedisArgs};

use crate::hash_slot::HashSlot;

/// Arguments and bytes for which a call of a script has room from the start.
const SCRIPT_ARGUMENTS: usize = 48;
const SCRIPT_BYTES: usize = 2048;

/// A command on one key, or on keys of one slot. The slot determines its server.
pub struct RedisRequest<'a> {
    pub(crate) slot: HashSlot,
    pub(crate) command: Cmd,
    /// The script that the command runs, for a server that does not have it.
    pub(crate) script: Option<&'a Script>,
}

impl<'a> RedisRequest<'a> {
    /// Creates the command `name` on `key`; its other arguments follow.
    #[must_use]
    pub fn new(name: &str, key: &[u8]) -> Self {
        let mut command = redis::cmd(name);
        command.arg(key);
        Self::with_command(command, key)
    }

    /// Creates a request to run `command` on the server of `key`.
    #[must_use]
    pub fn with_command(command: Cmd, key: &[u8]) -> Self {
        Self { slot: HashSlot::from_key(key), command, script: None }
    }

    /// Creates a request to run `script` with `keys`, all of one slot; its arguments follow. A server that does not
    /// have the script is sent it.
    #[must_use]
    pub fn with_script(script: &'a Script, keys: &[Vec<u8>]) -> Self {
        let mut command = Cmd::with_capacity(SCRIPT_ARGUMENTS, SCRIPT_BYTES);
        command.arg("EVALSHA").arg(script.get_hash()).arg(keys.len()).arg(keys);
        let slot = HashSlot::from_key(keys.first().map(Vec::as_slice).unwrap_or_default());
        Self { slot, command, script: Some(script) }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg<T: ToRedisArgs>(mut self, argument: T) -> Self {
        self.command.arg(argument);
        self
    }
}
