//! Requests on their way to one server.

use std::sync::Arc;

use redis::{Pipeline, Value};

use super::{
    node::{RedisNode, RequestFailure},
    redirect::Redirect,
    request::RedisRequest,
    slot_map::SlotMap,
};

/// A request on its way.
pub(super) struct PendingRequest<'a> {
    /// Its place among those it was given with.
    pub(super) position: usize,
    pub(super) request: &'a RedisRequest<'a>,
    /// `None`: nobody is known to serve its slot.
    pub(super) target: Option<Arc<RedisNode>>,
    /// To a server that is only just taking the slot over.
    pub(super) asking: bool,
    /// With the script that it runs before it.
    pub(super) with_script: bool,
    /// How often it was sent on.
    pub(super) redirect_count: u32,
}

/// What a command of a pipeline of legs is there for.
enum PipelineStep {
    LoadScript,
    Asking,
    Request,
}

impl<'a> PendingRequest<'a> {
    /// To the master that `map` names.
    pub(super) fn new(map: &SlotMap, index: usize, request: &'a RedisRequest<'a>) -> Self {
        let to = map.owner(request.slot).cloned();
        Self { position: index, request, target: to, asking: false, with_script: false, redirect_count: 0 }
    }
}

impl RedisNode {
    /// Sends `legs` in one pipeline, each to be answered for itself, in their order.
    pub(super) async fn send_requests(
        &self,
        during: &'static str,
        requests: &[PendingRequest<'_>],
    ) -> Vec<Result<Value, RequestFailure>> {
        let (pipeline, steps) = build_pipeline(requests);
        match self.send_each(during, &pipeline).await {
            Ok(answers) => extract_request_answers(steps, answers),
            Err(failure) => requests.iter().map(|_| Err(failure.duplicate())).collect(),
        }
    }
}

fn build_pipeline(requests: &[PendingRequest<'_>]) -> (Pipeline, Vec<PipelineStep>) {
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

/// The answers to the requests themselves. Where a script is unknown as it could not be loaded, that is the reason.
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
                request_answers.push(Err(load_failure.as_ref().map_or(failure, RequestFailure::duplicate)));
            }
            (PipelineStep::Request, answer) => request_answers.push(answer),
        }
    }
    request_answers
}
