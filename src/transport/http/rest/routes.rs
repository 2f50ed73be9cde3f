//! The routes: which request of HTTP is which call.
//!
//! `/api/v1` is for login services, gateways and back ends, `/admin/api` for administrators. The roles of the methods
//! apply, whatever the path.

/// The method of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RouteVerb {
    Get,
    Post,
    Patch,
    Delete,
}

impl RouteVerb {
    /// Returns the name in lower case.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Post => "post",
            Self::Patch => "patch",
            Self::Delete => "delete",
        }
    }
}

/// The part of a request that has the fields of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MessageSource {
    Body,
    Query,
}

/// A request of HTTP and the call that it is translated to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RestRoute {
    pub(super) verb: RouteVerb,
    /// The name of the operation in the `OpenAPI` document.
    pub(super) id: &'static str,
    /// The path, with at most one variable in braces.
    pub(super) path: &'static str,
    /// The method, `package.Service/Method`.
    pub(super) rpc: &'static str,
    pub(super) source: MessageSource,
    /// The path of the field that the variable sets. Empty: there is no variable.
    pub(super) variable: &'static str,
    /// A field whose own fields the query names directly.
    pub(super) flattened: &'static str,
    /// Set if the response also has the latest events of the session that the variable names.
    pub(super) has_history: bool,
    /// The status of a successful response.
    pub(super) status: u16,
}

impl RestRoute {
    const fn new(
        verb: RouteVerb,
        id: &'static str,
        path: &'static str,
        rpc: &'static str,
        source: MessageSource,
    ) -> Self {
        Self { verb, id, path, rpc, source, variable: "", flattened: "", has_history: false, status: 200 }
    }

    const fn with_variable(mut self, field: &'static str) -> Self {
        self.variable = field;
        self
    }

    const fn flattening(mut self, field: &'static str) -> Self {
        self.flattened = field;
        self
    }

    const fn with_history(mut self) -> Self {
        self.has_history = true;
        self
    }

    const fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }
}

const fn get(id: &'static str, path: &'static str, rpc: &'static str) -> RestRoute {
    RestRoute::new(RouteVerb::Get, id, path, rpc, MessageSource::Query)
}

const fn post(id: &'static str, path: &'static str, rpc: &'static str) -> RestRoute {
    RestRoute::new(RouteVerb::Post, id, path, rpc, MessageSource::Body)
}

const fn patch(id: &'static str, path: &'static str, rpc: &'static str) -> RestRoute {
    RestRoute::new(RouteVerb::Patch, id, path, rpc, MessageSource::Body)
}

const fn delete(id: &'static str, path: &'static str, rpc: &'static str) -> RestRoute {
    RestRoute::new(RouteVerb::Delete, id, path, rpc, MessageSource::Query)
}

