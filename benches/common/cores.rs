//! Who runs on which core, so that a server and its load do not take time from each other.

use std::{
    fs,
    process::{Command, Stdio, id},
};

/// The cores of a server, of the load and of Redis. Where there are two, Redis has that of the load.
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
    /// Moves this process to the core of the load, and with it everything that it starts. To be called before there
    /// are other threads. Says what came of it.
    pub fn pin_current_process() -> (Self, String) {
        let has_taskset = Command::new("taskset").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        if !has_taskset.is_ok_and(|status| status.success()) {
            return (Self { assigned: None }, "taskset is missing: nothing is pinned, figures vary more".to_owned());
        }
        let [server, load, rest @ ..] = &*allowed_cores() else {
            return (Self { assigned: None }, "one core for all: nothing is pinned, rates are too low".to_owned());
        };
        let (server, load) = (*server, *load);
        let redis = rest.first().copied().unwrap_or(load);
        pin_process(load, id());
        let text = format!("pinned: servers to core {server}, load to core {load}, Redis to core {redis}");
        (Self { assigned: Some(CoreAssignment { server, load, redis }) }, text)
    }

    /// `command` on the core of servers.
    pub fn pin_server_command(&self, command: &Command) -> Command {
        self.pin_command(command, |assigned| assigned.server)
    }

    /// `command` on the core of the load.
    pub fn pin_load_command(&self, command: &Command) -> Command {
        self.pin_command(command, |assigned| assigned.load)
    }

    /// Moves a running Redis.
    pub fn pin_redis(&self, process: u32) {
        if let Some(assigned) = self.assigned {
            pin_process(assigned.redis, process);
        }
    }

    /// A program that looks how many cores it has sees one.
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

/// The cores that this process may use.
fn allowed_cores() -> Vec<u32> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap_or_default();
    let ranges = list.trim().split(',').map(|range| range.split_once('-').unwrap_or((range, range)));
    ranges.filter_map(|(first, last)| Some(first.parse().ok()?..=last.parse::<u32>().ok()?)).flatten().collect()
}

fn pin_process(core: u32, process: u32) {
    let mut command = Command::new("taskset");
    command.args(["--all-tasks", "--cpu-list", "--pid"]).args([core, process].map(|number| number.to_string()));
    assert!(command.stdout(Stdio::null()).status().expect("taskset").success(), "a process that may be moved");
}
