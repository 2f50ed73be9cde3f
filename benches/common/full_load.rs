//! A round of as many calls as a server answers, and what each cost whom.

use super::{closed::Tally, cpu, figures::median};

/// The server under load, and the Redis behind it if it has one.
#[derive(Clone, Copy)]
pub struct Processes {
    pub server: u32,
    pub redis: Option<u32>,
}

/// One round.
pub struct FullLoad {
    /// Right verdicts a second.
    pub rate: f64,
    /// Microseconds of CPU a call: of the server, of its Redis, of the load.
    pub server: f64,
    pub redis: f64,
    pub load: f64,
}

impl FullLoad {
    /// What a load comes to.
    pub async fn measure(load: impl Future<Output = Tally>, whose: Processes) -> (Self, Tally) {
        let before = whose.used();
        let tally = load.await;
        let after = whose.used();
        #[expect(clippy::cast_precision_loss, reason = "counts of calls are exact")]
        let calls = tally.answered as f64;
        let [server, redis, load] = [0, 1, 2].map(|which| (after[which] - before[which]) / calls);
        (Self { rate: tally.rate(), server, redis, load }, tally)
    }

    /// Of several rounds, each figure's own.
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

impl Processes {
    /// What the server, its Redis and this process have used so far.
    fn used(self) -> [f64; 3] {
        let redis = self.redis.map(cpu::of_process).unwrap_or_default();
        [cpu::of_process(self.server), redis, cpu::of_process(std::process::id())]
    }
}