pub(super) static ROUTES: [RestRoute; 43] = [
    post("createSession", "/api/v1/sessions", "session.v1.SessionService/Create").with_status(201),
    get("listUserSessions", "/api/v1/sessions", "session.v1.SessionService/List"),
    get("getSession", "/api/v1/sessions/{session_id}", "session.v1.SessionService/Get").with_variable("session_id"),
    patch("updateSession", "/api/v1/sessions/{session_id}", "session.v1.SessionService/Update")
        .with_variable("session_id"),
    delete("revokeSession", "/api/v1/sessions/{session_id}", "session.v1.SessionService/Revoke")
        .with_variable("session_id"),
    post("validateToken", "/api/v1/sessions/validate", "session.v1.SessionService/Validate"),
    post("rotateToken", "/api/v1/sessions/rotate", "session.v1.SessionService/Rotate"),
    post("touchSessions", "/api/v1/sessions/touch", "session.v1.SessionService/Touch"),
    post("revokeSessions", "/api/v1/sessions/revoke", "session.v1.SessionService/Revoke"),
    post("revokeAllSessions", "/api/v1/sessions/revoke-all", "session.v1.SessionService/RevokeAll"),
    post("reportAuthEvent", "/api/v1/auth-events", "session.v1.SessionService/ReportAuthEvent"),
    post("acknowledgeAlert", "/api/v1/alerts/{alert_id}/ack", "session.v1.SessionService/AckAlert")
        .with_variable("alert_id"),
    post("answerAlertLink", "/api/v1/alerts/answer-link", "session.v1.NotificationService/AnswerLink"),
    post("leaseNotifications", "/api/v1/notifications/lease", "session.v1.NotificationService/Lease"),
    post("acknowledgeNotifications", "/api/v1/notifications/ack", "session.v1.NotificationService/Ack"),
    post("extendNotificationLease", "/api/v1/notifications/extend", "session.v1.NotificationService/Extend"),
    get("getNotificationQueueStats", "/api/v1/notifications/stats", "session.v1.NotificationService/GetQueueStats"),
    post("requeueNotifications", "/api/v1/notifications/requeue", "session.v1.NotificationService/Requeue"),
    post("denyJwts", "/api/v1/denylist", "session.v1.DenylistService/Deny"),
    post("checkJwts", "/api/v1/denylist/check", "session.v1.DenylistService/Check"),
    get("adminSearchSessions", "/admin/api/sessions", "session.v1.AdminService/SearchSessions").flattening("filter"),
    get("adminGetSession", "/admin/api/sessions/{session_id}", "session.v1.SessionService/Get")
        .with_variable("session_id")
        .with_history(),
    get("adminListSessionEvents", "/admin/api/sessions/{session_id}/events", "session.v1.AdminService/ListEvents")
        .with_variable("session_id"),
    delete("adminRevokeSession", "/admin/api/sessions/{session_id}", "session.v1.SessionService/Revoke")
        .with_variable("session_id"),
    post("adminCleanUpSessions", "/admin/api/sessions/cleanup", "session.v1.AdminService/Purge"),
    post("adminRevokeByCriteria", "/admin/api/sessions/revoke", "session.v1.AdminService/RevokeWhere"),
    post("adminRevokeAllSessions", "/admin/api/sessions/revoke-all", "session.v1.SessionService/RevokeAll"),
    get("adminListEvents", "/admin/api/events", "session.v1.AdminService/ListEvents"),
    get("adminListAlerts", "/admin/api/alerts", "session.v1.AdminService/ListAlerts"),
    get("adminListTenants", "/admin/api/tenants", "session.v1.AdminService/ListTenants"),
    get("adminListNodes", "/admin/api/nodes", "session.v1.AdminService/ListNodes"),
    get("adminGetStats", "/admin/api/stats", "session.v1.AdminService/GetStats"),
    get("adminListCredentials", "/admin/api/credentials", "session.v1.AdminService/ListCredentials"),
    post("adminForgetUser", "/admin/api/users/{user_id}/forget", "session.v1.AdminService/ForgetUser")
        .with_variable("user_id"),
    post("adminRevokeAllUserSessions", "/admin/api/users/{user_id}/revoke-all", "session.v1.SessionService/RevokeAll")
        .with_variable("user.user_id"),
    get("adminListWebhooks", "/admin/api/webhooks", "session.v1.WebhookService/ListWebhooks"),
    post("adminAddWebhook", "/admin/api/webhooks", "session.v1.WebhookService/AddWebhook").with_status(201),
    patch("adminUpdateWebhook", "/admin/api/webhooks/{name}", "session.v1.WebhookService/UpdateWebhook")
        .with_variable("webhook.name"),
    delete("adminRemoveWebhook", "/admin/api/webhooks/{name}", "session.v1.WebhookService/RemoveWebhook")
        .with_variable("name"),
    post("adminTestWebhook", "/admin/api/webhooks/{name}/test", "session.v1.WebhookService/TestWebhook")
        .with_variable("name"),
    post("adminEnableWebhook", "/admin/api/webhooks/{name}/enable", "session.v1.WebhookService/EnableWebhook")
        .with_variable("name"),
    post("adminReplayWebhook", "/admin/api/webhooks/{name}/replay", "session.v1.WebhookService/ReplayWebhook")
        .with_variable("name"),
    get("adminListDeadLetters", "/admin/api/webhook-dead-letters", "session.v1.WebhookService/ListDeadLetters"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::api::json::{contract_methods, find_field};

    #[test]
    fn every_method_has_a_route_unless_it_streams_without_end() {
        let endless = ["session.v1.SessionService/StreamAlerts", "session.v1.SessionService/ValidateStream"];
        let methods: BTreeSet<_> = contract_methods()
            .map(|method| format!("{}/{}", method.parent_service().full_name(), method.name()))
            .filter(|method| !endless.contains(&method.as_str()))
            .collect();
        let routed: BTreeSet<_> = ROUTES.iter().map(|route| route.rpc.to_owned()).collect();
        assert_eq!(routed, methods);
    }

    #[test]
    fn a_variable_and_a_flattened_field_are_fields_of_the_message() {
        for route in &ROUTES {
            let method = crate::api::json::contract_method(route.rpc).expect("a method");
            assert_eq!(route.path.contains('{'), !route.variable.is_empty(), "{}", route.path);
            let mut message = method.input();
            for name in route.variable.split('.').filter(|name| !name.is_empty()) {
                let field = find_field(&message, name).expect("a field");
                message = field.kind().as_message().cloned().unwrap_or(message);
            }
            assert!(route.flattened.is_empty() || find_field(&method.input(), route.flattened).is_some());
        }
    }

    #[test]
    fn a_route_is_unique() {
        let unique: BTreeSet<_> = ROUTES.iter().map(|route| format!("{:?} {}", route.verb, route.path)).collect();
        assert_eq!(unique.len(), ROUTES.len());
    }
}
