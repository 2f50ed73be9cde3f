//! Sessions, logins and endings are counted.

use std::time::Duration;

use super::Authority;
use crate::domain::{
    Error, UnixMillis, UserId, Violation,
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
    /// Counts, all as of one moment.
    pub async fn stats(&self, request: GetStats) -> Result<CountedStats, Error> {
        let query = query(request, self.now())?;
        let complete_until = self.complete_until();
        let stats = self.history()?.stats(&query).await?;
        Ok(CountedStats { stats, complete_until })
    }
}

fn query(request: GetStats, now: UnixMillis) -> Result<StatsQuery, Violation> {
    let GetStats { tenants, user, window, step } = request;
    let end = window.end.unwrap_or(now);
    let start = window.start.unwrap_or_else(|| end.minus(USUAL_WINDOW));
    let span = end.since(start);
    if span.is_zero() {
        return Err(Violation::new("window.start", "is not before the end of the window, which is now if not given"));
    }
    if span > LONGEST_WINDOW {
        let days = LONGEST_WINDOW.as_secs() / DAY.as_secs();
        return Err(Violation::new("window", format!("is longer than {days} days")));
    }
    let step = step.unwrap_or(DAY);
    if step < SHORTEST_STEP {
        return Err(Violation::new("step", "is shorter than 1 minute"));
    }
    let points = millis(span).div_ceil(millis(step));
    if points > POINTS {
        return Err(Violation::new(
            "step",
            format!("makes {points} points of the window; at most {POINTS} are allowed"),
        ));
    }
    Ok(StatsQuery { tenants, user, start, end, step: Duration::from_millis(millis(step)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis::new(1_800_000_000_000);
    const MINUTE: Duration = Duration::from_mins(1);

    fn asked(start: Option<UnixMillis>, end: Option<UnixMillis>, step: Option<Duration>) -> Result<StatsQuery, String> {
        let request = GetStats { tenants: None, user: None, window: Window { start, end }, step };
        query(request, NOW).map_err(|violation| violation.field.into_owned())
    }

    #[test]
    fn what_is_not_said_is_the_last_30_days_in_days() {
        let usual = asked(None, None, None).expect("a query");
        assert_eq!((usual.start, usual.end, usual.step), (NOW.minus(30 * DAY), NOW, DAY));
        let earlier = asked(None, Some(NOW.minus(DAY)), None).expect("a query");
        assert_eq!(earlier.start, NOW.minus(31 * DAY));
        assert_eq!(asked(Some(NOW.minus(DAY)), None, None).expect("a query").end, NOW);
    }

    #[test]
    fn windows_and_steps_have_limits() {
        assert!(asked(Some(NOW.minus(400 * DAY)), None, None).is_ok());
        assert_eq!(asked(Some(NOW.minus(401 * DAY)), None, None), Err("window".to_owned()));
        assert_eq!(asked(Some(NOW), None, None), Err("window.start".to_owned()));
        assert_eq!(asked(Some(NOW.plus(DAY)), Some(NOW), None), Err("window.start".to_owned()));
        assert_eq!(asked(None, None, Some(Duration::from_secs(59))), Err("step".to_owned()));
        assert!(asked(Some(NOW.minus(1_000 * MINUTE)), None, Some(MINUTE)).is_ok());
        let a_little_more = NOW.minus(1_000 * MINUTE + Duration::from_millis(1));
        assert_eq!(asked(Some(a_little_more), None, Some(MINUTE)), Err("step".to_owned()));
    }
}
