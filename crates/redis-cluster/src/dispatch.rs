//! Delivery of requests to the servers that execute them.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use redis::Value;
use tokio::time::{sleep, timeout};

use crate::{
    address::Endpoint,
    client_error::ClientError,
    inspection::ServerInspection,
    node::{RedisNode, RequestFailure},
    pending_request::PendingRequest,
    redirect::Redirect,
    request::RedisRequest,
    router::Router,
    stopwatch::Stopwatch,
};

/// Redirects that a request follows without a pause. Two are usual while a slot moves. More come only from servers that
/// do not agree yet on the owner of the slot and redirect the request back and forth.
const MAX_REDIRECTS: u32 = 4;

/// The first and the longest pause before a request that no server could execute is sent again.
const RETRY_BACKOFF: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(80));

/// Requests without a response, each with its failure.
type FailedRequests<'a, I> = Vec<(PendingRequest<'a, I>, RequestFailure)>;

impl<I: ServerInspection> Router<I> {
    /// Sends one request.
    pub(crate) async fn send_one(
        &self,
        during: &'static str,
        request: &RedisRequest<'_>,
    ) -> Result<Value, ClientError> {
        self.refresh_topology_if_stale().await;
        let pending = PendingRequest::new(&self.slot_map(), 0, request);
        let sent = match &pending.target {
            Some(node) => node.send(during, &request.command).await,
            None => Err(unserved_slot(during)),
        };
        let failure = match sent {
            Ok(value) => return Ok(value),
            Err(failure) => self.classify(during, failure),
        };
        let mut answers = [Ok(Value::Nil)];
        self.retry_failed(during, vec![(pending, failure)], &mut answers).await;
        let [answer] = answers;
        answer
    }

