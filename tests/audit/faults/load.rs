//! Users that sign in and out and record the responses.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use session_authority::api::{
    RevokeAllRequest, RevokeRequest, UserScope, revoke_all_request::Scope, revoke_request::Target,
    session_service_client::SessionServiceClient,
};
use tokio::{task::JoinSet, time::sleep};
use tokio_util::sync::CancellationToken;
use tonic::transport::Channel;

use super::ledger::{AuditLedger, SessionAct, UnansweredAttempt, UserTimeline};
use crate::service::fixture::{id_of, login_of};

/// Number of users that act at the same time.
const CONCURRENT_USERS: usize = 6;
/// Pause after a request without a response, which lets others proceed.
const RETRY_PAUSE: Duration = Duration::from_millis(25);

/// A load of simulated users, one after the other, until it is stopped.
pub struct UserLoad {
    acknowledged: Arc<AtomicUsize>,
    stop: CancellationToken,
    users: JoinSet<Vec<UserTimeline>>,
}

impl UserLoad {
    /// Starts a load. Each of the servers has its share of the users.
    pub fn start(servers: &[Channel]) -> Self {
        let (acknowledged, stop) = (Arc::<AtomicUsize>::default(), CancellationToken::new());
        let mut users = JoinSet::new();
        for lane in 0..CONCURRENT_USERS {
            let server = servers[lane % servers.len()].clone();
            users.spawn(run_users(lane, server, Arc::clone(&acknowledged), stop.clone()));
        }
        Self { acknowledged, stop, users }
    }

    /// Returns the number of acknowledged creations and ends of sessions so far.
    pub fn acknowledged(&self) -> usize {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// Waits for the requests in flight.
    pub async fn stop(self) -> AuditLedger {
        self.stop.cancel();
        AuditLedger { timelines: self.users.join_all().await.concat() }
    }
}

/// Simulates one user at a time, each a new one. After a request without a response, its user does nothing more.
async fn run_users(
    lane: usize,
    server: Channel,
    acknowledged: Arc<AtomicUsize>,
    stop: CancellationToken,
) -> Vec<UserTimeline> {
    let mut stories = Vec::new();
    while !stop.is_cancelled() {
        let user = format!("user-{lane}-{}", stories.len());
        let story = simulate_user(&server, user).await;
        acknowledged.fetch_add(story.steps.iter().map(Vec::len).sum(), Ordering::Relaxed);
        if story.unanswered.is_some() {
            sleep(RETRY_PAUSE).await;
        }
        stories.push(story);
    }
    stories
}

/// Simulates a user up to the first request without a response.
pub async fn simulate_user(server: &Channel, user: String) -> UserTimeline {
    let mut teller = ScriptedUser {
        client: SessionServiceClient::new(server.clone()),
        story: UserTimeline { user, ..UserTimeline::default() },
    };
    teller.run().await;
    teller.story
}

struct ScriptedUser {
    client: SessionServiceClient<Channel>,
    story: UserTimeline,
}

impl ScriptedUser {
    /// Runs the acts of the user. One session is left at the end.
    async fn run(&mut self) -> Option<()> {
        let first = self.sign_in().await?;
        let second = self.sign_in().await?;
        self.sign_out(first).await?;
        let third = self.sign_in().await?;
        self.sign_out_everywhere(&[second, third]).await?;
        self.sign_in().await.map(drop)
    }

    async fn sign_in(&mut self) -> Option<String> {
        self.story.unanswered = Some(UnansweredAttempt::SignIn);
        let created = self.client.create(login_of(&self.story.user)).await.ok()?.into_inner();
        let session = id_of(&created);
        self.record_answer(vec![SessionAct::Login(session.clone())]);
        Some(session)
    }

    async fn sign_out(&mut self, session: String) -> Option<()> {
        self.story.unanswered = Some(UnansweredAttempt::SignOut(vec![SessionAct::Logout(session.clone())]));
        let request = RevokeRequest { target: Some(Target::SessionId(session.clone())), ..RevokeRequest::default() };
        let revoked = self.client.revoke(request).await.ok()?.into_inner();
        assert!(revoked.revoked, "it was active");
        self.record_answer(vec![SessionAct::Logout(session)]);
        Some(())
    }

    async fn sign_out_everywhere(&mut self, sessions: &[String]) -> Option<()> {
        let all = SessionAct::LogoutEverywhere(self.story.user.clone());
        let acts: Vec<_> = sessions.iter().cloned().map(SessionAct::Logout).chain([all]).collect();
        self.story.unanswered = Some(UnansweredAttempt::SignOut(acts.clone()));
        let scope = Scope::User(UserScope { user_id: self.story.user.clone(), ..UserScope::default() });
        let request = RevokeAllRequest { scope: Some(scope), ..RevokeAllRequest::default() };
        let revoked = self.client.revoke_all(request).await.ok()?.into_inner();
        assert_eq!(revoked.revoked_count, sessions.len() as u64, "all were active");
        self.record_answer(acts);
        Some(())
    }

    fn record_answer(&mut self, acts: Vec<SessionAct>) {
        self.story.steps.push(acts);
        self.story.unanswered = None;
    }
}
