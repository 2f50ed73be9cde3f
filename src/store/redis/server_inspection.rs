//! The checks that the store makes of each server: the safety of its settings, and the age of its data.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use redis::{Cmd, Value};
use redis_cluster::{Endpoint, ServerInspection, ServerSettings, SharedError};

use super::{keys, settings};
use crate::{
    domain::{Bucket, UnixMillis},
    store::{BindingFault, CRASH_TOLERANCE, SettingProblem, StoreError},
};

/// The last inspection of one server.
pub(super) struct StoreServerInspection {
    server: String,
    observations: Mutex<StoreObservations>,
}

#[derive(Default)]
struct StoreObservations {
    problems: Vec<SettingProblem>,
    /// Set while the data of the server must not be used.
    binding_fault: Option<BindingFault>,
    /// The newest checkpoint observed on the server, and the bucket that holds it.
    checkpoint: Option<(Bucket, UnixMillis)>,
}

/// The reason for which a server is not used although it responds.
#[derive(Clone, Debug)]
pub(super) enum ServerFault {
    InvalidData(BindingFault),
    UnsafeSettings(SettingProblem),
}

impl StoreServerInspection {
    pub(super) fn note_checkpoint(&self, bucket: Bucket, checkpoint: UnixMillis) {
        self.observations().checkpoint = Some((bucket, checkpoint));
    }

    /// Sets or clears the fault because of which the server is not used although it responds.
    pub(super) fn set_binding_fault(&self, fault: Option<BindingFault>) {
        self.observations().binding_fault = fault;
    }

    pub(super) fn problems(&self) -> Vec<SettingProblem> {
        self.observations().problems.clone()
    }

    fn observations(&self) -> MutexGuard<'_, StoreObservations> {
        self.observations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ServerInspection for StoreServerInspection {
    const INFO_SECTIONS: &'static [&'static str] = &["memory", "persistence"];
    const PARAMETERS: &'static [&'static str] = &["appendfsync", "replica-serve-stale-data"];

    fn new(server: &Endpoint) -> Self {
        Self { server: server.to_string(), observations: Mutex::default() }
    }

    fn data_command(&self) -> Cmd {
        let bucket = self.observations().checkpoint.map_or(Bucket(0), |(bucket, _)| bucket);
        let mut command = redis::cmd("HGET");
        command.arg(keys::meta(bucket)).arg("checkpoint");
        command
    }

    /// Detects an older copy of the data behind the address of the server. There is nothing to compare before the first
    /// checkpoint was observed, or if the bucket is on another server by now. A server without a checkpoint was
    /// emptied, which every script detects.
    fn check_data(&self, answer: Option<Value>) {
        let found = answer.and_then(|value| redis::from_redis_value::<Option<u64>>(value).ok()?);
        let Some(found) = found.map(UnixMillis::new) else { return };
        let mut observations = self.observations();
        if let Some((_, known)) = observations.checkpoint
            && found.plus(CRASH_TOLERANCE) < known
        {
            observations.binding_fault = Some(BindingFault::RolledBack { found, known });
        }
    }

    /// Logs the changes since the settings were last read.
    fn check_settings(&self, settings: &ServerSettings<'_>) -> bool {
        let problems = settings::find_problems(settings, &self.server);
        let is_safe = !problems.iter().any(SettingProblem::is_blocking);
        let mut observations = self.observations();
        log_changes(&observations.problems, &problems);
        observations.problems = problems;
        is_safe
    }

    fn refusal(&self) -> Option<SharedError> {
        let observations = self.observations();
        let invalid_data = observations.binding_fault.map(ServerFault::InvalidData);
        let unsafe_settings = || {
            let problem = observations.problems.iter().find(|problem| problem.is_blocking())?;
            Some(ServerFault::UnsafeSettings(problem.clone()))
        };
        let fault = invalid_data.or_else(unsafe_settings)?;
        Some(Arc::new(fault))
    }
}

impl From<ServerFault> for StoreError {
    fn from(fault: ServerFault) -> Self {
        match fault {
            ServerFault::InvalidData(fault) => Self::Binding { during: "using a server with invalid data", fault },
            ServerFault::UnsafeSettings(SettingProblem { server, advice, .. }) => {
                Self::Misconfigured { server, advice }
            }
        }
    }
}

impl fmt::Display for ServerFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        StoreError::from(self.clone()).fmt(f)
    }
}

impl std::error::Error for ServerFault {}

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