    /// Sends requests to any slots at once. Returns one result per request, in the order given. The order of execution
    /// is undefined.
    pub async fn send_each(
        &self,
        during: &'static str,
        requests: &[RedisRequest<'_>],
    ) -> Vec<Result<Value, ClientError>> {
        self.refresh_topology_if_stale().await;
        let map = self.slot_map();
        let mut answers: Vec<_> = requests.iter().map(|_| Ok(Value::Nil)).collect();
        let pending_requests =
            requests.iter().enumerate().map(|(index, request)| PendingRequest::new(&map, index, request)).collect();
        let failed = self.send_round(during, pending_requests, &mut answers).await;
        self.retry_failed(during, failed, &mut answers).await;
        answers
    }

    /// Resends requests that were not executed, until they are executed or no further attempt is possible. Requests
    /// that no server can execute at the moment are retried for as long as a response may take.
    async fn retry_failed(
        &self,
        during: &'static str,
        mut failed: FailedRequests<'_, I>,
        answers: &mut [Result<Value, ClientError>],
    ) {
        let started = Stopwatch::start();
        let mut pause = RETRY_BACKOFF.0;
        while !failed.is_empty() {
            for (pending, failure) in &mut failed {
                if pending.redirect_count >= MAX_REDIRECTS && failure.redirect.is_some() {
                    failure.redirect = Some(Redirect::TryAgain);
                }
            }
            let any = |kind| failed.iter().any(|(_, failure)| failure.redirect.as_ref() == Some(&kind));
            let left = || self.options.response_timeout.saturating_sub(started.elapsed());
            let wait = if any(Redirect::TryAgain) { pause } else { Duration::ZERO };
            let may_wait = wait < left();
            if any(Redirect::TryAgain) && may_wait {
                sleep(wait).await;
                pause = (pause * 2).min(RETRY_BACKOFF.1);
            }
            if may_wait && (any(Redirect::TryAgain) || any(Redirect::NotSent)) {
                // A refresh that is not complete by then is continued by the next call.
                let _ = timeout(left(), self.refresh_topology()).await;
            }
            let in_time = may_wait && !left().is_zero();
            let mut resent = Vec::new();
            for (pending, RequestFailure { redirect, error }) in failed {
                let index = pending.position;
                let next = redirect.filter(|_| in_time).and_then(|redirect| self.next_hop(pending, redirect));
                match next {
                    Some(pending) => resent.push(pending),
                    None => answers[index] = Err(error),
                }
            }
            failed = self.send_round(during, resent, answers).await;
        }
    }

    /// Sends every request once, in one pipeline to each server, all at the same time. Stores the responses in
    /// `answers` and returns the requests that failed.
    async fn send_round<'a>(
        &self,
        during: &'static str,
        requests: Vec<PendingRequest<'a, I>>,
        answers: &mut [Result<Value, ClientError>],
    ) -> FailedRequests<'a, I> {
        let mut pipelines: Vec<Vec<PendingRequest<'a, I>>> = Vec::new();
        let to = |pending: &PendingRequest<'_, I>| pending.target.as_ref().map(Arc::as_ptr);
        for pending in requests {
            match pipelines.iter_mut().find(|batch| to(&batch[0]) == to(&pending)) {
                Some(batch) => batch.push(pending),
                None => pipelines.push(vec![pending]),
            }
        }
        let sent = pipelines.into_iter().map(|batch| async move {
            let answers = match &batch[0].target {
                Some(node) => node.send_requests(during, &batch).await,
                None => batch.iter().map(|_| Err(unserved_slot(during))).collect(),
            };
            batch.into_iter().zip(answers)
        });
        let mut failed = Vec::new();
        for (pending, answer) in join_all(sent).await.into_iter().flatten() {
            match answer {
                Ok(value) => answers[pending.position] = Ok(value),
                Err(failure) => failed.push((pending, self.classify(during, failure))),
            }
        }
        failed
    }

    /// Removes a redirect that cannot be followed: a single server has no other one to redirect to. On a Cluster, marks
    /// the slot map as stale if it may be wrong.
    pub fn classify(&self, during: &'static str, mut failure: RequestFailure) -> RequestFailure {
        if self.is_cluster() {
            let lost = matches!(failure.error, ClientError::NoResponse { .. });
            if lost || matches!(failure.redirect, Some(Redirect::Moved(_) | Redirect::TryAgain | Redirect::NotSent)) {
                self.topology.mark_stale();
            }
            return failure;
        }
        if matches!(failure.redirect, Some(Redirect::Moved(_) | Redirect::Ask(_))) {
            failure.error = ClientError::unreachable(
                during,
                "this server is a node of a Cluster; use redis+cluster:// or rediss+cluster:// instead of redis:// or \
                 rediss://",
            );
        }
        failure.redirect = failure.redirect.filter(|redirect| *redirect == Redirect::NoScript);
        failure
    }

    /// Returns the request addressed to its next server; `None` if no server is left.
    fn next_hop<'a>(&self, pending: PendingRequest<'a, I>, redirect: Redirect) -> Option<PendingRequest<'a, I>> {
        let owner = || self.slot_map().owner(pending.request.slot).cloned();
        if redirect == Redirect::TryAgain {
            return Some(PendingRequest {
                target: owner(),
                asking: false,
                with_script: false,
                redirect_count: 0,
                ..pending
            });
        }
        let pending = PendingRequest { redirect_count: pending.redirect_count + 1, ..pending };
        match redirect {
            Redirect::Moved(endpoint) => {
                let node = self.find_or_create_node(&endpoint)?;
                let known = owner().is_some_and(|owner| Arc::ptr_eq(&owner, &node));
                if !known {
                    self.replace_slot_map(|map| map.with_slot(pending.request.slot, Arc::clone(&node)));
                }
                Some(PendingRequest { target: Some(node), asking: false, ..pending })
            }
            Redirect::Ask(endpoint) => {
                let node = self.find_or_create_node(&endpoint)?;
                if self.slot_map().master_at(&endpoint).is_none() {
                    self.replace_slot_map(|map| map.with_master(Arc::clone(&node)));
                }
                Some(PendingRequest { target: Some(node), asking: true, ..pending })
            }
            // Once: a server that does not know the script right after it was loaded will not know it the next time
            // either.
            Redirect::NoScript => (!pending.with_script).then_some(PendingRequest { with_script: true, ..pending }),
            Redirect::NotSent => {
                let other = owner().filter(|owner| pending.target.as_ref().is_none_or(|to| !Arc::ptr_eq(to, owner)))?;
                Some(PendingRequest { target: Some(other), asking: false, ..pending })
            }
            Redirect::TryAgain => None,
        }
    }

    fn find_or_create_node(&self, endpoint: &Endpoint) -> Option<Arc<RedisNode<I>>> {
        self.slot_map().master_at(endpoint).or_else(|| self.create_node(endpoint).ok().map(Arc::new))
    }
}

fn unserved_slot(during: &'static str) -> RequestFailure {
    let error = ClientError::unreachable(during, "no master serves the hash slot");
    RequestFailure { redirect: Some(Redirect::TryAgain), error }
}
