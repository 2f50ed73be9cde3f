//! The deliverers of a node, one for each endpoint.

use std::{collections::HashMap, sync::Arc, time::Duration};

use data_encoding::HEXLOWER;
use tokio::{
    sync::{Notify, watch},
    task::JoinSet,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use super::{deliverer::WebhookDeliverer, directory::ActiveEndpoint, parts::WebhookParts};
use crate::{audit::AuditError, domain::webhook::WebhookName, entropy::random_bytes};

/// Interval at which endpoints that other nodes added or changed are looked for.
const DIRECTORY_INTERVAL: Duration = Duration::from_secs(5);
/// The same while there are none. The node that adds one delivers to it at once; the others need to know it only when
/// that node stops.
const IDLE_INTERVAL: Duration = Duration::from_secs(15);

/// Runs a deliverer for each endpoint.
pub struct WebhookSupervisor {
    parts: Arc<WebhookParts>,
    /// Notified when this node changes an endpoint.
    changed: Arc<Notify>,
    /// The reason why the endpoints cannot be read.
    failure: watch::Sender<Option<String>>,
}

/// A running deliverer.
struct RunningDeliverer {
    active: watch::Sender<ActiveEndpoint>,
    stop: CancellationToken,
}

impl WebhookSupervisor {
    #[must_use]
    pub fn new(parts: Arc<WebhookParts>, changed: Arc<Notify>) -> Self {
        Self { parts, changed, failure: watch::Sender::new(None) }
    }

    /// Returns a receiver of the reason why the endpoints cannot be read. It has none if no endpoint is known: then
    /// nobody misses messages.
    #[must_use]
    pub fn failure(&self) -> watch::Receiver<Option<String>> {
        self.failure.subscribe()
    }

    /// Delivers until `stop` is cancelled, and waits for the deliverers to give up their leases.
    pub async fn run(self, stop: CancellationToken) {
        let owner = match random_bytes::<16>(self.parts.entropy.as_ref()) {
            Ok(random) => HEXLOWER.encode(&random),
            Err(error) => return tracing::error!(%error, "webhooks are not delivered by this node"),
        };
        let (mut running, mut tasks) = (HashMap::new(), JoinSet::new());
        let mut is_failing = false;
        loop {
            let Some(outcome) = stop.run_until_cancelled(self.directory()).await else { break };
            let interval = match outcome {
                Ok(active) => {
                    let interval = read_interval(&active);
                    self.update(&mut running, &mut tasks, active, &owner, &stop);
                    is_failing = false;
                    self.failure.send_replace(None);
                    interval
                }
                Err(error) => {
                    let is_used = !running.is_empty() || !self.parts.directory.configured.is_empty();
                    self.failure.send_replace(is_used.then(|| error.to_string()));
                    if !is_failing {
                        tracing::warn!(%error, "failed to read the webhook endpoints; retrying");
                    }
                    is_failing = true;
                    DIRECTORY_INTERVAL
                }
            };
            while tasks.try_join_next().is_some() {}
            let wait = timeout(interval, self.changed.notified());
            if stop.run_until_cancelled(wait).await.is_none() {
                break;
            }
        }
        while tasks.join_next().await.is_some() {}
    }

    /// Returns the endpoints, all registered.
    async fn directory(&self) -> Result<Vec<ActiveEndpoint>, AuditError> {
        let active = self.parts.directory.active().await?;
        if active.is_empty() {
            return Ok(active);
        }
        let known: Vec<_> = self.parts.log.progress().await?.into_iter().map(|progress| progress.name).collect();
        for ActiveEndpoint { endpoint, .. } in &active {
            if !known.contains(&endpoint.name) {
                self.parts.log.register(&endpoint.name, self.parts.clock.now()).await?;
            }
        }
        Ok(active)
    }

    /// Starts deliverers of new endpoints, stops those of removed ones, and informs the others of changes.
    fn update(
        &self,
        running: &mut HashMap<WebhookName, RunningDeliverer>,
        tasks: &mut JoinSet<()>,
        active: Vec<ActiveEndpoint>,
        owner: &str,
        stop: &CancellationToken,
    ) {
        running.retain(|name, deliverer| {
            let remains = active.iter().any(|active| active.endpoint.name == *name);
            if !remains {
                deliverer.stop.cancel();
            }
            remains
        });
        for active in active {
            let name = active.endpoint.name.clone();
            if let Some(deliverer) = running.get(&name).filter(|deliverer| !deliverer.active.is_closed()) {
                deliverer.active.send_if_modified(|current| {
                    let is_changed = *current != active;
                    *current = active;
                    is_changed
                });
                continue;
            }
            let (sender, receiver) = watch::channel(active);
            let deliverer_stop = stop.child_token();
            let deliverer = WebhookDeliverer::new(Arc::clone(&self.parts), receiver, owner);
            tasks.spawn(deliverer.run(deliverer_stop.clone()));
            running.insert(name, RunningDeliverer { active: sender, stop: deliverer_stop });
        }
    }
}

/// Returns the time after which the endpoints are read again, unless this node changes one.
const fn read_interval(active: &[ActiveEndpoint]) -> Duration {
    if active.is_empty() { IDLE_INTERVAL } else { DIRECTORY_INTERVAL }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        audit::NoEventLog,
        domain::{
            InstallationSecret,
            webhook::{ConfiguredEndpoint, WebhookEndpoint, WebhookFormat, WebhookUrl},
        },
        webhooks::EndpointDirectory,
    };

    #[tokio::test]
    async fn a_node_without_endpoints_reads_them_rarely() {
        let endpoint = WebhookEndpoint {
            name: WebhookName::new("hook").expect("a name"),
            url: WebhookUrl::new("https://hook.example.com/", false).expect("a URL"),
            format: WebhookFormat::Json,
            event_types: Vec::new(),
            tenants: Vec::new(),
            allow_private_addresses: false,
            include_ip: false,
            audience: String::new(),
        };
        let directory = |configured: Vec<ConfiguredEndpoint>| EndpointDirectory {
            configured: configured.into(),
            log: Arc::new(NoEventLog),
            installation: InstallationSecret::new(&[1; 32]),
        };
        let none = directory(Vec::new()).active().await.expect("no endpoints");
        let one = directory(vec![ConfiguredEndpoint { endpoint, secrets: Vec::new() }]).active().await.expect("one");
        assert_eq!((read_interval(&none), read_interval(&one)), (IDLE_INTERVAL, DIRECTORY_INTERVAL));
    }
}
