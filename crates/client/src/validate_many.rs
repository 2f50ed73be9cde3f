//! Many validations over one stream.

use std::collections::{HashMap, VecDeque};

use tokio::{
    sync::mpsc,
    time::{Instant, timeout_at},
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, transport::Channel};

use crate::{
    api::{
        ErrorReason, ValidateFailure, ValidateRequest, ValidateStreamRequest,
        session_service_client::SessionServiceClient, validate_stream_response::Result as StreamResult,
    },
    call::{CallOptions, wait_to_repeat},
    error::{CallError, CallFailure, FieldViolation, ValidateError},
    validate::{ValidatedSession, Verdict, missing_outcome},
};

type Outcome = Result<ValidatedSession, ValidateError>;

pub async fn validate_many(
    client: &SessionServiceClient<Channel>,
    options: &CallOptions,
    requests: Vec<ValidateRequest>,
    max_in_flight: usize,
) -> Vec<Outcome> {
    let deadline = Instant::now() + options.deadline;
    let mut batch = Batch { outcomes: requests.iter().map(|_| None).collect(), requests };
    let mut attempt = 1;
    let error = loop {
        let run = batch.run(client, options, deadline, max_in_flight.max(1));
        let error = match timeout_at(deadline, run).await {
            Ok(Ok(())) => missing_outcome(),
            Ok(Err(error)) => error,
            Err(_) => CallError::deadline_exceeded(),
        };
        if batch.is_complete() || !wait_to_repeat(attempt, &error, deadline).await {
            break error;
        }
        attempt += 1;
    };
    batch.outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(|| Err(error.clone().into()))).collect()
}

/// The requests, and the outcomes so far in the same order.
struct Batch {
    requests: Vec<ValidateRequest>,
    outcomes: Vec<Option<Outcome>>,
}

impl Batch {
    fn is_complete(&self) -> bool {
        self.outcomes.iter().all(Option::is_some)
    }

    /// Opens a stream and sends the requests that have no outcome. Their tags are their positions.
    async fn run(
        &mut self,
        client: &SessionServiceClient<Channel>,
        options: &CallOptions,
        deadline: Instant,
        max_in_flight: usize,
    ) -> Result<(), CallError> {
        let mut waiting: VecDeque<_> =
            (0..self.requests.len()).filter(|index| self.outcomes[*index].is_none()).collect();
        let (sender, receiver) = mpsc::channel(max_in_flight);
        for _ in 0..max_in_flight {
            self.send_next(&sender, &mut waiting);
        }
        let mut sender = Some(sender).filter(|_| !waiting.is_empty());
        let mut request = options.request(ReceiverStream::new(receiver));
        request.set_timeout(deadline.saturating_duration_since(Instant::now()));
        let stream = client.clone().validate_stream(request).await;
        let mut responses = stream.map_err(|status| CallError::from_status(&status))?.into_inner();
        while let Some(response) = responses.message().await.map_err(|status| CallError::from_status(&status))? {
            let index = usize::try_from(response.tag).ok();
            let Some(outcome) = index.and_then(|index| self.outcomes.get_mut(index)) else { continue };
            outcome.get_or_insert(match response.result {
                Some(StreamResult::Response(response)) => {
                    Verdict::from_response(response).map_err(ValidateError::from).and_then(Outcome::from)
                }
                Some(StreamResult::Failure(failure)) => Err(from_failure(failure).into()),
                None => Err(missing_outcome().into()),
            });
            if let Some(open) = &sender {
                self.send_next(open, &mut waiting);
            }
            // The end of the requests lets the server end the stream.
            sender = sender.filter(|_| !waiting.is_empty());
        }
        Ok(())
    }

    fn send_next(&self, sender: &mpsc::Sender<ValidateStreamRequest>, waiting: &mut VecDeque<usize>) {
        let Some(index) = waiting.front().copied() else { return };
        let request = ValidateStreamRequest { tag: index as u64, request: Some(self.requests[index].clone()) };
        // The channel has room for all requests in flight; it is closed once the stream has ended.
        if sender.try_send(request).is_ok() {
            waiting.pop_front();
        }
    }
}

fn from_failure(failure: ValidateFailure) -> CallError {
    let reason = failure.reason().as_str_name();
    let reason = (failure.reason() != ErrorReason::Unspecified)
        .then(|| reason.strip_prefix("ERROR_REASON_").unwrap_or(reason).to_owned());
    let fields = Some(failure.field).filter(|field| !field.is_empty());
    CallFailure {
        code: Code::from_i32(failure.code),
        reason,
        metadata: HashMap::new(),
        fields: fields
            .map(|field| FieldViolation { field, description: failure.message.clone() })
            .into_iter()
            .collect(),
        retry_after: failure.retry_after.and_then(|delay| delay.try_into().ok()),
        message: failure.message,
    }
    .into()
}
