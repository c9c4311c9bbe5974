//! What every journal promises, tried on each of them: a file, a topic of a real broker, and such a
//! topic behind a spool.

mod broker;
mod caught_up;
mod delivery;
mod file;
mod lab;
mod limits;
mod positions;
mod salvage;
mod secure;
mod spool;

/// Makes of each case a test for each kind of journal.
macro_rules! conformance {
    ($($module:ident: $($case:ident)+;)+) => {
        mod disk {
            $($(
                #[tokio::test(flavor = "multi_thread")]
                async fn $case() {
                    let lab = crate::lab::Lab::new(journal::Kind::Disk, stringify!($case)).await;
                    crate::$module::$case(lab).await;
                }
            )+)+
        }
        mod kafka {
            $($(
                #[tokio::test(flavor = "multi_thread")]
                async fn $case() {
                    let lab = crate::lab::Lab::new(journal::Kind::Kafka, stringify!($case)).await;
                    crate::$module::$case(lab).await;
                }
            )+)+
        }
        mod spooling {
            $($(
                #[tokio::test(flavor = "multi_thread")]
                async fn $case() {
                    let lab = crate::lab::Lab::spooling(stringify!($case)).await;
                    crate::$module::$case(lab).await;
                }
            )+)+
        }
    };
}

conformance! {
    delivery:
        everything_acknowledged_is_delivered_once_and_in_order
        keys_and_payloads_of_any_permitted_size_arrive_as_they_were_sent
        a_slow_consumer_bounds_what_is_read_ahead_and_loses_nothing
        an_append_that_nobody_waits_for_any_more_harms_no_other
        what_was_acknowledged_before_the_close_is_there_after_it;
    positions:
        a_consumer_that_comes_back_is_told_what_was_committed
        a_started_partition_is_delivered_again_from_where_it_is_started_anew
        nothing_is_delivered_of_a_partition_that_was_not_started
        a_start_outside_the_log_is_moved_to_its_nearest_end
        offsets_go_on_where_they_were_when_the_journal_is_opened_again
        what_does_not_exist_is_refused_by_name;
    caught_up:
        caught_up_means_that_everything_acknowledged_before_was_delivered
        an_empty_partition_is_caught_up_again_and_again;
    limits:
        a_record_that_is_too_large_is_refused_and_the_largest_is_taken
        nothing_is_taken_after_the_close
        a_journal_that_takes_records_is_ready_and_a_closed_one_is_not;
}
