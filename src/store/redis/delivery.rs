//! Getting requests to the servers that carry them out.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use redis::Value;
use tokio::time::sleep;

use super::{
    address::Endpoint,
    node::{Leg, Node, Outcome},
    redirect::Redirect,
    request::Request,
    router::{Router, nobody},
};
use crate::{clock::Stopwatch, store::StoreError};

/// How often a request follows a redirection at most. Two are usual while a slot moves; more come only of servers that
/// disagree.
const REDIRECTIONS: u32 = 8;

/// The pause before a request that nobody could carry out is sent again: the first one, and the longest.
const PAUSE: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(80));

impl Router {
    /// Sends requests of any slots at once. Each is answered for itself, in the order given; in which order they are
    /// carried out is not said. What nobody could carry out is tried again as long as an answer may take.
    pub(super) async fn each(&self, during: &'static str, requests: &[Request<'_>]) -> Vec<Result<Value, StoreError>> {
        self.survey_if_stale().await;
        let begun = Stopwatch::start();
        let mut answers: Vec<_> = requests.iter().map(|_| Ok(Value::Nil)).collect();
        let mut legs = self.first_legs(requests);
        let mut pause = PAUSE.0;
        while !legs.is_empty() {
            let mut returned = Vec::new();
            for (leg, outcome) in self.round(during, legs).await {
                match outcome {
                    Outcome::Answered(answer) => answers[leg.index] = answer,
                    Outcome::Returned(redirect, error) => returned.push((leg, redirect, error)),
                }
            }
            let any = |kind| returned.iter().any(|(_, redirect, _)| *redirect == kind);
            let in_time = begun.elapsed() + pause < self.options.response_timeout;
            if any(Redirect::Later) && in_time {
                sleep(pause).await;
                pause = (pause * 2).min(PAUSE.1);
            }
            if any(Redirect::Later) || any(Redirect::Unreached) {
                self.survey_now().await;
            }
            legs = Vec::new();
            for (leg, redirect, error) in returned {
                let index = leg.index;
                match self.onward(leg, redirect).filter(|_| in_time) {
                    Some(leg) => legs.push(leg),
                    None => answers[index] = Err(error),
                }
            }
        }
        answers
    }

    /// Sends requests of one slot once, in one pipeline; `None` unless all were answered by one server.
    pub(super) async fn at_once(
        &self,
        during: &'static str,
        requests: &[Request<'_>],
    ) -> Option<Vec<Result<Value, StoreError>>> {
        self.survey_if_stale().await;
        let outcomes = self.round(during, self.first_legs(requests)).await;
        let answer = |(_, outcome)| match outcome {
            Outcome::Answered(answer) => Some(answer),
            Outcome::Returned(..) => None,
        };
        outcomes.into_iter().map(answer).collect()
    }

    /// Sends every leg once, one pipeline to each server, all at the same time. The outcomes of one server are in the
    /// order of the legs.
    async fn round<'a>(&self, during: &'static str, legs: Vec<Leg<'a>>) -> Vec<(Leg<'a>, Outcome)> {
        let mut pipelines: Vec<Vec<Leg<'a>>> = Vec::new();
        let to = |leg: &Leg<'_>| leg.to.as_ref().map(Arc::as_ptr);
        for leg in legs {
            match pipelines.iter_mut().find(|legs| to(&legs[0]) == to(&leg)) {
                Some(legs) => legs.push(leg),
                None => pipelines.push(vec![leg]),
            }
        }
        let sent = pipelines.into_iter().map(|legs| async move {
            let outcomes = match &legs[0].to {
                Some(node) => node.send(during, &legs).await,
                None => legs.iter().map(|_| unserved(during)).collect(),
            };
            legs.into_iter().zip(outcomes)
        });
        let outcomes = join_all(sent).await.into_iter().flatten();
        outcomes.map(|(leg, outcome)| (leg, self.judged(during, outcome))).collect()
    }

    /// Notes when the map of a Cluster may be wrong. Without one there is no other server: the way ends here.
    fn judged(&self, during: &'static str, outcome: Outcome) -> Outcome {
        if self.is_cluster() {
            match &outcome {
                Outcome::Answered(Err(StoreError::NoAnswer { .. }))
                | Outcome::Returned(Redirect::Moved(_) | Redirect::Later | Redirect::Unreached, _) => {
                    self.survey.is_due();
                }
                Outcome::Answered(_) | Outcome::Returned(Redirect::Ask(_) | Redirect::UnknownScript, _) => {}
            }
            return outcome;
        }
        match outcome {
            Outcome::Returned(Redirect::Moved(_) | Redirect::Ask(_), _) => Outcome::Answered(Err(nobody(
                during,
                "this server is a node of a Cluster; use redis+cluster:// or rediss+cluster:// in the place of \
                 redis:// or rediss://",
            ))),
            Outcome::Returned(Redirect::Later | Redirect::Unreached, error) => Outcome::Answered(Err(error)),
            outcome => outcome,
        }
    }

    fn first_legs<'a>(&self, requests: &'a [Request<'a>]) -> Vec<Leg<'a>> {
        let map = self.map();
        let leg = |(index, request): (usize, &'a Request<'a>)| {
            let to = map.owner(request.slot).cloned();
            Leg { index, request, to, asking: false, with_script: false, redirections: 0 }
        };
        requests.iter().enumerate().map(leg).collect()
    }

    /// Where the request goes next; `None`: nowhere.
    fn onward<'a>(&self, leg: Leg<'a>, redirect: Redirect) -> Option<Leg<'a>> {
        let owner = || self.map().owner(leg.request.slot).cloned();
        if redirect == Redirect::Later {
            return Some(Leg { to: owner(), asking: false, with_script: false, ..leg });
        }
        let leg = Leg { redirections: leg.redirections + 1, ..leg };
        if leg.redirections > REDIRECTIONS {
            return None;
        }
        match redirect {
            Redirect::Moved(endpoint) => {
                let node = self.node_at(&endpoint)?;
                self.redraw(|map| map.with(leg.request.slot, Arc::clone(&node)));
                Some(Leg { to: Some(node), asking: false, ..leg })
            }
            Redirect::Ask(endpoint) => {
                let node = self.node_at(&endpoint)?;
                self.redraw(|map| map.and(Arc::clone(&node)));
                Some(Leg { to: Some(node), asking: true, ..leg })
            }
            Redirect::UnknownScript => Some(Leg { with_script: true, ..leg }),
            Redirect::Unreached => {
                let other = owner().filter(|owner| leg.to.as_ref().is_none_or(|to| !Arc::ptr_eq(to, owner)))?;
                Some(Leg { to: Some(other), asking: false, ..leg })
            }
            Redirect::Later => None,
        }
    }

    fn node_at(&self, endpoint: &Endpoint) -> Option<Arc<Node>> {
        self.map().at(endpoint).or_else(|| self.node(endpoint).ok().map(Arc::new))
    }
}

fn unserved(during: &'static str) -> Outcome {
    Outcome::Returned(Redirect::Later, nobody(during, "no master serves the slot of its keys"))
}
