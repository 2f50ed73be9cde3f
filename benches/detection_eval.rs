//! Measures the detection of attacks: precision and recall of each rule, and the alerts that honest users cause.
//!
//! Simulated users and attackers live through four months on a simulated clock, on the use cases of a node over the
//! embedded store. Everything that they do is labelled, so each alert counts as right or wrong. A seed decides
//! everything. The run fails if a goal is missed. `-- --quick` uses a tenth of the users.

#![expect(clippy::print_stdout, reason = "benches print their results")]
#![expect(clippy::expect_used, reason = "a bench may panic")]

#[path = "detection_eval/attacks.rs"]
mod attacks;
#[path = "detection_eval/authority.rs"]
mod authority;
#[path = "detection_eval/honest.rs"]
mod honest;
#[path = "detection_eval/places.rs"]
mod places;
#[path = "detection_eval/schedule.rs"]
mod schedule;
#[path = "detection_eval/score.rs"]
mod score;

use std::process::ExitCode;

use session_authority::cli::simulate::seeded_random::SeededRandom;

use self::{
    attacks::AttackKind, authority::EvalAuthority, honest::HonestTraffic, places::Places, schedule::Schedule,
    score::Scoreboard,
};

const SEED: u64 = 20_261_130;
/// Honest users of each kind, and attacks of each kind.
const USERS: usize = 50;
const ATTACKS: usize = 25;

fn main() -> ExitCode {
    let scale = if std::env::args().any(|arg| arg == "--quick") { 10 } else { 1 };
    let mut chance = SeededRandom::new(SEED);
    let mut places = Places::default();
    let mut schedule = Schedule::default();
    for traffic in HonestTraffic::ALL {
        traffic.plan(USERS / scale, &mut places, &mut schedule, &mut chance);
    }
    for attack in AttackKind::ALL {
        for number in 0..(ATTACKS / scale).max(2) {
            attack.plan(number, &mut places, &mut schedule, &mut chance);
        }
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let scoreboard = Scoreboard::new(schedule.attacks());
    let scoreboard = runtime.block_on(async {
        let authority = EvalAuthority::start(places, scoreboard).await;
        for step in schedule.into_steps() {
            authority.take(step).await;
        }
        authority.into_scoreboard()
    });
    println!("seed {SEED}");
    println!("{scoreboard}");
    if scoreboard.meets_goals() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
