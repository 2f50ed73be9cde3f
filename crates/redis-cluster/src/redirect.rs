//! Reasons for which a command was not executed, and its next server.

use redis::{ErrorKind, RedisError, ServerErrorKind};

use crate::address::Endpoint;

/// The reason for which a command was not executed. Since nothing was executed, it may be sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Redirect {
    /// `MOVED`: the slot belongs to that server from now on.
    Moved(Endpoint),
    /// `ASK`: the slot is moving to that server, and this key is not here. Only this command goes there, after
    /// `ASKING`.
    Ask(Endpoint),
    /// `NOSCRIPT`: the server does not have the script.
    NoScript,
    /// No server can execute it at the moment: the keys are on two servers, the Cluster has no master for the slot, or
    /// the server is still loading.
    TryAgain,
    /// The command was not sent: there is no connection to the server.
    NotSent,
}

impl Redirect {
    /// Returns the redirect for `error`, the reply of the server `by`; `None` for any other error.
    pub(crate) fn from_error(error: &RedisError, by: &Endpoint) -> Option<Self> {
        let ErrorKind::Server(kind) = error.kind() else { return None };
        let to = || error.redirect_node().and_then(|(to, _)| Endpoint::parse_announced(to, by));
        Some(match kind {
            ServerErrorKind::Moved => to().map_or(Self::TryAgain, Self::Moved),
            ServerErrorKind::Ask => to().map_or(Self::TryAgain, Self::Ask),
            ServerErrorKind::NoScript => Self::NoScript,
            ServerErrorKind::TryAgain
            | ServerErrorKind::ClusterDown
            | ServerErrorKind::MasterDown
            | ServerErrorKind::BusyLoading => Self::TryAgain,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use redis::{Value, parse_redis_value};

    use super::*;

    fn redirect_for(line: &str) -> Option<Redirect> {
        let by = Endpoint { host: "asked".into(), port: 1 };
        let Ok(Value::ServerError(error)) = parse_redis_value(format!("-{line}\r\n").as_bytes()) else {
            panic!("{line} is no error")
        };
        Redirect::from_error(&error.into(), &by)
    }

    #[test]
    fn a_server_says_where_a_command_belongs() {
        let at = |host: &str, port| Endpoint { host: host.into(), port };
        assert_eq!(redirect_for("MOVED 3999 10.0.0.2:6381"), Some(Redirect::Moved(at("10.0.0.2", 6381))));
        assert_eq!(redirect_for("ASK 3999 b.example:6381"), Some(Redirect::Ask(at("b.example", 6381))));
        assert_eq!(redirect_for("MOVED 3999 :6381"), Some(Redirect::Moved(at("asked", 6381))));
        assert_eq!(redirect_for("MOVED 3999 ?:6381"), Some(Redirect::TryAgain));
    }

    #[test]
    fn a_server_says_that_nothing_was_done() {
        for line in ["TRYAGAIN Multiple keys", "CLUSTERDOWN The cluster is down", "LOADING Redis is", "MASTERDOWN Link"]
        {
            assert_eq!(redirect_for(line), Some(Redirect::TryAgain), "{line}");
        }
        assert_eq!(redirect_for("NOSCRIPT No matching script"), Some(Redirect::NoScript));
        for line in ["ERR wrong", "OOM command not allowed", "READONLY You can't", "NOPERM this user"] {
            assert_eq!(redirect_for(line), None, "{line}");
        }
    }
}
