//! Commands that query the history.

mod export;
mod fake;
mod listing;
mod real_server;
mod revoke_where;
