//! `ValidateStream`: many checks over one call.
//!
//! A check waits for a permit; callers are served in turn. It is answered when it is done, and fails alone. No request
//! is read while too many have no response, or while the client does not read. Checks that have started continue
//! nevertheless, in a task of their own, because they hold permits that others wait for.

use std::{panic::resume_unwind, pin::pin, sync::Arc, task::Poll};

use futures_util::{StreamExt, poll};
use tokio::{
    task::JoinSet,
    time::{Interval, timeout},
};
use tonic::{Request, Status, Streaming};
use tracing::Instrument;

use super::{
    ValidationHandler,
    answer::{TaggedAnswer, ValidateAnswer},
};
use crate::{
    api,
    domain::{CallError, Caller, FieldViolation},
    transport::grpc::{
        admission::{BudgetPermit, CallerAccount, WorkKind},
        call::{CallContext, CallObserver},
        response_stream::{ResponseSender, ResponseStream, StreamEnd, StreamInterruption},
        rpc_error::RpcError,
        status,
        stream_authorization::StreamAuthorization,
    },
};

/// The maximum number of responses handed over at a time. A batch costs about as much as a single response.
const MAX_BATCH_LEN: usize = 32;

/// Opens a stream, and returns the answers to its requests.
pub(super) fn open(
    handler: &Arc<ValidationHandler>,
    request: Request<Streaming<api::ValidateStreamRequest>>,
) -> Result<ResponseStream<TaggedAnswer>, CallError> {
    let call = CallContext::from_request(&request)?;
    let authorization = StreamAuthorization::from_request(&request, call.method, Arc::clone(&handler.authenticator));
    let task = ValidateStreamTask {
        _open_streams: GaugeGuard::new(handler, |observer, more| observer.add_open_streams(more)),
        handler: Arc::clone(handler),
        caller: Arc::clone(&call.caller),
        account: Arc::clone(&call.account),
        request_id: call.request_id.as_str().into(),
        authorization,
        authorization_checks: StreamAuthorization::check_interval(),
        requests: request.into_inner(),
        in_flight: JoinSet::new(),
        phase: StreamPhase::Reading,
        _permit: call.take_stream_permit(),
    };
    Ok(handler.streams.spawn(|responses| task.run(responses)))
}

/// The work of one stream.
struct ValidateStreamTask {
    handler: Arc<ValidationHandler>,
    caller: Arc<Caller>,
    /// The account in which the permits of its checks are counted.
    account: Arc<CallerAccount>,
    request_id: Arc<str>,
    authorization: StreamAuthorization,
    authorization_checks: Interval,
    requests: Streaming<api::ValidateStreamRequest>,
    /// Checks that did not finish immediately. They end with the stream.
    in_flight: JoinSet<TaggedAnswer>,
    phase: StreamPhase,
    _open_streams: GaugeGuard,
    /// The permit of the open stream.
    _permit: Option<BudgetPermit>,
}

enum StreamPhase {
    Reading,
    /// No more requests are read. The checks in flight are answered, and then the stream ends with this result.
    Ending(Result<(), RpcError>),
    Finished,
}

impl ValidateStreamTask {
    async fn run(mut self, responses: ResponseSender<TaggedAnswer>) -> StreamEnd<TaggedAnswer> {
        let end = self.respond_until_end(&responses).await;
        if let Err(status) = &end.status {
            tracing::debug!(request_id = &*self.request_id, code = ?status.code(), "ValidateStream ended");
        }
        end
    }

    async fn respond_until_end(&mut self, responses: &ResponseSender<TaggedAnswer>) -> StreamEnd<TaggedAnswer> {
        loop {
            let permit = match responses.reserve().await {
                Ok(permit) => permit,
                Err(StreamInterruption::ShuttingDown) => return self.finish_in_flight().await,
                Err(StreamInterruption::ClientStalled) => {
                    let error = self.handler.streams.interruption_error(StreamInterruption::ClientStalled);
                    return StreamEnd { final_messages: Vec::new(), status: Err(status::log_and_convert(error)) };
                }
            };
            let mut batch = Vec::new();
            let mut next = self.next_answer().await;
            loop {
                match next {
                    Some(Ok(answer)) => batch.push(answer),
                    Some(Err(status)) => return StreamEnd { final_messages: batch, status: Err(status) },
                    None => return StreamEnd { final_messages: batch, status: Ok(()) },
                }
                if batch.len() == MAX_BATCH_LEN {
                    break;
                }
                // Only answers that are ready without waiting join the batch.
                match poll!(pin!(self.next_answer())) {
                    Poll::Ready(answer) => next = answer,
                    Poll::Pending => break,
                }
            }
            permit.send_all(batch);
        }
    }

