//! A caller that follows alerts as described in `docs/alerts.md`: whenever its stream ends, it resumes after its
//! cursor.

use std::{collections::HashSet, time::Duration};

use session_authority::api::{StreamAlertsRequest, stream_alerts_response::Event};
use tonic::transport::Channel;

use super::watch::AlertWatch;
use crate::alerts::fixture::within;

/// A reader that records the ID of every delivered alert, in order.
pub struct AlertReader {
    /// The nodes, used in turn.
    nodes: Vec<Channel>,
    /// Index of the next node.
    turn: usize,
    watch: Option<AlertWatch>,
    cursor: String,
    received_ids: Vec<String>,
    gaps: Vec<String>,
    /// Number of streams that ended.
    pub ended: usize,
}

impl AlertReader {
    /// Starts a reader from now on. Returns when its stream at the first of `nodes` has started.
    pub async fn start(nodes: Vec<Channel>) -> Self {
        let watch = AlertWatch::begin(&nodes[0], StreamAlertsRequest::default()).await;
        let cursor = watch.cursor.clone();
        Self { nodes, turn: 1, watch: Some(watch), cursor, received_ids: Vec::new(), gaps: Vec::new(), ended: 0 }
    }

    /// Reads until `count` alerts were delivered.
    pub async fn read(&mut self, count: usize) {
        within("that many alerts are delivered", async {
            while self.received_ids.len() < count {
                self.step().await;
            }
        })
        .await;
    }

    /// Reads until all of `raised` were delivered, and on for a few heartbeats. Asserts that each was delivered once
    /// and that there was no gap.
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
        // The assertion below reports missing alerts.
        drop(tokio::time::timeout(Duration::from_mins(1), all).await);
        let lost = lost(&self.received_ids);
        let twice = self.received_ids.len() - self.received_ids.iter().collect::<HashSet<_>>().len();
        let (count, ended, gaps) = (raised.len(), self.ended, &self.gaps);
        assert_eq!(
            (lost, twice, gaps.len()),
            (0, 0, 0),
            "of {count} alerts {lost} were lost and {twice} were duplicated; {ended} streams ended; gaps: {gaps:?}"
        );
    }

    /// Reads one event, or tries once to open the stream again. Returns true for a heartbeat.
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
