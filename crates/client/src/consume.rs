//! The consumer of notifications.

use std::{
    collections::HashSet,
    error::Error,
    future::Future,
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    select,
    sync::Notify,
    time::{Instant, sleep},
};
use tonic::Code;

use crate::{
    api::{AckRequest, ExtendRequest, LeaseRequest, LeaseResponse, Notification},
    call::backoff,
    error::CallError,
    notifications::Notifications,
};

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const MAX_PAUSE: Duration = Duration::from_secs(30);

type OnError = dyn Fn(&ConsumeFailure) + Send + Sync;

/// A failure that does not end a consumer.
#[derive(Debug, thiserror::Error)]
pub enum ConsumeFailure {
    /// A call that is made again.
    #[error("failed to lease or extend notifications; retrying: {0}")]
    Call(CallError),
    /// A notification that was not delivered or not acknowledged.
    #[error("failed to deliver notification {notification_id} (attempt {attempt}); it is leased again: {error}")]
    Delivery {
        /// The notification.
        notification_id: String,
        /// The number of its leases.
        attempt: u32,
        /// The error of the handler or of the acknowledgement.
        error: Box<dyn Error + Send + Sync>,
    },
}

/// The options of [`Notifications::consume`].
#[derive(Clone)]
pub struct ConsumeOptions {
    tenant_id: String,
    max_notifications: u32,
    visibility_timeout: Duration,
    poll_interval: Duration,
    max_handling_time: Duration,
    on_error: Arc<OnError>,
}

impl std::fmt::Debug for ConsumeOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConsumeOptions")
            .field("tenant_id", &self.tenant_id)
            .field("visibility_timeout", &self.visibility_timeout)
            .finish_non_exhaustive()
    }
}

impl Default for ConsumeOptions {
    fn default() -> Self {
        Self {
            tenant_id: String::new(),
            max_notifications: 10,
            visibility_timeout: Duration::from_mins(1),
            poll_interval: Duration::from_secs(5),
            max_handling_time: Duration::from_mins(10),
            on_error: Arc::new(|_| ()),
        }
    }
}

impl ConsumeOptions {
    /// The tenant of the notifications. By default, every tenant that the caller may access.
    #[must_use]
    pub fn tenant_id(mut self, id: impl Into<String>) -> Self {
        self.tenant_id = id.into();
        self
    }

    /// The number of notifications that are leased at a time, 1 to 100. By default, 10.
    #[must_use]
    pub const fn max_notifications(mut self, number: u32) -> Self {
        self.max_notifications = number;
        self
    }

    /// The time after which somebody else may lease the notifications if this process ends without notice, 1 second to 12
    /// hours. A failed notification is leased again after it. By default, 1 minute.
    #[must_use]
    pub const fn visibility_timeout(mut self, timeout: Duration) -> Self {
        self.visibility_timeout = timeout;
        self
    }

    /// The pause after the queue was empty. By default, 5 seconds.
    #[must_use]
    pub const fn poll_interval(mut self, interval: Duration) -> Self {
        self.poll_interval = interval;
        self
    }

    /// The time after which a handler is ended. By default, 10 minutes.
    #[must_use]
    pub const fn max_handling_time(mut self, limit: Duration) -> Self {
        self.max_handling_time = limit;
        self
    }

    /// Passes each failure to a function, such as one that logs it. By default, failures are not reported.
    #[must_use]
    pub fn on_error(mut self, on_error: impl Fn(&ConsumeFailure) + Send + Sync + 'static) -> Self {
        self.on_error = Arc::new(on_error);
        self
    }

    fn lease_request(&self) -> LeaseRequest {
        LeaseRequest {
            tenant_id: self.tenant_id.clone(),
            max_notifications: self.max_notifications,
            visibility_timeout: prost_types::Duration::try_from(self.visibility_timeout).ok(),
        }
    }
}

