//! Looking at what happened by command.

mod export;
mod fake;
mod listing;
mod real;
mod revoke_where;
