//! The actions of all users and attackers, in the order of their times.

use std::time::Duration;

use session_authority::domain::{AuthEventKind, ClientContext, UnixMillis};

use super::{attacks::AttackKind, honest::HonestTraffic};

/// The first moment: a midnight (UTC), on a Monday.
pub const START: UnixMillis = UnixMillis::new(1_767_571_200_000);
/// Attacks happen from this day on, when the habits of their victims are known, and before the last one.
pub const FIRST_ATTACK_DAY: u64 = 90;
pub const DAYS: u64 = 130;

/// The origin of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    Honest(HonestTraffic),
    /// The attack, by its number in the schedule.
    Attack(usize),
}

/// The session of a user, among those that take part in a scenario.
pub type SessionSlot = u32;

/// An action.
#[derive(Clone, Debug)]
pub enum Action {
    SignIn {
        slot: SessionSlot,
        client: ClientContext,
    },
    Fail {
        kind: AuthEventKind,
        client: ClientContext,
    },
    Use {
        slot: SessionSlot,
        client: ClientContext,
    },
    Rotate {
        slot: SessionSlot,
        client: ClientContext,
    },
    /// The end of a session by its client, which forgets the token unless somebody has copied it.
    SignOut {
        slot: SessionSlot,
        is_copied: bool,
    },
    /// The end of a session by another client of the user.
    Revoke {
        slot: SessionSlot,
    },
    /// A use of a token that nobody issued.
    Guess {
        number: u8,
        client: ClientContext,
    },
    /// A use of the token that was current before the last rotation.
    UseFormer {
        slot: SessionSlot,
        client: ClientContext,
    },
}

/// An action of a user or of somebody who pretends to be the user.
#[derive(Clone, Debug)]
pub struct Step {
    pub at: UnixMillis,
    pub label: Label,
    pub user: String,
    pub action: Action,
}

/// The actions of a run, while they are planned.
#[derive(Default)]
pub struct Schedule {
    steps: Vec<Step>,
    attacks: Vec<AttackKind>,
}

impl Schedule {
    pub fn add(&mut self, at: UnixMillis, label: Label, user: &str, action: Action) {
        self.steps.push(Step { at, label, user: user.to_owned(), action });
    }

    /// Adds an attack, whose actions follow, and returns their label.
    pub fn begin_attack(&mut self, attack: AttackKind) -> Label {
        self.attacks.push(attack);
        Label::Attack(self.attacks.len() - 1)
    }

    pub fn attacks(&self) -> Vec<AttackKind> {
        self.attacks.clone()
    }

    /// Returns the actions in the order of their times. Actions at one time stay in the order in which they were added.
    pub fn into_steps(mut self) -> Vec<Step> {
        self.steps.sort_by_key(|step| step.at);
        self.steps
    }
}

/// Returns a time on a day of the run.
pub fn on_day(day: u64, time: Duration) -> UnixMillis {
    START.plus(Duration::from_hours(24 * day)).plus(time)
}
