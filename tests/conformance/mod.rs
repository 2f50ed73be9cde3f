//! A suite for every [`SessionStore`](session_authority::store::SessionStore).
//!
//! A case is a sentence and a function that receives a fresh store. Each case is a separate test on each engine, so the
//! output of `cargo test conformance` is the matrix of guarantees per engine. A new engine takes one line at the end, a
//! new case one line in the list; a case that is in no list causes a compiler warning. Cases for only one engine are at
//! the end of the list of modules; their files state the reason.

pub mod fixture;
mod keyspace;
pub mod operations;
pub mod users;

mod answers;
pub mod denylist;
mod devices;
mod expiry;
mod failure_memory;
mod failures;
pub mod findings;
mod floor;
mod forgetting;
mod key_cleanup;
mod last_seen;
mod lifecycle;
mod limit;
mod mass_cost;
mod mass_revocation;
mod mutants;
mod outbox;
mod races;
mod requests;
mod revocation;
pub mod rotation;
mod sweeping;
mod touches;
mod update;
mod user_state;

mod cluster_faults;
mod denylist_faults;
mod lost_generations;
mod lost_replies;
mod mass_memory;
mod model;
mod random_sessions;
mod redis_faults;
mod steps;
mod unfinished_revocation;

use fixture::StoreFixture;

/// Runs the tests of one topic on one engine.
macro_rules! store_cases {
    ($engine:ident, $topic:ident: $($case:ident)*) => {
        mod $topic {
            use crate::conformance::{StoreFixture, $topic};
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
                async fn $case() {
                    $topic::$case(StoreFixture::$engine().await).await;
                }
            )*
        }
    };
}

