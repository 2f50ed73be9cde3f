use std::time::Duration;

use super::FailureRuleSet;

/// Settings of the detection by failures, and of the throttle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailureSettings {
    pub rules: FailureRuleSet,
    /// The period in which failures count, except for MFA prompts.
    pub window: Duration,
    /// Prompts that were denied or expired, from which `MFA_FATIGUE` matches.
    pub mfa_prompts: u32,
    /// The period in which they count.
    pub mfa_window: Duration,
    /// Failures of one user from which `BRUTE_FORCE` matches.
    pub brute_force_failures: u32,
    /// Failures from one network, and users among them, from which `CREDENTIAL_STUFFING` matches.
    pub stuffing_failures: u32,
    pub stuffing_users: u32,
    /// The same for `PASSWORD_SPRAY`, and the time over which they are spread.
    pub spray_failures: u32,
    pub spray_users: u32,
    pub spray_min_span: Duration,
    /// Users new in a network from which `MASS_SIGN_IN` matches, and the period in which they sign in.
    pub mass_sign_in_users: u32,
    pub mass_sign_in_window: Duration,
    /// Different tokens that were not issued here from which `TOKEN_GUESSING` matches: of one caller, and from one
    /// network.
    pub token_guesses_per_caller: u32,
    pub token_guesses_per_network: u32,
    /// The period in which they count.
    pub token_guess_window: Duration,
    /// Failures since the last success from which attempts should wait.
    pub throttle_after: u32,
    /// The longest time for which they should wait.
    pub throttle_max: Duration,
    /// The length of the IPv6 prefix that counts as one network.
    pub ipv6_prefix: u32,
    /// The number of users whose failures are remembered. Half as many networks are, and the newcomers and
    /// the guessed tokens of a quarter as many.
    pub max_users: u32,
}

impl Default for FailureSettings {
    fn default() -> Self {
        Self {
            rules: FailureRuleSet::all(),
            window: Duration::from_mins(15),
            mfa_prompts: 5,
            mfa_window: Duration::from_mins(10),
            brute_force_failures: 10,
            stuffing_failures: 25,
            stuffing_users: 15,
            spray_failures: 15,
            spray_users: 5,
            spray_min_span: Duration::from_mins(5),
            mass_sign_in_users: 10,
            mass_sign_in_window: Duration::from_mins(15),
            token_guesses_per_caller: 20,
            token_guesses_per_network: 5,
            token_guess_window: Duration::from_mins(1),
            throttle_after: 5,
            throttle_max: Duration::from_hours(1),
            ipv6_prefix: 64,
            max_users: 131_072,
        }
    }
}