impl Notifications {
    /// Leases notifications, passes them to `handler` one after the other, and acknowledges each that it has delivered.
    /// While a handler runs, the leases are extended. Any number of consumers share the work. Delivery is at least once:
    /// a notification with an `attempt` above 1 may have been delivered before.
    ///
    /// A handler that fails leaves its notification in the queue, and it is leased again when its lease ends. The future of
    /// the handler is dropped if the notification is withdrawn, for example because its user was erased, and after
    /// [`ConsumeOptions::max_handling_time`].
    ///
    /// Returns after `shutdown` has completed: the handler that runs is waited for, and notifications that were not
    /// begun are given back. Returns an error that a retry does not solve: `InvalidArgument`, `Unauthenticated`,
    /// `PermissionDenied`, `FailedPrecondition` or `Unimplemented`. Other failed calls are made again.
    pub async fn consume<H, F, E>(
        &self,
        options: ConsumeOptions,
        shutdown: impl Future<Output = ()> + Send,
        mut handler: H,
    ) -> Result<(), CallError>
    where
        H: FnMut(Notification) -> F + Send,
        F: Future<Output = Result<(), E>> + Send,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let consumer = Consumer { notifications: self, options: &options };
        let shutdown = pin!(shutdown);
        let mut shutdown = Shutdown { signal: shutdown, is_complete: false };
        let mut failures = 0;
        loop {
            let ends_at = Instant::now() + options.visibility_timeout;
            // The call is not cancelled: the notifications that it has leased would be away until the lease ends.
            let pause = match self.lease(options.lease_request()).await {
                Ok(response) => {
                    failures = 0;
                    let is_empty = response.notifications.is_empty();
                    consumer.deliver(response, ends_at, &mut shutdown, &mut handler).await;
                    if is_empty { backoff(1, options.poll_interval, options.poll_interval) } else { Duration::ZERO }
                }
                Err(error) if is_refusal(&error) => return Err(error),
                Err(error) => {
                    failures += 1;
                    let pause = backoff(failures, FIRST_PAUSE, MAX_PAUSE).max(error.retry_after.unwrap_or_default());
                    (options.on_error)(&ConsumeFailure::Call(error));
                    pause
                }
            };
            select! {
                biased;
                () = shutdown.wait() => return Ok(()),
                () = sleep(pause) => {}
            }
        }
    }
}

/// Returns whether another lease would fail the same way.
fn is_refusal(error: &CallError) -> bool {
    matches!(
        error.code,
        Code::InvalidArgument
            | Code::Unauthenticated
            | Code::PermissionDenied
            | Code::FailedPrecondition
            | Code::Unimplemented
    )
}

/// The signal to stop, which can be waited for again after it has been given.
struct Shutdown<'a, S> {
    signal: Pin<&'a mut S>,
    is_complete: bool,
}

impl<S: Future<Output = ()>> Shutdown<'_, S> {
    async fn wait(&mut self) {
        if !self.is_complete {
            self.signal.as_mut().await;
            self.is_complete = true;
        }
    }

    /// Returns whether the signal has been given.
    async fn is_given(&mut self) -> bool {
        select! {
            biased;
            () = self.wait() => true,
            () = std::future::ready(()) => false,
        }
    }
}

struct Consumer<'a> {
    notifications: &'a Notifications,
    options: &'a ConsumeOptions,
}

impl Consumer<'_> {
    /// Delivers the notifications of one lease, and gives back those that were not begun.
    async fn deliver<S, H, F, E>(
        &self,
        response: LeaseResponse,
        ends_at: Instant,
        shutdown: &mut Shutdown<'_, S>,
        handler: &mut H,
    ) where
        S: Future<Output = ()>,
        H: FnMut(Notification) -> F,
        F: Future<Output = Result<(), E>>,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let lease = Lease::new(&response, ends_at);
        let delivering = async {
            for notification in response.notifications {
                if shutdown.is_given().await {
                    break;
                }
                self.deliver_one(&lease, notification, handler).await;
            }
        };
        select! {
            () = delivering => {}
            () = self.keep_extending(&lease) => {}
        }
        self.extend(&lease, Duration::ZERO).await;
    }

    async fn deliver_one<H, F, E>(&self, lease: &Lease, notification: Notification, handler: &mut H)
    where
        H: FnMut(Notification) -> F,
        F: Future<Output = Result<(), E>>,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let (notification_id, attempt) = (notification.notification_id.clone(), notification.attempt);
        if !lease.may_begin(&notification_id) {
            return;
        }
        let delivered = select! {
            delivered = handler(notification) => delivered.map_err(Into::into),
            () = lease.lost(&notification_id) => Err("the lease no longer holds the notification".into()),
            () = sleep(self.options.max_handling_time) => Err("the handler took too long".into()),
        };
        let acknowledged = match delivered {
            Ok(()) => {
                let notification_ids = vec![notification_id.clone()];
                let request = AckRequest { lease_id: lease.id.clone(), notification_ids };
                self.notifications.ack(request).await.map(|_| ()).map_err(Into::into)
            }
            Err(error) => Err(error),
        };
        lease.remove(&notification_id);
        if let Err(error) = acknowledged {
            (self.options.on_error)(&ConsumeFailure::Delivery { notification_id, attempt, error });
        }
    }

    async fn keep_extending(&self, lease: &Lease) {
        loop {
            sleep(self.options.visibility_timeout / 3).await;
            self.extend(lease, self.options.visibility_timeout).await;
        }
    }

    /// Changes the end of the lease of all notifications that are not done.
    async fn extend(&self, lease: &Lease, timeout: Duration) {
        let notification_ids = lease.ids();
        if notification_ids.is_empty() {
            return;
        }
        let ends_at = Instant::now() + timeout;
        let request = ExtendRequest {
            lease_id: lease.id.clone(),
            notification_ids,
            visibility_timeout: prost_types::Duration::try_from(timeout).ok(),
        };
        match self.notifications.extend(request).await {
            Ok(response) => lease.extended(ends_at, &response.refused_ids),
            Err(error) => (self.options.on_error)(&ConsumeFailure::Call(error)),
        }
    }
}

