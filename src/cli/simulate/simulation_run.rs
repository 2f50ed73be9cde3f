//! Makes the calls of a plan.

use std::{cell::RefCell, collections::HashMap, time::Duration};

use futures_util::future::join_all;
use tonic::{Code, Response, Status};

use crate::{
    api::{self, revoke_all_request::Scope, revoke_request::Target},
    cli::client::ServerConnection,
    clock::Stopwatch,
    domain::BearerToken,
};

use super::{
    plan::{PlannedCall, SimulationPlan},
    population::{SimulatedClient, SimulatedUser},
    progress::ProgressPrinter,
    report::{AlertSource, SimulationReport},
    user_action::{TokenHolder, UserAction},
};

/// Maximum number of concurrent calls. The calls of one user keep their order.
const WORKERS: usize = 32;

/// A simulation in progress.
pub struct SimulationRun<'a> {
    pub plan: &'a SimulationPlan,
    pub server: &'a ServerConnection,
    pub stopwatch: Stopwatch,
    pub progress: &'a ProgressPrinter,
    pub report: &'a RefCell<SimulationReport>,
    pub tokens: RefCell<HashMap<(usize, TokenHolder), BearerToken>>,
    /// The first status that denies this caller the permission. The remaining calls would fail the same way.
    pub permission_error: RefCell<Option<Status>>,
}

impl SimulationRun<'_> {
    /// Makes every call at its time, or if the server is slow, as soon as the previous calls of its lane are done.
    /// Errors are counted and do not end the run, unless this caller lacks the permission.
    pub async fn make_all_calls(&self) {
        let lanes = (0..WORKERS)
            .map(|lane| self.make_calls(self.plan.calls.iter().filter(move |step| step.user % WORKERS == lane)));
        join_all(lanes).await;
    }

    async fn make_calls(&self, steps: impl Iterator<Item = &PlannedCall>) {
        for step in steps {
            tokio::time::sleep(step.at.saturating_sub(self.stopwatch.elapsed())).await;
            if self.permission_error.borrow().is_some() {
                return;
            }
            self.make_call(step).await;
        }
    }

    async fn make_call(&self, step: &PlannedCall) {
        let person = &self.plan.users[step.user];
        self.progress.print_attack(self.stopwatch.elapsed(), step, person);
        let was_made = match &step.action {
            UserAction::SignIn { holder, client } => self.sign_in(step.user, *holder, client).await,
            UserAction::Access { holder, client } => {
                self.validate_held_token(step.user, *holder, client, api::Activity::Touch).await
            }
            UserAction::Poll { holder, client } => {
                self.validate_held_token(step.user, *holder, client, api::Activity::Peek).await
            }
            UserAction::SignOut { holder } => self.sign_out(step.user, *holder).await,
            UserAction::ChangePassword { holder } => self.change_password(step.user, *holder).await,
            UserAction::Guess { token, client } => {
                self.validate(token.clone(), client, api::Activity::Touch).await;
                true
            }
        };
        let mut report = self.report.borrow_mut();
        if !was_made {
            report.skipped += 1;
        } else if step.attack.is_some() {
            report.record_attack_call(&person.tenant_id, &person.user_id);
        }
    }

    async fn sign_in(&self, number: usize, holder: TokenHolder, client: &SimulatedClient) -> bool {
        let person = &self.plan.users[number];
        let request = api::CreateRequest {
            tenant_id: person.tenant_id.clone(),
            user_id: person.user_id.clone(),
            email: person.email(),
            roles: vec!["user".to_owned()],
            client: Some(client.0.clone()),
            auth_methods: vec!["pwd".to_owned()],
            assurance_level: 1,
            ..api::CreateRequest::default()
        };
        let answer = self.record_call("Create", self.server.sessions().create(request).await);
        let token = answer.map(|answer| {
            self.record_create_response(&answer);
            BearerToken::new(answer.token)
        });
        let mut tokens = self.tokens.borrow_mut();
        match token {
            Some(token) => drop(tokens.insert((number, holder), token)),
            None => drop(tokens.remove(&(number, holder))),
        }
        true
    }

    /// Counts the ended sessions and the alerts in a response of Create.
    fn record_create_response(&self, answer: &api::CreateResponse) {
        let mut report = self.report.borrow_mut();
        report.record_ended_sessions(&answer.ended);
        for alert in &answer.alerts {
            if report.record_alert(alert, AlertSource::Response) {
                self.progress.print_alert(self.stopwatch.elapsed(), alert);
            }
        }
    }

    async fn validate_held_token(
        &self,
        number: usize,
        holder: TokenHolder,
        client: &SimulatedClient,
        activity: api::Activity,
    ) -> bool {
        let Some(token) = self.token(number, holder) else { return false };
        self.validate(token, client, activity).await;
        true
    }

    async fn validate(&self, token: String, client: &SimulatedClient, activity: api::Activity) {
        let request = api::ValidateRequest {
            token,
            client: Some(client.0.clone()),
            activity: activity.into(),
            ..api::ValidateRequest::default()
        };
        let answer = self.record_call("Validate", self.server.sessions().validate(request).await);
        if let Some(answer) = answer {
            self.report.borrow_mut().record_verdict(&answer);
        }
    }

    async fn sign_out(&self, number: usize, holder: TokenHolder) -> bool {
        let Some(token) = self.token(number, holder) else { return false };
        let person = &self.plan.users[number];
        let request = api::RevokeRequest {
            tenant_id: person.tenant_id.clone(),
            user_id: person.user_id.clone(),
            target: Some(Target::Token(token)),
            reason: String::new(),
            actor: person.user_id.clone(),
            sign_out: true,
            compromised: false,
        };
        self.record_call("Revoke", self.server.sessions().revoke(request).await);
        self.tokens.borrow_mut().remove(&(number, holder));
        true
    }

    async fn change_password(&self, number: usize, holder: TokenHolder) -> bool {
        let Some(except_token) = self.token(number, holder) else { return false };
        let SimulatedUser { tenant_id, user_id, .. } = &self.plan.users[number];
        let request = api::RevokeAllRequest {
            scope: Some(Scope::User(api::UserScope { tenant_id: tenant_id.clone(), user_id: user_id.clone() })),
            except_token,
            reason: "password changed".to_owned(),
            actor: user_id.clone(),
            ..api::RevokeAllRequest::default()
        };
        self.record_call("RevokeAll", self.server.sessions().revoke_all(request).await);
        true
    }

    fn token(&self, number: usize, holder: TokenHolder) -> Option<String> {
        self.tokens.borrow().get(&(number, holder)).map(|token| token.as_str().to_owned())
    }

    fn record_call<T>(&self, method: &'static str, answer: Result<Response<T>, Status>) -> Option<T> {
        self.report.borrow_mut().record_call(method, &answer);
        if let Err(status) = &answer
            && matches!(status.code(), Code::Unauthenticated | Code::PermissionDenied)
        {
            self.permission_error.borrow_mut().get_or_insert_with(|| status.clone());
        }
        answer.ok().map(Response::into_inner)
    }
}

/// Prints a progress line after every `pause`.
pub async fn report_progress(run: &SimulationRun<'_>, pause: Duration) {
    loop {
        tokio::time::sleep(pause).await;
        let report = run.report.borrow();
        let (made, failed) = (report.made_calls(), report.failed_calls());
        let failures = if failed == 0 { String::new() } else { format!(", {failed} failed") };
        let planned = report.planned;
        drop(report);
        run.progress.print_line(run.stopwatch.elapsed(), &format!("{made} of {planned} calls{failures}"));
    }
}