    /// Collects the answers of the checks in flight, and reads no more requests.
    async fn finish_in_flight(&mut self) -> StreamEnd<TaggedAnswer> {
        if matches!(self.phase, StreamPhase::Reading) {
            self.phase = StreamPhase::Ending(Err(RpcError::ShuttingDown));
        }
        let mut last = Vec::new();
        loop {
            match self.next_answer().await {
                Some(Ok(answer)) => last.push(answer),
                end => return StreamEnd { final_messages: last, status: end.map_or(Ok(()), |end| end.map(drop)) },
            }
        }
    }

    /// Returns the next answer, or the end of the stream. It is cancel-safe: nothing is lost if the future is dropped.
    async fn next_answer(&mut self) -> Option<Result<TaggedAnswer, Status>> {
        loop {
            let reading = matches!(self.phase, StreamPhase::Reading);
            if !reading && self.in_flight.is_empty() {
                return match std::mem::replace(&mut self.phase, StreamPhase::Finished) {
                    StreamPhase::Ending(Err(error)) => Some(Err(status::log_and_convert(error))),
                    _ => None,
                };
            }
            let has_room = self.in_flight.len() < self.handler.max_in_flight_per_stream;
            tokio::select! {
                biased;
                () = self.handler.streams.stop.cancelled(), if reading => {
                    self.phase = StreamPhase::Ending(Err(RpcError::ShuttingDown));
                }
                _ = self.authorization_checks.tick() => match self.authorization.reauthenticate() {
                    Ok(caller) => self.caller = caller,
                    Err(error) => return Some(Err(status::log_and_convert(error))),
                },
                Some(done) = self.in_flight.join_next() => match done {
                    Ok(answer) => return Some(Ok(answer)),
                    Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
                    // The runtime is shutting down.
                    Err(_) => {}
                },
                request = self.requests.next(), if reading && has_room => match request {
                    Some(Ok(request)) => {
                        if let Some(answer) = self.start_check(request).await {
                            return Some(Ok(answer));
                        }
                    }
                    Some(Err(status)) => return Some(Err(status::explain_decode_failure(&status).unwrap_or(status))),
                    None => self.phase = StreamPhase::Ending(Ok(())),
                },
            }
        }
    }

    /// Starts a check. Returns its answer if it finishes without waiting; otherwise the check continues in a task.
    async fn start_check(&mut self, request: api::ValidateStreamRequest) -> Option<TaggedAnswer> {
        let tag = request.tag;
        let (handler, caller) = (Arc::clone(&self.handler), Arc::clone(&self.caller));
        let (account, request_id) = (Arc::clone(&self.account), Arc::clone(&self.request_id));
        let limit = handler.timeout;
        let mut check = Box::pin(async move { handler.check(request.request, &caller, &request_id, &account).await });
        if let Poll::Ready(result) = poll!(&mut check) {
            return Some(tag_result(tag, result));
        }
        let counted = GaugeGuard::new(&self.handler, |observer, more| observer.add_checks_in_flight(more));
        let in_time = async move {
            let _counted = counted;
            match timeout(limit, check).await {
                Ok(result) => tag_result(tag, result),
                Err(_) => TaggedAnswer { tag, result: Err(status::check_deadline_exceeded()) },
            }
        };
        self.in_flight.spawn(in_time.in_current_span());
        None
    }
}

/// Adds one to a gauge until it is dropped.
struct GaugeGuard {
    observer: Arc<dyn CallObserver>,
    add: fn(&dyn CallObserver, i64),
}

impl GaugeGuard {
    fn new(handler: &ValidationHandler, add: fn(&dyn CallObserver, i64)) -> Self {
        add(handler.observer.as_ref(), 1);
        Self { observer: Arc::clone(&handler.observer), add }
    }
}

impl Drop for GaugeGuard {
    fn drop(&mut self) {
        (self.add)(self.observer.as_ref(), -1);
    }
}

impl ValidationHandler {
    async fn check(
        &self,
        request: Option<api::ValidateRequest>,
        caller: &Caller,
        request_id: &str,
        account: &Arc<CallerAccount>,
    ) -> Result<ValidateAnswer, RpcError> {
        let mut message = request.ok_or_else(|| FieldViolation::new("request", "is required"))?;
        self.admission.limit_rate(WorkKind::Checks, account)?;
        let _permit = self.admission.acquire(WorkKind::Checks, account).await;
        Ok(self.validate_token(&mut message, caller, request_id).await?)
    }
}

fn tag_result(tag: u64, result: Result<ValidateAnswer, RpcError>) -> TaggedAnswer {
    TaggedAnswer { tag, result: result.map_err(|error| status::validate_failure(&error)) }
}
