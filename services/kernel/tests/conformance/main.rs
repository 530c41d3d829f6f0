//! What a store of events must hold to, on one server (R1) and on a cluster of three (R3).
//!
//! Every promise is a function of a [`rig::Rig`]; each is run on both, because the servers differ:
//! which check comes first, which error a conflict has, where a read is served.

#![expect(clippy::unwrap_used, reason = "a broken test should panic")]

mod rig;
mod tally;

mod acknowledgements;
mod answers;
mod batches;
mod copies;
mod cqrs;
mod damage;
mod facts;
mod followers;
mod groups;
mod histories;
mod in_memory;
mod openings;
mod parking;
mod policies;
mod races;
mod room;
mod sizes;
mod streams;
mod turns;

/// Runs each promise on one server and on a cluster of three.
macro_rules! on_one_and_on_three {
    ($($module:ident::$promise:ident),+ $(,)?) => {
        mod one_server {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $promise() -> anyhow::Result<()> {
                super::$module::$promise(&super::rig::Rig::of_one().await?).await
            })+
        }

        mod three_servers {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $promise() -> anyhow::Result<()> {
                super::$module::$promise(&super::rig::Rig::of_three().await?).await
            })+
        }
    };
}

on_one_and_on_three!(
    races::sixteen_writers_on_one_aggregate_lose_and_double_nothing,
    races::a_command_given_by_many_at_once_acts_once,
    races::a_key_used_for_another_request_is_noticed,
    facts::many_decisions_rest_on_all_that_was_acknowledged_of_one_aggregate,
    followers::many_who_follow_get_every_commit_in_order,
    followers::what_is_new_is_sent_once_however_many_follow,
    followers::what_is_held_of_a_history_that_the_stream_has_lost_is_given_to_nobody,
    followers::whoever_falls_behind_what_is_held_reads_by_itself,
    batches::one_stale_commit_does_not_fail_its_neighbours,
    batches::commits_that_belong_together_are_stored_or_refused_together,
    batches::a_subject_waits_for_its_turn,
    groups::many_that_take_a_number_at_once_are_one_commit_of_what_numbers_them,
    groups::a_refused_command_fails_alone_in_its_group,
    groups::a_refusal_of_a_group_is_never_founded_on_old_news,
    groups::a_command_that_panics_takes_no_neighbour_with_it,
    groups::more_than_a_commit_holds_are_divided,
    groups::two_processes_race_for_what_numbers_and_lose_and_double_nothing,
    groups::a_command_given_by_many_to_two_processes_takes_one_number,
    groups::who_waits_for_a_shared_aggregate_holds_up_nobody_on_its_own,
    groups::one_whose_own_aggregate_is_busy_holds_up_nobody,
    histories::a_refusal_is_never_founded_on_old_news,
    histories::a_cold_load_reads_a_long_history_in_order,
    histories::a_history_larger_than_a_page_is_read_to_its_end,
    histories::a_snapshot_spares_the_history_and_a_strange_one_is_ignored,
    histories::what_exists_is_never_taken_for_new,
    cqrs::the_framework_of_cqrs_es_runs_on_the_store,
    histories::a_slow_reader_gets_every_commit_in_order,
    histories::an_unknown_event_type_stops_the_aggregate_with_its_name,
    streams::a_stream_that_is_gone_is_never_read_as_one_without_commits,
    streams::a_stream_with_other_settings_is_an_error_that_names_them,
    streams::a_projection_of_a_stream_that_was_replaced_halts,
    streams::a_projection_with_nothing_to_take_halts_when_its_stream_is_replaced,
    streams::a_projection_that_has_come_further_than_the_stream_halts,
    streams::a_poisonous_commit_is_parked_and_the_rest_goes_on,
    streams::what_a_store_forgot_in_a_crash_is_taken_again,
);

mod one_server_only {
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_lost_acknowledgement_neither_loses_nor_doubles() -> anyhow::Result<()> {
        super::acknowledgements::a_lost_acknowledgement_neither_loses_nor_doubles().await
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_was_acknowledged_survives_a_killed_server() -> anyhow::Result<()> {
        super::acknowledgements::what_was_acknowledged_survives_a_killed_server().await
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_command_is_answered_at_its_deadline_and_not_carried_out_afterwards()
    -> anyhow::Result<()> {
        super::turns::a_command_is_answered_at_its_deadline_and_not_carried_out_afterwards().await
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_command_whose_facts_do_not_come_is_answered_at_its_deadline() -> anyhow::Result<()> {
        super::turns::a_command_whose_facts_do_not_come_is_answered_at_its_deadline().await
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_command_leaves_its_group_at_its_deadline_and_takes_no_number() -> anyhow::Result<()>
    {
        super::groups::a_command_leaves_its_group_at_its_deadline_and_takes_no_number().await
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_lost_acknowledgement_of_a_group_neither_loses_nor_doubles() -> anyhow::Result<()> {
        super::groups::a_lost_acknowledgement_of_a_group_neither_loses_nor_doubles().await
    }
}
