use crate::domain::UnixMillis;

/// The number of logins from which older ones fade: all counts are then halved.
const FADING_TOTAL: u32 = 200;
const HOUR_MILLIS: u64 = 3_600_000;

/// The number of a user's recent logins in each hour of the day, in UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoginHours([u8; 24]);

impl LoginHours {
    /// Creates the histogram with these counts, from midnight on.
    #[must_use]
    pub const fn new(counts: [u8; 24]) -> Self {
        Self(counts)
    }

    /// Returns the counts, from midnight on.
    #[must_use]
    pub const fn counts(&self) -> &[u8; 24] {
        &self.0
    }

    /// Returns the number of remembered logins.
    #[must_use]
    pub fn total(&self) -> u32 {
        self.0.iter().copied().map(u32::from).sum()
    }

    /// Returns the hour of the day of a time, 0 to 23.
    #[must_use]
    pub fn hour_of_day(at: UnixMillis) -> usize {
        usize::try_from(at.get() / HOUR_MILLIS % 24).unwrap_or_default()
    }

    /// Returns the number of remembered logins in an hour of the day and in the hours before and after it.
    #[must_use]
    pub fn logins_around(&self, hour: usize) -> u32 {
        [23, 0, 1].iter().map(|shift| u32::from(self.0[(hour + shift) % 24])).sum()
    }

    /// Adds a login.
    pub(super) fn add(&mut self, at: UnixMillis) {
        if self.total() >= FADING_TOTAL {
            self.0 = self.0.map(|count| count / 2);
        }
        let count = &mut self.0[Self::hour_of_day(at)];
        *count = count.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_hour_includes_its_neighbours_across_midnight() {
        let midnight = UnixMillis::new(86_400_000 * 19_000);
        let mut hours = LoginHours::default();
        hours.add(midnight.plus(Duration::from_mins(59)));
        let around: Vec<_> = (0..24).filter(|hour| hours.logins_around(*hour) > 0).collect();
        assert_eq!((around, hours.total()), (vec![0, 1, 23], 1));
    }

    #[test]
    fn old_logins_fade_and_counts_stay_bounded() {
        let midnight = UnixMillis::new(86_400_000 * 19_000);
        let mut hours = LoginHours::default();
        hours.add(midnight.plus(Duration::from_hours(3)));
        for _ in 0..10_000 {
            hours.add(midnight.plus(Duration::from_hours(12)));
        }
        assert_eq!(hours.logins_around(3), 0, "a single old login");
        assert!((100..=200).contains(&hours.total()), "{}", hours.total());
    }
}
