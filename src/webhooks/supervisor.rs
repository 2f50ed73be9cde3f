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

/// Runs a deliverer for each endpoint.
pub struct WebhookSupervisor {
    parts: Arc<WebhookParts>,
    /// Notified when this node changes an endpoint.
    changed: Arc<Notify>,
}

/// A running deliverer.
struct RunningDeliverer {
    active: watch::Sender<ActiveEndpoint>,
    stop: CancellationToken,
}

impl WebhookSupervisor {
    #[must_use]
    pub fn new(parts: Arc<WebhookParts>, changed: Arc<Notify>) -> Self {
        Self { parts, changed }
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
            match outcome {
                Ok(active) => {
                    self.update(&mut running, &mut tasks, active, &owner, &stop);
                    is_failing = false;
                }
                Err(error) => {
                    if !is_failing {
                        tracing::warn!(%error, "failed to read the webhook endpoints; retrying");
                    }
                    is_failing = true;
                }
            }
            while tasks.try_join_next().is_some() {}
            let wait = timeout(DIRECTORY_INTERVAL, self.changed.notified());
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
