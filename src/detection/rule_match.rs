use data_encoding::HEXLOWER;

use crate::{
    domain::{
        Alert, EventId, EventKind,
        alert::{AlertAction, AlertEvidence, AlertId, ClientObservation, NotificationEmail, Severity},
    },
    store::{Finding, FindingTrigger},
};

use super::{LoginContext, Rule};

/// Valid Accounts: the MITRE ATT&CK technique of a login with somebody else's credentials.
/// <https://attack.mitre.org/techniques/T1078/>
pub(super) const VALID_ACCOUNTS: &str = "T1078";

/// A match of a rule, without the fields that are common to every finding about a login.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RuleMatch {
    pub severity: Severity,
    pub action: AlertAction,
    pub raised_by: FindingTrigger,
    pub previous: Option<ClientObservation>,
    pub detail: AlertEvidence,
    pub reason_admin: String,
    pub reason_user: String,
    pub mitre_techniques: &'static [&'static str],
    /// Subject of the finding: an equal one within the dedup window raises no further alert. It contains the facts that
    /// the user would judge: the place and the device.
    pub dedup_subject: String,
}

impl RuleMatch {
    pub(super) fn into_finding(self, rule: Rule, context: &LoginContext<'_>) -> Finding {
        let (session, settings) = (context.session, context.settings);
        let event = EventId::from_session(EventKind::Created, session.id, session.record.revision);
        let alert = Alert {
            id: AlertId::new(rule.name(), event),
            tenant: session.owner.tenant.clone(),
            rule: rule.name().to_owned(),
            rule_version: rule.spec().version,
            severity: self.severity,
            event_time: session.record.created_at,
            detected_time: context.now,
            user: Some(session.owner.user.clone()),
            email: NotificationEmail(session.record.email.clone()),
            contact: session.record.contact.clone(),
            session: Some(session.id),
            device_id: session.record.device.id.clone(),
            current: ClientObservation::from_login(&session.record),
            previous: self.previous,
            action_taken: if settings.audit_only {
                AlertAction::None
            } else {
                settings.responses.get(rule.into()).action()
            },
            action_recommended: self.action,
            audit_only: settings.audit_only,
            detail: Some(self.detail),
            reason_admin: self.reason_admin,
            reason_user: self.reason_user,
            mitre_techniques: self.mitre_techniques.iter().map(|&technique| technique.to_owned()).collect(),
            dedup_key: format!("{}:{}:{}", rule.name(), HEXLOWER.encode(&session.id.handle.0), self.dedup_subject),
            dedup_count: 1,
            event: Some(event),
            group: None,
            acknowledgement: None,
        };
        Finding { alert, trigger: self.raised_by, dedup_window: settings.dedup_window }
    }
}
