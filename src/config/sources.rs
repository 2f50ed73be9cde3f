//! Where settings come from.

use std::{
    ffi::{OsStr, OsString},
    fmt,
    path::{Path, PathBuf},
};

/// What a configuration is made from, lowest layer first: the defaults, what a development server
/// sets, the file, the environment, flags.
#[derive(Clone, Default)]
pub struct ConfigSources {
    pub(super) development: Vec<(&'static str, String)>,
    pub(super) file: Option<PathBuf>,
    pub(super) environment: Vec<(OsString, OsString)>,
    pub(super) flags: Vec<FlagOverride>,
}

#[derive(Clone)]
pub(super) struct FlagOverride {
    pub name: &'static str,
    pub key: &'static str,
    pub value: String,
}

impl ConfigSources {
    /// Begins every variable that is a setting.
    pub const PREFIX: &'static str = "SESSION_AUTHORITY__";

    /// The defaults, `file` if there is one, and the environment of this process.
    #[must_use]
    pub fn from_process(file: Option<&Path>) -> Self {
        Self::default().with_file(file).with_environment(std::env::vars_os())
    }

    #[must_use]
    pub fn with_file(mut self, file: Option<&Path>) -> Self {
        self.file = file.map(Path::to_owned);
        self
    }

    /// Takes the variables that begin with [`ConfigSources::PREFIX`]; leaves the others.
    #[must_use]
    pub fn with_environment<N, V>(mut self, variables: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: AsRef<OsStr>,
        V: Into<OsString>,
    {
        let ours = |name: &OsStr| name.as_encoded_bytes().starts_with(Self::PREFIX.as_bytes());
        let ours = variables.into_iter().filter(|(name, _)| ours(name.as_ref()));
        self.environment.extend(ours.map(|(name, value)| (name.as_ref().to_owned(), value.into())));
        self
    }

    /// What the flag `name` gives for the setting `key`; nothing when it was not given.
    #[must_use]
    pub fn with_flag(mut self, name: &'static str, key: &'static str, value: Option<impl fmt::Display>) -> Self {
        self.flags.extend(value.map(|value| FlagOverride { name, key, value: value.to_string() }));
        self
    }

    /// The directory that file names in the configuration file are relative to.
    pub(super) fn directory(&self) -> &Path {
        self.file.as_deref().and_then(Path::parent).unwrap_or(Path::new(""))
    }
}

/// Names, never values: those may be secret.
impl fmt::Debug for ConfigSources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources")
            .field("file", &self.file)
            .field("environment", &self.environment.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .field("flags", &self.flags.iter().map(|flag| flag.name).collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// The layer that a value is from. Later ones override earlier ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingOrigin {
    Default,
    /// What `dev` sets.
    Development,
    File(PathBuf),
    /// The variable's name.
    Environment(String),
    /// The flag's name.
    Flag(&'static str),
}

impl SettingOrigin {
    /// Higher than the rank of every layer that it overrides.
    pub(super) const fn rank(&self) -> u8 {
        match self {
            Self::Default => 0,
            Self::Development => 1,
            Self::File(_) => 2,
            Self::Environment(_) => 3,
            Self::Flag(_) => 4,
        }
    }
}

impl fmt::Display for SettingOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Development => f.write_str("set by `dev`"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Environment(name) => write!(f, "environment variable {name}"),
            Self::Flag(name) => write!(f, "flag {name}"),
        }
    }
}
