//! The clock of one of two nodes steps forwards and backwards.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use session_authority::{
    clock::{Clock, Stopwatch, SystemClock},
    domain::{UnixMillis, time::Moment},
};
use tonic::transport::Channel;

use super::{
    MAX_STALENESS,
    history::{Answer, Violation},
    load::Place,
    scene::{Scene, Witness, a_while, places, start_nodes_by},
    validator::{Held, Validator},
};
use crate::support::{clock::ShiftedClock, redis::RedisServer, redis_cluster::until};

const DAY: i64 = 24 * 60 * 60 * 1_000;

/// Milliseconds by which the clock is off. A session without activity lasts four hours, a node may be two seconds off.
const STEPS: [i64; 6] = [DAY, -DAY, 3_000, -3_000, 900, -900];
const MAX_SKEW: u64 = 2_000;

/// The node whose clock steps.
const STEPPED: usize = 0;
const RIGHT: usize = 1;

/// Expired sessions are looked for during each step.
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

    /// A time that this clock showed within the last `age`, by the system's clock. Returns `None` if it has stepped since.
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

    fn moment(&self) -> Moment {
        self.clock.moment()
    }
}

/// The node whose clock steps, with `as_of` by the system's clock.
struct SteppedNode {
    node: Channel,
    clock: Arc<SteppingClock>,
}

#[async_trait]
impl Validator for SteppedNode {
    async fn judge(&self, held: &Held, strong: bool) -> Answer {
        let asked = Stopwatch::start();
        let answer = self.node.judge(held, strong).await;
        // The answer may hold as of a moment before the question.
        let oldest = asked.elapsed() + MAX_STALENESS * 2;
        Answer { as_of: answer.as_of.and_then(|as_of| self.clock.to_system(as_of, oldest)), ..answer }
    }
}

fn places_by(clock: &Arc<SteppingClock>) -> impl FnOnce(&[Channel]) -> Vec<Place> {
    let clock = Arc::clone(clock);
    move |channels| {
        let mut places = places(channels);
        places[STEPPED].validates = Some(Arc::new(SteppedNode { node: channels[STEPPED].clone(), clock }));
        places
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_session_ends_while_the_clock_of_a_node_steps() {
    let (redis, clock) = (RedisServer::start().await, SteppingClock::new());
    let clock_of = |number| if number == STEPPED { Arc::clone(&clock) as _ } else { Arc::new(SystemClock) as _ };
    let nodes = start_nodes_by(&[redis.url(), redis.url()], &SETTINGS, clock_of).await;
    let mut scene = Scene::under_load(redis, nodes, places_by(&clock)).await;
    let witness = Witness::sign_in(&scene.channels[RIGHT]).await.expect("a session");
    scene
        .again_and_again(async |scene| {
            let (stepped, right) = (&scene.channels[STEPPED], &scene.channels[RIGHT]);
            for step in STEPS {
                clock.step_to(step);
                if step.unsigned_abs() > MAX_SKEW {
                    witness.is_unavailable(stepped).await;
                    a_while().await;
                    witness.is_unavailable(stepped).await;
                } else {
                    a_while().await;
                    assert!(witness.source(stepped).await.is_some(), "a node may be that far off: {step} ms");
                }
                assert!(witness.source(right).await.is_some());
                clock.step_to(0);
                until("the node answers again", async || witness.source(stepped).await.is_some()).await;
            }
        })
        .await;
    scene.was_right("clock of a node stepped by 1 day, 3 s and 0.9 s").await;
}

/// A clock that nobody compares with the store's.
struct UncomparedClock(Arc<SteppingClock>);

impl Clock for UncomparedClock {
    fn now(&self) -> UnixMillis {
        self.0.now()
    }

    fn moment(&self) -> Moment {
        self.0.moment()
    }

    fn is_simulated(&self) -> bool {
        true
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_comparison_a_clock_that_steps_ends_sessions() {
    let (redis, clock) = (RedisServer::start().await, SteppingClock::new());
    let clock_of = |number| {
        if number == STEPPED { Arc::new(UncomparedClock(Arc::clone(&clock))) as _ } else { Arc::new(SystemClock) as _ }
    };
    let nodes = start_nodes_by(&[redis.url(), redis.url()], &SETTINGS, clock_of).await;
    let mut scene = Scene::under_load(redis, nodes, places_by(&clock)).await;
    scene
        .until_wrong(async |_| {
            clock.step_to(DAY);
            a_while().await;
            clock.step_to(0);
        })
        .await;
    let is_expected = |violation: &Violation| matches!(violation, Violation::FalselyRejected(_));
    scene.was_wrong("twins: clock stepped and not compared", is_expected).await;
}
