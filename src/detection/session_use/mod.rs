//! Detection of stolen sessions by the clients that use them: rules, one per file.
//!
//! A rule is a `SessionRuleSpec` in its file and an entry of `SESSION_RULES`. It is a function of a
//! [`SessionUseContext`] and nothing else. It is evaluated when the client of a session changes, after the request was
//! answered.

mod binding_mismatch;
mod concurrent_use;
mod context;
mod context_change;
mod rule;
#[cfg(test)]
mod samples;

use std::time::Duration;

use data_encoding::HEXLOWER;

use crate::{
    domain::{
        Alert, EventId, SessionId, UnixMillis,
        alert::{AlertId, NotificationEmail},
    },
    store::{Finding, FindingTrigger},
};

use super::{AlertRule, NotEvaluatedReason, RuleOutcome};

pub use context::{RecentClient, SessionUseContext};
pub use rule::{SessionRule, SessionRuleSet};

use rule::{SessionMatch, SessionRuleSpec};

/// The rules, in the order in which they are evaluated.
const SESSION_RULES: &[SessionRuleSpec] =
    &[context_change::RULE, concurrent_use::RULE, binding_mismatch::IP_RULE, binding_mismatch::DEVICE_RULE];

/// The time for which the earlier clients of a session are compared with the current one.
pub const CONCURRENT_USE_WINDOW: Duration = Duration::from_mins(10);

/// A finding about the use of a session.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionFinding {
    pub rule: SessionRule,
    pub finding: Finding,
}

/// The outcome of the rules for one change of the client.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SessionUseAssessment {
    pub findings: Vec<SessionFinding>,
    pub not_evaluated: Vec<(AlertRule, NotEvaluatedReason)>,
}

/// Evaluates every rule that is enabled.
#[must_use]
pub fn assess_session_use(context: &SessionUseContext<'_>) -> SessionUseAssessment {
    let mut assessment = SessionUseAssessment::default();
    for rule in SessionRule::all().filter(|rule| context.settings.session_rules.contains(*rule)) {
        match (rule.spec().evaluate)(context) {
            RuleOutcome::Match(found) => {
                assessment.findings.push(SessionFinding { rule, finding: into_finding(*found, rule, context) });
            }
            RuleOutcome::NoMatch => {}
            RuleOutcome::NotEvaluated(reason) => assessment.not_evaluated.push((rule.into(), reason)),
        }
    }
    assessment
}

fn into_finding(found: SessionMatch, rule: SessionRule, context: &SessionUseContext<'_>) -> Finding {
    let session = context.session;
    let at = context.current.at;
    let alert = Alert {
        id: AlertId::new(rule.name(), use_event(session.id, at)),
        tenant: session.owner.tenant.clone(),
        rule: rule.name().to_owned(),
        rule_version: rule.spec().version,
        severity: found.severity,
        event_time: at,
        detected_time: context.now,
        user: Some(session.owner.user.clone()),
        email: NotificationEmail(session.record.email.clone()),
        contact: session.record.contact.clone(),
        session: Some(session.id),
        device_id: session.record.device.id.clone(),
        current: context.current.clone(),
        previous: Some(context.previous.clone()),
        action_taken: found.action_taken,
        action_recommended: found.action_recommended,
        audit_only: context.settings.audit_only,
        detail: found.detail,
        reason_admin: found.reason_admin,
        reason_user: found.reason_user,
        mitre_techniques: found.mitre_techniques.iter().map(|&technique| technique.to_owned()).collect(),
        dedup_key: format!("{}:{}", rule.name(), HEXLOWER.encode(&session.id.unique)),
        dedup_count: 1,
        event: None,
        group: None,
        acknowledgement: None,
    };
    Finding { alert, trigger: FindingTrigger::Login, dedup_window: context.settings.dedup_window }
}

/// Returns the ID of the use of a session, which no event of the audit has.
pub(super) fn use_event(session: SessionId, at: UnixMillis) -> EventId {
    EventId::from_parts(&[b"use", &session.handle.0, &session.unique, &at.get().to_be_bytes()])
}

#[cfg(test)]
mod tests {
    use super::{samples::SampleUse, *};

    #[test]
    fn a_rule_that_is_off_finds_nothing() {
        let stolen = SampleUse::of_a_thief();
        assert_eq!(stolen.rules(), ["SESSION_CONTEXT_CHANGE"]);
        let mut off = stolen;
        off.settings.session_rules =
            SessionRule::all().filter(|rule| rule.name() != "SESSION_CONTEXT_CHANGE").collect();
        assert_eq!(off.rules(), [""; 0]);
    }

    #[test]
    fn an_alert_names_both_clients_and_the_session() {
        let stolen = SampleUse::of_a_thief();
        let assessment = stolen.assess();
        let alert = &assessment.findings.first().expect("a finding").finding.alert;
        assert_eq!((alert.session, &alert.current), (Some(stolen.session.id), &stolen.current));
        assert_eq!(alert.previous.as_ref(), Some(&stolen.previous));
        assert!(!alert.reason_admin.is_empty() && !alert.reason_user.is_empty());
    }
}
