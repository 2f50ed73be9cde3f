//! A round at full load, and the CPU cost per call of each process.

use super::{closed_loop::CallTally, cpu, statistics::median};

/// The server under load, and the Redis behind it if it has one.
#[derive(Clone, Copy)]
pub struct MeasuredProcesses {
    pub server: u32,
    pub redis: Option<u32>,
}

/// The figures of one round.
pub struct FullLoadRound {
    /// Correct verdicts per second.
    pub rate: f64,
    /// Microseconds of CPU per call: of the server, of its Redis, of the load.
    pub server: f64,
    pub redis: f64,
    pub load: f64,
}

impl FullLoadRound {
    /// Runs a load and measures it.
    pub async fn measure(load: impl Future<Output = CallTally>, whose: MeasuredProcesses) -> (Self, CallTally) {
        let before = whose.cpu_used();
        let tally = load.await;
        let after = whose.cpu_used();
        #[expect(clippy::cast_precision_loss, reason = "counts of calls are exact")]
        let calls = tally.answered as f64;
        let [server, redis, load] = [0, 1, 2].map(|which| (after[which] - before[which]) / calls);
        (Self { rate: tally.rate(), server, redis, load }, tally)
    }

    /// Returns the median of each figure over several rounds.
    pub fn median(rounds: &[Self]) -> Self {
        let of = |figure: fn(&Self) -> f64| median(&rounds.iter().map(figure).collect::<Vec<_>>());
        Self {
            rate: of(|round| round.rate),
            server: of(|round| round.server),
            redis: of(|round| round.redis),
            load: of(|round| round.load),
        }
    }
}

impl MeasuredProcesses {
    /// Returns the CPU that the server, its Redis and this process have used so far.
    fn cpu_used(self) -> [f64; 3] {
        let redis = self.redis.map(cpu::process_cpu_micros).unwrap_or_default();
        [cpu::process_cpu_micros(self.server), redis, cpu::process_cpu_micros(std::process::id())]
    }
}
