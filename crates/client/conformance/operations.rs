//! The operations.

use std::{
    collections::HashMap,
    fs,
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde_json::{Map, Value, json};
use session_authority_client::{
    AlertItem, AlertStream, CacheOptions, CallError, ClientBuilder, NoVerdict, Rejected, SessionAuthority,
    SessionToken, StepUpRequired, TlsOptions, ValidateError, ValidatedSession, Validation, Verdict, api,
};

use super::{
    consumer::Consumer,
    json::{decode, encode},
    services::call_of_service,
};

type Outcome = Result<Value, Value>;

#[derive(Default)]
pub struct Adapter {
    clients: Mutex<HashMap<String, SessionAuthority>>,
    streams: Mutex<HashMap<String, Arc<tokio::sync::Mutex<AlertStream>>>>,
    consumers: Mutex<HashMap<String, Arc<Consumer>>>,
}

impl Adapter {
    pub fn new() -> Self {
        Self::default()
    }

    pub async fn run(&self, operation: &Value) -> Outcome {
        match text(operation, "op") {
            "connect" => self.connect(operation),
            "close" => {
                self.clients().remove(text(operation, "client"));
                Ok(json!({}))
            }
            "validate" => {
                let validation =
                    Validation::from(decode::<api::ValidateRequest>("ValidateRequest", &operation["request"])?);
                self.client(operation)?
                    .validate(validation)
                    .await
                    .map(|session| validated(&session))
                    .map_err(validate_error)
            }
            "try_validate" => {
                let validation =
                    Validation::from(decode::<api::ValidateRequest>("ValidateRequest", &operation["request"])?);
                let verdict = self.client(operation)?.try_validate(validation).await;
                verdict.map(|verdict| tagged(&verdict)).map_err(|NoVerdict(error)| no_verdict(&error))
            }
            "validate_many" => self.validate_many(operation).await,
            "call" => self.call(operation).await,
            "revoke_where" => {
                let request = decode("RevokeWhereRequest", &operation["request"])?;
                let mut responses = Vec::new();
                let progress =
                    |response: &api::RevokeWhereResponse| responses.push(encode("RevokeWhereResponse", response));
                let revoked = self.client(operation)?.revoke_where(request, progress).await;
                revoked.map_err(|error| call_error(&error))?;
                Ok(json!({ "responses": responses }))
            }
            "alerts.open" => {
                let stream = self.client(operation)?.alerts(decode("StreamAlertsRequest", &operation["request"])?);
                let stream = Arc::new(tokio::sync::Mutex::new(stream));
                self.streams().insert(text(operation, "stream").to_owned(), stream);
                Ok(json!({}))
            }
            "alerts.next" => self.next_alert(operation).await,
            "alerts.cursor" => Ok(json!({ "cursor": self.stream(operation)?.lock().await.cursor() })),
            "alerts.close" => {
                self.streams().remove(text(operation, "stream"));
                Ok(json!({}))
            }
            "consumer.start" => {
                let consumer = Arc::new(Consumer::start(&self.client(operation)?, &operation["consume"]));
                self.consumers().insert(text(operation, "consumer").to_owned(), consumer);
                Ok(json!({}))
            }
            "consumer.next" => Ok(self.consumer(operation)?.next(millis(operation, "timeout_ms")).await),
            "consumer.finish" => Ok(self.consumer(operation)?.finish(operation["fails"] == true)),
            "consumer.stop" => Ok(self.consumer(operation)?.stop()),
            "consumer.end" => match self.consumer(operation)?.end(millis(operation, "timeout_ms")).await {
                Some(end) => end.map(|()| json!({})).map_err(|error| call_error(&error)),
                None => Err(adapter_error("the consumer has not ended")),
            },
            "token.print" => Ok(json!({ "printed": printed(text(operation, "token")) })),
            "token.reveal" => Ok(json!({ "token": SessionToken::from(text(operation, "token")).reveal() })),
            other => Err(adapter_error(&format!("unknown op {other}"))),
        }
    }

    fn connect(&self, operation: &Value) -> Outcome {
        let invalid = |message: String| json!({ "type": "configuration", "message": message });
        let options = &operation["options"];
        let mut builder: ClientBuilder = SessionAuthority::builder(text(options, "target"));
        if let Some(key) = options["api_key"].as_str() {
            builder = builder.api_key(key);
        }
        if options["tls"].is_object() {
            let tls = &options["tls"];
            let read = |field: &str| tls[field].as_str().map(fs::read).transpose();
            let files = read("ca_file").and_then(|ca| Ok((ca, read("cert_file")?, read("key_file")?)));
            let (ca_certificates, certificate, key) = files.map_err(|error| invalid(error.to_string()))?;
            let identity = match (certificate, key) {
                (Some(certificate), Some(key)) => Some((certificate, key.into())),
                (None, None) => None,
                _ => return Err(invalid("a client certificate needs its key".to_owned())),
            };
            let server_name = tls["server_name"].as_str().map(ToOwned::to_owned);
            builder = builder.tls(TlsOptions { ca_certificates, identity, server_name });
        }
        if let Some(deadline) = millis(options, "validate_deadline_ms") {
            builder = builder.validate_deadline(deadline);
        }
        if let Some(deadline) = millis(options, "call_deadline_ms") {
            builder = builder.call_deadline(deadline);
        }
        let max_entries = options["cache"]["max_entries"].as_u64().and_then(|max| usize::try_from(max).ok());
        if let (Some(max_entries), Some(max_ttl)) =
            (max_entries.and_then(NonZeroUsize::new), millis(&options["cache"], "max_ttl_ms"))
        {
            builder = builder.cache(CacheOptions { max_entries, max_ttl });
        }
        let client = builder.build().map_err(|error| invalid(error.to_string()))?;
        self.clients().insert(text(operation, "client").to_owned(), client);
        Ok(json!({}))
    }

    async fn validate_many(&self, operation: &Value) -> Outcome {
        let requests = operation["requests"].as_array().map(Vec::as_slice).unwrap_or_default();
        let requests: Result<Vec<api::ValidateRequest>, _> =
            requests.iter().map(|request| decode("ValidateRequest", request)).collect();
        let max_in_flight = operation["max_in_flight"].as_u64().and_then(|max| usize::try_from(max).ok()).unwrap_or(64);
        let client = self.client(operation)?;
        let outcomes = client.validate_many(requests?.into_iter().map(Validation::from), max_in_flight).await;
        let results: Vec<_> = outcomes
            .into_iter()
            .map(|outcome| match outcome {
                Ok(session) => validated(&session),
                Err(error) => json!({ "error": validate_error(error) }),
            })
            .collect();
        Ok(json!({ "results": results }))
    }

    async fn next_alert(&self, operation: &Value) -> Outcome {
        let stream = self.stream(operation)?;
        let mut stream = stream.lock().await;
        let limit = millis(operation, "timeout_ms").unwrap_or(Duration::from_secs(5));
        let Ok(next) = tokio::time::timeout(limit, stream.next()).await else { return Ok(json!({ "timeout": true })) };
        let next = next.ok_or_else(|| adapter_error("the stream has ended"))?;
        let mut item = match next.map_err(|error| call_error(&error))? {
            AlertItem::Alert(alert) => json!({ "alert": encode("Alert", alert.as_ref()) }),
            AlertItem::Gap(gap) => json!({ "gap": encode("Gap", &gap) }),
        };
        item["cursor"] = stream.cursor().into();
        Ok(item)
    }

    async fn call(&self, operation: &Value) -> Outcome {
        let client = self.client(operation)?;
        let request = &operation["request"];
        let failed = |error: CallError| call_error(&error);
        let response = match text(operation, "method") {
            "Create" => {
                let created = client.create(decode("CreateRequest", request)?).await.map_err(failed)?;
                encode(
                    "CreateResponse",
                    &api::CreateResponse {
                        token: created.token.reveal().to_owned(),
                        session: Some(created.session),
                        ended: created.ended,
                        alerts: created.alerts,
                    },
                )
            }
            "Rotate" => {
                let request: api::RotateRequest = decode("RotateRequest", request)?;
                let rotated = client.rotate(request.token, request.client).await.map_err(validate_error)?;
                let outcome = Some(api::rotate_response::Outcome::Session(rotated.session));
                encode("RotateResponse", &api::RotateResponse { token: rotated.token.reveal().to_owned(), outcome })
            }
            "Update" => {
                let updated = client.update(decode("UpdateRequest", request)?).await.map_err(failed)?;
                let token = updated.token.map(|token| token.reveal().to_owned()).unwrap_or_default();
                encode("UpdateResponse", &api::UpdateResponse { session: Some(updated.session), token })
            }
            "Get" => {
                let session = client.get(decode("GetRequest", request)?).await.map_err(failed)?;
                encode("GetResponse", &api::GetResponse { session: Some(session) })
            }
            "Touch" => {
                let sessions = client.touch(decode("TouchRequest", request)?).await.map_err(failed)?;
                encode("TouchResponse", &api::TouchResponse { sessions })
            }
            "List" => {
                let sessions = client.list(decode("ListRequest", request)?).await.map_err(failed)?;
                encode("ListResponse", &api::ListResponse { sessions })
            }
            "Revoke" => {
                encode("RevokeResponse", &client.revoke(decode("RevokeRequest", request)?).await.map_err(failed)?)
            }
            "RevokeAll" => {
                let request = decode("RevokeAllRequest", request)?;
                encode("RevokeAllResponse", &client.revoke_all(request).await.map_err(failed)?)
            }
            "ReportAuthEvent" => {
                let request = decode("ReportAuthEventRequest", request)?;
                encode("ReportAuthEventResponse", &client.report_auth_event(request).await.map_err(failed)?)
            }
            "AckAlert" => {
                let request = decode("AckAlertRequest", request)?;
                encode("AckAlertResponse", &client.ack_alert(request).await.map_err(failed)?)
            }
            "SearchSessions" => {
                let request = decode("SearchSessionsRequest", request)?;
                encode("SearchSessionsResponse", &client.search_sessions(request).await.map_err(failed)?)
            }
            "ListAlerts" => {
                let request = decode("ListAlertsRequest", request)?;
                encode("ListAlertsResponse", &client.list_alerts(request).await.map_err(failed)?)
            }
            "ListTenants" => {
                let request = decode("ListTenantsRequest", request)?;
                encode("ListTenantsResponse", &client.list_tenants(request).await.map_err(failed)?)
            }
            "ListNodes" => {
                let request = decode("ListNodesRequest", request)?;
                encode("ListNodesResponse", &client.list_nodes(request).await.map_err(failed)?)
            }
            "ListEvents" => {
                let request = decode("ListEventsRequest", request)?;
                encode("ListEventsResponse", &client.list_events(request).await.map_err(failed)?)
            }
            "GetStats" => encode(
                "GetStatsResponse",
                &client.get_stats(decode("GetStatsRequest", request)?).await.map_err(failed)?,
            ),
            "Purge" => encode("PurgeResponse", &client.purge().await.map_err(failed)?),
            "ForgetUser" => {
                let request = decode("ForgetUserRequest", request)?;
                encode("ForgetUserResponse", &client.forget_user(request).await.map_err(failed)?)
            }
            "Deny" => encode("DenyResponse", &client.deny(decode("DenyRequest", request)?).await.map_err(failed)?),
            "Check" => encode("CheckResponse", &client.check(decode("CheckRequest", request)?).await.map_err(failed)?),
            other => call_of_service(&client, other, request).await?,
        };
        Ok(json!({ "response": response }))
    }

    /// Returns the client of an operation, with the deadline of the operation.
    fn client(&self, operation: &Value) -> Result<SessionAuthority, Value> {
        let client = self.clients().get(text(operation, "client")).cloned();
        let client = client.ok_or_else(|| adapter_error("unknown client"))?;
        Ok(match millis(operation, "deadline_ms") {
            Some(deadline) => client.with_deadline(deadline),
            None => client,
        })
    }

    fn stream(&self, operation: &Value) -> Result<Arc<tokio::sync::Mutex<AlertStream>>, Value> {
        self.streams().get(text(operation, "stream")).cloned().ok_or_else(|| adapter_error("unknown stream"))
    }

    fn consumer(&self, operation: &Value) -> Result<Arc<Consumer>, Value> {
        let consumer = self.consumers().get(text(operation, "consumer")).cloned();
        consumer.ok_or_else(|| adapter_error("unknown consumer"))
    }

    fn consumers(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Consumer>>> {
        self.consumers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn clients(&self) -> std::sync::MutexGuard<'_, HashMap<String, SessionAuthority>> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn streams(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<tokio::sync::Mutex<AlertStream>>>> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

fn millis(value: &Value, field: &str) -> Option<Duration> {
    value[field].as_u64().map(Duration::from_millis)
}

pub fn adapter_error(message: &str) -> Value {
    json!({ "type": "adapter", "message": message })
}

fn validated(validated: &ValidatedSession) -> Value {
    let response = api::ValidateResponse { rotate_after: validated.rotate_after, ..Default::default() };
    let mut result = json!({ "session": encode("Session", &validated.session) });
    if let Some(time) = encode("ValidateResponse", &response).get("rotateAfter") {
        result["rotate_after"] = time.clone();
    }
    result
}

fn tagged(verdict: &Verdict) -> Value {
    let (outcome, mut fields) = match verdict {
        Verdict::Session(session) => ("session", validated(session)),
        Verdict::Rejected(error) => ("rejected", rejected(error)),
        Verdict::StepUpRequired(error) => ("step_up_required", step_up_required(error)),
    };
    fields["outcome"] = outcome.into();
    fields
}

fn validate_error(error: ValidateError) -> Value {
    match error {
        ValidateError::Rejected(error) => rejected(&error),
        ValidateError::StepUpRequired(error) => step_up_required(&error),
        ValidateError::NoVerdict(NoVerdict(error)) => no_verdict(&error),
    }
}

/// Returns a rejection as protobuf JSON, for its times.
fn rejection_json(rejection: &api::Rejection) -> Value {
    encode("Rejection", rejection)
}

fn rejected(error: &Rejected) -> Value {
    let json = rejection_json(&api::Rejection { ended_at: error.ended_at, ..Default::default() });
    let reason = error.reason.as_str_name();
    let mut fields = Map::new();
    fields.insert("type".to_owned(), "rejected".into());
    fields.insert("reason".to_owned(), reason.strip_prefix("REJECT_REASON_").unwrap_or(reason).into());
    fields.insert("message".to_owned(), error.message.clone().into());
    let optional =
        [("actor", &error.actor), ("stated_reason", &error.stated_reason), ("session_id", &error.session_id)];
    for (name, value) in optional.into_iter().filter(|(_, value)| !value.is_empty()) {
        fields.insert(name.to_owned(), value.clone().into());
    }
    if let Some(ended_at) = json.get("endedAt") {
        fields.insert("ended_at".to_owned(), ended_at.clone());
    }
    Value::Object(fields)
}

fn step_up_required(error: &StepUpRequired) -> Value {
    let rejection = api::Rejection { required_max_auth_age: error.required_max_auth_age, ..Default::default() };
    json!({
        "type": "step_up_required",
        "required_assurance_level": error.required_assurance_level,
        "required_max_auth_age": rejection_json(&rejection).get("requiredMaxAuthAge"),
        "session_id": error.session_id,
        "message": error.message,
    })
}

fn no_verdict(error: &CallError) -> Value {
    let mut fields = call_error(error);
    fields["type"] = "no_verdict".into();
    fields
}

pub fn call_error(error: &CallError) -> Value {
    let code = format!("{:?}", error.code);
    let mut name = String::new();
    for letter in code.chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.extend(letter.to_uppercase());
    }
    let fields: Vec<_> = error
        .fields
        .iter()
        .map(|violation| json!({ "field": violation.field, "description": violation.description }))
        .collect();
    json!({
        "type": "call",
        "code": name,
        "message": error.message,
        "reason": error.reason,
        "metadata": error.metadata,
        "fields": fields,
        "retry_after": error.retry_after.map(|delay| format!("{}s", delay.as_secs_f64())),
    })
}

/// Returns a token as everything that prints it does.
fn printed(token: &str) -> Vec<String> {
    let token = SessionToken::from(token);
    let validation = Validation::new(token.clone());
    let request = api::ValidateRequest { token: token.reveal().to_owned(), ..Default::default() };
    let target = Some(api::revoke_request::Target::Token(token.reveal().to_owned()));
    let revocation = api::RevokeRequest { target, ..Default::default() };
    let key = SessionAuthority::builder("127.0.0.1:1").api_key(format!("{}\r\n", token.reveal()));
    let refused = key.build().err();
    vec![
        format!("{token}"),
        format!("{token:?}"),
        format!("{token:#?}"),
        format!("{:?}", Some(vec![&token])),
        format!("{validation:?} sa_…"),
        format!("{request:?} sa_…"),
        format!("{revocation:?} sa_…"),
        format!("{refused:?} sa_…"),
    ]
}
