//! Charts over time, drawn as SVG without a script. The same figures are in a table beside each.

use std::fmt::Write as _;

use askama::Template;

use crate::web::page_time::PageTime;

const WIDTH: u64 = 600;
const HEIGHT: u64 = 140;

/// A chart with one or two lines.
#[derive(Clone, Debug, Template)]
#[template(path = "console/chart.html")]
pub struct TimeChart {
    pub title: &'static str,
    pub times: Vec<PageTime>,
    pub series: Vec<ChartSeries>,
}

/// The values of one line.
#[derive(Clone, Debug)]
pub struct ChartSeries {
    pub name: &'static str,
    pub class: &'static str,
    pub values: Vec<u64>,
}

impl TimeChart {
    /// Returns the upper end of the scale: 1, 2 or 5 times a power of ten.
    #[must_use]
    pub fn scale(&self) -> u64 {
        let greatest = self.series.iter().flat_map(|series| &series.values).copied().max().unwrap_or(0);
        let mut unit = 1_u64;
        loop {
            for factor in [1, 2, 5] {
                let end = unit.saturating_mul(factor);
                if end >= greatest {
                    return end;
                }
            }
            unit = unit.saturating_mul(10);
        }
    }

    /// Returns the points of a line, as SVG writes them.
    #[must_use]
    pub fn points(&self, series: &ChartSeries) -> String {
        let (scale, last) = (self.scale(), u64::try_from(series.values.len()).unwrap_or(0).saturating_sub(1).max(1));
        let mut points = String::new();
        for (value, at) in series.values.iter().zip(0_u64..) {
            let x = at * WIDTH / last;
            let height = u128::from(*value) * u128::from(HEIGHT) / u128::from(scale);
            let y = HEIGHT.saturating_sub(u64::try_from(height).unwrap_or(HEIGHT));
            // Writing to a String does not fail.
            let _ = write!(points, "{x},{y} ");
        }
        points
    }

    /// Returns a sentence for those who do not see the chart.
    #[must_use]
    pub fn summary(&self) -> String {
        let describe = |series: &ChartSeries| {
            let (latest, most) = (series.values.last().unwrap_or(&0), series.values.iter().max().unwrap_or(&0));
            format!("{}: {latest} at the end, at most {most}", series.name)
        };
        self.series.iter().map(describe).collect::<Vec<_>>().join("; ")
    }

    #[must_use]
    pub fn rows(&self) -> Vec<(&PageTime, Vec<u64>)> {
        let values = |at: usize| self.series.iter().map(|series| series.values.get(at).copied().unwrap_or(0)).collect();
        self.times.iter().enumerate().map(|(at, time)| (time, values(at))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(values: &[u64]) -> TimeChart {
        let series = ChartSeries { name: "Active", class: "first", values: values.to_vec() };
        TimeChart { title: "Sessions", times: Vec::new(), series: vec![series] }
    }

    #[test]
    fn lines_fill_a_round_scale() {
        for (values, scale) in [(&[][..], 1), (&[0], 1), (&[3, 2], 5), (&[100], 100), (&[101], 200), (&[501, 7], 1000)]
        {
            assert_eq!(chart(values).scale(), scale, "{values:?}");
        }
        let drawn = chart(&[0, 5, 10]);
        assert_eq!(drawn.points(&drawn.series[0]), "0,140 300,70 600,0 ");
        assert_eq!(chart(&[7]).points(&chart(&[7]).series[0]), "0,42 ");
        assert_eq!(drawn.summary(), "Active: 10 at the end, at most 10");
        assert!(chart(&[u64::MAX]).scale() >= u64::MAX / 2);
    }
}
