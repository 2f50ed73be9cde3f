//! The alerts of a run, right and wrong.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use session_authority::{detection::AlertRule, domain::alert::Severity};

use super::{attacks::AttackKind, honest::HonestTraffic, schedule::Label};

/// The least recall of a rule on its attacks.
const RECALL_GOAL: f64 = 0.95;
/// The most alerts of severity MEDIUM and above in 1,000 sign-ins of honest users.
const VOLUME_GOAL: f64 = 5.0;

/// The alerts of a run by the origin of what raised them.
pub struct Scoreboard {
    attacks: Vec<AttackKind>,
    /// The rules that noticed each attack.
    noticed: Vec<BTreeSet<&'static str>>,
    attack_alerts: BTreeMap<&'static str, u64>,
    honest_alerts: BTreeMap<&'static str, SeverityCounts>,
    honest_sign_ins: BTreeMap<HonestTraffic, u64>,
    honest_traffic_alerts: BTreeMap<HonestTraffic, SeverityCounts>,
}

/// Numbers of alerts, from INFO to CRITICAL.
#[derive(Clone, Copy, Debug, Default)]
struct SeverityCounts([u64; 5]);

impl SeverityCounts {
    fn add(&mut self, severity: Severity) {
        self.0[severity as usize - 1] += 1;
    }

    fn total(self) -> u64 {
        self.0.iter().sum()
    }

    fn medium_or_above(self) -> u64 {
        self.0[Severity::Medium as usize - 1..].iter().sum()
    }
}

impl Scoreboard {
    pub fn new(attacks: Vec<AttackKind>) -> Self {
        Self {
            noticed: vec![BTreeSet::new(); attacks.len()],
            attacks,
            attack_alerts: BTreeMap::new(),
            honest_alerts: BTreeMap::new(),
            honest_sign_ins: BTreeMap::new(),
            honest_traffic_alerts: BTreeMap::new(),
        }
    }

    pub fn record_sign_in(&mut self, label: Label) {
        if let Label::Honest(traffic) = label {
            *self.honest_sign_ins.entry(traffic).or_default() += 1;
        }
    }

    pub fn record_alert(&mut self, label: Label, rule: AlertRule, severity: Severity) {
        match label {
            Label::Attack(number) => {
                self.noticed[number].insert(rule.name());
                *self.attack_alerts.entry(rule.name()).or_default() += 1;
            }
            Label::Honest(traffic) => {
                self.honest_alerts.entry(rule.name()).or_default().add(severity);
                self.honest_traffic_alerts.entry(traffic).or_default().add(severity);
            }
        }
    }

    /// Returns whether every rule notices its attacks, and honest users cause few alerts.
    pub fn meets_goals(&self) -> bool {
        let recall = AlertRule::all().filter_map(|rule| self.recall(rule.name()));
        recall.map(|(noticed, attacks)| ratio(noticed, attacks)).all(|recall| recall >= RECALL_GOAL)
            && self.medium_per_thousand() <= VOLUME_GOAL
    }

    /// Returns the number of attacks that a rule noticed, and of those that it must notice; `None` without any.
    fn recall(&self, rule: &str) -> Option<(u64, u64)> {
        let own = self.attacks.iter().zip(&self.noticed).filter(|(attack, _)| attack.expected_rules().contains(&rule));
        let (noticed, attacks) =
            own.fold((0, 0), |(noticed, attacks), (_, rules)| (noticed + u64::from(rules.contains(rule)), attacks + 1));
        (attacks > 0).then_some((noticed, attacks))
    }

    fn medium_per_thousand(&self) -> f64 {
        let alerts = self.honest_alerts.values().map(|counts| counts.medium_or_above()).sum();
        1_000.0 * ratio(alerts, self.honest_sign_ins.values().sum())
    }
}

impl fmt::Display for Scoreboard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\n| rule | recall | precision | alerts in attacks | in honest traffic | of these MEDIUM or above |"
        )?;
        writeln!(f, "|---|---|---|---|---|---|")?;
        for rule in AlertRule::all().map(AlertRule::name) {
            let recall = match self.recall(rule) {
                Some((noticed, attacks)) => format!("{:.2} ({noticed} of {attacks})", ratio(noticed, attacks)),
                None => "no attack".to_owned(),
            };
            let right = self.attack_alerts.get(rule).copied().unwrap_or_default();
            let wrong = self.honest_alerts.get(rule).copied().unwrap_or_default();
            let precision = match right + wrong.total() {
                0 => "no alert".to_owned(),
                all => format!("{:.2}", ratio(right, all)),
            };
            let (total, medium) = (wrong.total(), wrong.medium_or_above());
            writeln!(f, "| `{rule}` | {recall} | {precision} | {right} | {total} | {medium} |")?;
        }
        writeln!(f, "\n| honest traffic | sign-ins | alerts per 1,000 | MEDIUM or above per 1,000 |")?;
        writeln!(f, "|---|---|---|---|")?;
        for (traffic, sign_ins) in &self.honest_sign_ins {
            let alerts = self.honest_traffic_alerts.get(traffic).copied().unwrap_or_default();
            let (all, medium) = (ratio(alerts.total(), *sign_ins), ratio(alerts.medium_or_above(), *sign_ins));
            writeln!(f, "| {} | {sign_ins} | {:.1} | {:.1} |", traffic.name(), 1_000.0 * all, 1_000.0 * medium)?;
        }
        let sign_ins: u64 = self.honest_sign_ins.values().sum();
        let alerts = self.honest_alerts.values().map(|counts| counts.total()).sum();
        let (all, medium) = (1_000.0 * ratio(alerts, sign_ins), self.medium_per_thousand());
        writeln!(f, "| all | {sign_ins} | {all:.1} | {medium:.1} |")?;
        let outcome = if self.meets_goals() { "met" } else { "MISSED" };
        write!(f, "\nrecall at least {RECALL_GOAL}, at most {VOLUME_GOAL} MEDIUM per 1,000 honest sign-ins: {outcome}")
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of alerts are exact")]
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
