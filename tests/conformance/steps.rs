//! The steps of a random sequence, and their probabilities.
//!
//! The world is small, so that steps interact: three users, two of one tenant, two in one bucket; few devices, request
//! IDs and operations. A session is selected by its number among those created so far, whatever its state.

use std::time::Duration;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy, any};
use proptest::prop_oneof;
use proptest::sample::select;
use session_authority::domain::{LostAnswer, RotationRules};

use super::users::{IDLE, LIFETIME, MARGIN, TestUser};

#[derive(Clone, Debug)]
pub enum ModelStep {
    Wait(Duration),
    Create(LoginStep),
    Touch(Vec<SessionUse>),
    List { user: usize, uses: Vec<SessionUse> },
    Update { pick: usize, stale: bool },
    Present(PresentStep),
    Revoke { pick: usize, guard: GuardChoice },
    RevokeDevice { user: usize, device: u8, guard: GuardChoice },
    RevokeAll { user: usize, except: Option<usize>, operation: u8 },
    Forget { user: usize },
    RevokeMass { tenant: Option<bool>, operation: u8 },
    Sweep { user: usize, limit: usize },
}

#[derive(Clone, Debug)]
pub struct LoginStep {
    pub user: usize,
    pub device: Option<u8>,
    pub limit: u16,
    pub refuse: bool,
    /// Request ID and body.
    pub request: Option<(u8, u8)>,
    pub authenticated_ago: Duration,
    pub lifetime: Duration,
    pub idle_timeout: Duration,
    pub idle_margin: Duration,
    pub uses: Vec<SessionUse>,
}

/// The presentation of one of the tokens of a session.
#[derive(Clone, Debug)]
pub struct PresentStep {
    pub pick: usize,
    /// The number of tokens that are newer. `None`: a token that the session never had.
    pub age: Option<u32>,
    /// The rules of the rotation, if the token is to be rotated.
    pub rotation: Option<RotationRules>,
    /// True if the session ends when the token was rotated out.
    pub ends: bool,
}

/// A use of a session, some time ago.
#[derive(Clone, Debug)]
pub struct SessionUse {
    pub pick: usize,
    pub ago: Duration,
}

/// The kind of a guard, and whether it matches the session.
#[derive(Clone, Copy, Debug)]
pub enum GuardChoice {
    Anyone,
    Tenant(bool),
    User(bool),
    Secret(bool),
}

pub fn users() -> [TestUser; 3] {
    [
        TestUser::with_tenant("acme", "ann").in_bucket(7),
        TestUser::with_tenant("acme", "bob").in_bucket(8),
        TestUser::with_tenant("zeta", "cy").in_bucket(7),
    ]
}

pub fn step_sequences() -> impl Strategy<Value = Vec<ModelStep>> {
    vec(step(), 1..=40)
}

fn step() -> impl Strategy<Value = ModelStep> {
    let pick = any::<u8>().prop_map(usize::from);
    let user = 0..3_usize;
    prop_oneof![
        6 => wait().prop_map(ModelStep::Wait),
        9 => login().prop_map(ModelStep::Create),
        3 => uses().prop_map(ModelStep::Touch),
        4 => (user.clone(), uses()).prop_map(|(user, uses)| ModelStep::List { user, uses }),
        3 => (pick.clone(), any::<bool>()).prop_map(|(pick, stale)| ModelStep::Update { pick, stale }),
        8 => present().prop_map(ModelStep::Present),
        3 => (pick.clone(), guard_choices()).prop_map(|(pick, guard)| ModelStep::Revoke { pick, guard }),
        1 => (user.clone(), 0..3_u8, guard_choices())
            .prop_map(|(user, device, guard)| ModelStep::RevokeDevice { user, device, guard }),
        2 => (user.clone(), option::of(pick), 0..3_u8)
            .prop_map(|(user, except, operation)| ModelStep::RevokeAll { user, except, operation }),
        1 => user.clone().prop_map(|user| ModelStep::Forget { user }),
        1 => (option::of(any::<bool>()), 0..3_u8)
            .prop_map(|(tenant, operation)| ModelStep::RevokeMass { tenant, operation }),
        3 => (user, 1..=2_usize).prop_map(|(user, limit)| ModelStep::Sweep { user, limit }),
    ]
}

fn login() -> impl Strategy<Value = LoginStep> {
    let lifetimes = select(vec![LIFETIME, Duration::from_mins(20)]);
    let idle = select(vec![IDLE, Duration::ZERO, Duration::from_mins(5)]);
    let margin = select(vec![MARGIN, Duration::ZERO]);
    (
        (0..3_usize, option::of(0..3_u8), 1..=4_u16, any::<bool>()),
        (option::weighted(0.4, (0..3_u8, 0..2_u8)), ago(), uses()),
        (lifetimes, idle, margin),
    )
        .prop_map(|((user, device, limit, refuse), (request, proven_ago, uses), spans)| {
            let (lifetime, idle_timeout, idle_margin) = spans;
            LoginStep {
                user,
                device,
                limit,
                refuse,
                request,
                authenticated_ago: proven_ago,
                lifetime,
                idle_timeout,
                idle_margin,
                uses,
            }
        })
}

fn present() -> impl Strategy<Value = PresentStep> {
    let age = prop_oneof![8 => (0..4_u32).prop_map(Some), 1 => Just(None)];
    let rules = (select(vec![0, 10, 20]), any::<bool>()).prop_map(|(seconds, repeats)| RotationRules {
        grace: Duration::from_secs(seconds),
        lost_answer: if repeats { LostAnswer::Repeat } else { LostAnswer::Refuse },
        ..RotationRules::default()
    });
    (any::<u8>(), age, option::of(rules), any::<bool>()).prop_map(|(pick, age, rotation, ends)| PresentStep {
        pick: pick.into(),
        age,
        rotation,
        ends,
    })
}

fn uses() -> impl Strategy<Value = Vec<SessionUse>> {
    let one = (any::<u8>(), ago()).prop_map(|(pick, ago)| SessionUse { pick: pick.into(), ago });
    vec(one, 0..3)
}

fn ago() -> impl Strategy<Value = Duration> {
    select(vec![0, 1, 999, 20_000, 66_000, 300_000]).prop_map(Duration::from_millis)
}

/// Mostly a short time, and sometimes exactly the time until some session ends.
fn wait() -> impl Strategy<Value = Duration> {
    let millisecond = Duration::from_millis(1);
    prop_oneof![
        4 => select(vec![millisecond, Duration::from_secs(1), Duration::from_secs(20)]),
        3 => select(vec![Duration::from_mins(5), IDLE, MARGIN]),
        2 => select(vec![IDLE + MARGIN, IDLE + MARGIN + millisecond, Duration::from_mins(20)]),
        1 => select(vec![LIFETIME, Duration::from_hours(25)]),
    ]
}

fn guard_choices() -> impl Strategy<Value = GuardChoice> {
    prop_oneof![
        3 => Just(GuardChoice::Anyone),
        1 => any::<bool>().prop_map(GuardChoice::Tenant),
        1 => any::<bool>().prop_map(GuardChoice::User),
        1 => any::<bool>().prop_map(GuardChoice::Secret),
    ]
}
