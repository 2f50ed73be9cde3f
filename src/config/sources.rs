//! Sources of settings.

use std::{
    ffi::{OsStr, OsString},
    fmt,
    path::{Path, PathBuf},
};

/// The sources of a configuration, lowest layer first: the defaults, the settings of a development server, the file,
/// the environment, the flags.
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
    /// The prefix of environment variables that are settings.
    pub const PREFIX: &'static str = "SESSION_AUTHORITY__";

    /// Returns the defaults, `file` if there is one, and the environment of this process.
    #[must_use]
    pub fn from_process(file: Option<&Path>) -> Self {
        Self::default().with_file(file).with_environment(std::env::vars_os())
    }

    #[must_use]
    pub fn with_file(mut self, file: Option<&Path>) -> Self {
        self.file = file.map(Path::to_owned);
        self
    }

    /// Adds the variables that begin with [`ConfigSources::PREFIX`] and ignores the others.
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

    /// Adds the value of the flag `name` for the setting `key`, if the flag was given.
    #[must_use]
    pub fn with_flag(mut self, name: &'static str, key: &'static str, value: Option<impl fmt::Display>) -> Self {
        self.flags.extend(value.map(|value| FlagOverride { name, key, value: value.to_string() }));
        self
    }

    /// Returns the directory of the configuration file, to which paths in it are relative.
    pub(super) fn directory(&self) -> &Path {
        self.file.as_deref().and_then(Path::parent).unwrap_or(Path::new(""))
    }
}

/// Shows names but no values, which may be secret.
impl fmt::Debug for ConfigSources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfigSources")
            .field("file", &self.file)
            .field("environment", &self.environment.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .field("flags", &self.flags.iter().map(|flag| flag.name).collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// The layer of a value. Later layers override earlier ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingOrigin {
    Default,
    /// A setting of the command `dev`.
    Development,
    File(PathBuf),
    /// The name of the variable.
    Environment(String),
    /// The name of the flag.
    Flag(&'static str),
}

impl SettingOrigin {
    /// Returns the rank of the layer, which is higher than that of every layer that it overrides.
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
