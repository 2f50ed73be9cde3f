//! A caller that follows alerts as `docs/alerts.md` says: whenever its stream ends it resumes where it was.

use std::{collections::HashSet, time::Duration};

use session_authority::api::{StreamAlertsRequest, stream_alerts_response::Event};
use tonic::transport::Channel;

use super::watch::AlertWatch;
use crate::alerts::fixture::within;

/// Keeps the id of everything that it had, in order.
pub struct AlertReader {
    /// The nodes, asked in turn.
    nodes: Vec<Channel>,
    /// Which of them is asked next.
    turn: usize,
    watch: Option<AlertWatch>,
    cursor: String,
    received_ids: Vec<String>,
    gaps: Vec<String>,
    /// Streams that ended.
    pub ended: usize,
}

impl AlertReader {
    /// A stream from now on has begun at the first of `nodes`.
    pub async fn start(nodes: Vec<Channel>) -> Self {
        let watch = AlertWatch::begin(&nodes[0], StreamAlertsRequest::default()).await;
        let cursor = watch.cursor.clone();
        Self { nodes, turn: 1, watch: Some(watch), cursor, received_ids: Vec::new(), gaps: Vec::new(), ended: 0 }
    }

    /// Reads until it had so many alerts.
    pub async fn read(&mut self, count: usize) {
        within("so many alerts come", async {
            while self.received_ids.len() < count {
                self.step().await;
            }
        })
        .await;
    }

    /// Reads until it had all of `raised`, and what else comes with the next few signs of life; then each of `raised`
    /// must have come, and nothing twice or with a gap.
    pub async fn read_each_once(&mut self, raised: &[String]) {
        let lost = |had: &[String]| raised.iter().filter(|id| !had.contains(id)).count();
        let all = async {
            while lost(&self.received_ids) > 0 {
                self.step().await;
            }
            let mut alive = 0;
            while alive < 20 {
                alive += usize::from(self.step().await);
            }
        };
        // What is missing after that is told below.
        drop(tokio::time::timeout(Duration::from_mins(1), all).await);
        let lost = lost(&self.received_ids);
        let twice = self.received_ids.len() - self.received_ids.iter().collect::<HashSet<_>>().len();
        let (count, ended, gaps) = (raised.len(), self.ended, &self.gaps);
        assert_eq!(
            (lost, twice, gaps.len()),
            (0, 0, 0),
            "of {count} alerts {lost} were lost and {twice} came twice; {ended} streams ended; gaps: {gaps:?}"
        );
    }

    /// One event, or one attempt to have a stream again. Whether it was a heartbeat.
    async fn step(&mut self) -> bool {
        let Some(watch) = &mut self.watch else {
            self.resume().await;
            return false;
        };
        let event = watch.event().await;
        self.cursor.clone_from(&watch.cursor);
        match event {
            Ok(Event::Alert(alert)) => self.received_ids.push(alert.alert_id),
            Ok(Event::Gap(gap)) => self.gaps.push(gap.reason),
            Ok(Event::Heartbeat(_)) => return true,
            Err(_) => {
                self.ended += 1;
                self.watch = None;
            }
        }
        false
    }

    async fn resume(&mut self) {
        let request = StreamAlertsRequest { resume_cursor: self.cursor.clone(), ..StreamAlertsRequest::default() };
        let node = &self.nodes[self.turn % self.nodes.len()];
        self.turn += 1;
        self.watch = AlertWatch::try_begin(node, "", request).await.ok();
        if self.watch.is_none() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}
