//! `ValidateStream`: many checks over one call.
//!
//! A check waits for its turn like everybody's, is answered when it is done, and fails alone. No request is read
//! while too many have no answer, nor while the client does not read: then nobody asks for the next answer. What was
//! begun goes on all the same, in a task of its own: it holds places that others wait for.

use std::{panic::resume_unwind, sync::Arc, time::Duration};

use futures_util::{StreamExt, poll, stream::unfold};
use tokio::{
    task::{JoinSet, yield_now},
    time::{Interval, MissedTickBehavior, interval, timeout},
};
use tokio_stream::Stream;
use tonic::{Request, Status, Streaming};
use tracing::Instrument;

use super::{
    call::{Call, CallObserver},
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

/// Checks that are answered in a row before others on the same thread have their turn.
const IN_A_ROW: usize = 32;

/// The answers to the requests of a stream.
pub(super) fn open(
    validations: Arc<Validations>,
    request: Request<Streaming<api::ValidateStreamRequest>>,
) -> Result<impl Stream<Item = Result<Tagged, Status>> + Send, Error> {
    let call = Call::of(&request)?;
    permit(&call.caller, Method::ValidateStream)?;
    let standing = Standing::of(&request, Method::ValidateStream, Arc::clone(&validations.authenticator));
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    look.reset();
    let checking = Checking {
        _open: Counted::new(&validations, |observer, more| observer.streams_opened(more)),
        validations,
        caller: Arc::clone(&call.caller),
        request_id: call.request_id.clone(),
        standing,
        look,
        requests: request.into_inner(),
        under_way: JoinSet::new(),
        in_a_row: 0,
        phase: Phase::Reading,
    };
    Ok(unfold(checking, async |mut checking| checking.next().await.map(|answer| (answer, checking))))
}

/// One stream.
struct Checking {
    validations: Arc<Validations>,
    caller: Arc<Caller>,
    request_id: String,
    standing: Standing,
    look: Interval,
    requests: Streaming<api::ValidateStreamRequest>,
    /// Checks that were not done at once. They end with the stream.
    under_way: JoinSet<Tagged>,
    in_a_row: usize,
    phase: Phase,
    _open: Counted,
}

enum Phase {
    Reading,
    /// No more is read; what is under way is answered, and then this.
    Ending(Result<(), Error>),
    Over,
}

impl Checking {
    async fn next(&mut self) -> Option<Result<Tagged, Status>> {
        if self.in_a_row >= IN_A_ROW {
            self.in_a_row = 0;
            yield_now().await;
        }
        let next = self.answer().await;
        self.in_a_row += 1;
        if let Some(Err(status)) = &next {
            self.phase = Phase::Over;
            tracing::debug!(request_id = self.request_id, code = ?status.code(), "a stream of validations ended");
        }
        next
    }

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
                () = self.validations.stop.cancelled(), if reading => {
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
        let most = validations.timeout;
        let mut check = Box::pin(async move { validations.check(request.request, &caller).await });
        if let std::task::Poll::Ready(result) = poll!(&mut check) {
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
    async fn check(&self, request: Option<api::ValidateRequest>, caller: &Caller) -> Result<Answer, Error> {
        let message = request.ok_or_else(|| Violation::new("request", "is required"))?;
        let _place = self.admission.check().await?;
        self.judge(message, caller).await
    }
}

fn tagged(tag: u64, result: Result<Answer, Error>) -> Tagged {
    Tagged { tag, result: result.map_err(|error| status::failure(&error)) }
}
