//! An alert stream, as a caller reads it.

use session_authority::api::{
    Alert, StreamAlertsRequest, StreamAlertsResponse, session_service_client::SessionServiceClient,
    stream_alerts_response::Event,
};
use tonic::{Request, Status, Streaming, transport::Channel};

use crate::{alerts::fixture::within, service::fixture::signed};

/// A stream that has started.
pub struct AlertWatch {
    stream: Streaming<StreamAlertsResponse>,
    /// The latest cursor.
    pub cursor: String,
}

impl AlertWatch {
    /// Opens a stream and waits for its first heartbeat.
    pub async fn begin(channel: &Channel, request: StreamAlertsRequest) -> Self {
        Self::try_begin(channel, "", request).await.expect("a stream")
    }

    /// Does the same as [`begin`](Self::begin) with an API key, and returns the error if the caller is refused.
    pub async fn try_begin(channel: &Channel, key: &str, request: StreamAlertsRequest) -> Result<Self, Status> {
        let mut client = SessionServiceClient::new(channel.clone());
        let request = if key.is_empty() { Request::new(request) } else { signed(key, request) };
        let stream = client.stream_alerts(request).await?.into_inner();
        let mut watch = Self { stream, cursor: String::new() };
        assert!(matches!(watch.event().await?, Event::Heartbeat(_)), "a heartbeat comes first");
        Ok(watch)
    }

    /// Returns the next event, or an error after the end.
    pub async fn event(&mut self) -> Result<Event, Status> {
        let message = within("an event arrives", self.stream.message()).await?;
        let event = message.expect("a stream ends with a status").event.expect("an event");
        self.cursor = match &event {
            Event::Alert(alert) => alert.cursor.clone(),
            Event::Heartbeat(heartbeat) => heartbeat.cursor.clone(),
            Event::Gap(gap) => gap.to_cursor.clone(),
        };
        Ok(event)
    }

    /// Returns the next alert, skipping heartbeats.
    pub async fn alert(&mut self) -> Alert {
        loop {
            match self.event().await.expect("an event") {
                Event::Alert(alert) => return alert,
                Event::Heartbeat(_) => {}
                Event::Gap(gap) => panic!("{gap:?}"),
            }
        }
    }

    /// Returns the IDs of the next alerts.
    pub async fn ids(&mut self, count: usize) -> Vec<String> {
        let mut ids = Vec::new();
        for _ in 0..count {
            ids.push(self.alert().await.alert_id);
        }
        ids
    }

    /// Returns the final status, after heartbeats only.
    pub async fn end(&mut self) -> Status {
        loop {
            match self.event().await {
                Ok(event) => assert!(matches!(event, Event::Heartbeat(_)), "{event:?}"),
                Err(status) => return status,
            }
        }
    }
}
