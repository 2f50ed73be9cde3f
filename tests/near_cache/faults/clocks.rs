//! The clock of one of two nodes steps forwards and backwards.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use session_authority::{
    clock::{Clock, Stopwatch, SystemClock},
    domain::{UnixMillis, time::ClockInstant},
};
use tonic::transport::Channel;

use super::{
    MAX_STALENESS,
    history::{HistoryViolation, ValidationAnswer},
    load::LoadNode,
    scenario::{CacheScenario, WitnessSession, load_nodes, start_nodes_with_clocks, wait_a_while},
    validator::{HeldSession, SessionValidator},
};
use crate::support::{clock::ShiftedClock, redis::RedisServer, redis_cluster::until};

const DAY: i64 = 24 * 60 * 60 * 1_000;

/// Milliseconds by which the clock is off. A session without activity lasts four hours; a node may be off by two
/// seconds.
const STEPS: [i64; 6] = [DAY, -DAY, 3_000, -3_000, 900, -900];
const MAX_SKEW: u64 = 2_000;

/// The node whose clock steps.
const STEPPED_NODE: usize = 0;
const CORRECT_NODE: usize = 1;

/// Sweeps run during each step.
const SETTINGS: [(&str, &str); 1] = [("SESSIONS__SWEEP_INTERVAL", "1s")];

/// A clock and the time of its last step.
struct SteppingClock {
    clock: ShiftedClock,
    stepped: Mutex<Stopwatch>,
}

impl SteppingClock {
    fn new() -> Arc<Self> {
        Arc::new(Self { clock: ShiftedClock::new(0), stepped: Mutex::new(Stopwatch::start()) })
    }

    fn step_to(&self, milliseconds: i64) {
        let mut stepped = self.stepped();
        self.clock.set(milliseconds);
        *stepped = Stopwatch::start();
    }

    /// Converts a time that this clock showed within the last `age` to the system's clock. Returns `None` if it has
    /// stepped since.
    fn to_system(&self, time: UnixMillis, age: Duration) -> Option<UnixMillis> {
        let stepped = self.stepped();
        (stepped.elapsed() > age).then(|| self.clock.to_system(time))
    }

    fn stepped(&self) -> std::sync::MutexGuard<'_, Stopwatch> {
        self.stepped.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for SteppingClock {
    fn now(&self) -> UnixMillis {
        self.clock.now()
    }

    fn instant(&self) -> ClockInstant {
        self.clock.instant()
    }
}

/// The node whose clock steps, with `as_of` converted to the system's clock.
struct SteppedNode {
    node: Channel,
    clock: Arc<SteppingClock>,
}

#[async_trait]
impl SessionValidator for SteppedNode {
    async fn validate(&self, held: &HeldSession, strong: bool) -> ValidationAnswer {
        let asked = Stopwatch::start();
        let answer = self.node.validate(held, strong).await;
        // A response may hold as of a moment before its request.
        let oldest = asked.elapsed() + MAX_STALENESS * 2;
        ValidationAnswer { as_of: answer.as_of.and_then(|as_of| self.clock.to_system(as_of, oldest)), ..answer }
    }
}

fn load_nodes_with_clock(clock: &Arc<SteppingClock>) -> impl FnOnce(&[Channel]) -> Vec<LoadNode> {
    let clock = Arc::clone(clock);
    move |channels| {
        let mut places = load_nodes(channels);
        places[STEPPED_NODE].validates = Some(Arc::new(SteppedNode { node: channels[STEPPED_NODE].clone(), clock }));
        places
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_session_ends_while_the_clock_of_a_node_steps() {
    let (redis, clock) = (RedisServer::start().await, SteppingClock::new());
    let clock_of = |number| if number == STEPPED_NODE { Arc::clone(&clock) as _ } else { Arc::new(SystemClock) as _ };
    let nodes = start_nodes_with_clocks(&[redis.url(), redis.url()], &SETTINGS, clock_of).await;
    let mut scene = CacheScenario::with_load(redis, nodes, load_nodes_with_clock(&clock)).await;
    let witness = WitnessSession::sign_in(&scene.channels[CORRECT_NODE]).await.expect("a session");
    scene
        .repeat_fault(async |scene| {
            let (stepped, right) = (&scene.channels[STEPPED_NODE], &scene.channels[CORRECT_NODE]);
            for step in STEPS {
                clock.step_to(step);
                if step.unsigned_abs() > MAX_SKEW {
                    witness.wait_until_unavailable(stepped).await;
                    wait_a_while().await;
                    witness.wait_until_unavailable(stepped).await;
                } else {
                    wait_a_while().await;
                    assert!(witness.source(stepped).await.is_some(), "a node may be that far off: {step} ms");
                }
                assert!(witness.source(right).await.is_some());
                clock.step_to(0);
                until("the node returns verdicts again", async || witness.source(stepped).await.is_some()).await;
            }
        })
        .await;
    scene.assert_no_violations("clock of a node stepped by 1 day, 3 s and 0.9 s").await;
}

/// A clock that is not compared with the store's.
struct UncomparedClock(Arc<SteppingClock>);

impl Clock for UncomparedClock {
    fn now(&self) -> UnixMillis {
        self.0.now()
    }

    fn instant(&self) -> ClockInstant {
        self.0.instant()
    }

    fn is_simulated(&self) -> bool {
        true
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_comparison_a_clock_that_steps_ends_sessions() {
    let (redis, clock) = (RedisServer::start().await, SteppingClock::new());
    let clock_of = |number| {
        if number == STEPPED_NODE {
            Arc::new(UncomparedClock(Arc::clone(&clock))) as _
        } else {
            Arc::new(SystemClock) as _
        }
    };
    let nodes = start_nodes_with_clocks(&[redis.url(), redis.url()], &SETTINGS, clock_of).await;
    let mut scene = CacheScenario::with_load(redis, nodes, load_nodes_with_clock(&clock)).await;
    scene
        .repeat_until_violation(async |_| {
            clock.step_to(DAY);
            wait_a_while().await;
            clock.step_to(0);
        })
        .await;
    let is_expected = |violation: &HistoryViolation| matches!(violation, HistoryViolation::FalselyRejected(_));
    scene.assert_violation("mutant: clock stepped and not compared", is_expected).await;
}
