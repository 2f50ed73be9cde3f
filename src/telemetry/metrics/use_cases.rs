//! Use cases: sessions created and ended, validations, and activity.

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::Registry,
};

use crate::{
    authority::observer::AuthorityObserver,
    detection::{AlertRule, NotEvaluatedReason},
    domain::{
        AuthEventKind, EndReason, RejectReason,
        alert::{AlertVerdict, Severity},
    },
    transport::grpc::admission::{AdmissionRefusal, WorkKind},
};

use super::{
    MetricFamily, MetricLabel, Metrics,
    admission::AdmissionRefusalLabels,
    detection::{AlertRaisedLabels, NotEvaluatedLabels},
    label::{LabelPair, metric_label, metric_label_for},
    names,
};

metric_label! {
    /// The verdict of a validation. Validations that failed are counted with the calls.
    VerdictLabel by "verdict" {
        Accepted = "accepted",
        Rejected = "rejected",
    }
}

metric_label! {
    /// The handling of an activity.
    TouchOutcome by "outcome" {
        /// Buffered, to be written with later activity of the same session.
        Coalesced = "coalesced",
        Written = "written",
    }
}

metric_label! {
    /// The outcome of a rotation.
    RotationOutcome by "outcome" {
        New = "new",
        /// The response of an earlier rotation was repeated.
        Repeated = "repeated",
    }
}

metric_label_for!(EndReason, "reason", |reason| usize::from(reason.code()) - 1);

impl MetricLabel for RejectReason {
    type Labels = LabelPair;

    fn all() -> impl Iterator<Item = Self> {
        [
            Self::Malformed,
            Self::Unknown,
            Self::IpMismatch,
            Self::DeviceMismatch,
            Self::StepUpRequired,
            Self::RotationRequired,
            Self::TokenRotated,
        ]
        .into_iter()
        .chain(EndReason::all().map(Self::Ended))
    }

    fn index(self) -> usize {
        match self {
            Self::Malformed => 0,
            Self::Unknown => 1,
            Self::IpMismatch => 2,
            Self::DeviceMismatch => 3,
            Self::StepUpRequired => 4,
            Self::RotationRequired => 5,
            Self::TokenRotated => 6,
            Self::Ended(reason) => 7 + reason.index(),
        }
    }

    fn labels(self) -> Self::Labels {
        let name = match self {
            Self::Malformed => "malformed",
            Self::Unknown => "unknown",
            Self::IpMismatch => "ip_mismatch",
            Self::DeviceMismatch => "device_mismatch",
            Self::StepUpRequired => "step_up_required",
            Self::RotationRequired => "rotation_required",
            Self::TokenRotated => "token_rotated",
            Self::Ended(reason) => reason.name(),
        };
        [("reason", name)]
    }
}

metric_label! {
    /// The verdict on a JWT that was checked against the denylist.
    DenylistVerdictLabel by "verdict" {
        Denied = "denied",
        NotDenied = "not_denied",
    }
}

/// The metrics of this node only; other nodes export their own.
#[derive(Clone, Debug, Default)]
pub(super) struct UseCaseMetrics {
    created: Counter,
    ended: MetricFamily<EndReason, Counter>,
    validations: MetricFamily<VerdictLabel, Counter>,
    rejections: MetricFamily<RejectReason, Counter>,
    rotations: MetricFamily<RotationOutcome, Counter>,
    touches: MetricFamily<TouchOutcome, Counter>,
    pending_touch_sessions: Gauge,
    swept: Counter,
    jwts_denied: Counter,
    denylist_verdicts: MetricFamily<DenylistVerdictLabel, Counter>,
}

