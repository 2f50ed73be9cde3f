//! The calls of notifications and webhooks.

use serde_json::Value;
use session_authority_client::{CallError, SessionAuthority};

use super::{
    json::{decode, encode},
    operations::{adapter_error, call_error},
};

/// Returns the response of a method.
pub async fn call_of_service(client: &SessionAuthority, method: &str, request: &Value) -> Result<Value, Value> {
    let failed = |error: CallError| call_error(&error);
    let (notifications, webhooks) = (client.notifications(), client.webhooks());
    Ok(match method {
        "Lease" => {
            let request = decode("LeaseRequest", request)?;
            encode("LeaseResponse", &notifications.lease(request).await.map_err(failed)?)
        }
        "Ack" => {
            let request = decode("AckRequest", request)?;
            encode("AckResponse", &notifications.ack(request).await.map_err(failed)?)
        }
        "Extend" => {
            let request = decode("ExtendRequest", request)?;
            encode("ExtendResponse", &notifications.extend(request).await.map_err(failed)?)
        }
        "AnswerLink" => {
            let request = decode("AnswerLinkRequest", request)?;
            encode("AnswerLinkResponse", &notifications.answer_link(request).await.map_err(failed)?)
        }
        "GetQueueStats" => {
            let request = decode("GetQueueStatsRequest", request)?;
            encode("GetQueueStatsResponse", &notifications.get_queue_stats(request).await.map_err(failed)?)
        }
        "Requeue" => {
            let request = decode("RequeueRequest", request)?;
            encode("RequeueResponse", &notifications.requeue(request).await.map_err(failed)?)
        }
        "ListWebhooks" => encode("ListWebhooksResponse", &webhooks.list_webhooks().await.map_err(failed)?),
        "AddWebhook" => {
            let request = decode("AddWebhookRequest", request)?;
            encode("AddWebhookResponse", &webhooks.add_webhook(request).await.map_err(failed)?)
        }
        "UpdateWebhook" => {
            let request = decode("UpdateWebhookRequest", request)?;
            encode("UpdateWebhookResponse", &webhooks.update_webhook(request).await.map_err(failed)?)
        }
        "RemoveWebhook" => {
            let request = decode("RemoveWebhookRequest", request)?;
            encode("RemoveWebhookResponse", &webhooks.remove_webhook(request).await.map_err(failed)?)
        }
        "TestWebhook" => {
            let request = decode("TestWebhookRequest", request)?;
            encode("TestWebhookResponse", &webhooks.test_webhook(request).await.map_err(failed)?)
        }
        "EnableWebhook" => {
            let request = decode("EnableWebhookRequest", request)?;
            encode("EnableWebhookResponse", &webhooks.enable_webhook(request).await.map_err(failed)?)
        }
        "ListDeadLetters" => {
            let request = decode("ListDeadLettersRequest", request)?;
            encode("ListDeadLettersResponse", &webhooks.list_dead_letters(request).await.map_err(failed)?)
        }
        "ReplayWebhook" => {
            let request = decode("ReplayWebhookRequest", request)?;
            encode("ReplayWebhookResponse", &webhooks.replay_webhook(request).await.map_err(failed)?)
        }
        other => return Err(adapter_error(&format!("unknown method {other}"))),
    })
}
