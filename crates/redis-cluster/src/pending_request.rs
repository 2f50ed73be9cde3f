//! Requests in flight to one server.

use std::sync::Arc;

use redis::{Pipeline, Value};

use crate::{
    inspection::ServerInspection,
    node::{RedisNode, RequestFailure},
    redirect::Redirect,
    request::RedisRequest,
    slot_map::SlotMap,
};

/// A request in flight.
pub(crate) struct PendingRequest<'a, I> {
    /// Index of the request in its call.
    pub(crate) position: usize,
    pub(crate) request: &'a RedisRequest<'a>,
    /// The server that it is sent to; `None`: no server is known for its slot.
    pub(crate) target: Option<Arc<RedisNode<I>>>,
    /// Sends `ASKING` before it, because the server is still taking over the slot.
    pub(crate) asking: bool,
    /// Loads the script that it runs before it.
    pub(crate) with_script: bool,
    /// Number of redirects that it has followed.
    pub(crate) redirect_count: u32,
}

/// The purpose of a command in a pipeline of requests.
enum PipelineStep {
    LoadScript,
    Asking,
    Request,
}

impl<'a, I> PendingRequest<'a, I> {
    /// Creates a request to the master that `map` names.
    pub(crate) fn new(map: &SlotMap<I>, index: usize, request: &'a RedisRequest<'a>) -> Self {
        let target = map.owner(request.slot).cloned();
        Self { position: index, request, target, asking: false, with_script: false, redirect_count: 0 }
    }
}

impl<I: ServerInspection> RedisNode<I> {
    /// Sends `requests` in one pipeline. Returns one result per request, in their order.
    pub(crate) async fn send_requests(
        &self,
        during: &'static str,
        requests: &[PendingRequest<'_, I>],
    ) -> Vec<Result<Value, RequestFailure>> {
        let (pipeline, steps) = build_pipeline(requests);
        match self.send_each(during, pipeline.cmd_iter()).await {
            Ok(answers) => extract_request_answers(steps, answers),
            Err(failure) => requests.iter().map(|_| Err(failure.clone())).collect(),
        }
    }
}

fn build_pipeline<I>(requests: &[PendingRequest<'_, I>]) -> (Pipeline, Vec<PipelineStep>) {
    let (mut pipe, mut steps) = (redis::pipe(), Vec::with_capacity(requests.len()));
    let mut loaded = None;
    for pending in requests {
        if let Some(script) = pending.request.script.filter(|_| pending.with_script)
            && loaded.replace(script.get_hash()) != Some(script.get_hash())
        {
            pipe.load_script(script);
            steps.push(PipelineStep::LoadScript);
        }
        if pending.asking {
            pipe.cmd("ASKING");
            steps.push(PipelineStep::Asking);
        }
        pipe.add_command(pending.request.command.clone());
        steps.push(PipelineStep::Request);
    }
    (pipe, steps)
}

/// Returns the answers to the requests themselves. If a script is unknown because it could not be loaded, the failure
/// of the load is returned.
fn extract_request_answers(
    steps: Vec<PipelineStep>,
    answers: Vec<Result<Value, RequestFailure>>,
) -> Vec<Result<Value, RequestFailure>> {
    let mut load_failure = None;
    let mut request_answers = Vec::with_capacity(answers.len());
    for (step, answer) in steps.into_iter().zip(answers) {
        match (step, answer) {
            (PipelineStep::LoadScript, answer) => load_failure = answer.err(),
            (PipelineStep::Asking, _) => {}
            (PipelineStep::Request, Err(failure)) if failure.redirect == Some(Redirect::NoScript) => {
                request_answers.push(Err(load_failure.clone().unwrap_or(failure)));
            }
            (PipelineStep::Request, answer) => request_answers.push(answer),
        }
    }
    request_answers
}
