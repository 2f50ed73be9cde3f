//! Failed and refused authentications, and sign-ins that are counted like them.

/// A failed or refused authentication, as a login service reports it, or a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuthEventKind {
    PasswordFailed,
    MfaFailed,
    MfaDenied,
    MfaExpired,
    UnknownUser,
    LockedOut,
    /// A sign-in of a user in a network in which the user is not known. The service counts it itself; it is not reported.
    SignedIn,
    /// A token that was not issued here. The service counts it itself, as the next one.
    TokenGuessed,
    /// A token that was not issued here although it has the MAC of a token key.
    SignedTokenGuessed,
}

impl AuthEventKind {
    /// The kinds that login services report.
    pub const ALL: [Self; 6] =
        [Self::PasswordFailed, Self::MfaFailed, Self::MfaDenied, Self::MfaExpired, Self::UnknownUser, Self::LockedOut];

    /// Returns the name used in the audit.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PasswordFailed => "password_failed",
            Self::MfaFailed => "mfa_failed",
            Self::MfaDenied => "mfa_denied",
            Self::MfaExpired => "mfa_expired",
            Self::UnknownUser => "unknown_user",
            Self::LockedOut => "locked_out",
            Self::SignedIn => "signed_in",
            Self::TokenGuessed => "token_guessed",
            Self::SignedTokenGuessed => "signed_token_guessed",
        }
    }

    /// Returns the number used in the session store.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::PasswordFailed => 1,
            Self::MfaFailed => 2,
            Self::MfaDenied => 3,
            Self::MfaExpired => 4,
            Self::UnknownUser => 5,
            Self::LockedOut => 6,
            Self::SignedIn => 7,
            Self::TokenGuessed => 8,
            Self::SignedTokenGuessed => 9,
        }
    }

    /// The inverse of [`Self::code`]. Returns `None` for any other number.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        let counted = [Self::SignedIn, Self::TokenGuessed, Self::SignedTokenGuessed];
        Self::ALL.into_iter().chain(counted).find(|kind| kind.code() == code)
    }

    /// The inverse of [`Self::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}
