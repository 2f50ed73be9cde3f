//! What is asked of a server, and when: all of it is decided beforehand, by the seed.

use std::time::Duration;

use super::{
    attack::Attack,
    chance::Chance,
    day::Day,
    pace::Pace,
    population::{Client, Person},
};

/// Of so many calls one belongs to an attack, as long as there are any.
const ATTACKS: usize = 3;

/// How often somebody is looked for who is awake and on the ground.
const TRIES: usize = 8;

/// One call.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub at: Duration,
    /// Who, by the place in [`Plan::people`].
    pub person: usize,
    pub act: Act,
    /// The attack that it belongs to.
    pub attack: Option<Attack>,
}

/// Who holds a token, among those that have one of the same person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Holder(pub u32);

/// What happens.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    SignIn {
        holder: Holder,
        client: Client,
    },
    /// A request of the user: counts as activity.
    Use {
        holder: Holder,
        client: Client,
    },
    /// A request that a page makes by itself.
    Poll {
        holder: Holder,
        client: Client,
    },
    SignOut {
        holder: Holder,
    },
    /// Ends every session of the user but that of the holder.
    ChangePassword {
        holder: Holder,
    },
    /// A token that was never handed out.
    Guess {
        token: String,
        client: Client,
    },
}

/// An attack and who suffers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Staged {
    pub attack: Attack,
    pub person: usize,
}

/// Everything that is going to happen.
#[derive(Debug)]
pub struct Plan {
    pub people: Vec<Person>,
    pub steps: Vec<Step>,
    pub staged: Vec<Staged>,
    /// Attacks that were chosen and for which the run is too short.
    pub left_out: Vec<Attack>,
}

impl Plan {
    /// The same for the same arguments. `attacks` are staged one after another, each on a user of its own,
    /// again and again while there is room, in a third of the calls.
    pub fn new(pace: &Pace, attacks: &[Attack], tenants: &[String]) -> Self {
        let mut chance = Chance::new(pace.seed);
        let run = format!("{:04x}", Chance::new(pace.seed).number() >> 48);
        let lasting = pace.lasting();
        let mut people: Vec<_> =
            (0..pace.users).map(|number| Person::new(number, &run, tenants, lasting, &mut chance)).collect();
        let mut days: Vec<_> = people.iter().map(Day::of).collect();
        let room = pace.calls() / ATTACKS;
        let (scenes, staged) = stage(
            &mut people,
            attacks,
            room,
            |number, chance| Person::new(number, &run, tenants, Duration::ZERO, chance),
            &mut chance,
        );
        let left_out = attacks.iter().copied().filter(|attack| staged.iter().all(|one| one.attack != *attack));
        let left_out = left_out.collect();

        let mut scenes = scenes.into_iter();
        let mut steps = Vec::with_capacity(pace.calls());
        for number in 0..pace.calls() {
            let at = pace.at(number);
            let scene = if number % ATTACKS == ATTACKS - 1 { scenes.next() } else { None };
            steps.push(if let Some((person, attack, act)) = scene {
                Step { at, person, act, attack: Some(attack) }
            } else {
                let person = somebody(&people, pace, at, &mut chance);
                let act = days[person].next(&mut people[person], at, &mut chance);
                Step { at, person, act, attack: None }
            });
        }
        Self { people, steps, staged, left_out }
    }
}

type Scene = (usize, Attack, Act);

/// The steps of attacks that fit into `room`, with new people for them.
fn stage(
    people: &mut Vec<Person>,
    attacks: &[Attack],
    room: usize,
    person: impl Fn(usize, &mut Chance) -> Person,
    chance: &mut Chance,
) -> (Vec<Scene>, Vec<Staged>) {
    let (mut scenes, mut staged) = (Vec::new(), Vec::new());
    for attack in attacks.iter().copied().cycle() {
        let number = people.len();
        let victim = person(number, chance);
        let acts = attack.acts(&victim, chance);
        if scenes.len() + acts.len() > room {
            break;
        }
        people.push(victim);
        staged.push(Staged { attack, person: number });
        scenes.extend(acts.into_iter().map(|act| (number, attack, act)));
    }
    (scenes, staged)
}

/// One of the ordinary users, rather one who is awake: the run is a day, which begins at midnight UTC.
fn somebody(people: &[Person], pace: &Pace, at: Duration, chance: &mut Chance) -> usize {
    let hour = 24.0 * at.as_secs_f64() / pace.lasting().as_secs_f64();
    let mut person = chance.below(pace.users);
    for _ in 0..TRIES {
        let is_flying = people[person].flight.is_some_and(|flight| (flight.leaves..flight.lands).contains(&at));
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

    fn pace(seed: u64) -> Pace {
        Pace { users: 20, rate: 20, duration: Duration::from_mins(1), seed }
    }

    fn plan(seed: u64) -> Plan {
        Plan::new(&pace(seed), Attack::value_variants(), &["default".to_owned()])
    }

    #[test]
    fn a_seed_decides_everything() {
        assert_eq!(plan(1).steps, plan(1).steps);
        assert_ne!(plan(1).steps, plan(2).steps);
        assert_ne!(plan(1).people[0].user_id, plan(2).people[0].user_id);
    }

    #[test]
    fn a_minute_has_its_calls_in_order_and_every_attack() {
        let plan = plan(3);
        assert_eq!(plan.steps.len(), 1200);
        assert!(plan.steps.is_sorted_by_key(|step| step.at));
        assert!(plan.steps.iter().all(|step| step.at < Duration::from_mins(1) && step.person < plan.people.len()));
        assert_eq!(plan.left_out, []);
        let staged: HashSet<_> = plan.staged.iter().map(|staged| staged.attack.name()).collect();
        assert_eq!(staged.len(), Attack::value_variants().len());
        let of_attacks = plan.steps.iter().filter(|step| step.attack.is_some()).count();
        assert!(of_attacks <= 400, "{of_attacks}");
    }

    #[test]
    fn nobody_uses_a_session_that_they_did_not_start() {
        let plan = plan(4);
        let mut held = HashSet::new();
        for Step { person, act, .. } in &plan.steps {
            match act {
                Act::SignIn { holder, .. } => drop(held.insert((*person, *holder))),
                Act::SignOut { holder } => assert!(held.remove(&(*person, *holder)), "{act:?}"),
                Act::Use { holder, .. } | Act::Poll { holder, .. } | Act::ChangePassword { holder } => {
                    assert!(held.contains(&(*person, *holder)), "{act:?}");
                }
                Act::Guess { .. } => (),
            }
        }
    }

    #[test]
    fn a_run_too_short_for_an_attack_says_so() {
        let pace = Pace { users: 1, rate: 1, duration: Duration::from_secs(5), seed: 1 };
        let plan = Plan::new(&pace, &[Attack::StolenPassword], &["default".to_owned()]);
        assert_eq!((plan.steps.len(), plan.left_out), (5, vec![Attack::StolenPassword]));
        let none = Plan::new(&pace, &[], &["default".to_owned()]);
        assert!(none.staged.is_empty() && none.left_out.is_empty());
    }
}
