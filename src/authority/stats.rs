//! The window and the series of statistics.

use std::time::Duration;

use crate::domain::{
    FieldViolation, FieldViolations, UnixMillis, UserId,
    search::{SessionStats, TenantFilter, TimeRange},
    time::millis,
};

const DAY: Duration = Duration::from_hours(24);
/// The window if the request has none.
const DEFAULT_WINDOW: Duration = Duration::from_hours(30 * 24);
/// The longest window.
const MAX_WINDOW: Duration = Duration::from_hours(400 * 24);
const MIN_STEP: Duration = Duration::from_mins(1);
/// The maximum number of points of a series.
const MAX_POINTS: u64 = 1_000;

/// A request for statistics.
#[derive(Clone, Debug)]
pub struct StatsRequest {
    pub tenants: TenantFilter,
    pub user: Option<UserId>,
    /// The window. Its end defaults to now, its start to 30 days before the end.
    pub window: TimeRange,
    /// The step of the series. `None`: one day.
    pub step: Option<Duration>,
}

/// The statistics, with the time up to which they are complete.
#[derive(Clone, Debug, PartialEq)]
pub struct StatsResult {
    pub stats: SessionStats,
    /// The time before which every change is included. `None`: not known.
    pub complete_until: Option<UnixMillis>,
}

/// Returns the start, end and step of the series. Fails with all violations.
pub(super) fn resolve_series(
    window: TimeRange,
    step: Option<Duration>,
    now: UnixMillis,
) -> Result<(UnixMillis, UnixMillis, Duration), FieldViolations> {
    let mut violations = FieldViolations::default();
    let end = window.end.unwrap_or(now);
    let start = window.start.unwrap_or_else(|| end.minus(DEFAULT_WINDOW));
    let span = end.since(start);
    if span.is_zero() {
        let text = "is not before the end of the window, which is now if not given";
        violations.check::<()>(Err(FieldViolation::new("window.start", text)));
    }
    if span > MAX_WINDOW {
        let days = MAX_WINDOW.as_secs() / DAY.as_secs();
        violations.check::<()>(Err(FieldViolation::new("window", format!("is longer than {days} days"))));
    }
    let step = step.unwrap_or(DAY);
    if step < MIN_STEP {
        violations.check::<()>(Err(FieldViolation::new("step", "is shorter than 1 minute")));
    }
    violations.into_result()?;
    let points = millis(span).div_ceil(millis(step));
    if points > MAX_POINTS {
        let text = format!("divides the window into {points} points; at most {MAX_POINTS} are allowed");
        return Err(FieldViolation::new("step", text).into());
    }
    Ok((start, end, Duration::from_millis(millis(step))))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis::new(1_800_000_000_000);
    const MINUTE: Duration = Duration::from_mins(1);

    type SeriesBounds = (UnixMillis, UnixMillis, Duration);

    fn resolve(
        start: Option<UnixMillis>,
        end: Option<UnixMillis>,
        step: Option<Duration>,
    ) -> Result<SeriesBounds, String> {
        resolve_series(TimeRange { start, end }, step, NOW).map_err(|violations| {
            violations.iter().map(|violation| violation.field.as_ref()).collect::<Vec<_>>().join(" ")
        })
    }

    #[test]
    fn what_is_not_said_is_the_last_30_days_in_days() {
        assert_eq!(resolve(None, None, None), Ok((NOW.minus(30 * DAY), NOW, DAY)));
        let yesterday = NOW.minus(DAY);
        assert_eq!(resolve(None, Some(yesterday), None), Ok((NOW.minus(31 * DAY), yesterday, DAY)));
        assert_eq!(resolve(Some(yesterday), None, None), Ok((yesterday, NOW, DAY)));
    }

    #[test]
    fn windows_and_steps_have_limits() {
        assert!(resolve(Some(NOW.minus(400 * DAY)), None, None).is_ok());
        assert_eq!(resolve(Some(NOW.minus(401 * DAY)), None, None), Err("window".to_owned()));
        assert_eq!(resolve(Some(NOW), None, None), Err("window.start".to_owned()));
        assert_eq!(resolve(Some(NOW.plus(DAY)), Some(NOW), None), Err("window.start".to_owned()));
        assert_eq!(resolve(None, None, Some(Duration::from_secs(59))), Err("step".to_owned()));
        assert_eq!(resolve(Some(NOW), None, Some(Duration::ZERO)), Err("window.start step".to_owned()));
        assert!(resolve(Some(NOW.minus(1_000 * MINUTE)), None, Some(MINUTE)).is_ok());
        let a_little_more = NOW.minus(1_000 * MINUTE + Duration::from_millis(1));
        assert_eq!(resolve(Some(a_little_more), None, Some(MINUTE)), Err("step".to_owned()));
    }
}
