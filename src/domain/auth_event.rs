//! Failed and refused authentications.

/// A failed or refused authentication, as a login service reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuthEventKind {
    PasswordFailed,
    MfaFailed,
    MfaDenied,
    MfaExpired,
    UnknownUser,
    LockedOut,
}

impl AuthEventKind {
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
        }
    }

    /// The inverse of [`Self::code`]. Returns `None` for any other number.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The inverse of [`Self::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}
