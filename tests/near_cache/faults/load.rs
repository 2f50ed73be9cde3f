//! Users that sign in, are validated on all nodes without a pause, and are revoked.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use session_authority::api::{
    Everyone, RevokeAllRequest, RevokeRequest, TenantScope, UserScope, revoke_all_request, revoke_request::Target,
    session_service_client::SessionServiceClient,
};
use tokio::{task::JoinSet, time::timeout};
use tokio_util::sync::CancellationToken;
use tonic::{Status, transport::Channel};
use tonic_types::StatusExt;

use super::{
    history::{EndedScope, HistoryReport, NodeNumber, ValidationAnswer, ValidationCall, ValidationHistory},
    validator::{HeldSession, SessionValidator},
};
use crate::service::fixture::{id_of, login_of};

const USERS: usize = 24;
const TENANTS: usize = 4;

/// Sessions of a user that are validated: the latest, and some that were revoked.
const SESSIONS_PER_USER: usize = 3;

/// Validations that each validator has in flight.
const VALIDATIONS_IN_FLIGHT: usize = 8;

/// Number of them whose callers wait for a verdict during a fault.
const PATIENT_CALLERS: usize = 2;

/// Timeout of the other callers. If all waited for missing responses, there would be no further load.
const SHORT_TIMEOUT: Duration = Duration::from_millis(100);

/// A timeout longer than a fault lasts, and shorter than the time limit of calls on a node.
const LONG_TIMEOUT: Duration = Duration::from_millis(1_500);

/// The share of STRONG validations: one in this many.
const STRONG: u32 = 4;

/// Maximum length of a history.
const MAX_VALIDATIONS: usize = 4_000_000;

/// A load that runs until it is stopped.
pub struct SessionLoad {
    shared: Arc<SharedLoad>,
    calls: JoinSet<()>,
}

/// A node on which sessions are changed, or validated, or both.
#[derive(Clone)]
pub struct LoadNode {
    pub changes: Option<Channel>,
    pub validates: Option<Arc<dyn SessionValidator>>,
}

struct SharedLoad {
    history: ValidationHistory,
    users: Vec<Mutex<VecDeque<HeldSession>>>,
    stop: CancellationToken,
}

impl SessionLoad {
    /// Starts a load. All users are signed in when it returns. From then on each node changes the sessions of some
    /// users, as determined by `seed`, and validates those of all users.
    pub async fn start(seed: u64, places: &[LoadNode]) -> Self {
        let users = (0..USERS).map(|_| Mutex::default()).collect();
        let shared = Arc::new(SharedLoad { history: ValidationHistory::new(), users, stop: CancellationToken::new() });
        let changing: Vec<_> =
            places.iter().enumerate().filter_map(|(at, place)| Some((at, place.changes.as_ref()?))).collect();
        for user in 0..USERS {
            shared.sign_in(user, changing[user % changing.len()].1).await;
        }
        let mut load = Self { shared, calls: JoinSet::new() };
        for (part, (number, node)) in changing.iter().enumerate() {
            let chance = StdRng::seed_from_u64(seed + part as u64);
            let part = (part, changing.len());
            load.calls.spawn(Arc::clone(&load.shared).change(*number, (*node).clone(), part, chance));
        }
        for (number, place) in places.iter().enumerate() {
            let Some(validator) = &place.validates else { continue };
            for lane in 0..VALIDATIONS_IN_FLIGHT {
                let chance = StdRng::seed_from_u64(seed ^ ((number * VALIDATIONS_IN_FLIGHT + lane) as u64) << 32);
                let patience = if lane < PATIENT_CALLERS { LONG_TIMEOUT } else { SHORT_TIMEOUT };
                let validate = Arc::clone(&load.shared).validate(number, Arc::clone(validator), patience, chance);
                load.calls.spawn(validate);
            }
        }
        load
    }

    /// Records a revocation of everyone that bypasses the nodes.
    pub async fn revoke_directly(&self, end: impl AsyncFnOnce()) {
        let sent = self.shared.history.now();
        end().await;
        self.shared.history.record_revocation(EndedScope::Everyone, None, sent, true);
    }

    /// Revokes everyone on a node, and expects success.
    pub async fn revoke_everyone(&self, number: NodeNumber, node: &Channel) {
        assert!(self.shared.revoke(EndedScope::Everyone, 0, (number, node)).await, "everyone is signed out");
    }

    /// Returns the report up to now.
    pub fn report(&self, bound: Duration) -> HistoryReport {
        self.shared.history.check(bound)
    }

    pub async fn stop(mut self, bound: Duration) -> HistoryReport {
        self.shared.stop.cancel();
        while let Some(ended) = self.calls.join_next().await {
            ended.expect("calls without a panic");
        }
        self.report(bound)
    }
}

