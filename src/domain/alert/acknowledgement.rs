use super::AlertId;
use crate::domain::time::UnixMillis;

/// The answer of a user or an administrator to an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AlertVerdict {
    /// The user did what the alert is about.
    WasMe,
    /// Somebody else did.
    WasNotMe {
        /// Set if all sessions of the user end, and not only the session of the alert.
        ends_all: bool,
    },
}

impl AlertVerdict {
    pub const ALL: [Self; 3] = [Self::WasMe, Self::WasNotMe { ends_all: false }, Self::WasNotMe { ends_all: true }];

    /// Returns the name used in the audit and in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::WasMe => "was_me",
            Self::WasNotMe { ends_all: false } => "was_not_me",
            Self::WasNotMe { ends_all: true } => "was_not_me_ends_all",
        }
    }

    /// The inverse of [`Self::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.name() == name)
    }

    /// Returns the number that stands for the verdict in stored data.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::WasMe => 1,
            Self::WasNotMe { ends_all: false } => 2,
            Self::WasNotMe { ends_all: true } => 3,
        }
    }

    /// The inverse of [`Self::code`].
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.code() == code)
    }

    /// Returns whether an alert with this verdict already has everything that `other` asks for.
    #[must_use]
    pub fn includes(self, other: Self) -> bool {
        self == other || (self == Self::WasNotMe { ends_all: true } && other == Self::WasNotMe { ends_all: false })
    }

    /// Returns whether an alert with this verdict may still get `other`: the end of all sessions after that of one.
    #[must_use]
    pub fn may_become(self, other: Self) -> bool {
        self == Self::WasNotMe { ends_all: false } && other == Self::WasNotMe { ends_all: true }
    }
}

/// The answer to another alert, in the alert that is raised again with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertAcknowledgement {
    pub verdict: AlertVerdict,
    pub at: UnixMillis,
    /// On whose behalf the caller answered; empty if it was not stated.
    pub actor: String,
    /// The alert that was answered.
    pub alert: AlertId,
}

/// The subject of the audit event of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AcknowledgedAlert {
    pub alert: AlertId,
    pub verdict: AlertVerdict,
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: AlertVerdict = AlertVerdict::WasNotMe { ends_all: false };
    const EVERY: AlertVerdict = AlertVerdict::WasNotMe { ends_all: true };

    #[test]
    fn verdicts_read_back() {
        for verdict in AlertVerdict::ALL {
            assert_eq!(AlertVerdict::from_code(verdict.code()), Some(verdict));
            assert_eq!(AlertVerdict::from_name(verdict.name()), Some(verdict));
        }
        assert_eq!(AlertVerdict::from_code(0), None);
    }

    #[test]
    fn only_the_end_of_more_sessions_may_follow() {
        for (known, asked, is_repeat, is_addition) in [
            (AlertVerdict::WasMe, AlertVerdict::WasMe, true, false),
            (AlertVerdict::WasMe, ONE, false, false),
            (AlertVerdict::WasMe, EVERY, false, false),
            (ONE, AlertVerdict::WasMe, false, false),
            (ONE, ONE, true, false),
            (ONE, EVERY, false, true),
            (EVERY, AlertVerdict::WasMe, false, false),
            (EVERY, ONE, true, false),
            (EVERY, EVERY, true, false),
        ] {
            assert_eq!(
                (known.includes(asked), known.may_become(asked)),
                (is_repeat, is_addition),
                "{known:?} {asked:?}"
            );
        }
    }
}
