//! The path of events from a real store to a real audit database.

pub mod faults;
pub mod fixture;
mod forgetting;
mod history;
mod live_sessions;
mod logins;

mod callers;
mod dead_letters;
mod last_seen;
mod maintenance;
mod mass_endings;
mod notifications;
mod outages;
mod pgbouncer;
mod postgres;
mod postgres_tls;
mod projection;
mod recording;
mod relay;
mod schema;
mod slow_mass_endings;
mod statements;
mod stored_values;

use fixture::AuditFixture;

/// Runs the cases of one topic from each engine of the store.
macro_rules! audit_cases {
    ($topic:ident: $($case:ident)*) => {
        audit_cases! { @engine redis $topic: $($case)* }
        audit_cases! { @engine sqlite $topic: $($case)* }
    };
    (@engine $engine:ident $topic:ident: $($case:ident)*) => {
        mod $engine {
            use super::{AuditFixture, $topic};
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
                async fn $case() {
                    $topic::$case(AuditFixture::$engine().await).await;
                }
            )*
        }
    };
}

mod relay_cases {
    use super::{AuditFixture, relay};

    audit_cases! { relay:
        everything_is_in_the_audit_once_and_in_order
        what_one_look_does_not_exhaust_is_moved_in_order_by_the_same_pass
        what_was_appended_but_not_deleted_is_recognised
        two_relays_at_a_time_append_everything_once
        a_mass_revocation_is_one_event
        a_wake_up_is_followed_at_once_and_a_stop_leaves_nothing_behind
        without_an_audit_events_are_dropped
    }
}

mod mass_ending_cases {
    use super::mass_endings::{self, AuditTestDatabase};

    macro_rules! on {
        ($engine:ident: $($case:ident)*) => {
            mod $engine {
                use super::{AuditTestDatabase, mass_endings};
                $(
                    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
                    async fn $case() {
                        mass_endings::$case(AuditTestDatabase::$engine().await, AuditTestDatabase::$engine().await).await;
                    }
                )*
            }
        };
    }

    macro_rules! on_both {
        ($($case:ident)*) => {
            on! { postgres: $($case)* }
            on! { sqlite: $($case)* }
        };
    }

    on_both! {
        each_session_ends_as_if_the_store_had_reported_it
        everyone_is_ended
        it_waits_until_everything_from_before_has_arrived
        what_is_yet_to_be_ended_does_not_count_as_live
        several_that_are_yet_to_be_ended_count_together
        repeats_and_a_restart_in_the_middle_change_nothing
        the_audit_is_complete_no_further_than_an_unfinished_mass_revocation
        a_person_who_is_forgotten_in_between_is_counted_as_ended
        a_person_who_is_forgotten_afterwards_is_not_ended_again
    }
}

/// Runs the cases of one topic on each audit database.
macro_rules! database_cases {
    ($topic:ident: $($case:ident)*) => {
        database_cases! { @engine postgres $topic: $($case)* }
        database_cases! { @engine sqlite $topic: $($case)* }
    };
    (@engine $engine:ident $topic:ident: $($case:ident)*) => {
        mod $engine {
            use super::{AuditTestDatabase, $topic};
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $topic::$case(AuditTestDatabase::$engine().await).await;
                }
            )*
        }
    };
}

mod notification_cases {
    use super::{mass_endings::AuditTestDatabase, notifications};

    database_cases! { notifications:
        findings_of_a_sign_in_are_one_notification_that_is_queued_once
        an_incomplete_notification_does_not_wait_for_ever
        consumers_that_race_never_hold_the_same_notification
        mutant_readers_without_leases_get_the_same_notifications
        a_lease_that_ends_is_delivered_again_and_cannot_be_acknowledged_by_its_first_holder
        a_lease_is_extended_or_given_back
        what_cannot_be_delivered_is_dead_and_counted
        dead_notifications_are_requeued_by_id_or_all_oldest_first
        what_expires_is_removed_and_neither_leased_nor_queued_again
        the_queue_is_bounded
        a_consumer_of_a_tenant_gets_no_others
        an_erased_user_is_not_notified
    }
}

mod caller_cases {
    use super::{callers, mass_endings::AuditTestDatabase};

    database_cases! { callers:
        refused_calls_are_events_that_are_recorded_once
        the_last_use_of_a_credential_moves_forward_only
    }
}

mod last_seen_cases {
    use super::{last_seen, mass_endings::AuditTestDatabase};

    database_cases! { last_seen:
        it_is_returned_by_a_search_and_stays_through_later_events
    }
}

mod outage_cases {
    use super::{AuditFixture, outages};

    audit_cases! { outages:
        nothing_is_lost_while_the_audit_is_unavailable
        a_relay_that_starts_without_the_audit_catches_up
        a_database_that_is_too_slow_for_a_batch_is_given_smaller_ones
        a_commit_whose_answer_was_lost_is_recognised
    }
}

mod dead_letter_cases {
    use super::{AuditFixture, dead_letters};

    audit_cases! { dead_letters:
        a_refused_event_is_set_aside_and_stops_nothing
    }
}