/// Runs every case on one engine.
macro_rules! store_suite {
    ($engine:ident) => {
        mod $engine {
            store_cases! { $engine, lifecycle:
                a_session_reads_back_as_it_was_made
                what_was_never_made_is_missing
                an_ended_session_has_reason_time_and_actor
                a_list_begins_with_the_most_recently_active
                users_of_one_bucket_have_sessions_of_their_own
                users_of_one_handle_are_never_mixed
                a_session_over_8_kib_is_refused_and_nothing_is_written
                the_clock_of_the_store_shows_the_time
                a_probe_writes_and_changes_nothing
            }
            store_cases! { $engine, expiry:
                an_idle_session_lives_until_timeout_and_margin_have_passed
                without_a_margin_an_idle_session_lives_until_its_timeout_has_passed
                however_busy_a_session_is_over_at_its_deadline
                without_an_idle_timeout_only_the_deadline_counts
                a_list_ends_what_is_over_with_one_event_each
                what_is_over_takes_no_room_and_is_ended_for_its_own_reason
                what_is_over_is_not_replaced_by_a_login_on_its_device
                what_is_over_cannot_be_revoked
                what_is_over_cannot_be_updated
                a_touch_that_was_on_its_way_keeps_the_session
                a_touch_after_the_end_brings_nothing_back
                a_late_touch_with_a_list_or_a_create_brings_nothing_back
            }
            store_cases! { $engine, limit:
                the_least_recently_active_gives_way
                among_equally_active_ones_the_lower_id_gives_way
                a_lower_limit_ends_as_many_as_it_takes_in_order
                the_new_session_is_never_the_one_to_go
                a_refusal_changes_nothing_at_all
                up_to_256_sessions_are_kept_however_many_are_allowed
                the_limit_holds_under_100_parallel_creates
                exactly_the_limit_is_let_in_of_100_parallel_creates
            }
            store_cases! { $engine, devices:
                a_login_takes_the_place_of_the_session_on_the_same_device
                what_is_replaced_does_not_count_against_the_limit
                replacement_comes_before_eviction
                a_derived_device_replaces_nothing
                revoking_a_device_ends_what_is_on_it
            }
            store_cases! { $engine, requests:
                a_repeat_is_answered_with_the_first_session_and_its_key
                another_body_under_the_same_id_is_distinguished
                a_repeat_after_the_end_makes_no_new_session
                twenty_parallel_repeats_make_one_session
                a_repeat_is_recognised_before_floor_and_limit_are_looked_at
                request_ids_of_two_users_have_nothing_to_do_with_each_other
                a_refused_request_may_be_sent_again
                a_request_id_is_forgotten_after_a_day
                the_latest_64_request_ids_are_remembered
            }
            store_cases! { $engine, floor:
                a_login_must_be_proven_after_the_revocation
                it_holds_for_a_user_who_had_no_session
                it_holds_for_that_user_only
                it_never_goes_back
                a_repeated_operation_does_not_raise_it
                a_revoked_session_alone_raises_none
                signing_a_tenant_or_everyone_out_raises_it_too
                neither_a_floor_nor_a_statement_in_the_future_counts_for_more_than_now
            }
            store_cases! { $engine, revocation:
                one_session_is_revoked_and_the_others_stay
                a_second_revocation_finds_nothing
                a_session_outside_the_guard_is_not_there
                a_session_within_the_guard_is_revoked
                all_sessions_of_a_user_end_with_one_event_each_and_one_for_the_whole
                all_but_one_are_revoked
                a_user_without_sessions_is_signed_out_too
                a_repeated_operation_gives_the_first_outcome_and_does_nothing
                another_operation_is_another_act
                a_request_id_is_not_taken_for_an_operation
                the_latest_64_endings_are_remembered
                another_owner_under_the_same_handle_is_not_signed_out
            }
            store_cases! { $engine, forgetting:
                all_sessions_end_with_one_event_that_names_nobody
                nothing_is_left_of_the_user_but_the_floor
                what_is_over_ends_for_its_own_reason
                a_session_made_after_it_is_made_later
                a_forgetting_that_finds_nothing_is_recorded_too
                others_are_remembered
                another_owner_under_the_same_handle_is_not_forgotten
            }
            store_cases! { $engine, mass_revocation:
                a_tenant_is_signed_out_and_no_other
                everyone_is_signed_out
                the_next_read_sees_it_with_its_cause
                what_it_ended_takes_no_room
                a_later_login_stays_signed_in
                a_repeated_operation_does_nothing
                each_further_operation_is_another_act
                a_mass_operation_is_remembered_for_a_day_and_no_longer
                it_is_one_event_however_many_buckets_take_part
                the_times_of_a_scope_grow
                a_sweep_ends_the_sessions_with_its_time_and_cause
                a_session_that_may_be_of_after_its_time_ends_with_an_event_of_its_own
                a_session_that_is_ended_on_the_way_has_an_event_with_its_cause
                a_session_of_after_is_never_stored_before_its_time
                a_walk_ends_though_its_scope_is_revoked_again_and_again
                a_bucket_is_complete_as_of_the_start_of_a_walk
                nothing_acts_on_what_it_ended
                what_was_over_before_keeps_its_own_reason
                of_two_since_the_login_the_latest_is_reported
                an_updated_session_is_ended_too
            }
            store_cases! { $engine, mass_cost:
                signing_everyone_out_costs_the_same_however_many_are_signed_in
            }
            store_cases! { $engine, last_seen:
                it_is_loaded_and_listed_and_replaced
                it_is_no_change_of_the_session
                it_is_not_stored_without_its_session
                it_ends_with_its_session
                a_tombstone_has_the_network_and_the_country_of_the_last_client
                a_tombstone_of_a_mass_revocation_has_no_client
            }
            store_cases! { $engine, touches:
                activity_moves_forward_and_never_back
                what_does_not_exist_is_not_made_by_a_touch
                answers_come_in_the_order_of_the_touches
                two_touches_of_one_session_leave_the_later
                activity_is_no_event_and_no_change_of_the_record
                a_used_session_stays_past_its_first_idle_deadline
                a_list_writes_its_touches_before_it_looks
                a_create_writes_its_touches_before_it_evicts
                activity_reaches_every_bucket
            }
            store_cases! { $engine, update:
                the_record_is_replaced_with_an_event
                another_revision_is_a_conflict
                what_is_gone_stays_gone
                secret_and_clock_are_not_written
                another_owner_under_the_same_handle_is_a_collision
                a_record_over_8_kib_is_refused
            }
            store_cases! { $engine, rotation:
                a_token_gives_way_to_its_successor_with_one_event
                fifty_parallel_rotations_give_one_successor
                a_repeat_changes_nothing
                the_previous_token_is_accepted_until_its_grace_has_passed
                without_a_grace_the_previous_token_is_reused_at_once
                a_lost_response_is_not_repeated_once_the_successor_is_in_use
                a_policy_may_refuse_to_repeat_a_lost_response
                a_rotation_of_the_successor_shows_that_it_is_in_use
                a_token_of_any_depth_ends_the_session
                what_is_not_provably_a_former_token_changes_nothing
                nothing_ends_unless_the_presentation_says_so
                a_first_use_is_stored_once_and_is_no_event
                an_update_keeps_token_and_rotation
                an_update_may_replace_the_token_in_the_same_step
                a_replacement_depends_on_the_rotation_that_was_read
                what_is_over_is_not_rotated
                a_rotated_session_is_ended_by_a_mass_revocation
                a_rotation_does_not_move_a_session_past_a_mass_revocation
                the_other_sessions_of_the_user_stay
                a_touch_does_not_undo_a_rotation
            }
            store_cases! { $engine, sweeping:
                each_session_ends_with_its_own_reason_and_time
                what_is_live_is_left_alone
                a_second_sweep_finds_nothing
                one_bucket_is_swept_at_a_time
                no_more_users_are_looked_at_than_asked_and_the_rest_is_announced
                users_in_use_do_not_hide_those_who_are_over
            }
            store_cases! { $engine, outbox:
                every_change_is_one_event_in_the_order_of_the_changes
                events_bear_ids_derived_from_what_happened
                an_event_has_the_session_as_it_was
                what_changes_nothing_leaves_no_event
                events_wait_in_order_until_exactly_they_are_deleted
                each_bucket_gives_its_oldest_events
                the_backlog_has_the_number_and_age_of_pending_events
            }
            store_cases! { $engine, user_state:
                of_a_stranger_nothing_is_known
                a_login_is_remembered_with_the_next_version
                a_login_that_remembers_nothing_leaves_the_history_alone
                a_history_that_moved_on_stops_the_login_and_nothing_is_changed
                a_refusal_takes_precedence_over_a_history_conflict
                of_parallel_logins_at_one_version_one_is_remembered
                what_is_over_is_not_among_the_live_and_is_not_ended
                a_history_outlives_the_sessions_and_a_revocation
                a_compromised_session_is_taken_out_of_the_history_and_its_alerts_are_raised_again
                a_revoked_session_is_not_taken_out_of_the_history
                a_compromised_session_that_was_learned_from_is_taken_out_as_well
                everything_unconfirmed_goes_with_a_compromised_user
                a_login_at_home_stays_when_the_attack_seconds_later_is_objected_to_twice
                a_compromised_user_without_a_history_leaves_no_trace_of_one
                users_of_one_handle_do_not_get_to_know_each_other
            }
            store_cases! { $engine, answers:
                an_answer_of_the_user_is_recorded_and_ends_nothing
                a_stranger_loses_the_session_of_the_alert
                on_request_a_stranger_loses_every_session
                a_repeated_answer_changes_nothing_and_another_one_is_refused
                the_end_of_all_sessions_may_be_added_to_an_answer
                an_answer_to_a_history_that_moved_on_changes_nothing
                after_a_stranger_alerts_that_would_be_repeats_are_raised_again
                an_answer_about_a_session_that_is_over_is_recorded
                the_latest_16_answers_are_remembered_for_90_days
                of_an_erased_user_no_answer_is_remembered
                another_owner_under_the_same_handle_has_no_answers
            }
            store_cases! { $engine, failures:
                a_failure_is_recorded_with_its_event
                every_engine_counts_as_the_domain_does
                a_success_ends_the_count_and_returns_what_was_before
                the_state_before_a_sign_in_has_the_failures_of_its_user_and_its_network
                many_subjects_take_no_more_room_than_allowed_and_the_worst_stays
                outdated_records_go_with_later_failures
                a_finding_about_failures_raises_one_alert_and_repeats_are_counted
                a_finding_about_a_user_raises_one_alert_on_all_nodes_and_repeats_are_counted
                the_failures_of_a_user_can_be_removed
            }
            store_cases! { $engine, findings:
                a_login_raises_its_findings_in_their_order
                the_alerts_of_a_login_are_counted_without_those_that_are_not_raised
                a_refused_or_repeated_login_raises_nothing
                findings_within_the_dedup_window_are_counted_in_the_next_alert
                without_a_dedup_window_every_finding_is_an_alert
                a_clock_that_was_ahead_keeps_nothing_quiet_for_longer
                one_matter_does_not_silence_another
                an_eviction_alert_has_the_count_and_the_first_session
                a_replaced_session_is_not_an_evicted_one
                no_more_than_sixteen_findings_and_matters_are_kept
            }
            store_cases! { $engine, denylist:
                a_denied_jwt_is_found_with_the_time_of_its_expiry
                jwts_of_many_buckets_are_denied_and_found_in_one_call_each
                a_jwt_of_another_tenant_is_another_jwt
                a_later_expiry_extends_a_denial_and_an_earlier_one_changes_nothing
                a_jwt_that_has_expired_is_counted_and_not_stored
                a_denial_that_has_ended_can_be_made_again
                one_event_lists_what_a_call_has_changed
                the_event_has_the_ids_if_they_are_to_be_recorded
                a_full_bucket_refuses_one_more_until_denials_have_ended
                ended_denials_do_not_pile_up
                of_parallel_denials_the_latest_expiry_stays
                of_parallel_repeats_one_denies
            }
            store_cases! { $engine, races:
                a_login_proven_before_does_not_survive_revoking_all
                an_update_brings_nothing_back_that_was_revoked
                a_touch_brings_nothing_back_that_was_revoked
                a_rotation_brings_nothing_back_that_was_revoked
                of_rotation_and_reuse_at_once_one_comes_first
                a_login_proven_afterwards_survives_revoking_all_or_is_revoked_by_it
                of_two_parallel_updates_one_is_a_conflict
                of_many_parallel_revocations_one_ends_the_session
                a_repeated_operation_acts_once_however_parallel
                sweeping_and_signing_in_do_not_disturb_each_other
            }
            store_cases! { $engine, key_cleanup:
                nothing_is_left_after_everything_has_ended_and_drained
                what_a_mass_revocation_leaves_does_not_depend_on_the_sessions
                a_swept_user_who_comes_back_finds_no_trace_of_old_sessions
            }
            store_cases! { $engine, mutants:
                a_limit_that_is_read_first_does_not_hold
                a_rotation_that_is_read_first_gives_many_successors
                a_first_use_that_is_not_stored_hides_a_theft
            }
        }
    };
}

crate::engines::on_each_store! { store_suite! {} }
