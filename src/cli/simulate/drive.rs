//! Does what the plan says.

use std::{cell::RefCell, collections::HashMap, time::Duration};

use futures_util::future::join_all;
use tonic::{Code, Response, Status};

use crate::{
    api::{self, revoke_all_request::Scope, revoke_request::Target},
    cli::client::Server,
    clock::Stopwatch,
    domain::BearerToken,
};

use super::{
    plan::{Act, Holder, Plan, Step},
    population::{Client, Person},
    progress::Progress,
    report::{Report, Told},
};

/// Calls that are under way at the same time at most. What one person does keeps its order.
const LANES: usize = 32;

/// A run while it goes on.
pub struct Drive<'a> {
    pub plan: &'a Plan,
    pub server: &'a Server,
    pub watch: Stopwatch,
    pub progress: &'a Progress,
    pub report: &'a RefCell<Report>,
    pub tokens: RefCell<HashMap<(usize, Holder), BearerToken>>,
    /// The first answer that this caller may not do this: the rest would be answered alike.
    pub refused: RefCell<Option<Status>>,
}

impl Drive<'_> {
    /// Makes every call, each at its time or, when the server is slower than that, as soon as those of its
    /// lane before it are answered. Errors are counted and end nothing, unless they say that this caller may not.
    pub async fn all(&self) {
        let lanes =
            (0..LANES).map(|lane| self.lane(self.plan.steps.iter().filter(move |step| step.person % LANES == lane)));
        join_all(lanes).await;
    }

    async fn lane(&self, steps: impl Iterator<Item = &Step>) {
        for step in steps {
            tokio::time::sleep(step.at.saturating_sub(self.watch.elapsed())).await;
            if self.refused.borrow().is_some() {
                return;
            }
            self.step(step).await;
        }
    }

    async fn step(&self, step: &Step) {
        let person = &self.plan.people[step.person];
        self.progress.attack(self.watch.elapsed(), step, person);
        let was_made = match &step.act {
            Act::SignIn { holder, client } => self.sign_in(step.person, *holder, client).await,
            Act::Use { holder, client } => self.present(step.person, *holder, client, api::Activity::Touch).await,
            Act::Poll { holder, client } => self.present(step.person, *holder, client, api::Activity::Peek).await,
            Act::SignOut { holder } => self.sign_out(step.person, *holder).await,
            Act::ChangePassword { holder } => self.change_password(step.person, *holder).await,
            Act::Guess { token, client } => {
                self.validate(token.clone(), client, api::Activity::Touch).await;
                true
            }
        };
        let mut report = self.report.borrow_mut();
        if !was_made {
            report.skipped += 1;
        } else if step.attack.is_some() {
            report.attacked(&person.tenant_id, &person.user_id);
        }
    }

    async fn sign_in(&self, number: usize, holder: Holder, client: &Client) -> bool {
        let person = &self.plan.people[number];
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
        let answer = self.counted("Create", self.server.sessions().create(request).await);
        let token = answer.map(|answer| {
            self.told(&answer);
            BearerToken::new(answer.token)
        });
        let mut tokens = self.tokens.borrow_mut();
        match token {
            Some(token) => drop(tokens.insert((number, holder), token)),
            None => drop(tokens.remove(&(number, holder))),
        }
        true
    }

    /// Counts what the answer to a login says of others.
    fn told(&self, answer: &api::CreateResponse) {
        let mut report = self.report.borrow_mut();
        report.ended(&answer.ended);
        for alert in &answer.alerts {
            if report.alert(alert, Told::InAnswer) {
                self.progress.alert(self.watch.elapsed(), alert);
            }
        }
    }

    async fn present(&self, number: usize, holder: Holder, client: &Client, activity: api::Activity) -> bool {
        let Some(token) = self.token(number, holder) else { return false };
        self.validate(token, client, activity).await;
        true
    }

    async fn validate(&self, token: String, client: &Client, activity: api::Activity) {
        let request = api::ValidateRequest {
            token,
            client: Some(client.0.clone()),
            activity: activity.into(),
            ..api::ValidateRequest::default()
        };
        let answer = self.counted("Validate", self.server.sessions().validate(request).await);
        if let Some(answer) = answer {
            self.report.borrow_mut().verdict(&answer);
        }
    }

    async fn sign_out(&self, number: usize, holder: Holder) -> bool {
        let Some(token) = self.token(number, holder) else { return false };
        let person = &self.plan.people[number];
        let request = api::RevokeRequest {
            tenant_id: person.tenant_id.clone(),
            user_id: person.user_id.clone(),
            target: Some(Target::Token(token)),
            reason: String::new(),
            actor: person.user_id.clone(),
            sign_out: true,
            compromised: false,
        };
        self.counted("Revoke", self.server.sessions().revoke(request).await);
        self.tokens.borrow_mut().remove(&(number, holder));
        true
    }

    async fn change_password(&self, number: usize, holder: Holder) -> bool {
        let Some(except_token) = self.token(number, holder) else { return false };
        let Person { tenant_id, user_id, .. } = &self.plan.people[number];
        let request = api::RevokeAllRequest {
            scope: Some(Scope::User(api::UserScope { tenant_id: tenant_id.clone(), user_id: user_id.clone() })),
            except_token,
            reason: "password changed".to_owned(),
            actor: user_id.clone(),
            ..api::RevokeAllRequest::default()
        };
        self.counted("RevokeAll", self.server.sessions().revoke_all(request).await);
        true
    }

    fn token(&self, number: usize, holder: Holder) -> Option<String> {
        self.tokens.borrow().get(&(number, holder)).map(|token| token.as_str().to_owned())
    }

    fn counted<T>(&self, method: &'static str, answer: Result<Response<T>, Status>) -> Option<T> {
        self.report.borrow_mut().call(method, &answer);
        if let Err(status) = &answer
            && matches!(status.code(), Code::Unauthenticated | Code::PermissionDenied)
        {
            self.refused.borrow_mut().get_or_insert_with(|| status.clone());
        }
        answer.ok().map(Response::into_inner)
    }
}

/// Says every now and then how it goes.
pub async fn tell(drive: &Drive<'_>, pause: Duration) {
    loop {
        tokio::time::sleep(pause).await;
        let report = drive.report.borrow();
        let (made, failed) = (report.made(), report.failed());
        let failures = if failed == 0 { String::new() } else { format!(", {failed} failed") };
        let of = report.planned;
        drop(report);
        drive.progress.say(drive.watch.elapsed(), &format!("{made} of {of} calls{failures}"));
    }
}
