//! Summaries of figures.

use std::time::Duration;

/// Returns the median, or zero for an empty slice.
pub fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => 0.0,
        length if length % 2 == 1 => sorted[length / 2],
        length => f64::midpoint(sorted[length / 2 - 1], sorted[length / 2]),
    }
}

/// Returns the value that `share` percent of the sorted durations do not exceed.
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

/// Formats a ratio with its target.
pub fn format_verdict(ratio: f64, holds: bool, bar: &str) -> String {
    let verdict = if holds { "met" } else { "MISSED" };
    format!("{ratio:>7.2}   target {bar}: {verdict}")
}
