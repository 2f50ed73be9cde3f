//! Keeps one master telling.

use std::{pin::pin, time::Duration};

use tokio::{
    select,
    sync::watch,
    time::{sleep, timeout},
};

use super::{
    super::{RedisSessionStore, address::Endpoint, identity::REPLICA, keys, slot::Slot, slot_map::SlotMap},
    hub::Hub,
    link::{Link, Refusal},
    probe::{Claim, claims},
};
use crate::{backoff::Backoff, clock::Stopwatch, domain::Bucket, store::Lease, sync::Arc};

/// How often the master is asked while answers are given under its lease, and while none are.
const BUSY: Duration = Duration::from_millis(25);
const IDLE: Duration = Duration::from_secs(1);

/// How often the master is asked for a bucket that it should have and does not.
const AGAIN: Duration = Duration::from_secs(1);

/// The silence after which it is found out whether the server pauses or the connection is dead.
const SILENCE: Duration = Duration::from_secs(1);

/// How long the connection may stay silent once the server has answered on another one.
const GRACE: Duration = Duration::from_millis(500);

/// The pause between two attempts to find out.
const REST: Duration = Duration::from_millis(100);

/// The silence after which a connection counts as dead, whatever the reason.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a server is left alone that cannot do it.
const LEFT_ALONE: Duration = Duration::from_mins(1);

/// The map of slots as it is redrawn.
pub(super) type Maps = watch::Receiver<std::sync::Arc<SlotMap>>;

/// Has one master tell of all buckets that the map gives to it.
pub(super) struct Supervisor<'a> {
    pub(super) store: &'a RedisSessionStore,
    pub(super) hub: &'a Arc<Hub>,
    pub(super) endpoint: Endpoint,
    pub(super) maps: Maps,
}

