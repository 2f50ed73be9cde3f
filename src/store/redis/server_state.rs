//! The last inspection of a server: its role, the safety of its settings, and the age of its data.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use redis::{Pipeline, Value};

use super::{
    address::Endpoint,
    identity::{RoleCommand, is_master},
    keys,
    settings::{PARAMETERS, SECTIONS, ServerSettings},
};
use crate::{
    clock::Stopwatch,
    domain::{Bucket, UnixMillis},
    store::{BindingFault, CRASH_TOLERANCE, SettingProblem, StoreError},
};

/// The age at which the settings are read again.
const REFRESH: Duration = Duration::from_secs(10);

/// The settings of one server as they were last read. Its connections, and the calls on them, share it.
pub(super) struct ServerState {
    server: String,
    state: Mutex<ServerObservations>,
}

#[derive(Default)]
struct ServerObservations {
    problems: Vec<SettingProblem>,
    last_read: Option<Stopwatch>,
    /// Set while the data of the server must not be used.
    binding_fault: Option<BindingFault>,
    /// The newest checkpoint observed on the server, and the bucket that holds it.
    checkpoint: Option<(Bucket, UnixMillis)>,
    role_command: RoleCommand,
    /// The server refused `CONFIG GET`. The command is not sent again: each refusal adds an entry to its `ACL LOG`.
    is_config_denied: bool,
}

impl ServerState {
    pub(super) fn new(endpoint: &Endpoint) -> Self {
        Self { server: endpoint.to_string(), state: Mutex::default() }
    }

    /// Returns whether the settings should be read again. Unsafe settings are read at every opportunity.
    pub(super) fn is_refresh_due(&self) -> bool {
        let state = self.state();
        let is_unsafe = state.problems.iter().any(SettingProblem::is_blocking);
        is_unsafe || state.last_read.is_none_or(|read| read.elapsed() >= REFRESH)
    }

    /// Appends the commands whose answers [`record`](Self::record) evaluates.
    pub(super) fn append_inspection(&self, pipe: &mut Pipeline) {
        self.append_checkpoint_command(pipe);
        RoleCommand::Role.append(pipe);
        pipe.cmd("INFO").arg(&SECTIONS);
        if !self.state().is_config_denied {
            pipe.cmd("CONFIG").arg("GET").arg(&PARAMETERS);
        }
    }

    /// Appends the command whose answer [`compare_checkpoint`](Self::compare_checkpoint) evaluates.
    pub(super) fn append_checkpoint_command(&self, pipe: &mut Pipeline) {
        let bucket = self.state().checkpoint.map_or(Bucket(0), |(bucket, _)| bucket);
        pipe.cmd("HGET").arg(keys::meta(bucket)).arg("checkpoint");
    }

    /// Detects an older copy of the data behind the address of the server, by the answer on a new connection. There is
    /// nothing to compare before the first checkpoint was observed, or if the bucket is on another server by now. A
    /// server without a checkpoint was emptied, which every script detects.
    pub(super) fn compare_checkpoint(&self, answer: Option<Value>) {
        let found = answer.and_then(|value| redis::from_redis_value::<Option<u64>>(value).ok()?);
        let Some(found) = found.map(UnixMillis::new) else { return };
        let mut state = self.state();
        if let Some((_, known)) = state.checkpoint
            && found.plus(CRASH_TOLERANCE) < known
        {
            state.binding_fault = Some(BindingFault::RolledBack { found, known });
        }
    }

    pub(super) fn note_checkpoint(&self, bucket: Bucket, checkpoint: UnixMillis) {
        self.state().checkpoint = Some((bucket, checkpoint));
    }

    /// Records the answers, `None` for a command that failed, and logs changes. Returns whether the server is a master;
    /// `None` if it does not report its role.
    pub(super) fn record(&self, mut answers: impl Iterator<Item = Option<Value>>) -> Option<bool> {
        self.compare_checkpoint(answers.next()?);
        let role = answers.next()?.and_then(|answer| RoleCommand::Role.is_master(answer));
        self.state().role_command = if role.is_some() { RoleCommand::Role } else { RoleCommand::Info };
        let info: String = redis::from_redis_value(answers.next()??).ok()?;
        let parameters = answers.next().map(|answer| answer.and_then(|value| redis::from_redis_value(value).ok()));
        let mut state = self.state();
        state.is_config_denied |= parameters == Some(None);
        let parameters: Vec<(String, String)> = parameters.flatten().unwrap_or_default();
        let problems = ServerSettings { info: &info, parameters: &parameters }.problems(&self.server);
        log_changes(&state.problems, &problems);
        (state.problems, state.last_read) = (problems, Some(Stopwatch::start()));
        is_master(&info)
    }

    /// Returns the command that asks the server for its role.
    pub(super) fn role_command(&self) -> RoleCommand {
        self.state().role_command
    }

    pub(super) fn problems(&self) -> Vec<SettingProblem> {
        self.state().problems.clone()
    }

    /// Returns the reason not to use the server, if there is one.
    pub(super) fn refusal(&self) -> Option<StoreError> {
        let state = self.state();
        if let Some(fault) = state.binding_fault {
            return Some(StoreError::Binding { during: "using a server with invalid data", fault });
        }
        let violation = state.problems.iter().find(|problem| problem.is_blocking())?;
        Some(StoreError::Misconfigured { server: self.server.clone(), advice: violation.advice.clone() })
    }

    /// Sets or clears the fault because of which the server is not used although it responds.
    pub(super) fn set_binding_fault(&self, fault: Option<BindingFault>) {
        self.state().binding_fault = fault;
    }

    fn state(&self) -> MutexGuard<'_, ServerObservations> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn log_changes(old: &[SettingProblem], new: &[SettingProblem]) {
    for problem in new.iter().filter(|problem| !old.contains(problem)) {
        let SettingProblem { server, setting, advice } = problem;
        let setting = setting.name();
        if problem.is_blocking() {
            tracing::error!(
                server,
                setting,
                advice,
                "unsafe Redis setting; refusing to use this server until it is corrected"
            );
        } else {
            tracing::warn!(server, setting, advice, "Redis setting is weaker than recommended in deploy/redis.conf");
        }
    }
    for SettingProblem { server, setting, .. } in old.iter().filter(|problem| !new.contains(problem)) {
        tracing::info!(server, setting = setting.name(), "Redis setting problem resolved");
    }
}
