//! The schedule of attempts, which is that of Standard Webhooks 1.0.0.

use std::time::Duration;

use crate::entropy::{Entropy, random_bytes};

/// The delays after the first attempt, the second, and so on: about 75 hours in all.
const DELAYS: [Duration; 9] = [
    Duration::from_secs(5),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(5),
    Duration::from_hours(10),
    Duration::from_hours(14),
    Duration::from_hours(20),
    Duration::from_hours(24),
];

/// The first pause of an endpoint that keeps failing, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_secs(5), Duration::from_mins(10));

/// Returns the delay after a number of failed attempts, or `None` if that was the last one.
pub(super) fn delay_after(attempts: u32, entropy: &dyn Entropy) -> Option<Duration> {
    let delay = DELAYS.get(usize::try_from(attempts.checked_sub(1)?).ok()?)?;
    Some(with_jitter(*delay, entropy))
}

/// Returns the pause of an endpoint after a number of failures beyond those that are tolerated. It doubles with each.
pub(super) fn pause_after(failures: u64, entropy: &dyn Entropy) -> Duration {
    let (first, longest) = PAUSES;
    let doublings = u32::try_from(failures).unwrap_or(u32::MAX).min(16);
    with_jitter(first.saturating_mul(1 << doublings).min(longest), entropy)
}

/// Lengthens a delay by up to a fifth, so that messages that failed together are not repeated together.
fn with_jitter(delay: Duration, entropy: &dyn Entropy) -> Duration {
    // Without random bytes the delay is as good as any.
    let random = random_bytes::<2>(entropy).map_or(0, u16::from_be_bytes);
    delay + delay / 5 * u32::from(random) / u32::from(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::EntropyError;

    struct ConstantEntropy(u8);

    impl Entropy for ConstantEntropy {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
            bytes.fill(self.0);
            Ok(())
        }
    }

    #[test]
    fn ten_attempts_take_about_three_days() {
        let schedule =
            |entropy: &ConstantEntropy| (1..).map_while(|attempts| delay_after(attempts, entropy)).collect::<Vec<_>>();
        let least = schedule(&ConstantEntropy(0));
        assert_eq!(least, DELAYS);
        let most: Duration = schedule(&ConstantEntropy(255)).iter().sum();
        let least: Duration = least.iter().sum();
        assert_eq!(least.as_secs() / 3600, 75);
        assert_eq!(most, least + least / 5);
        assert_eq!(delay_after(0, &ConstantEntropy(0)), None);
    }

    #[test]
    fn pauses_grow_up_to_ten_minutes() {
        let pauses: Vec<_> = (0..9).map(|failures| pause_after(failures, &ConstantEntropy(0)).as_secs()).collect();
        assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 320, 600, 600]);
        assert_eq!(pause_after(u64::MAX, &ConstantEntropy(0)).as_secs(), 600);
    }
}