impl UseCaseMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let all = metrics.clone();
        registry.register(names::SESSIONS_CREATED, "Sessions created", all.created);
        registry.register(names::SESSIONS_ENDED, "Sessions ended", all.ended);
        registry.register(names::VALIDATIONS, "Token validations", all.validations);
        registry.register(names::REJECTIONS, "Tokens rejected", all.rejections);
        registry.register(names::ROTATIONS, "Tokens rotated", all.rotations);
        registry.register(names::TOUCHES, "Activities of sessions", all.touches);
        registry.register(
            names::PENDING_TOUCH_SESSIONS,
            "Sessions with activity not yet written",
            all.pending_touch_sessions,
        );
        registry.register(names::DENYLIST_DENIED, "JWTs that were denied, or denied for longer", all.jwts_denied);
        registry.register(names::DENYLIST_VERDICTS, "JWTs checked against the denylist", all.denylist_verdicts);
        registry.register(names::BUCKETS_SWEPT, "Buckets swept for expired sessions", all.swept);
        metrics
    }
}

impl AuthorityObserver for Metrics {
    fn created(&self) {
        self.use_cases.created.inc();
    }

    fn ended(&self, reason: EndReason) {
        self.use_cases.ended.get(reason).inc();
    }

    fn accepted(&self) {
        self.use_cases.validations.get(VerdictLabel::Accepted).inc();
    }

    fn rejected(&self, reason: RejectReason) {
        self.use_cases.validations.get(VerdictLabel::Rejected).inc();
        self.use_cases.rejections.get(reason).inc();
    }

    fn touch_coalesced(&self) {
        self.use_cases.touches.get(TouchOutcome::Coalesced).inc();
    }

    fn touches_written(&self, count: usize) {
        self.use_cases.touches.get(TouchOutcome::Written).inc_by(count as u64);
    }

    fn rotated(&self, is_new: bool) {
        let outcome = if is_new { RotationOutcome::New } else { RotationOutcome::Repeated };
        self.use_cases.rotations.get(outcome).inc();
    }

    fn alert_raised(&self, rule: AlertRule, severity: Severity) {
        self.detection.raised.get(AlertRaisedLabels(rule, severity)).inc();
    }

    fn alert_acknowledged(&self, verdict: AlertVerdict) {
        self.detection.acknowledged.get(verdict).inc();
    }

    fn not_evaluated(&self, rule: AlertRule, reason: NotEvaluatedReason) {
        self.detection.not_evaluated.get(NotEvaluatedLabels(rule, reason)).inc();
    }

    fn client_dropped(&self) {
        self.detection.dropped_clients.inc();
    }

    fn tokens_guessed(&self, count: u64) {
        self.detection.guessed_tokens.inc_by(count);
    }

    fn rejected_tokens_dropped(&self, count: u64) {
        self.detection.dropped_tokens.inc_by(count);
    }

    fn evaluation_failed(&self) {
        self.detection.evaluation_failures.inc();
    }

    fn failure_reported(&self, kind: AuthEventKind, is_recorded: bool) {
        self.detection.failures.get(kind).inc();
        if !is_recorded {
            self.detection.unrecorded_failures.inc();
        }
    }

    fn throttle_advised(&self) {
        self.detection.throttles.inc();
    }

    fn history_conflict(&self) {
        self.detection.conflicts.inc();
    }

    fn jwts_denied(&self, count: u32) {
        self.use_cases.jwts_denied.inc_by(count.into());
    }

    fn denylist_checked(&self, denied: usize, not_denied: usize) {
        self.use_cases.denylist_verdicts.get(DenylistVerdictLabel::Denied).inc_by(denied as u64);
        self.use_cases.denylist_verdicts.get(DenylistVerdictLabel::NotDenied).inc_by(not_denied as u64);
    }

    fn login_refused(&self) {
        self.admission.refusals.get(AdmissionRefusalLabels(WorkKind::Writes, AdmissionRefusal::UserQueue)).inc();
    }
}

impl Metrics {
    /// Counts a swept bucket. The sessions that the sweep ended are counted by reason.
    pub fn bucket_swept(&self) {
        self.use_cases.swept.inc();
    }

    /// Records the number of sessions whose activity is not yet written.
    pub fn record_pending_touch_sessions(&self, sessions: usize) {
        self.use_cases.pending_touch_sessions.set(i64::try_from(sessions).unwrap_or(i64::MAX));
    }
}
