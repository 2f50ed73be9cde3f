//! Sessions, logins and endings are counted.

use std::time::Duration;

use super::Authority;
use crate::domain::{
    Error, UnixMillis, UserId, Violation, Violations,
    search::{Stats, StatsQuery, Tenants, Window},
    time::millis,
};

const DAY: Duration = Duration::from_hours(24);
/// What is counted in when nothing is said of it.
const USUAL_WINDOW: Duration = Duration::from_hours(30 * 24);
/// What can be counted in at most.
const LONGEST_WINDOW: Duration = Duration::from_hours(400 * 24);
const SHORTEST_STEP: Duration = Duration::from_mins(1);
/// Points of a series.
const POINTS: u64 = 1_000;

/// What is to be counted.
#[derive(Clone, Debug)]
pub struct GetStats {
    pub tenants: Tenants,
    pub user: Option<UserId>,
    /// A missing end is now, a missing start 30 days before the end.
    pub window: Window,
    /// Of the series; `None`: a day.
    pub step: Option<Duration>,
}

/// What was counted.
#[derive(Clone, Debug, PartialEq)]
pub struct CountedStats {
    pub stats: Stats,
    /// Everything that happened before is taken into account. `None`: not known.
    pub complete_until: Option<UnixMillis>,
}

impl Authority {
    /// Names everything that is wrong with the window and the step of a [`GetStats`].
    pub fn check_stats(&self, window: Window, step: Option<Duration>) -> Result<(), Violations> {
        series(window, step, self.now()).map(drop)
    }

    /// Counts, all as of one moment.
    pub async fn stats(&self, request: GetStats) -> Result<CountedStats, Error> {
        let GetStats { tenants, user, window, step } = request;
        let (start, end, step) = series(window, step, self.now())?;
        let query = StatsQuery { tenants, user, start, end, step };
        let complete_until = self.complete_until();
        let stats = self.history()?.stats(&query).await?;
        Ok(CountedStats { stats, complete_until })
    }
}

/// Start, end and step of what is to be counted.
fn series(
    window: Window,
    step: Option<Duration>,
    now: UnixMillis,
) -> Result<(UnixMillis, UnixMillis, Duration), Violations> {
    let mut violations = Violations::default();
    let end = window.end.unwrap_or(now);
    let start = window.start.unwrap_or_else(|| end.minus(USUAL_WINDOW));
    let span = end.since(start);
    if span.is_zero() {
        let text = "is not before the end of the window, which is now if not given";
        violations.take::<()>(Err(Violation::new("window.start", text)));
    }
    if span > LONGEST_WINDOW {
        let days = LONGEST_WINDOW.as_secs() / DAY.as_secs();
        violations.take::<()>(Err(Violation::new("window", format!("is longer than {days} days"))));
    }
    let step = step.unwrap_or(DAY);
    if step < SHORTEST_STEP {
        violations.take::<()>(Err(Violation::new("step", "is shorter than 1 minute")));
    }
    violations.into_result()?;
    let points = millis(span).div_ceil(millis(step));
    if points > POINTS {
        let text = format!("makes {points} points of the window; at most {POINTS} are allowed");
        return Err(Violation::new("step", text).into());
    }
    Ok((start, end, Duration::from_millis(millis(step))))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis::new(1_800_000_000_000);
    const MINUTE: Duration = Duration::from_mins(1);

    type Series = (UnixMillis, UnixMillis, Duration);

    fn asked(start: Option<UnixMillis>, end: Option<UnixMillis>, step: Option<Duration>) -> Result<Series, String> {
        series(Window { start, end }, step, NOW).map_err(|violations| {
            violations.iter().map(|violation| violation.field.as_ref()).collect::<Vec<_>>().join(" ")
        })
    }

    #[test]
    fn what_is_not_said_is_the_last_30_days_in_days() {
        assert_eq!(asked(None, None, None), Ok((NOW.minus(30 * DAY), NOW, DAY)));
        let yesterday = NOW.minus(DAY);
        assert_eq!(asked(None, Some(yesterday), None), Ok((NOW.minus(31 * DAY), yesterday, DAY)));
        assert_eq!(asked(Some(yesterday), None, None), Ok((yesterday, NOW, DAY)));
    }

    #[test]
    fn windows_and_steps_have_limits() {
        assert!(asked(Some(NOW.minus(400 * DAY)), None, None).is_ok());
        assert_eq!(asked(Some(NOW.minus(401 * DAY)), None, None), Err("window".to_owned()));
        assert_eq!(asked(Some(NOW), None, None), Err("window.start".to_owned()));
        assert_eq!(asked(Some(NOW.plus(DAY)), Some(NOW), None), Err("window.start".to_owned()));
        assert_eq!(asked(None, None, Some(Duration::from_secs(59))), Err("step".to_owned()));
        assert_eq!(asked(Some(NOW), None, Some(Duration::ZERO)), Err("window.start step".to_owned()));
        assert!(asked(Some(NOW.minus(1_000 * MINUTE)), None, Some(MINUTE)).is_ok());
        let a_little_more = NOW.minus(1_000 * MINUTE + Duration::from_millis(1));
        assert_eq!(asked(Some(a_little_more), None, Some(MINUTE)), Err("step".to_owned()));
    }
}
