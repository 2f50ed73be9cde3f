//! Webhooks: the deliverers of a node, and their administration.

use std::sync::Arc;

use tokio::sync::Notify;

use crate::{
    audit::AuditDatabase,
    authority::{WebhookAdministration, audit_condition::AuditCondition},
    clock::Clock,
    config::Config,
    domain::webhook::WebhookEndpoint,
    entropy::Entropy,
    ocsf,
    telemetry::Metrics,
    tls::TlsFileError,
    transport::grpc::{alert_message, audit_event_message},
    webhooks::{
        EndpointDirectory, EndpointTester, MessageEncoder, MessageSubject, SetEncoder, SubjectEncoder, SystemResolver,
        WebhookFiles, WebhookParts, WebhookSender, WebhookSupervisor,
    },
};

/// The webhooks of a node.
pub(super) struct NodeWebhooks {
    pub(super) supervisor: WebhookSupervisor,
    pub(super) administration: Arc<WebhookAdministration>,
    pub(super) files: WebhookFiles,
}

impl NodeWebhooks {
    /// Fails if the files of webhooks cannot be used.
    pub(super) fn new(
        config: &Config,
        audit: &AuditDatabase,
        condition: &Arc<AuditCondition>,
        metrics: &Arc<Metrics>,
        clock: &Arc<dyn Clock>,
        entropy: &Arc<dyn Entropy>,
    ) -> Result<Self, TlsFileError> {
        let settings = &config.webhooks;
        let installation = config.keys.installation.clone();
        let (issuer, key_file) = settings.sets.clone().unzip();
        let files = WebhookFiles::open(settings.ca_file.clone(), key_file)?;
        let sets = issuer.map(|issuer| SetEncoder { issuer, files: files.clone() });
        let signs_sets = sets.is_some();
        let sender = WebhookSender {
            files: files.clone(),
            resolver: Arc::new(SystemResolver),
            clock: Arc::clone(clock),
            timeout: settings.timeout,
        };
        let parts = Arc::new(WebhookParts {
            directory: EndpointDirectory {
                configured: settings.endpoints.clone().into(),
                log: Arc::clone(&audit.webhooks),
                installation: installation.clone(),
            },
            log: Arc::clone(&audit.webhooks),
            history: Arc::clone(&audit.history),
            archive: Arc::clone(&audit.alerts),
            encoder: MessageEncoder { ocsf: Arc::new(OcsfEncoder), sets },
            sender,
            observer: Arc::clone(metrics) as _,
            clock: Arc::clone(clock),
            entropy: Arc::clone(entropy),
            max_concurrency: settings.max_concurrency,
        });
        let changed = Arc::<Notify>::default();
        let administration = Arc::new(WebhookAdministration {
            configured: settings.endpoints.iter().map(|configured| configured.endpoint.clone()).collect(),
            signs_sets,
            log: Arc::clone(&audit.webhooks),
            condition: Arc::clone(condition),
            tester: Arc::new(EndpointTester(Arc::clone(&parts))),
            installation,
            clock: Arc::clone(clock),
            entropy: Arc::clone(entropy),
            changed: Arc::clone(&changed),
        });
        Ok(Self { supervisor: WebhookSupervisor::new(parts, changed), administration, files })
    }
}

/// Encodes messages in the form of exported events.
struct OcsfEncoder;

impl SubjectEncoder for OcsfEncoder {
    fn encode(&self, subject: &MessageSubject, endpoint: &WebhookEndpoint) -> String {
        let mut subject = subject.clone();
        if !endpoint.include_ip {
            subject.remove_ip();
        }
        let object = match subject {
            MessageSubject::Event(event) => ocsf::authentication(&audit_event_message(*event)),
            MessageSubject::Alert(alert) => ocsf::detection_finding(&alert_message(*alert, String::new())),
        };
        object.to_string()
    }
}
