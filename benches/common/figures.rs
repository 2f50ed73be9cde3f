//! Of several rounds, the one in the middle.

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

/// A ratio beside what it must reach.
pub fn judged(ratio: f64, holds: bool, bar: &str) -> String {
    let verdict = if holds { "met" } else { "MISSED" };
    format!("{ratio:>7.2}   bar {bar}: {verdict}")
}
