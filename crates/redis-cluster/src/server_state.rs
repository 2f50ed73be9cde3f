//! The last inspection of a server: its role, the age of its data, and the safety of its settings.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use redis::{Pipeline, Value};

use crate::{
    address::Endpoint,
    client_error::ClientError,
    inspection::{ServerInspection, ServerSettings},
    role::{RoleCommand, is_master},
    stopwatch::Stopwatch,
};

/// The age at which the settings are read again.
const REFRESH: Duration = Duration::from_secs(10);

/// The state of one server as it was last read. Its connections, and the calls on them, share it.
pub(crate) struct ServerState<I> {
    pub(crate) inspection: I,
    observations: Mutex<ServerObservations>,
}

#[derive(Default)]
struct ServerObservations {
    /// Started when the settings were last read.
    last_read: Option<Stopwatch>,
    is_unsafe: bool,
    role_command: RoleCommand,
    /// The server refused `CONFIG GET`. The command is not sent again: each refusal adds an entry to its `ACL LOG`.
    is_config_denied: bool,
}

impl<I: ServerInspection> ServerState<I> {
    pub(crate) fn new(endpoint: &Endpoint) -> Self {
        Self { inspection: I::new(endpoint), observations: Mutex::default() }
    }

    /// Returns whether the settings should be read again. Unsafe settings are read at every opportunity.
    pub(crate) fn is_refresh_due(&self) -> bool {
        let observations = self.observations();
        observations.is_unsafe || observations.last_read.is_none_or(|read| read.elapsed() >= REFRESH)
    }

    /// Appends the commands whose answers [`record`](Self::record) evaluates.
    pub(crate) fn append_inspection(&self, pipe: &mut Pipeline) {
        pipe.add_command(self.inspection.data_command());
        RoleCommand::Role.append(pipe);
        pipe.cmd("INFO").arg(I::INFO_SECTIONS).arg("replication");
        if !I::PARAMETERS.is_empty() && !self.observations().is_config_denied {
            pipe.cmd("CONFIG").arg("GET").arg(I::PARAMETERS);
        }
    }

    /// Records the answers, `None` for a command that failed. Returns whether the server is a master; `None` if it does
    /// not report its role.
    pub(crate) fn record(&self, mut answers: impl Iterator<Item = Option<Value>>) -> Option<bool> {
        self.inspection.check_data(answers.next()?);
        let role = answers.next()?.and_then(|answer| RoleCommand::Role.is_master(answer));
        self.observations().role_command = if role.is_some() { RoleCommand::Role } else { RoleCommand::Info };
        let info: String = redis::from_redis_value(answers.next()??).ok()?;
        let parameters = answers.next().map(|answer| answer.and_then(|value| redis::from_redis_value(value).ok()));
        let mut observations = self.observations();
        observations.is_config_denied |= parameters == Some(None);
        let parameters: Vec<(String, String)> = parameters.flatten().unwrap_or_default();
        let settings = ServerSettings { info: &info, parameters: &parameters };
        observations.is_unsafe = !self.inspection.check_settings(&settings);
        observations.last_read = Some(Stopwatch::start());
        is_master(&info)
    }

    /// Returns the command that asks the server for its role.
    pub(crate) fn role_command(&self) -> RoleCommand {
        self.observations().role_command
    }

    /// Returns the reason not to use the server, if there is one.
    pub(crate) fn refusal(&self) -> Option<ClientError> {
        self.inspection.refusal().map(ClientError::Refused)
    }

    fn observations(&self) -> MutexGuard<'_, ServerObservations> {
        self.observations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
