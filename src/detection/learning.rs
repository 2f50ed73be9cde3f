use crate::domain::{LoginHistory, UnixMillis};

use super::{LearningThreshold, NotEvaluatedReason};

/// The degree to which the habits of a user are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LearningPhase {
    /// Few logins are known, or the user was absent for longer than the history reaches. Novelty means less.
    Learning,
    Complete,
}

/// Returns the phase. The first login is never compared, whatever the settings: the error is
/// [`NotEvaluatedReason::NoHistory`].
pub(super) fn learning_phase(
    history: &LoginHistory,
    learning: LearningThreshold,
    now: UnixMillis,
) -> Result<LearningPhase, NotEvaluatedReason> {
    let first = history.first_login.ok_or(NotEvaluatedReason::NoHistory)?;
    let is_known = history.logins >= learning.min_logins || now.since(first) >= learning.min_age;
    Ok(if is_known && !history.is_dormant(now) { LearningPhase::Complete } else { LearningPhase::Learning })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const DAY: Duration = Duration::from_hours(24);
    const START: UnixMillis = UnixMillis::new(1_700_000_000_000);

    #[test]
    fn a_user_is_learned_after_ten_logins_or_fourteen_days() {
        let cases = [
            (0, DAY, Err(NotEvaluatedReason::NoHistory)),
            (1, Duration::ZERO, Ok(LearningPhase::Learning)),
            (9, DAY * 13, Ok(LearningPhase::Learning)),
            (10, Duration::ZERO, Ok(LearningPhase::Complete)),
            (1, DAY * 14, Ok(LearningPhase::Complete)),
            (10, DAY * 90, Ok(LearningPhase::Complete)),
            (10, DAY * 91, Ok(LearningPhase::Learning)),
        ];
        for (logins, later, expected) in cases {
            let seen = (logins > 0).then_some(START);
            let history = LoginHistory { logins, first_login: seen, last_login: seen, ..LoginHistory::default() };
            assert_eq!(
                learning_phase(&history, LearningThreshold::default(), START.plus(later)),
                expected,
                "{logins} logins, {later:?} later"
            );
        }
    }
}
