//! Assignment of processes to cores, so that a server and its load do not compete for CPU time.

use std::{
    fs,
    process::{Command, Stdio, id},
};

/// The cores of the server, the load and Redis. With only two cores, Redis shares that of the load.
pub struct CorePinning {
    assigned: Option<CoreAssignment>,
}

#[derive(Clone, Copy)]
struct CoreAssignment {
    server: u32,
    load: u32,
    redis: u32,
}

impl CorePinning {
    /// Moves this process and its future children to the core of the load. To be called before other threads exist.
    /// Returns a line that describes the outcome.
    pub fn pin_current_process() -> (Self, String) {
        let has_taskset = Command::new("taskset").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        if !has_taskset.is_ok_and(|status| status.success()) {
            return (
                Self { assigned: None },
                "taskset not found: processes are not pinned, results vary more".to_owned(),
            );
        }
        let [server, load, rest @ ..] = &*allowed_cores() else {
            return (Self { assigned: None }, "only one core: processes are not pinned, rates are too low".to_owned());
        };
        let (server, load) = (*server, *load);
        let redis = rest.first().copied().unwrap_or(load);
        pin_process(load, id());
        let text = format!("pinned: servers to core {server}, load to core {load}, Redis to core {redis}");
        (Self { assigned: Some(CoreAssignment { server, load, redis }) }, text)
    }

    /// Returns `command` on the core of servers.
    pub fn pin_server_command(&self, command: &Command) -> Command {
        self.pin_command(command, |assigned| assigned.server)
    }

    /// Returns `command` on the core of the load.
    pub fn pin_load_command(&self, command: &Command) -> Command {
        self.pin_command(command, |assigned| assigned.load)
    }

    /// Moves a running Redis to its core.
    pub fn pin_redis(&self, process: u32) {
        if let Some(assigned) = self.assigned {
            pin_process(assigned.redis, process);
        }
    }

    /// Wraps `command` in `taskset`, so that the program sees one core.
    fn pin_command(&self, command: &Command, core: impl Fn(CoreAssignment) -> u32) -> Command {
        let mut pinned = match self.assigned {
            Some(assigned) => {
                let mut pinned = Command::new("taskset");
                pinned.args(["--cpu-list", &core(assigned).to_string()]).arg(command.get_program());
                pinned
            }
            None => Command::new(command.get_program()),
        };
        pinned.args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => pinned.env(name, value),
                None => pinned.env_remove(name),
            };
        }
        pinned
    }
}

/// Returns the cores that this process may use.
fn allowed_cores() -> Vec<u32> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap_or_default();
    let ranges = list.trim().split(',').map(|range| range.split_once('-').unwrap_or((range, range)));
    ranges.filter_map(|(first, last)| Some(first.parse().ok()?..=last.parse::<u32>().ok()?)).flatten().collect()
}

fn pin_process(core: u32, process: u32) {
    let mut command = Command::new("taskset");
    command.args(["--all-tasks", "--cpu-list", "--pid"]).args([core, process].map(|number| number.to_string()));
    assert!(command.stdout(Stdio::null()).status().expect("taskset").success(), "permission to move the process");
}
