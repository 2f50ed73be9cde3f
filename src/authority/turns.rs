//! Who goes first.

use tokio::sync::Mutex;

use crate::domain::UserHandle;

/// Locks that users share, so that there is a fixed number of them. Those who wait for one go in the order
/// they came.
#[derive(Debug)]
pub struct Turns(Box<[Mutex<()>]>);

impl Default for Turns {
    fn default() -> Self {
        Self((0..=u8::MAX).map(|_| Mutex::default()).collect())
    }
}

impl Turns {
    /// The lock that this user takes turns at. The last byte of a handle is as random as any.
    pub(super) fn of(&self, handle: UserHandle) -> &Mutex<()> {
        let [.., last] = handle.0;
        &self.0[usize::from(last)]
    }
}
