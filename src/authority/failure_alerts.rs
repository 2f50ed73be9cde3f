//! Alerts about the failures of users and networks, about the newcomers of networks, and about guessed tokens.

use super::alert_recorder::AlertRecorder;
use crate::{
    detection::{FailureContext, assess_failure},
    domain::{Alert, UserHandle},
    store::{FailureFindings, FailureStore, StoreError},
};

/// Evaluates the rules about a subject, and raises the alerts of their findings.
pub(super) async fn raise_alerts(
    failures: &dyn FailureStore,
    recorder: &AlertRecorder,
    context: &FailureContext<'_>,
    handle: UserHandle,
) -> Result<Vec<Alert>, StoreError> {
    let findings = assess_failure(context);
    if findings.is_empty() {
        return Ok(Vec::new());
    }
    let findings = FailureFindings { now: context.now, subject: context.subject, handle, findings };
    let alerts = failures.raise_findings(findings).await?;
    recorder.record(handle.bucket(), &alerts);
    Ok(alerts)
}
