//! The pace of a simulation: number of users, rate and duration.

use std::time::Duration;

use clap::{Args, value_parser};

use crate::cli::{client::ServerUrl, command_error::CommandError, option_values};

/// Maximum number of calls of a run, because its plan is held in memory.
const MAX_CALLS: u64 = 100_000;
const MAX_DURATION: Duration = Duration::from_hours(24);

// The load on the server.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Pace")]
pub struct PaceOptions {
    /// Number of ordinary users (1 to 10000), excluding attacked ones
    #[arg(long, default_value_t = 20, value_parser = value_parser!(u16).range(1..=10_000))]
    users: u16,

    /// Calls per second, 1 to 2000
    #[arg(long, default_value_t = 20, value_parser = value_parser!(u16).range(1..=2_000))]
    rate: u16,

    /// Duration, at most 24h and 100,000 calls
    #[arg(
        long,
        value_name = "DURATION",
        default_value = "60s",
        value_parser = option_values::parse_positive_duration_arg,
    )]
    duration: Duration,

    /// Random seed; the same seed repeats a run [default: a new one]
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
}

/// The load on the server, within bounds.
#[derive(Clone, Copy, Debug)]
pub struct SimulationPace {
    pub users: usize,
    /// Calls per second.
    pub rate: u16,
    pub duration: Duration,
    pub seed: u64,
}

impl PaceOptions {
    /// Returns the pace. `seed` applies if none was given. Values out of bounds are usage errors.
    pub fn to_pace(&self, seed: u64) -> Result<SimulationPace, CommandError> {
        let pace = SimulationPace {
            users: self.users.into(),
            rate: self.rate,
            duration: self.duration,
            seed: self.seed.unwrap_or(seed),
        };
        if self.duration > MAX_DURATION {
            return Err(CommandError::usage("--duration is more than a day"));
        }
        match pace.call_count() as u64 {
            0 => Err(CommandError::usage("--duration is too short for a single call at this --rate")),
            calls if calls > MAX_CALLS => Err(CommandError::usage(format!(
                "--rate {} for this --duration makes {calls} calls, more than {MAX_CALLS}",
                self.rate
            ))),
            _ => Ok(pace),
        }
    }
}

impl SimulationPace {
    pub fn call_count(&self) -> usize {
        let calls = self.duration.as_millis() * u128::from(self.rate) / 1000;
        usize::try_from(calls).unwrap_or(usize::MAX)
    }

    /// Returns the time of the call with this number.
    pub fn call_time(&self, number: usize) -> Duration {
        Duration::from_nanos(number as u64 * 1_000_000_000 / u64::from(self.rate))
    }

    pub const fn run_duration(&self) -> Duration {
        self.duration
    }
}

/// Refuses a server that is not on this machine, because simulated users and alerts do harm among real ones.
pub fn refuse_production(server: &ServerUrl, is_no_production: bool) -> Result<(), CommandError> {
    if is_no_production || server.is_loopback() {
        return Ok(());
    }
    Err(CommandError::usage(format!("{server} is not on this machine; a simulation fills it with made-up data"))
        .with_detail("pass --this-is-not-production to confirm"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(rate: u16, duration: Duration) -> PaceOptions {
        PaceOptions { users: 1, rate, duration, seed: None }
    }

    #[test]
    fn calls_are_spread_over_the_duration() {
        let pace = options(20, Duration::from_mins(1)).to_pace(5).expect("a pace");
        assert_eq!((pace.call_count(), pace.seed), (1200, 5));
        assert_eq!((pace.call_time(0), pace.call_time(30)), (Duration::ZERO, Duration::from_millis(1500)));
    }

    #[test]
    fn a_run_is_bounded() {
        for (rate, duration, message) in [
            (1, Duration::from_hours(25), "more than a day"),
            (1, Duration::from_millis(999), "too short"),
            (2_000, Duration::from_mins(1), "120000 calls"),
        ] {
            let error = options(rate, duration).to_pace(1).expect_err("a refusal").to_string();
            assert!(error.contains(message), "{error}");
        }
        assert!(options(1, MAX_DURATION).to_pace(1).is_ok());
    }

    #[test]
    fn only_this_machine_is_taken_without_a_word() {
        let refused = |url: &str, word| refuse_production(&url.parse().expect("a server"), word).is_err();
        for url in ["http://127.0.0.1:50051", "http://localhost:1", "http://[::1]:50051", "https://127.8.9.1"] {
            assert!(!refused(url, false), "{url}");
        }
        for url in ["https://sessions.example.com", "http://10.0.0.1:50051", "http://localhost.example.com:1"] {
            assert!(refused(url, false), "{url}");
            assert!(!refused(url, true), "{url}");
        }
    }
}
