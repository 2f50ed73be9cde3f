//! The calls of a simulation and their times, all decided in advance by the seed.

use std::time::Duration;

use super::{
    attack::AttackKind, daily_routine::DailyRoutine, pace::SimulationPace, population::SimulatedUser,
    seeded_random::SeededRandom, user_action::UserAction,
};

/// Number of calls of which one belongs to an attack, as long as there are attacks.
const ATTACK_INTERVAL: usize = 3;

/// Number of attempts to pick a user who is awake and on the ground.
const PICK_ATTEMPTS: usize = 8;

/// A call.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedCall {
    pub at: Duration,
    /// The user, by the index in [`SimulationPlan::users`].
    pub user: usize,
    pub action: UserAction,
    /// The attack that the call belongs to.
    pub attack: Option<AttackKind>,
}

/// An attack and its victim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedAttack {
    pub attack: AttackKind,
    pub user: usize,
}

/// The complete plan of a simulation.
#[derive(Debug)]
pub struct SimulationPlan {
    pub users: Vec<SimulatedUser>,
    pub calls: Vec<PlannedCall>,
    pub attacks: Vec<PlannedAttack>,
    /// The chosen attacks for which the run is too short.
    pub omitted_attacks: Vec<AttackKind>,
}

impl SimulationPlan {
    /// Returns the plan, which is the same for the same arguments. `attacks` follow one after another, each on a user
    /// of its own, and repeat while there is room, in a third of the calls.
    pub fn new(pace: &SimulationPace, attacks: &[AttackKind], tenants: &[String]) -> Self {
        let mut chance = SeededRandom::new(pace.seed);
        let run = format!("{:04x}", SeededRandom::new(pace.seed).next_u64() >> 48);
        let lasting = pace.run_duration();
        let mut people: Vec<_> =
            (0..pace.users).map(|number| SimulatedUser::new(number, &run, tenants, lasting, &mut chance)).collect();
        let mut days: Vec<_> = people.iter().map(DailyRoutine::new).collect();
        let room = pace.call_count() / ATTACK_INTERVAL;
        let (scenes, staged) = plan_attacks(
            &mut people,
            attacks,
            room,
            |number, chance| SimulatedUser::new(number, &run, tenants, Duration::ZERO, chance),
            &mut chance,
        );
        let left_out = attacks.iter().copied().filter(|attack| staged.iter().all(|one| one.attack != *attack));
        let left_out = left_out.collect();

        let mut scenes = scenes.into_iter();
        let mut steps = Vec::with_capacity(pace.call_count());
        for number in 0..pace.call_count() {
            let at = pace.call_time(number);
            let scene = if number % ATTACK_INTERVAL == ATTACK_INTERVAL - 1 { scenes.next() } else { None };
            steps.push(if let Some((person, attack, act)) = scene {
                PlannedCall { at, user: person, action: act, attack: Some(attack) }
            } else {
                let person = pick_user(&people, pace, at, &mut chance);
                let act = days[person].next_action(&mut people[person], at, &mut chance);
                PlannedCall { at, user: person, action: act, attack: None }
            });
        }
        Self { users: people, calls: steps, attacks: staged, omitted_attacks: left_out }
    }
}

type AttackAction = (usize, AttackKind, UserAction);

/// Returns the actions of the attacks that fit into `room`, and the attacks. Adds a new user for each to `people`.
fn plan_attacks(
    people: &mut Vec<SimulatedUser>,
    attacks: &[AttackKind],
    room: usize,
    person: impl Fn(usize, &mut SeededRandom) -> SimulatedUser,
    chance: &mut SeededRandom,
) -> (Vec<AttackAction>, Vec<PlannedAttack>) {
    let (mut scenes, mut staged) = (Vec::new(), Vec::new());
    for attack in attacks.iter().copied().cycle() {
        let number = people.len();
        let victim = person(number, chance);
        let acts = attack.plan_actions(&victim, chance);
        if scenes.len() + acts.len() > room {
            break;
        }
        people.push(victim);
        staged.push(PlannedAttack { attack, user: number });
        scenes.extend(acts.into_iter().map(|act| (number, attack, act)));
    }
    (scenes, staged)
}

/// Picks an ordinary user, preferably one who is awake. The run represents a day that begins at midnight UTC.
fn pick_user(people: &[SimulatedUser], pace: &SimulationPace, at: Duration, chance: &mut SeededRandom) -> usize {
    let hour = 24.0 * at.as_secs_f64() / pace.run_duration().as_secs_f64();
    let mut person = chance.below(pace.users);
    for _ in 0..PICK_ATTEMPTS {
        let is_flying =
            people[person].flight.is_some_and(|flight| (flight.departs_at..flight.arrives_at).contains(&at));
        let local = (hour + f64::from(people[person].place.country.hours_east)).rem_euclid(24.0);
        if !is_flying && (7.0..23.0).contains(&local) {
            break;
        }
        person = chance.below(pace.users);
    }
    person
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use clap::ValueEnum;

    use super::*;

    fn pace(seed: u64) -> SimulationPace {
        SimulationPace { users: 20, rate: 20, duration: Duration::from_mins(1), seed }
    }

    fn plan(seed: u64) -> SimulationPlan {
        SimulationPlan::new(&pace(seed), AttackKind::value_variants(), &["default".to_owned()])
    }

    #[test]
    fn a_seed_decides_everything() {
        assert_eq!(plan(1).calls, plan(1).calls);
        assert_ne!(plan(1).calls, plan(2).calls);
        assert_ne!(plan(1).users[0].user_id, plan(2).users[0].user_id);
    }

    #[test]
    fn a_minute_has_its_calls_in_order_and_every_attack() {
        let plan = plan(3);
        assert_eq!(plan.calls.len(), 1200);
        assert!(plan.calls.is_sorted_by_key(|step| step.at));
        assert!(plan.calls.iter().all(|step| step.at < Duration::from_mins(1) && step.user < plan.users.len()));
        assert_eq!(plan.omitted_attacks, []);
        let staged: HashSet<_> = plan.attacks.iter().map(|staged| staged.attack.name()).collect();
        assert_eq!(staged.len(), AttackKind::value_variants().len());
        let of_attacks = plan.calls.iter().filter(|step| step.attack.is_some()).count();
        assert!(of_attacks <= 400, "{of_attacks}");
    }

    #[test]
    fn nobody_uses_a_session_that_they_did_not_start() {
        let plan = plan(4);
        let mut held = HashSet::new();
        for PlannedCall { user: person, action: act, .. } in &plan.calls {
            match act {
                UserAction::SignIn { holder, .. } => drop(held.insert((*person, *holder))),
                UserAction::SignOut { holder } => assert!(held.remove(&(*person, *holder)), "{act:?}"),
                UserAction::Access { holder, .. }
                | UserAction::Poll { holder, .. }
                | UserAction::ChangePassword { holder } => {
                    assert!(held.contains(&(*person, *holder)), "{act:?}");
                }
                UserAction::Guess { .. } => (),
            }
        }
    }

    #[test]
    fn a_run_too_short_for_an_attack_says_so() {
        let pace = SimulationPace { users: 1, rate: 1, duration: Duration::from_secs(5), seed: 1 };
        let plan = SimulationPlan::new(&pace, &[AttackKind::StolenPassword], &["default".to_owned()]);
        assert_eq!((plan.calls.len(), plan.omitted_attacks), (5, vec![AttackKind::StolenPassword]));
        let none = SimulationPlan::new(&pace, &[], &["default".to_owned()]);
        assert!(none.attacks.is_empty() && none.omitted_attacks.is_empty());
    }
}
