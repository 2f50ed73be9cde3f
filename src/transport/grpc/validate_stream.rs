//! `ValidateStream`: many checks over one call.
//!
//! A check waits for a place, callers in turn, is answered when it is done, and fails alone. No request is read
//! while too many have no answer, nor while the client does not read. What was begun goes on all the same, in a task
//! of its own: it holds places that others wait for.

use std::{panic::resume_unwind, pin::pin, sync::Arc, task::Poll, time::Duration};

use futures_util::{StreamExt, poll};
use tokio::{
    task::JoinSet,
    time::{Interval, MissedTickBehavior, interval, timeout},
};
use tonic::{Request, Status, Streaming};
use tracing::Instrument;

use super::{
    admission::{Account, Place, Work},
    call::{Call, CallObserver},
    response_stream::{Interruption, ResponseSender, ResponseStream, StreamEnd},
    standing::Standing,
    status,
    validation::Validations,
    verdict::{Answer, Tagged},
};
use crate::{
    api,
    authority::permissions::{Method, permit},
    domain::{Caller, Error, Violation},
};

/// How often it is looked whether the caller may still have its stream.
const LOOK: Duration = Duration::from_secs(1);

/// The most responses that are handed over at once: it costs about as much for all as for one.
const BATCH: usize = 32;

/// The answers to the requests of a stream.
pub(super) fn open(
    validations: &Arc<Validations>,
    request: Request<Streaming<api::ValidateStreamRequest>>,
) -> Result<ResponseStream<Tagged>, Error> {
    let call = Call::of(&request)?;
    permit(&call.caller, Method::ValidateStream)?;
    let standing = Standing::of(&request, Method::ValidateStream, Arc::clone(&validations.authenticator));
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    look.reset();
    let task = ValidateStreamTask {
        _open: Counted::new(validations, |observer, more| observer.streams_opened(more)),
        validations: Arc::clone(validations),
        caller: Arc::clone(&call.caller),
        account: Arc::clone(&call.account),
        request_id: call.request_id.clone(),
        standing,
        look,
        requests: request.into_inner(),
        under_way: JoinSet::new(),
        phase: Phase::Reading,
        _place: call.take_stream_place(),
    };
    Ok(validations.streams.spawn(|responses| task.run(responses)))
}

/// The work of one stream.
struct ValidateStreamTask {
    validations: Arc<Validations>,
    caller: Arc<Caller>,
    /// What the places of its checks are counted in.
    account: Arc<Account>,
    request_id: String,
    standing: Standing,
    look: Interval,
    requests: Streaming<api::ValidateStreamRequest>,
    /// Checks that were not done at once. They end with the stream.
    under_way: JoinSet<Tagged>,
    phase: Phase,
    _open: Counted,
    /// Among open streams.
    _place: Option<Place>,
}

enum Phase {
    Reading,
    /// No more is read; what is under way is answered, and then this.
    Ending(Result<(), Error>),
    Over,
}

impl ValidateStreamTask {
    async fn run(mut self, responses: ResponseSender<Tagged>) -> StreamEnd<Tagged> {
        let end = self.answer_all(&responses).await;
        if let Err(status) = &end.status {
            tracing::debug!(request_id = self.request_id, code = ?status.code(), "a stream of validations ended");
        }
        end
    }

    async fn answer_all(&mut self, responses: &ResponseSender<Tagged>) -> StreamEnd<Tagged> {
        loop {
            let room = match responses.reserve().await {
                Ok(room) => room,
                Err(Interruption::ShuttingDown) => return self.answer_rest().await,
                Err(Interruption::Unread) => {
                    let error = self.validations.streams.error_of(Interruption::Unread);
                    return StreamEnd { last: Vec::new(), status: Err(status::failed(&error)) };
                }
            };
            let mut batch = Vec::new();
            let mut next = self.answer().await;
            loop {
                match next {
                    Some(Ok(answer)) => batch.push(answer),
                    Some(Err(status)) => return StreamEnd { last: batch, status: Err(status) },
                    None => return StreamEnd { last: batch, status: Ok(()) },
                }
                if batch.len() == BATCH {
                    break;
                }
                // Only what is there without waiting goes along.
                match poll!(pin!(self.answer())) {
                    Poll::Ready(answer) => next = answer,
                    Poll::Pending => break,
                }
            }
            room.send_all(batch);
        }
    }