impl Supervisor<'_> {
    /// Until the map gives nothing to this master any more; answers which it was.
    pub(super) async fn run(mut self) -> Endpoint {
        let (mut maps, endpoint) = (self.maps.clone(), self.endpoint.clone());
        select! {
            _ = maps.wait_for(|map| buckets_of(map, &endpoint).is_empty()) => {}
            () = self.connect_again_and_again() => {}
        }
        self.store.tracking.states.forget(&self.endpoint);
        self.endpoint
    }

    async fn connect_again_and_again(&mut self) {
        let tracking = &self.store.tracking;
        let mut backoff = Backoff::new(std::sync::Arc::clone(&tracking.clock));
        for attempt in 0_usize.. {
            // Another one each time: one that is on the move does not keep the others from being told of.
            let mine = buckets_of(&self.maps.borrow_and_update(), &self.endpoint);
            let bucket = mine.get(attempt % mine.len().max(1)).copied().unwrap_or(Bucket(0));
            let opened = match self.refusal() {
                Ok(()) => Link::open(&self.store.router, &self.endpoint, bucket, self.hub).await,
                Err(why) => Err(Refusal::Away(why)),
            };
            let pause = match opened {
                Ok(link) => {
                    let why = self.keep(Arc::new(link), &mut backoff).await;
                    self.untold(&why);
                    backoff.pause()
                }
                Err(Refusal::Away(why)) => {
                    self.untold(&why);
                    backoff.pause()
                }
                Err(Refusal::Unfit(why)) => {
                    self.unfit(&why);
                    LEFT_ALONE
                }
            };
            self.misfits();
            sleep(pause).await;
        }
    }

    /// Has the link tell until that fails; answers why.
    async fn keep(&mut self, link: Arc<Link>, backoff: &mut Backoff) -> String {
        let _ends = Ends { hub: self.hub, lease: &link.lease };
        let (store, hub) = (self.store, self.hub);
        let elsewhere = || store.tracking.misfits.notify_one();
        select! {
            why = link.barrier.run(&link, hub, store.router.is_cluster(), elsewhere) => why,
            why = self.keep_young(&link, backoff) => why,
        }
    }

    /// Keeps the lease young, until that fails; answers why.
    async fn keep_young(&mut self, link: &Arc<Link>, backoff: &mut Backoff) -> String {
        let mut asked: Option<(Vec<Bucket>, Stopwatch)> = None;
        loop {
            let mine = buckets_of(&self.maps.borrow_and_update(), &self.endpoint);
            // A map that is redrawn as it was is no news.
            let is_known = |(known, at): &(Vec<_>, Stopwatch)| *known == mine && at.elapsed() < AGAIN;
            if !asked.as_ref().is_some_and(is_known) {
                if let Err(why) = self.attach(link, &mine).await {
                    return why;
                }
                asked = Some((mine, Stopwatch::start()));
            }
            if let Err(why) = self.renew(link).await {
                return why;
            }
            backoff.reset();
            if self.store.tracking.states.set(&self.endpoint, None) {
                tracing::info!(server = %self.endpoint, "sessions of this server are kept in memory");
            }
            let pause = if link.lease.take_used() { BUSY } else { IDLE };
            select! {
                () = sleep(pause) => {}
                () = link.lease.wanted() => {}
                _ = self.maps.changed() => {}
                _ = link.lease.until_proven(|_| false) => return "the connection was lost".to_owned(),
            }
        }
    }

    /// Attaches what the map gives to this master and what the master says it has; detaches what the map gives to others.
    async fn attach(&self, link: &Arc<Link>, mine: &[Bucket]) -> Result<(), String> {
        let attached = self.hub.attached(&link.lease);
        for bucket in attached.iter().filter(|bucket| !mine.contains(bucket)) {
            self.hub.detach(*bucket, &link.lease);
        }
        let missing: Vec<_> = mine.iter().copied().filter(|bucket| !attached.contains(bucket)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        // What is empty is not attached: reading it says that the store is not bound.
        let claimed = self.answered(claims(link, &missing)).await?;
        for (bucket, claim) in missing.iter().zip(&claimed) {
            if *claim == Claim::Whole {
                self.hub.attach(*bucket, link);
            }
        }
        self.look_at(&claimed);
        Ok(())
    }

    /// Renews the lease as of before the master was asked, if all that is attached is still there. What is not is
    /// detached before.
    async fn renew(&self, link: &Link) -> Result<(), String> {
        let attached = self.hub.attached(&link.lease);
        let is_cluster = self.store.router.is_cluster();
        // On one server, one stands for all.
        let asked = if is_cluster { attached.as_slice() } else { &attached[..attached.len().min(1)] };
        let at = self.store.tracking.clock.moment();
        let claimed = self.answered(claims(link, asked)).await?;
        self.refusal()?;
        if !is_cluster && claimed.iter().any(|claim| *claim != Claim::Whole) {
            return Err("it was emptied".to_owned());
        }
        for (bucket, _) in asked.iter().zip(&claimed).filter(|(_, claim)| **claim != Claim::Whole) {
            self.hub.detach(*bucket, &link.lease);
        }
        link.lease.renew(at);
        self.look_at(&claimed);
        Ok(())
    }

    /// Waits for an answer on the link, and fails when the connection is dead.
    ///
    /// A server that pauses answers nobody. What is kept in memory stays, as the lease that it needs is not renewed
    /// meanwhile. Only if the server answers on another connection, this one is dead.
    async fn answered<T>(&self, answer: impl Future<Output = Result<T, String>>) -> Result<T, String> {
        let (mut answer, silent) = (pin!(answer), Stopwatch::start());
        if let Ok(answer) = timeout(SILENCE, &mut answer).await {
            return answer;
        }
        tracing::debug!(server = %self.endpoint, "the server is silent; what is kept waits for a proof");
        while silent.elapsed() < PATIENCE {
            select! {
                biased;
                answer = &mut answer => return answer,
                answers = self.server_answers() => if answers {
                    let late = timeout(GRACE, &mut answer).await;
                    return late.unwrap_or_else(|_| Err("the connection is dead: it answers on another one".to_owned()));
                },
            }
            if let Ok(answer) = timeout(REST, &mut answer).await {
                return answer;
            }
        }
        Err("it does not answer".to_owned())
    }

    /// Whether the server answers on the connections for everything else.
    async fn server_answers(&self) -> bool {
        let Some(node) = self.store.router.map().at(&self.endpoint) else { return false };
        let mut pipe = redis::pipe();
        pipe.cmd("TIME");
        node.exchange("looking for the server", &pipe).await.is_ok()
    }

    /// Fails while the settings of the server are unsafe.
    fn refusal(&self) -> Result<(), String> {
        self.store.router.refusal(&self.endpoint).map_or(Ok(()), |error| Err(error.to_string()))
    }

    fn look_at(&self, claimed: &[Claim]) {
        if claimed.contains(&Claim::Elsewhere) {
            self.misfits();
        }
    }

    /// The map may be wrong.
    fn misfits(&self) {
        self.store.tracking.misfits.notify_one();
    }

    fn untold(&self, why: &str) {
        if why == REPLICA {
            self.store.router.give_up(&self.endpoint);
        }
        if self.store.tracking.states.set(&self.endpoint, Some(why)) {
            tracing::warn!(
                server = %self.endpoint, why,
                "this server does not tell of changes at the moment, so its sessions are read each time; it is asked again"
            );
        }
    }

    fn unfit(&self, why: &str) {
        if self.store.tracking.states.set(&self.endpoint, Some(why)) {
            tracing::warn!(
                server = %self.endpoint, why,
                "this server cannot tell of changes, so its sessions are read each time: let the service connect to \
                 Redis 7.0 or later itself, without a proxy between them, as a user with the rights in deploy/users.acl; \
                 it is asked again every minute"
            );
        }
    }
}

/// Ends a lease when it is dropped.
struct Ends<'a> {
    hub: &'a Hub,
    lease: &'a Arc<Lease>,
}

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.hub.end(self.lease);
    }
}

/// The buckets that the map gives to a master.
pub(super) fn buckets_of(map: &SlotMap, master: &Endpoint) -> Vec<Bucket> {
    let is_its = |bucket: &Bucket| owner(map, *bucket) == Some(master);
    Bucket::all().filter(is_its).collect()
}

pub(super) fn owner(map: &SlotMap, bucket: Bucket) -> Option<&Endpoint> {
    map.owner(Slot::of(&keys::meta(bucket))).map(|node| &node.endpoint)
}
