//! Responses of `ValidateStream`.

use prost_types::Duration;
use serde::Serialize;

use crate::api::{self, validate_stream_response::Result as Answered};

use super::{
    response::ValidateResponseJson,
    scalar::{EnumValue, as_text, as_text_if_set},
};

#[derive(Serialize)]
pub struct ValidateStreamResponseJson<'a> {
    #[serde(serialize_with = "as_text")]
    tag: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<ValidateResponseJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<ValidateFailureJson<'a>>,
}

#[derive(Serialize)]
struct ValidateFailureJson<'a> {
    code: i32,
    reason: EnumValue,
    message: &'a str,
    field: &'a str,
    #[serde(serialize_with = "as_text_if_set", skip_serializing_if = "Option::is_none")]
    retry_after: Option<Duration>,
}

impl<'a> From<&'a api::ValidateStreamResponse> for ValidateStreamResponseJson<'a> {
    fn from(answer: &'a api::ValidateStreamResponse) -> Self {
        let (response, failure) = match &answer.result {
            Some(Answered::Response(response)) => (Some(response.into()), None),
            Some(Answered::Failure(failure)) => (None, Some(failure.into())),
            None => (None, None),
        };
        Self { tag: answer.tag, response, failure }
    }
}

impl<'a> From<&'a api::ValidateFailure> for ValidateFailureJson<'a> {
    fn from(failure: &'a api::ValidateFailure) -> Self {
        Self {
            code: failure.code,
            reason: EnumValue::new(failure.reason, api::ErrorReason::as_str_name),
            message: &failure.message,
            field: &failure.field,
            retry_after: failure.retry_after,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_check_is_a_verdict_or_a_failure() {
        let response = Answered::Response(api::ValidateResponse::default());
        let answer = api::ValidateStreamResponse { tag: 7, result: Some(response) };
        let json = serde_json::to_value(ValidateStreamResponseJson::from(&answer)).expect("JSON");
        assert_eq!(json, json!({"tag": "7", "response": {"source": "SOURCE_UNSPECIFIED"}}));

        let failure = api::ValidateFailure {
            code: 8,
            reason: api::ErrorReason::Overloaded.into(),
            message: "busy".to_owned(),
            field: String::new(),
            retry_after: Some(Duration { seconds: 1, nanos: 0 }),
        };
        let answer = api::ValidateStreamResponse { tag: 8, result: Some(Answered::Failure(failure)) };
        let json = serde_json::to_value(ValidateStreamResponseJson::from(&answer)).expect("JSON");
        let failure = json!({"code": 8, "reason": "ERROR_REASON_OVERLOADED", "message": "busy", "field": "", "retry_after": "1s"});
        assert_eq!(json, json!({"tag": "8", "failure": failure}));
    }
}