    /// Answers what is under way, and reads nothing more.
    async fn answer_rest(&mut self) -> StreamEnd<Tagged> {
        if matches!(self.phase, Phase::Reading) {
            self.phase = Phase::Ending(Err(Error::ShuttingDown));
        }
        let mut last = Vec::new();
        loop {
            match self.answer().await {
                Some(Ok(answer)) => last.push(answer),
                end => return StreamEnd { last, status: end.map_or(Ok(()), |end| end.map(drop)) },
            }
        }
    }

    /// The next answer, or the end of the stream. Can be given up at any time without losing anything.
    async fn answer(&mut self) -> Option<Result<Tagged, Status>> {
        loop {
            let reading = matches!(self.phase, Phase::Reading);
            if !reading && self.under_way.is_empty() {
                return match std::mem::replace(&mut self.phase, Phase::Over) {
                    Phase::Ending(Err(error)) => Some(Err(status::failed(&error))),
                    _ => None,
                };
            }
            let has_room = self.under_way.len() < self.validations.stream_in_flight;
            tokio::select! {
                biased;
                () = self.validations.streams.stop.cancelled(), if reading => {
                    self.phase = Phase::Ending(Err(Error::ShuttingDown));
                }
                _ = self.look.tick() => match self.standing.caller() {
                    Ok(caller) => self.caller = caller,
                    Err(error) => return Some(Err(status::failed(&error))),
                },
                Some(done) = self.under_way.join_next() => match done {
                    Ok(answer) => return Some(Ok(answer)),
                    Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
                    // The runtime is being shut down.
                    Err(_) => {}
                },
                request = self.requests.next(), if reading && has_room => match request {
                    Some(Ok(request)) => {
                        if let Some(answer) = self.begin(request).await {
                            return Some(Ok(answer));
                        }
                    }
                    Some(Err(status)) => return Some(Err(status::unreadable(&status).unwrap_or(status))),
                    None => self.phase = Phase::Ending(Ok(())),
                },
            }
        }
    }

    /// Begins a check, and answers it if that takes no waiting.
    async fn begin(&mut self, request: api::ValidateStreamRequest) -> Option<Tagged> {
        let tag = request.tag;
        let (validations, caller) = (Arc::clone(&self.validations), Arc::clone(&self.caller));
        let account = Arc::clone(&self.account);
        let most = validations.timeout;
        let mut check = Box::pin(async move { validations.check(request.request, &caller, &account).await });
        if let Poll::Ready(result) = poll!(&mut check) {
            return Some(tagged(tag, result));
        }
        let counted = Counted::new(&self.validations, |observer, more| observer.checks_begun(more));
        let in_time = async move {
            let _counted = counted;
            match timeout(most, check).await {
                Ok(result) => tagged(tag, result),
                Err(_) => Tagged { tag, result: Err(status::late()) },
            }
        };
        self.under_way.spawn(in_time.in_current_span());
        None
    }
}

/// One more of something, until it is dropped.
struct Counted {
    observer: Arc<dyn CallObserver>,
    tell: fn(&dyn CallObserver, i64),
}

impl Counted {
    fn new(validations: &Validations, tell: fn(&dyn CallObserver, i64)) -> Self {
        tell(validations.observer.as_ref(), 1);
        Self { observer: Arc::clone(&validations.observer), tell }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        (self.tell)(self.observer.as_ref(), -1);
    }
}

impl Validations {
    async fn check(
        &self,
        request: Option<api::ValidateRequest>,
        caller: &Caller,
        account: &Arc<Account>,
    ) -> Result<Answer, Error> {
        let message = request.ok_or_else(|| Violation::new("request", "is required"))?;
        let _place = self.admission.wait_for(Work::Checks, account).await;
        self.judge(message, caller).await
    }
}

fn tagged(tag: u64, result: Result<Answer, Error>) -> Tagged {
    Tagged { tag, result: result.map_err(|error| status::failure(&error)) }
}
