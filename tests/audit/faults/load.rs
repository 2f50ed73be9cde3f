//! Users that sign in and out, and note what they were answered.

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

/// How many users do something at a time.
const CONCURRENT_USERS: usize = 6;
/// Whoever was not answered lets others try after this.
const RETRY_PAUSE: Duration = Duration::from_millis(25);

/// Stories one after the other, until it is stopped.
pub struct UserLoad {
    acknowledged: Arc<AtomicUsize>,
    stop: CancellationToken,
    users: JoinSet<Vec<UserTimeline>>,
}

impl UserLoad {
    /// Each of the servers has its share of the users.
    pub fn start(servers: &[Channel]) -> Self {
        let (acknowledged, stop) = (Arc::<AtomicUsize>::default(), CancellationToken::new());
        let mut users = JoinSet::new();
        for lane in 0..CONCURRENT_USERS {
            let server = servers[lane % servers.len()].clone();
            users.spawn(run_users(lane, server, Arc::clone(&acknowledged), stop.clone()));
        }
        Self { acknowledged, stop, users }
    }

    /// Sessions made and ended so far, as answered.
    pub fn acknowledged(&self) -> usize {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// Waits for what is under way.
    pub async fn stop(self) -> AuditLedger {
        self.stop.cancel();
        AuditLedger { timelines: self.users.join_all().await.concat() }
    }
}

/// A user at a time, each a new one: nobody who was not answered does anything after that.
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

/// What a user does, up to the first thing that is not answered.
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
    /// One session is left.
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
        assert!(revoked.revoked, "it was live");
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
        assert_eq!(revoked.revoked_count, sessions.len() as u64, "all were live");
        self.record_answer(acts);
        Some(())
    }

    fn record_answer(&mut self, acts: Vec<SessionAct>) {
        self.story.steps.push(acts);
        self.story.unanswered = None;
    }
}
