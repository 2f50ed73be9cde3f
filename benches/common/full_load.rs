//! A round at full load, and the CPU cost per call of each process.

use super::{closed_loop::CallTally, cpu, statistics::median};

/// The server under load, and the process behind it, if it is measured: Redis, or for a gateway the authority.
#[derive(Clone, Copy)]
pub struct MeasuredProcesses {
    pub server: u32,
    pub behind: Option<u32>,
}

/// The figures of one round.
pub struct FullLoadRound {
    /// Correct verdicts per second.
    pub rate: f64,
    /// Microseconds of CPU per call: of the server, of the process behind it, of the load.
    pub server: f64,
    pub behind: f64,
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
        let [server, behind, load] = [0, 1, 2].map(|which| (after[which] - before[which]) / calls);
        (Self { rate: tally.rate(), server, behind, load }, tally)
    }

    /// Returns the median of each figure over several rounds.
    pub fn median(rounds: &[Self]) -> Self {
        let of = |figure: fn(&Self) -> f64| median(&rounds.iter().map(figure).collect::<Vec<_>>());
        Self {
            rate: of(|round| round.rate),
            server: of(|round| round.server),
            behind: of(|round| round.behind),
            load: of(|round| round.load),
        }
    }
}

impl MeasuredProcesses {
    /// Returns the CPU that the server, the process behind it and this process have used so far.
    fn cpu_used(self) -> [f64; 3] {
        let behind = self.behind.map(cpu::process_cpu_micros).unwrap_or_default();
        [cpu::process_cpu_micros(self.server), behind, cpu::process_cpu_micros(std::process::id())]
    }
}
