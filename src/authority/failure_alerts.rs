//! Alerts about the failures of users and networks, and about the newcomers of networks.

use super::alert_recorder::AlertRecorder;
use crate::{
    detection::{FailureContext, assess_failure},
    domain::{Alert, UserHandle, failures::FailureSubject},
    store::{FailureFindings, FailureStore, StoreError},
};

/// Evaluates the rules about a subject, and raises the alerts of their findings.
pub(super) async fn raise_alerts(
    failures: &dyn FailureStore,
    recorder: &AlertRecorder,
    context: &FailureContext<'_>,
    subject: FailureSubject,
    handle: UserHandle,
) -> Result<Vec<Alert>, StoreError> {
    let findings = assess_failure(context, subject);
    if findings.is_empty() {
        return Ok(Vec::new());
    }
    let findings = FailureFindings { now: context.now, subject, handle, findings };
    let alerts = failures.raise_findings(findings).await?;
    recorder.record(handle.bucket(), &alerts);
    Ok(alerts)
}
