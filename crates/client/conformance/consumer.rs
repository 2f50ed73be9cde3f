//! A consumer of notifications whose handler waits for operations.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use session_authority_client::{CallError, ConsumeOptions, SessionAuthority, api::Notification};
use tokio::{
    sync::{Mutex, Notify, mpsc},
    time::timeout,
};

use super::json::encode;

/// More values than a case puts.
const CAPACITY: usize = 16;

pub struct Consumer {
    begun: Mutex<mpsc::Receiver<Notification>>,
    finished: mpsc::Sender<bool>,
    stop: Arc<Notify>,
    end: Mutex<mpsc::Receiver<Result<(), CallError>>>,
}

impl Consumer {
    pub fn start(client: &SessionAuthority, options: &Value) -> Self {
        let millis = |name: &str| Duration::from_millis(options[name].as_u64().unwrap_or_default());
        let max_notifications = options["max_notifications"].as_u64().and_then(|max| u32::try_from(max).ok());
        let settings = ConsumeOptions::default()
            .tenant_id(options["tenant_id"].as_str().unwrap_or_default())
            .max_notifications(max_notifications.unwrap_or(10))
            .visibility_timeout(millis("visibility_timeout_ms"))
            .poll_interval(millis("poll_interval_ms"));
        let (begun_sender, begun) = mpsc::channel(CAPACITY);
        let (finished, finished_receiver) = mpsc::channel(CAPACITY);
        let finished_receiver = Arc::new(Mutex::new(finished_receiver));
        let (end_sender, end) = mpsc::channel(1);
        let stop = Arc::new(Notify::new());
        let (notifications, stopped) = (client.notifications(), Arc::clone(&stop));
        tokio::spawn(async move {
            let handler = |notification| {
                let (begun, finished) = (begun_sender.clone(), Arc::clone(&finished_receiver));
                async move {
                    begun.send(notification).await.map_err(|error| error.to_string())?;
                    match finished.lock().await.recv().await {
                        Some(false) => Ok(()),
                        _ => Err("the mail server is unavailable".to_owned()),
                    }
                }
            };
            let end = notifications.consume(settings, stopped.notified(), handler).await;
            // It fails only if the adapter ends.
            let _ = end_sender.send(end).await;
        });
        Self { begun: Mutex::new(begun), finished, stop, end: Mutex::new(end) }
    }

    pub async fn next(&self, limit: Option<Duration>) -> Value {
        match timeout(limit.unwrap_or_default(), self.begun.lock().await.recv()).await {
            Ok(Some(notification)) => json!({ "notification": encode("Notification", &notification) }),
            _ => json!({ "timeout": true }),
        }
    }

    pub fn finish(&self, fails: bool) -> Value {
        // A handler that does not wait shows in the case.
        let _ = self.finished.try_send(fails);
        json!({})
    }

    pub fn stop(&self) -> Value {
        self.stop.notify_one();
        json!({})
    }

    pub async fn end(&self, limit: Option<Duration>) -> Option<Result<(), CallError>> {
        timeout(limit.unwrap_or_default(), self.end.lock().await.recv()).await.ok().flatten()
    }
}
