//! Time window of statistics, and its steps.

use std::{cmp::Reverse, collections::BTreeMap};

use super::select_builder::SelectBuilder;
use crate::{
    domain::{
        UnixMillis,
        search::{StatsQuery, TimeRange},
        time::millis,
    },
    sqlite::integer,
};

#[derive(Debug)]
pub(super) struct StatsWindow<'a> {
    pub query: &'a StatsQuery,
    /// The length of a step in milliseconds.
    step: u64,
}

impl<'a> StatsWindow<'a> {
    pub fn new(query: &'a StatsQuery) -> Self {
        Self { query, step: millis(query.step).max(1) }
    }

    /// Returns the starts of the steps, oldest first.
    pub fn step_starts(&self) -> impl DoubleEndedIterator<Item = UnixMillis> + ExactSizeIterator {
        let (start, step) = (self.query.start, self.step);
        (0..self.step_count())
            .map(move |index| UnixMillis::new(start.get().saturating_add(step.saturating_mul(index as u64))))
    }

    pub const fn range(&self) -> TimeRange {
        TimeRange { start: Some(self.query.start), end: Some(self.query.end) }
    }

    fn step_count(&self) -> usize {
        let span = self.query.end.get().saturating_sub(self.query.start.get());
        usize::try_from(span.div_ceil(self.step)).unwrap_or(usize::MAX)
    }

    /// Returns the expression for the step of a row with this time; null after the window.
    pub fn step_column(&self, time: &str) -> String {
        let (start, end) = (integer(self.query.start), integer(self.query.end));
        format!("CASE WHEN {time} < {end} THEN ({time} - {start}) / {} END", self.step)
    }

    /// Selects rows of `table` in the window.
    pub fn select_within(&self, columns: &str, table: &str) -> SelectBuilder {
        self.select_rows(columns, table, self.range())
    }

    /// Selects rows of `table` in the window and after it.
    pub fn select_since(&self, columns: &str, table: &str) -> SelectBuilder {
        self.select_rows(columns, table, TimeRange { start: Some(self.query.start), end: None })
    }

    fn select_rows(&self, columns: &str, table: &str, window: TimeRange) -> SelectBuilder {
        let index = if self.query.user.is_some() { "of_user" } else { "at" };
        let mut select = SelectBuilder::new(&format!("SELECT {columns} FROM {table} INDEXED BY {table}_{index}"));
        select.and_owner(table, &self.query.tenants, self.query.user.as_ref());
        select.and_window("at", window);
        select
    }

    pub fn zero_counts(&self) -> StepCounts {
        StepCounts { steps: vec![0; self.step_count()], after_window: 0 }
    }
}

/// Counts per step, and after the window.
#[derive(Debug)]
pub(super) struct StepCounts {
    pub steps: Vec<u64>,
    pub after_window: u64,
}

impl StepCounts {
    pub fn add(&mut self, step: Option<i64>, count: u64) {
        let step = step.and_then(|step| self.steps.get_mut(usize::try_from(step).ok()?));
        *step.unwrap_or(&mut self.after_window) += count;
    }

    pub fn total_in_window(&self) -> u64 {
        self.steps.iter().sum()
    }
}

/// Counts per name.
#[derive(Debug, Default)]
pub(super) struct NameCounts(BTreeMap<String, u64>);

impl NameCounts {
    pub fn add(&mut self, name: String, count: u64) {
        *self.0.entry(name).or_default() += count;
    }

    /// Returns the counts, highest first, and by name among equals. Names of a newer release are left out.
    pub fn into_sorted<T>(self, from_name: fn(&str) -> Option<T>) -> Vec<(T, u64)> {
        let known = self.0.into_iter().filter_map(|(name, count)| Some((from_name(&name)?, count)));
        let mut counts: Vec<_> = known.collect();
        counts.sort_by_key(|(_, count)| Reverse(*count));
        counts
    }
}
