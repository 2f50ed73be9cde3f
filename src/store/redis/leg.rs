//! Requests on their way to one server.

use std::sync::Arc;

use redis::{Pipeline, Value};

use super::{
    node::{Failure, Node},
    redirect::Redirect,
    request::Request,
    slot_map::SlotMap,
};

/// A request on its way.
pub(super) struct Leg<'a> {
    /// Its place among those it was given with.
    pub(super) index: usize,
    pub(super) request: &'a Request<'a>,
    /// `None`: nobody is known to serve its slot.
    pub(super) to: Option<Arc<Node>>,
    /// To a server that is only just taking the slot over.
    pub(super) asking: bool,
    /// With the script that it runs before it.
    pub(super) with_script: bool,
    /// How often it was sent on.
    pub(super) redirections: u32,
}

/// What a command of a pipeline of legs is there for.
enum Step {
    Load,
    Asking,
    Request,
}

impl<'a> Leg<'a> {
    /// To the master that `map` names.
    pub(super) fn first(map: &SlotMap, index: usize, request: &'a Request<'a>) -> Self {
        let to = map.owner(request.slot).cloned();
        Self { index, request, to, asking: false, with_script: false, redirections: 0 }
    }
}

impl Node {
    /// Sends `legs` in one pipeline, each to be answered for itself, in their order.
    pub(super) async fn send_legs(&self, during: &'static str, legs: &[Leg<'_>]) -> Vec<Result<Value, Failure>> {
        let (pipeline, steps) = pipeline(legs);
        match self.send_each(during, &pipeline).await {
            Ok(answers) => of_requests(steps, answers),
            Err(failure) => legs.iter().map(|_| Err(failure.again())).collect(),
        }
    }
}

fn pipeline(legs: &[Leg<'_>]) -> (Pipeline, Vec<Step>) {
    let (mut pipe, mut steps) = (redis::pipe(), Vec::with_capacity(legs.len()));
    let mut loaded = None;
    for leg in legs {
        if let Some(script) = leg.request.script.filter(|_| leg.with_script)
            && loaded.replace(script.get_hash()) != Some(script.get_hash())
        {
            pipe.load_script(script);
            steps.push(Step::Load);
        }
        if leg.asking {
            pipe.cmd("ASKING");
            steps.push(Step::Asking);
        }
        pipe.add_command(leg.request.command.clone());
        steps.push(Step::Request);
    }
    (pipe, steps)
}

/// The answers to the requests themselves. Where a script is unknown as it could not be loaded, that is the reason.
fn of_requests(steps: Vec<Step>, answers: Vec<Result<Value, Failure>>) -> Vec<Result<Value, Failure>> {
    let mut not_loaded = None;
    let mut told = Vec::with_capacity(answers.len());
    for (step, answer) in steps.into_iter().zip(answers) {
        match (step, answer) {
            (Step::Load, answer) => not_loaded = answer.err(),
            (Step::Asking, _) => {}
            (Step::Request, Err(failure)) if failure.redirect == Some(Redirect::UnknownScript) => {
                told.push(Err(not_loaded.as_ref().map_or(failure, Failure::again)));
            }
            (Step::Request, answer) => told.push(answer),
        }
    }
    told
}