/// The notifications of a lease that are not done yet.
struct Lease {
    id: String,
    state: Mutex<LeaseState>,
    changed: Notify,
}

struct LeaseState {
    held: HashSet<String>,
    ends_at: Instant,
}

impl Lease {
    fn new(response: &LeaseResponse, ends_at: Instant) -> Self {
        let held = response.notifications.iter().map(|notification| notification.notification_id.clone()).collect();
        let state = Mutex::new(LeaseState { held, ends_at });
        Self { id: response.lease_id.clone(), state, changed: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, LeaseState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn may_begin(&self, notification_id: &str) -> bool {
        let state = self.state();
        state.held.contains(notification_id) && Instant::now() <= state.ends_at
    }

    fn ids(&self) -> Vec<String> {
        self.state().held.iter().cloned().collect()
    }

    fn remove(&self, notification_id: &str) {
        self.state().held.remove(notification_id);
    }

    fn extended(&self, ends_at: Instant, refused_ids: &[String]) {
        let mut state = self.state();
        state.ends_at = ends_at;
        state.held.retain(|id| !refused_ids.contains(id));
        self.changed.notify_one();
    }

    /// Waits until the lease no longer holds the notification.
    async fn lost(&self, notification_id: &str) {
        while self.state().held.contains(notification_id) {
            self.changed.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lease() -> Lease {
        let notification = |id: &str| Notification { notification_id: id.to_owned(), ..Default::default() };
        let notifications = vec![notification("a"), notification("b")];
        let response = LeaseResponse { lease_id: "l".to_owned(), notifications, ..Default::default() };
        Lease::new(&response, Instant::now() + Duration::from_secs(10))
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_begun_after_the_lease_has_ended() {
        let lease = lease();
        assert!(lease.may_begin("a") && !lease.may_begin("of another lease"));
        tokio::time::advance(Duration::from_secs(11)).await;
        assert!(!lease.may_begin("b"));
        lease.extended(Instant::now() + Duration::from_secs(10), &["a".to_owned()]);
        assert!(lease.may_begin("b") && !lease.may_begin("a"), "the lease has lost a");
    }

    #[tokio::test(start_paused = true)]
    async fn a_handler_learns_that_its_notification_was_withdrawn() {
        let lease = lease();
        let withdrawing = async {
            sleep(Duration::from_secs(1)).await;
            lease.extended(Instant::now(), &["b".to_owned()]);
            sleep(Duration::from_secs(1)).await;
            lease.extended(Instant::now(), &["a".to_owned()]);
        };
        let begun = Instant::now();
        tokio::join!(withdrawing, lease.lost("a"));
        assert_eq!(begun.elapsed(), Duration::from_secs(2));
    }

    #[tokio::test]
    async fn a_shutdown_is_seen_again_and_again() {
        let signal = pin!(std::future::ready(()));
        let mut shutdown = Shutdown { signal, is_complete: false };
        assert!(shutdown.is_given().await && shutdown.is_given().await);
        let signal = pin!(std::future::pending::<()>());
        assert!(!Shutdown { signal, is_complete: false }.is_given().await);
    }
}
