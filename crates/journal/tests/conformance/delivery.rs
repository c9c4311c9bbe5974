//! What goes in comes out.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;

use crate::lab::{Lab, Tail, append, record};

pub(crate) async fn everything_acknowledged_is_delivered_once_and_in_order(lab: Lab) {
    const CALLERS: u32 = 32;
    const EACH: u32 = 50;
    let journal = lab.open().await;
    let appender = journal.appender().await.expect("an appender");
    let mut tail = Tail::started(&lab, &journal).await;

    let callers = (0..CALLERS).map(|caller| {
        let appender = Arc::clone(&appender);
        async move {
            let mut acknowledged = Vec::new();
            for number in caller * EACH..(caller + 1) * EACH {
                let partition = number % 2;
                let appended = appender.append(record(partition, number, 700)).await;
                let appended = appended.expect("durable");
                let offset = appended.offset.expect("in the log");
                acknowledged.push(((partition, offset), number));
            }
            acknowledged
        }
    });
    let total = (CALLERS * EACH) as usize;
    let (acknowledged, delivered) =
        tokio::join!(futures::future::join_all(callers), tail.records(total));

    let acknowledged: BTreeMap<_, _> = acknowledged.into_iter().flatten().collect();
    assert_eq!(acknowledged.len(), total, "no position was given twice");
    let mut next = [0, 0];
    for consumed in &delivered {
        let expected = &mut next[consumed.partition as usize];
        assert_eq!(
            consumed.offset, *expected,
            "without gaps in partition {}",
            consumed.partition
        );
        *expected += 1;
        let number = acknowledged[&(consumed.partition, consumed.offset)];
        let sent = record(consumed.partition, number, 700);
        assert_eq!((consumed.key, &consumed.payload), (sent.key, &sent.payload));
    }
}

pub(crate) async fn keys_and_payloads_of_any_permitted_size_arrive_as_they_were_sent(lab: Lab) {
    let journal = lab.open().await;
    let appender = journal.appender().await.expect("an appender");
    let largest = lab.config.max_record.as_usize();
    let sizes = [0, 1, 11, 4095, 4096, 70_000, largest - 1, largest];
    for (number, size) in (0..).zip(sizes) {
        appender
            .append(record(1, number, size))
            .await
            .expect("durable");
    }
    let mut tail = Tail::started(&lab, &journal).await;
    let delivered = tail.records(sizes.len()).await;
    for ((number, size), consumed) in (0..).zip(sizes).zip(delivered) {
        let sent = record(1, number, size);
        assert_eq!(consumed.key, sent.key, "{size}");
        assert!(consumed.payload == sent.payload, "{size} bytes differ");
        assert!(
            consumed.append_time.0 > 1_700_000_000_000,
            "{:?}",
            consumed.append_time
        );
    }
}

pub(crate) async fn a_slow_consumer_bounds_what_is_read_ahead_and_loses_nothing(lab: Lab) {
    const SIZE: usize = 64 << 10;
    const COUNT: u32 = 400;
    let journal = lab.open().await;
    let appender = journal.appender().await.expect("an appender");
    let mut tail = Tail::join(&lab, &journal).await;
    tail.start(0, 0).await;
    let appends: FuturesUnordered<_> = (0..COUNT)
        .map(|number| appender.append(record(0, number, SIZE)))
        .collect();
    let appended: Vec<_> = appends.collect().await;
    assert!(appended.iter().all(Result::is_ok));

    // Nobody has asked for a record so far; what was handed over waits in memory.
    let consumed = || lab.metric("corswatch_journal_consumed_records_total");
    let bound = (lab.config.read_ahead.as_usize() + (3 << 20)) / SIZE;
    testkit::wait_until("something is read ahead", crate::lab::SOON, || async {
        consumed() > 0
    })
    .await;
    // Longer than a consumer waits before it pauses fetching.
    let mut delivered = Vec::new();
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(700)).await;
        let waiting = consumed() as usize - delivered.len();
        assert!(
            waiting <= bound,
            "{waiting} records wait, at most {bound} should"
        );
        delivered.extend(tail.records(40).await);
    }
    delivered.extend(tail.records(COUNT as usize - delivered.len()).await);
    let offsets: Vec<_> = delivered.iter().map(|consumed| consumed.offset).collect();
    assert_eq!(offsets, (0..u64::from(COUNT)).collect::<Vec<_>>());
}

pub(crate) async fn an_append_that_nobody_waits_for_any_more_harms_no_other(lab: Lab) {
    let journal = lab.open().await;
    let appender = journal.appender().await.expect("an appender");
    for number in 0..50 {
        let mut abandoned = Box::pin(appender.append(record(0, number, 100)));
        // Polled once: it is queued, and then its caller goes away.
        assert!(futures::poll!(&mut abandoned).is_pending());
    }
    let last = append(&appender, 0, 1000..1001).await[0];
    let mut tail = Tail::started(&lab, &journal).await;
    let delivered = tail.until_caught_up(0, last + 1).await;
    let offsets = crate::lab::offsets(&delivered);
    assert_eq!(offsets, (0..=last).collect::<Vec<_>>(), "without gaps");
    assert_eq!(delivered.last().expect("one").key, record(0, 1000, 0).key);
}

pub(crate) async fn what_was_acknowledged_before_the_close_is_there_after_it(lab: Lab) {
    let journal = lab.open().await;
    let appender = journal.appender().await.expect("an appender");
    let appends: FuturesUnordered<_> = (0..500)
        .map(|number| {
            let appender = Arc::clone(&appender);
            async move { (number, appender.append(record(0, number, 700)).await) }
        })
        .collect();
    let appends = appends.collect::<Vec<_>>();
    let close = async {
        tokio::task::yield_now().await;
        appender.close(crate::lab::SOON).await;
    };
    let (results, ()) = tokio::join!(appends, close);
    let acknowledged: BTreeMap<_, _> = results
        .into_iter()
        .filter_map(|(number, appended)| Some((appended.ok()?.offset?, number)))
        .collect();
    assert_eq!(acknowledged.len(), 500, "all were queued before the close");
    drop((appender, journal));

    let journal = lab.open().await;
    let mut tail = Tail::started(&lab, &journal).await;
    for consumed in tail.records(500).await {
        assert_eq!(
            consumed.key,
            record(0, acknowledged[&consumed.offset], 0).key
        );
    }
}
