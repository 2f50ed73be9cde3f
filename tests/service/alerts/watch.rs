//! A stream of alerts, as a caller reads it.

use session_authority::api::{
    Alert, StreamAlertsRequest, StreamAlertsResponse, session_service_client::SessionServiceClient,
    stream_alerts_response::Event,
};
use tonic::{Request, Status, Streaming, transport::Channel};

use crate::{alerts::fixture::within, service::fixture::signed};

/// A stream that has begun.
pub struct AlertWatch {
    stream: Streaming<StreamAlertsResponse>,
    /// The latest to resume from.
    pub cursor: String,
}

impl AlertWatch {
    /// Its first heartbeat was had.
    pub async fn begin(channel: &Channel, request: StreamAlertsRequest) -> Self {
        Self::try_begin(channel, "", request).await.expect("a stream")
    }

    /// As [`begin`](Self::begin), of a caller with this key, who may be refused.
    pub async fn try_begin(channel: &Channel, key: &str, request: StreamAlertsRequest) -> Result<Self, Status> {
        let mut client = SessionServiceClient::new(channel.clone());
        let request = if key.is_empty() { Request::new(request) } else { signed(key, request) };
        let stream = client.stream_alerts(request).await?.into_inner();
        let mut watch = Self { stream, cursor: String::new() };
        assert!(matches!(watch.event().await?, Event::Heartbeat(_)), "a heartbeat comes first");
        Ok(watch)
    }

    /// The next; an error once it has ended.
    pub async fn event(&mut self) -> Result<Event, Status> {
        let message = within("something comes", self.stream.message()).await?;
        let event = message.expect("a stream ends with a status").event.expect("an event");
        self.cursor = match &event {
            Event::Alert(alert) => alert.cursor.clone(),
            Event::Heartbeat(heartbeat) => heartbeat.cursor.clone(),
            Event::Gap(gap) => gap.to_cursor.clone(),
        };
        Ok(event)
    }

    /// The next alert, past heartbeats.
    pub async fn alert(&mut self) -> Alert {
        loop {
            match self.event().await.expect("an event") {
                Event::Alert(alert) => return alert,
                Event::Heartbeat(_) => {}
                Event::Gap(gap) => panic!("{gap:?}"),
            }
        }
    }

    /// The ids of the next alerts.
    pub async fn ids(&mut self, count: usize) -> Vec<String> {
        let mut ids = Vec::new();
        for _ in 0..count {
            ids.push(self.alert().await.alert_id);
        }
        ids
    }

    /// How it ends, after heartbeats only.
    pub async fn end(&mut self) -> Status {
        loop {
            match self.event().await {
                Ok(event) => assert!(matches!(event, Event::Heartbeat(_)), "{event:?}"),
                Err(status) => return status,
            }
        }
    }
}
