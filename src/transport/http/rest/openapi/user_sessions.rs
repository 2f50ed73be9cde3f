//! The requests of signed-in users about their own sessions.

use serde_json::{Value, json};

use super::schemas::{SchemaComponents, SchemaSide};
use crate::{api::json::contract_message, transport::http::user_sessions::VISIBLE_FIELDS};

const ABOUT: &str = "Served if `http.user_sessions.enabled` is set. The token of the user is the only credential, in \
a cookie of `gateway.cookies` or as a bearer token.";

/// Returns the operations: path, method and operation.
pub(super) fn operations(schemas: &mut SchemaComponents) -> [(&'static str, &'static str, Value); 3] {
    let mut session = contract_message("session.v1.Session")
        .map(|session| schemas.object(&session, SchemaSide::Response, ""))
        .unwrap_or_default();
    let is_visible = |name: &str| VISIBLE_FIELDS.contains(&name);
    if let Some(fields) = session["properties"].as_object_mut() {
        fields.retain(|name, _| is_visible(name));
    }
    if let Some(required) = session["required"].as_array_mut() {
        required.retain(|name| name.as_str().is_some_and(is_visible));
    }
    let list = json!({"type": "object", "required": ["sessions"], "properties": {
        "sessions": {"type": "array", "items": session, "description": "Most recently active first. At most 256."},
    }});
    let ended = json!({"type": "object", "required": ["session_ids"], "properties": {
        "session_ids": {"type": "array", "items": {"type": "string"}, "description": "The sessions that ended"},
    }});
    let mut end = operation("endUserSession", "Ends one of the user's sessions", END_ABOUT, &ended);
    end["parameters"] = json!([{
        "name": "session_id", "in": "path", "required": true,
        "schema": {"type": "string", "pattern": "^[a-z2-7]{32}$"},
    }]);
    [
        ("/api/v1/users/sessions", "get", operation("listOwnSessions", "Lists the user's sessions", "", &list)),
        ("/api/v1/users/sessions/{session_id}", "delete", end),
        (
            "/api/v1/users/sessions/revoke-all",
            "post",
            operation("endOtherUserSessions", "Ends the user's sessions but the current one", STEP_UP_ABOUT, &ended),
        ),
    ]
}

const END_ABOUT: &str = " A session of another user is SESSION_NOT_FOUND, like one that does not exist. To end another \
session than the current one, the sign-in must meet `http.user_sessions.max_auth_age` and `min_assurance_level`, or the \
request is 401 with STEP_UP_REQUIRED.";

const STEP_UP_ABOUT: &str = " The sign-in must meet `http.user_sessions.max_auth_age` and `min_assurance_level`, or the \
request is 401 with STEP_UP_REQUIRED.";

fn operation(id: &str, summary: &str, more: &str, response: &Value) -> Value {
    json!({
        "operationId": id,
        "summary": summary,
        "description": format!("{ABOUT}{more}"),
        "tags": ["users"],
        "security": [{"userCookie": []}, {"userToken": []}],
        "responses": {
            "200": {"description": "The call succeeded.", "content": {"application/json": {"schema": response}}},
            "4XX": {"$ref": "#/components/responses/Problem"},
            "5XX": {"$ref": "#/components/responses/Problem"},
        },
    })
}
