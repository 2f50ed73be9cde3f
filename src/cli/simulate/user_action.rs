//! Actions of users and attackers.

use super::population::SimulatedClient;

/// The holder of a token, among the holders of tokens of the same user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TokenHolder(pub u32);

/// An action of a user or an attacker.
#[derive(Clone, Debug, PartialEq)]
pub enum UserAction {
    SignIn {
        holder: TokenHolder,
        client: SimulatedClient,
    },
    /// A request of the user, which counts as activity.
    Access {
        holder: TokenHolder,
        client: SimulatedClient,
    },
    /// A request that a page makes by itself, which does not count as activity.
    Poll {
        holder: TokenHolder,
        client: SimulatedClient,
    },
    SignOut {
        holder: TokenHolder,
    },
    /// A new password, which ends every session of the user but that of the holder.
    ChangePassword {
        holder: TokenHolder,
    },
    /// A token that was never issued.
    Guess {
        token: String,
        client: SimulatedClient,
    },
}
