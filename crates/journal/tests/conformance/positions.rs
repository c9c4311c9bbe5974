//! Where a consumer starts, and what is remembered for it.

use journal::{AppendError, ConsumeError, Event};

use crate::lab::{Lab, Tail, append, offsets, record};

pub(crate) async fn a_consumer_that_comes_back_is_told_what_was_committed(lab: Lab) {
    let journal = lab.open().await;
    let appender = journal.appender().await.expect("an appender");
    append(&appender, 0, 0..10).await;
    let mut tail = Tail::started(&lab, &journal).await;
    assert_eq!(tail.committed, [None, None]);
    tail.records(10).await;
    tail.consumer.commit(0, 4).await.expect("committed");
    tail.consumer.commit(0, 7).await.expect("committed");
    drop(tail);
    let mut tail = Tail::started(&lab, &journal).await;
    assert_eq!(tail.committed, [Some(7), None]);
    assert_eq!(offsets(&tail.records(3).await), [7, 8, 9]);
    drop((tail, appender, journal));

    let journal = lab.open().await;
    let tail = Tail::join(&lab, &journal).await;
    assert_eq!(
        tail.committed,
        [Some(7), None],
        "also after the journal was closed"
    );
}

pub(crate) async fn a_started_partition_is_delivered_again_from_where_it_is_started_anew(lab: Lab) {
    let journal = lab.open().await;
    let appender = journal.appender().await.expect("an appender");
    append(&appender, 0, 0..300).await;
    append(&appender, 1, 0..5).await;
    let mut tail = Tail::started(&lab, &journal).await;
    for start in [0, 250, 3, 299, 100] {
        assert_eq!(tail.start(0, start).await, start);
        // In the middle of what waits: the rest of it must not come through.
        let mut delivered = Vec::new();
        while delivered.len() < 20.min(300 - start as usize) {
            match tail.event().await {
                Event::Record(consumed) if consumed.partition == 0 => {
                    delivered.push(consumed.offset);
                }
                Event::Record(_) | Event::CaughtUp { .. } => {}
                other => panic!("{other:?}"),
            }
        }
        let end = start + delivered.len() as u64;
        assert_eq!(delivered, (start..end).collect::<Vec<_>>());
    }
}

pub(crate) async fn nothing_is_delivered_of_a_partition_that_was_not_started(lab: Lab) {
    let journal = lab.open().await;
    let appender = journal.appender().await.expect("an appender");
    append(&appender, 0, 0..20).await;
    append(&appender, 1, 0..20).await;
    let mut tail = Tail::join(&lab, &journal).await;
    tail.start(1, 0).await;
    let delivered = tail.until_caught_up(1, 20).await;
    assert_eq!(offsets(&delivered), (0..20).collect::<Vec<_>>());
    assert!(delivered.iter().all(|consumed| consumed.partition == 1));
    // Each cursor is its own.
    tail.consumer.commit(1, 20).await.expect("committed");
    drop(tail);
    assert_eq!(Tail::join(&lab, &journal).await.committed, [None, Some(20)]);
}

pub(crate) async fn a_start_outside_the_log_is_moved_to_its_nearest_end(lab: Lab) {
    let journal = lab.open().await;
    let appender = journal.appender().await.expect("an appender");
    let mut tail = Tail::join(&lab, &journal).await;
    assert_eq!(tail.start(0, 7).await, 0, "an empty log has one position");
    append(&appender, 0, 0..10).await;
    assert_eq!(tail.start(0, 1_000_000).await, 10);
    append(&appender, 0, 10..11).await;
    assert_eq!(offsets(&tail.records(1).await), [10]);
}

pub(crate) async fn offsets_go_on_where_they_were_when_the_journal_is_opened_again(lab: Lab) {
    let mut epochs = Vec::new();
    for round in 0..3 {
        let journal = lab.open().await;
        epochs.push(journal.epoch());
        let appender = journal.appender().await.expect("an appender");
        let from = round * 10;
        let appended = append(&appender, 1, from..from + 10).await;
        let expected: Vec<_> = (u64::from(from)..u64::from(from) + 10).collect();
        assert_eq!(appended, expected);
        let mut tail = Tail::join(&lab, &journal).await;
        let ends = tail.consumer.end_offsets().await.expect("ends");
        assert_eq!(ends, [(0, 0), (1, u64::from(from) + 10)]);
        appender.close(crate::lab::SOON).await;
    }
    assert!(
        epochs.windows(2).all(|pair| pair[0] == pair[1]),
        "{epochs:?}"
    );
}

pub(crate) async fn what_does_not_exist_is_refused_by_name(lab: Lab) {
    let journal = lab.open().await;
    let appender = journal.appender().await.expect("an appender");
    let refused = appender.append(record(2, 0, 10)).await;
    assert!(
        matches!(
            refused,
            Err(AppendError::NoSuchPartition {
                partition: 2,
                partitions: 2
            })
        ),
        "{refused:?}"
    );
    let mut tail = Tail::join(&lab, &journal).await;
    let started = tail.consumer.start(2, 0).await;
    assert!(
        matches!(started, Err(ConsumeError::NotAssigned { partition: 2 })),
        "{started:?}"
    );
    let committed = tail.consumer.commit(9, 0).await;
    assert!(
        matches!(committed, Err(ConsumeError::NotAssigned { partition: 9 })),
        "{committed:?}"
    );
}
