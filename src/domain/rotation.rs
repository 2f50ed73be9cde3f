//! The rotation of tokens: what a presented token is to its session, and which token follows it.
//!
//! A session has one current token. After a rotation it also remembers the token before (`previous`) and the very first
//! one (`first`), both as hashes. Every older token is recognised by what it contains: its number, under a MAC of this
//! authority (see [`super::token`]).
//!
//! # Why only a genuine old token can end a session
//!
//! A token that was rotated out and is presented again ends its session, so nobody must be able to invent one.
//!
//! - The previous token and the first one are compared by the SHA-256 of their 256-bit secrets.
//! - Every other old token has a number of at least 1. The token states it, and a MAC of 128 bits under the token key
//!   covers it together with the session ID and the secret. Only this authority can have issued it, for this session,
//!   as that number.
//! - The MAC of a first token has 64 bits, because it only saves look-ups. Therefore it proves nothing here, and the
//!   hash of the first token is kept.
//!
//! A genuine token with a number that the session has not reached, or with the number of a token that it has and another
//! secret, comes from a state that the store has lost, as in a failover. It is unknown, and ends nothing.

use std::time::Duration;

use super::{
    time::UnixMillis,
    token::{PresentedToken, SecretHash},
};

/// The longest grace period that a policy may give.
pub const MAX_GRACE: Duration = Duration::from_mins(5);

/// The treatment of the previous token after its grace period, while the current one was never presented.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LostAnswer {
    /// The same current token is returned: the response with it was probably lost.
    #[default]
    Repeat,
    /// The token is rejected, and the user has to sign in again.
    Refuse,
}

/// The rules of a policy for rotations. The session keeps them for its whole life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RotationRules {
    /// The time for which a token is still accepted after its rotation.
    pub grace: Duration,
    pub lost_answer: LostAnswer,
    /// The age at which a token should be rotated. `None`: never.
    pub max_age: Option<Duration>,
    /// Set if an older token is rejected until it is rotated.
    pub is_required: bool,
}

impl Default for RotationRules {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl RotationRules {
    pub const DEFAULT: Self =
        Self { grace: Duration::from_secs(10), lost_answer: LostAnswer::Repeat, max_age: None, is_required: false };
}

/// The latest rotation of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// The number of rotations so far, which is the number of the current token.
    pub number: u32,
    /// The time from which the current token has replaced the previous one.
    pub at: UnixMillis,
    /// The time after `at` in which a presented previous token is not taken for a stolen one.
    pub grace: Duration,
    /// Set if the current token was presented.
    pub is_presented: bool,
    /// Set if the previous token is accepted within the grace period. Not set if the session has gained rights with
    /// the current token (OWASP ASVS 7.2.4).
    pub accepts_previous: bool,
    /// Set if the previous token is rotated to the current one, even after the grace period, until that is presented.
    pub repeats: bool,
    pub previous: SecretHash,
    /// The token with which the session began.
    pub first: SecretHash,
}

/// The relation of a presented token to its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenStanding {
    Current,
    /// The previous token, within its grace period.
    Accepted,
    /// The previous token. It is not accepted, but it is no sign of a theft either.
    Superseded,
    /// A token that was rotated out, while the current one is in use: two parties hold tokens (RFC 9700 §4.14.2).
    Reused,
    /// Not a token of the session, as far as the store knows.
    Unknown,
}

impl Rotation {
    /// The size of a stored rotation, in bytes.
    pub const BYTES: usize = 78;

    /// Returns the first or the next rotation of a session whose token `current` was presented to be rotated.
    #[must_use]
    pub fn after(before: Option<&Self>, current: SecretHash, at: UnixMillis, rules: &RotationRules) -> Self {
        Self {
            number: before.map_or(0, |before| before.number).saturating_add(1),
            at,
            grace: rules.grace,
            is_presented: false,
            accepts_previous: true,
            repeats: rules.lost_answer == LostAnswer::Repeat,
            previous: current,
            first: before.map_or(current, |before| before.first),
        }
    }

    /// Returns the rotation that a step-up causes: the token before it is neither accepted nor rotated to the new one,
    /// because its holder must not gain the new rights.
    ///
    /// A current token that was never presented is dropped, with its number: the response with it was lost, and the
    /// client has the one before.
    #[must_use]
    pub fn after_step_up(before: Option<&Self>, current: SecretHash, at: UnixMillis, rules: &RotationRules) -> Self {
        let next = match before {
            Some(before) if !before.is_presented => before.clone(),
            _ => Self::after(before, current, at, rules),
        };
        Self { at, grace: rules.grace, is_presented: false, accepts_previous: false, repeats: false, ..next }
    }

    fn is_within_grace(&self, now: UnixMillis) -> bool {
        now < self.at.plus(self.grace)
    }

    /// Returns whether the previous token may be exchanged for the current one at `now`.
    #[must_use]
    pub fn may_repeat(&self, now: UnixMillis) -> bool {
        if self.is_within_grace(now) { self.accepts_previous } else { self.repeats && !self.is_presented }
    }
}