impl SharedLoad {
    /// Revokes its users one after the other, and signs them in again.
    async fn change(
        self: Arc<Self>,
        number: NodeNumber,
        node: Channel,
        (part, parts): (usize, usize),
        mut chance: StdRng,
    ) {
        while !self.stop.is_cancelled() {
            let user = chance.random_range(0..USERS / parts) * parts + part;
            let latest = self.user(user).back().cloned();
            let scope = match (chance.random_range(0..20), latest) {
                (0, _) => EndedScope::Tenant(user % TENANTS),
                (1..6, _) | (_, None) => EndedScope::User(user),
                (_, Some(held)) => EndedScope::Session(held.number),
            };
            if self.revoke(scope, user, (number, &node)).await {
                self.sign_in(user, &node).await;
            }
            tokio::time::sleep(Duration::from_millis(chance.random_range(1..10))).await;
        }
    }

    async fn revoke(&self, scope: EndedScope, user: usize, (number, node): (NodeNumber, &Channel)) -> bool {
        let (tenant_id, user_id) = (tenant_name(user), user_name(user));
        let everything = |scope| RevokeAllRequest { scope: Some(scope), ..RevokeAllRequest::default() };
        let sent = self.history.now();
        let answer = match scope {
            EndedScope::Session(_) => {
                let Some(held) = self.user(user).back().cloned() else { return false };
                let target = Some(Target::SessionId(held.id.to_string()));
                let request = RevokeRequest { tenant_id, user_id, target, ..RevokeRequest::default() };
                SessionServiceClient::new(node.clone()).revoke(request).await.map(drop)
            }
            EndedScope::User(_) => {
                let scope = revoke_all_request::Scope::User(UserScope { tenant_id, user_id });
                SessionServiceClient::new(node.clone()).revoke_all(everything(scope)).await.map(drop)
            }
            EndedScope::Everyone => {
                let scope = revoke_all_request::Scope::Everyone(Everyone {});
                SessionServiceClient::new(node.clone()).revoke_all(everything(scope)).await.map(drop)
            }
            EndedScope::Tenant(_) => {
                let scope = revoke_all_request::Scope::Tenant(TenantScope { tenant_id });
                SessionServiceClient::new(node.clone()).revoke_all(everything(scope)).await.map(drop)
            }
        };
        if answer.as_ref().is_err_and(was_refused) {
            return false;
        }
        self.history.record_revocation(scope, Some(number), sent, answer.is_ok());
        answer.is_ok()
    }

    async fn sign_in(&self, user: usize, node: &Channel) {
        let request =
            session_authority::api::CreateRequest { tenant_id: tenant_name(user), ..login_of(&user_name(user)) };
        let sent = self.history.now();
        let Ok(created) = SessionServiceClient::new(node.clone()).create(request).await else { return };
        let created = created.into_inner();
        let number = self.history.record_created(user, user % TENANTS, sent);
        let id = id_of(&created).parse().expect("a session's id");
        let mut held = self.user(user);
        held.push_back(HeldSession { number, id, token: created.token });
        if held.len() > SESSIONS_PER_USER {
            held.pop_front();
        }
    }

    async fn validate(
        self: Arc<Self>,
        node: NodeNumber,
        validator: Arc<dyn SessionValidator>,
        patience: Duration,
        mut chance: StdRng,
    ) {
        let mut count = 0;
        while !self.stop.is_cancelled() && count < MAX_VALIDATIONS / USERS {
            count += 1;
            let held = {
                let held = self.user(chance.random_range(0..USERS));
                if held.is_empty() { None } else { held.get(chance.random_range(0..held.len())).cloned() }
            };
            if let Some(held) = held {
                let question =
                    ValidationCall { session: held.number, node, strong: chance.random_range(0..STRONG) == 0 };
                let sent = self.history.now();
                let answer = timeout(patience, validator.validate(&held, question.strong)).await;
                self.history.record_validation(question, sent, answer.unwrap_or(ValidationAnswer::UNAVAILABLE));
            }
            tokio::task::yield_now().await;
        }
    }

    fn user(&self, user: usize) -> std::sync::MutexGuard<'_, VecDeque<HeldSession>> {
        self.users[user].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns true if the service states that it has not started to execute the call.
fn was_refused(status: &Status) -> bool {
    let details = status.get_error_details();
    details.error_info().is_some_and(|info| ["CLOCK_SKEWED", "STORE_NOT_BOUND"].contains(&info.reason.as_str()))
}

fn user_name(user: usize) -> String {
    format!("user-{user}")
}

fn tenant_name(user: usize) -> String {
    format!("tenant-{}", user % TENANTS)
}
