use crate::domain::{LoginHistory, UnixMillis};

use super::{LearningThreshold, NotEvaluatedReason};

/// Returns the reason why nothing counts as new for this user yet; `None` if learning is complete.
///
/// The first login is never compared, whatever the settings. A user who was absent for longer than the history reaches
/// is learned again.
pub(super) fn learning_reason(
    history: &LoginHistory,
    learning: LearningThreshold,
    now: UnixMillis,
) -> Option<NotEvaluatedReason> {
    let Some(first) = history.first_login else { return Some(NotEvaluatedReason::NoHistory) };
    let known = history.logins >= learning.min_logins || now.since(first) >= learning.min_age;
    (!known || history.is_dormant(now)).then_some(NotEvaluatedReason::Learning)
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
            (0, DAY, Some(NotEvaluatedReason::NoHistory)),
            (1, Duration::ZERO, Some(NotEvaluatedReason::Learning)),
            (9, DAY * 13, Some(NotEvaluatedReason::Learning)),
            (10, Duration::ZERO, None),
            (1, DAY * 14, None),
            (10, DAY * 90, None),
            (10, DAY * 91, Some(NotEvaluatedReason::Learning)),
        ];
        for (logins, later, expected) in cases {
            let seen = (logins > 0).then_some(START);
            let history = LoginHistory { logins, first_login: seen, last_login: seen, ..LoginHistory::default() };
            assert_eq!(
                learning_reason(&history, LearningThreshold::default(), START.plus(later)),
                expected,
                "{logins} logins, {later:?} later"
            );
        }
    }
}
