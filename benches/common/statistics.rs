//! Of many figures, a few.

use std::time::Duration;

/// The median; zero of nothing.
pub fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => 0.0,
        length if length % 2 == 1 => sorted[length / 2],
        length => f64::midpoint(sorted[length / 2 - 1], sorted[length / 2]),
    }
}

/// What `share` percent of the durations, which are in order, did not exceed.
pub fn percentile(sorted: &[Duration], share: f64) -> Duration {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an index"
    )]
    let at = (sorted.len().saturating_sub(1) as f64 * share / 100.0) as usize;
    sorted.get(at).copied().unwrap_or_default()
}

/// A ratio beside what it must reach.
pub fn format_verdict(ratio: f64, holds: bool, bar: &str) -> String {
    let verdict = if holds { "met" } else { "MISSED" };
    format!("{ratio:>7.2}   bar {bar}: {verdict}")
}
