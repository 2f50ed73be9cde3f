//! Getting requests to the servers that carry them out.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use redis::Value;
use tokio::time::{sleep, timeout};

use super::{
    address::Endpoint,
    leg::Leg,
    node::{Failure, Node},
    redirect::Redirect,
    request::Request,
    router::{Router, nobody},
};
use crate::{clock::Stopwatch, store::StoreError};

/// How often a request follows a redirection without a pause. Two are usual while a slot moves; more come only of servers
/// that do not agree yet whose the slot is, and send it to and fro.
const REDIRECTIONS: u32 = 4;

/// The pause before a request that nobody could carry out is sent again: the first one, and the longest.
const PAUSE: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(80));

/// Requests without an answer, and why.
type Returned<'a> = Vec<(Leg<'a>, Failure)>;

impl Router {
    /// Sends one request.
    pub(super) async fn one(&self, during: &'static str, request: &Request<'_>) -> Result<Value, StoreError> {
        self.survey_if_stale().await;
        let leg = Leg::first(&self.map(), 0, request);
        let sent = match &leg.to {
            Some(node) => node.send(during, &request.command).await,
            None => Err(unserved(during)),
        };
        let failure = match sent {
            Ok(value) => return Ok(value),
            Err(failure) => self.judged(during, failure),
        };
        let mut answers = [Ok(Value::Nil)];
        self.deliver(during, vec![(leg, failure)], &mut answers).await;
        let [answer] = answers;
        answer
    }

    /// Sends requests of any slots at once. Each is answered for itself, in the order given; in which order they are
    /// carried out is not said.
    pub(super) async fn each(&self, during: &'static str, requests: &[Request<'_>]) -> Vec<Result<Value, StoreError>> {
        self.survey_if_stale().await;
        let map = self.map();
        let mut answers: Vec<_> = requests.iter().map(|_| Ok(Value::Nil)).collect();
        let legs = requests.iter().enumerate().map(|(index, request)| Leg::first(&map, index, request)).collect();
        let returned = self.round(during, legs, &mut answers).await;
        self.deliver(during, returned, &mut answers).await;
        answers
    }

    /// Sends on what was not carried out, until it is or until nothing more can be done. What nobody can carry out at the
    /// moment is tried again as long as an answer may take.
    async fn deliver(
        &self,
        during: &'static str,
        mut returned: Returned<'_>,
        answers: &mut [Result<Value, StoreError>],
    ) {
        let begun = Stopwatch::start();
        let mut pause = PAUSE.0;
        while !returned.is_empty() {
            for (leg, failure) in &mut returned {
                if leg.redirections >= REDIRECTIONS && failure.redirect.is_some() {
                    failure.redirect = Some(Redirect::Later);
                }
            }
            let any = |kind| returned.iter().any(|(_, failure)| failure.redirect.as_ref() == Some(&kind));
            let left = || self.options.response_timeout.saturating_sub(begun.elapsed());
            let wait = if any(Redirect::Later) { pause } else { Duration::ZERO };
            let may_wait = wait < left();
            if any(Redirect::Later) && may_wait {
                sleep(wait).await;
                pause = (pause * 2).min(PAUSE.1);
            }
            if may_wait && (any(Redirect::Later) || any(Redirect::Unreached)) {
                // What is not found out by then, the next call goes on finding out.
                let _ = timeout(left(), self.survey_now()).await;
            }
            let in_time = may_wait && !left().is_zero();
            let mut legs = Vec::new();
            for (leg, Failure { redirect, error }) in returned {
                let index = leg.index;
                let onward = redirect.filter(|_| in_time).and_then(|redirect| self.onward(leg, redirect));
                match onward {
                    Some(leg) => legs.push(leg),
                    None => answers[index] = Err(error),
                }
            }
            returned = self.round(during, legs, answers).await;
        }
    }

    /// Sends every leg once, one pipeline to each server, all at the same time, and takes the answers down.
    async fn round<'a>(
        &self,
        during: &'static str,
        legs: Vec<Leg<'a>>,
        answers: &mut [Result<Value, StoreError>],
    ) -> Returned<'a> {
        let mut pipelines: Vec<Vec<Leg<'a>>> = Vec::new();
        let to = |leg: &Leg<'_>| leg.to.as_ref().map(Arc::as_ptr);
        for leg in legs {
            match pipelines.iter_mut().find(|legs| to(&legs[0]) == to(&leg)) {
                Some(legs) => legs.push(leg),
                None => pipelines.push(vec![leg]),
            }
        }
        let sent = pipelines.into_iter().map(|legs| async move {
            let answers = match &legs[0].to {
                Some(node) => node.send_legs(during, &legs).await,
                None => legs.iter().map(|_| Err(unserved(during))).collect(),
            };
            legs.into_iter().zip(answers)
        });
        let mut returned = Vec::new();
        for (leg, answer) in join_all(sent).await.into_iter().flatten() {
            match answer {
                Ok(value) => answers[leg.index] = Ok(value),
                Err(failure) => returned.push((leg, self.judged(during, failure))),
            }
        }
        returned
    }

    /// Notes when the map of a Cluster may be wrong. Without one there is no other server: the way ends here.
    pub(super) fn judged(&self, during: &'static str, mut failure: Failure) -> Failure {
        if self.is_cluster() {
            let lost = matches!(failure.error, StoreError::NoAnswer { .. });
            if lost || matches!(failure.redirect, Some(Redirect::Moved(_) | Redirect::Later | Redirect::Unreached)) {
                self.survey.is_due();
            }
            return failure;
        }
        if matches!(failure.redirect, Some(Redirect::Moved(_) | Redirect::Ask(_))) {
            failure.error = nobody(
                during,
                "this server is a node of a Cluster; use redis+cluster:// or rediss+cluster:// in the place of \
                 redis:// or rediss://",
            );
        }
        failure.redirect = failure.redirect.filter(|redirect| *redirect == Redirect::UnknownScript);
        failure
    }

    /// Where the request goes next; `None`: nowhere.
    fn onward<'a>(&self, leg: Leg<'a>, redirect: Redirect) -> Option<Leg<'a>> {
        let owner = || self.map().owner(leg.request.slot).cloned();
        if redirect == Redirect::Later {
            return Some(Leg { to: owner(), asking: false, with_script: false, redirections: 0, ..leg });
        }
        let leg = Leg { redirections: leg.redirections + 1, ..leg };
        match redirect {
            Redirect::Moved(endpoint) => {
                let node = self.node_at(&endpoint)?;
                let known = owner().is_some_and(|owner| Arc::ptr_eq(&owner, &node));
                if !known {
                    self.redraw(|map| map.with(leg.request.slot, Arc::clone(&node)));
                }
                Some(Leg { to: Some(node), asking: false, ..leg })
            }
            Redirect::Ask(endpoint) => {
                let node = self.node_at(&endpoint)?;
                if self.map().at(&endpoint).is_none() {
                    self.redraw(|map| map.and(Arc::clone(&node)));
                }
                Some(Leg { to: Some(node), asking: true, ..leg })
            }
            // Once: a server that was given the script and still does not know it will not the next time either.
            Redirect::UnknownScript => (!leg.with_script).then_some(Leg { with_script: true, ..leg }),
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

fn unserved(during: &'static str) -> Failure {
    let error = nobody(during, "no master serves the slot of its keys");
    Failure { redirect: Some(Redirect::Later), error }
}