/// Returns what `token` is to a session with the current secret `current`.
#[must_use]
pub fn standing(
    current: SecretHash,
    rotation: Option<&Rotation>,
    token: PresentedToken,
    now: UnixMillis,
) -> TokenStanding {
    if token.secret == current {
        return TokenStanding::Current;
    }
    let Some(rotation) = rotation else { return TokenStanding::Unknown };
    if token.secret == rotation.previous {
        return match (rotation.is_within_grace(now), rotation.is_presented) {
            (true, _) if rotation.accepts_previous => TokenStanding::Accepted,
            (true, _) | (false, false) => TokenStanding::Superseded,
            (false, true) => TokenStanding::Reused,
        };
    }
    let is_first = token.number == 0 && token.secret == rotation.first;
    let is_older = token.number > 0 && token.number < rotation.number.saturating_sub(1);
    if is_first || is_older { TokenStanding::Reused } else { TokenStanding::Unknown }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: UnixMillis = UnixMillis::new(100_000);
    const GRACE: Duration = Duration::from_secs(10);

    fn hash(number: u8) -> SecretHash {
        SecretHash([number; 32])
    }

    fn token(number: u8) -> PresentedToken {
        PresentedToken { secret: hash(number), number: number.into() }
    }

    /// The rotation of a session whose current token has this number.
    fn rotation(number: u8) -> Rotation {
        (0..number)
            .fold(None, |before, current| {
                Some(Rotation::after(before.as_ref(), hash(current), AT, &RotationRules::default()))
            })
            .expect("a rotation")
    }

    fn standing_of(presented: PresentedToken, rotation: &Rotation, now: UnixMillis) -> TokenStanding {
        let current = hash(u8::try_from(rotation.number).expect("a small number"));
        standing(current, Some(rotation), presented, now)
    }

    #[test]
    fn the_previous_token_is_accepted_until_its_grace_has_passed() {
        let rotation = rotation(1);
        let last = AT.plus(GRACE).minus(Duration::from_millis(1));
        assert_eq!(standing_of(token(0), &rotation, last), TokenStanding::Accepted);
        assert_eq!(standing_of(token(0), &rotation, AT.plus(GRACE)), TokenStanding::Superseded);
        assert_eq!(standing_of(token(1), &rotation, AT.plus(GRACE)), TokenStanding::Current);
        let used = Rotation { is_presented: true, ..rotation };
        assert_eq!(standing_of(token(0), &used, last), TokenStanding::Accepted);
        assert_eq!(standing_of(token(0), &used, AT.plus(GRACE)), TokenStanding::Reused);
    }

    #[test]
    fn without_a_grace_the_previous_token_is_never_accepted() {
        let rotation = Rotation { grace: Duration::ZERO, ..rotation(1) };
        assert_eq!(standing_of(token(0), &rotation, AT), TokenStanding::Superseded);
        assert!(rotation.may_repeat(AT));
        let used = Rotation { is_presented: true, ..rotation };
        assert_eq!(standing_of(token(0), &used, AT), TokenStanding::Reused);
        assert!(!used.may_repeat(AT));
    }

    #[test]
    fn a_token_of_any_depth_is_recognised() {
        let rotation = rotation(5);
        for number in 0..4 {
            assert_eq!(standing_of(token(number), &rotation, AT), TokenStanding::Reused, "{number}");
        }
        assert_eq!(standing_of(token(4), &rotation, AT), TokenStanding::Accepted);
    }

    #[test]
    fn what_is_not_provably_old_ends_nothing() {
        let rotation = rotation(5);
        let forged_first = PresentedToken { secret: hash(99), number: 0 };
        let of_a_lost_state = PresentedToken { secret: hash(99), number: 4 };
        let of_the_same_number = PresentedToken { secret: hash(99), number: 5 };
        let of_the_future = PresentedToken { secret: hash(99), number: 6 };
        for presented in [forged_first, of_a_lost_state, of_the_same_number, of_the_future] {
            assert_eq!(standing_of(presented, &rotation, AT.plus(GRACE)), TokenStanding::Unknown, "{presented:?}");
        }
        assert_eq!(standing(hash(0), None, token(1), AT), TokenStanding::Unknown);
    }

    #[test]
    fn a_lost_answer_is_repeated_until_the_successor_is_presented() {
        let rotation = rotation(1);
        let later = AT.plus(GRACE * 100);
        assert!(rotation.may_repeat(AT) && rotation.may_repeat(later));
        assert!(!Rotation { is_presented: true, ..rotation.clone() }.may_repeat(later));
        let refusing = RotationRules { lost_answer: LostAnswer::Refuse, ..RotationRules::default() };
        let refused = Rotation::after(None, hash(0), AT, &refusing);
        assert!(refused.may_repeat(AT) && !refused.may_repeat(later));
    }

    #[test]
    fn nobody_gains_the_rights_of_a_step_up_by_an_older_token() {
        let rules = RotationRules::default();
        let rotation = Rotation::after_step_up(None, hash(0), AT, &rules);
        assert_eq!(standing_of(token(0), &rotation, AT), TokenStanding::Superseded, "requests that were on their way");
        assert!(!rotation.may_repeat(AT) && !rotation.may_repeat(AT.plus(GRACE)));
        let used = Rotation { is_presented: true, ..rotation };
        assert_eq!(standing_of(token(0), &used, AT.plus(GRACE)), TokenStanding::Reused);
    }

    #[test]
    fn a_step_up_whose_answer_was_lost_can_be_repeated() {
        let rules = RotationRules::default();
        let lost = Rotation::after_step_up(None, hash(0), AT, &rules);
        let repeated = Rotation::after_step_up(Some(&lost), hash(7), AT, &rules);
        assert_eq!((repeated.number, repeated.previous), (1, hash(0)), "the client has the token from before");
        let lost_token = PresentedToken { secret: hash(7), number: 1 };
        assert_eq!(standing(hash(1), Some(&repeated), lost_token, AT), TokenStanding::Unknown);
        let used = Rotation { is_presented: true, ..lost };
        assert_eq!(Rotation::after_step_up(Some(&used), hash(1), AT, &rules).previous, hash(1));
    }
}
