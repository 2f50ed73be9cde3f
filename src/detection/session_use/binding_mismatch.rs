//! A session that is bound to the address or the device of its login, and is used by another one.

use crate::domain::{
    ClientBindingMode,
    alert::{AlertAction, Severity},
    bound_client::{is_same_address, is_same_device},
};

use super::{
    context::SessionUseContext,
    context_change::STOLEN_COOKIE,
    rule::{SessionMatch, SessionRuleSpec},
};
use crate::detection::{NotEvaluatedReason, RuleOutcome};

pub(super) const IP_RULE: SessionRuleSpec =
    SessionRuleSpec { name: "IP_MISMATCH", version: 1, evaluate: evaluate_address };
pub(super) const DEVICE_RULE: SessionRuleSpec =
    SessionRuleSpec { name: "DEVICE_MISMATCH", version: 1, evaluate: evaluate_device };

/// Matches another address than that of the login, if the policy of the session binds it to its address.
fn evaluate_address(context: &SessionUseContext<'_>) -> RuleOutcome<SessionMatch> {
    let record = &context.session.record;
    if record.binding.ip == ClientBindingMode::Off {
        return RuleOutcome::NoMatch;
    }
    let (Some(bound), Some(here)) = (record.location.ip, context.current.location.ip) else {
        return RuleOutcome::NotEvaluated(NotEvaluatedReason::UnknownAddress);
    };
    if is_same_address(bound, here) {
        return RuleOutcome::NoMatch;
    }
    RuleOutcome::Match(Box::new(found(context, "the address")))
}

/// Matches another device than that of the login, if the policy of the session binds it to its device.
fn evaluate_device(context: &SessionUseContext<'_>) -> RuleOutcome<SessionMatch> {
    let record = &context.session.record;
    if record.binding.device == ClientBindingMode::Off {
        return RuleOutcome::NoMatch;
    }
    let Some(is_same) = context.current.device.as_ref().and_then(|here| is_same_device(&record.device, here)) else {
        return RuleOutcome::NotEvaluated(NotEvaluatedReason::UnknownDevice);
    };
    if is_same { RuleOutcome::NoMatch } else { RuleOutcome::Match(Box::new(found(context, "the device"))) }
}

fn found(context: &SessionUseContext<'_>, what: &str) -> SessionMatch {
    let outcome = if context.is_rejected { "The request was rejected" } else { "The request was accepted" };
    SessionMatch {
        severity: Severity::Medium,
        action_taken: if context.is_rejected { AlertAction::Deny } else { AlertAction::None },
        action_recommended: AlertAction::Deny,
        detail: None,
        reason_admin: format!("A session that is bound to {what} of its login was used elsewhere. {outcome}."),
        reason_user: String::new(),
        mitre_techniques: STOLEN_COOKIE,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::samples::SampleUse, *};
    use crate::domain::ClientBindingRules;

    #[test]
    fn bound_sessions() {
        let bound = |ip, device| {
            let mut sample = SampleUse::of_a_thief();
            sample.session.record.binding = ClientBindingRules { ip, device };
            sample
        };
        let (off, alert, reject) = (ClientBindingMode::Off, ClientBindingMode::Alert, ClientBindingMode::Reject);
        let at_home = {
            let mut sample = SampleUse::at_home();
            sample.session.record.binding = ClientBindingRules { ip: reject, device: reject };
            sample
        };
        let unknown = {
            let mut sample = bound(alert, alert);
            (sample.current.location.ip, sample.current.device) = (None, None);
            sample
        };
        let cases = [
            ("not bound", bound(off, off), Ok(false), Ok(false)),
            ("the address", bound(alert, off), Ok(true), Ok(false)),
            ("the device", bound(off, reject), Ok(false), Ok(true)),
            ("both", bound(reject, alert), Ok(true), Ok(true)),
            ("the same client", at_home, Ok(false), Ok(false)),
            (
                "nothing is known",
                unknown,
                Err(NotEvaluatedReason::UnknownAddress),
                Err(NotEvaluatedReason::UnknownDevice),
            ),
        ];
        for (name, sample, address, device) in cases {
            assert_eq!(sample.evaluate_with(evaluate_address).map(|found| found.is_some()), address, "{name}");
            assert_eq!(sample.evaluate_with(evaluate_device).map(|found| found.is_some()), device, "{name}");
        }
    }

    #[test]
    fn the_alert_says_whether_the_request_was_rejected() {
        for (is_rejected, action) in [(true, AlertAction::Deny), (false, AlertAction::None)] {
            let mut sample = SampleUse::of_a_thief();
            sample.session.record.binding.ip = ClientBindingMode::Reject;
            sample.is_rejected = is_rejected;
            let found = sample.evaluate_with(evaluate_address).expect("evaluated").expect("a match");
            assert_eq!(found.action_taken, action);
        }
    }
}
