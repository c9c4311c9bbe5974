//! The loader's watermark of a quiet partition rests on this.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use journal::Event;
use runtime::Clock;

use crate::lab::{Lab, Tail, record};

pub(crate) async fn caught_up_means_that_everything_acknowledged_before_was_delivered(lab: Lab) {
    let journal = lab.open().await;
    let appender = journal.appender().await.expect("an appender");
    let clock = Clock::system();
    // When which offset was acknowledged.
    let acknowledged = Arc::new(Mutex::new(Vec::new()));
    let writer = async {
        for number in 0..300 {
            let appended = appender
                .append(record(0, number, 100))
                .await
                .expect("durable");
            let at = clock.now();
            acknowledged
                .lock()
                .expect("not poisoned")
                .push((at, appended.offset.expect("in the log")));
            if number % 10 == 9 {
                // Lets the reader run dry in between; not a wait for anything.
                tokio::time::sleep(Duration::from_millis(60)).await;
            }
        }
    };
    let mut tail = Tail::join(&lab, &journal).await;
    tail.start(0, 0).await;
    let reader = async {
        let (mut next, mut looks) = (0, 0);
        loop {
            match tail.event().await {
                Event::Record(consumed) => next = consumed.offset + 1,
                Event::CaughtUp {
                    partition: 0,
                    next_offset,
                    at,
                } => {
                    assert_eq!(next_offset, next, "everything below it was delivered");
                    for (when, offset) in &*acknowledged.lock().expect("not poisoned") {
                        assert!(
                            *when >= at || *offset < next,
                            "{offset} was acknowledged at {when:?}, before {at:?}, and not delivered"
                        );
                    }
                    looks += 1;
                    if next == 300 {
                        return looks;
                    }
                }
                other => panic!("{other:?}"),
            }
        }
    };
    let ((), looks) = tokio::join!(writer, reader);
    assert!(looks > 1, "it was caught up in between as well");
}

pub(crate) async fn an_empty_partition_is_caught_up_again_and_again(lab: Lab) {
    let journal = lab.open().await;
    let mut tail = Tail::started(&lab, &journal).await;
    let started = Clock::system().now();
    let mut times = [Vec::new(), Vec::new()];
    while times.iter().any(|times| times.len() < 3) {
        match tail.event().await {
            Event::CaughtUp {
                partition,
                next_offset: 0,
                at,
            } => {
                times[partition as usize].push(at);
            }
            other => panic!("{other:?}"),
        }
    }
    let allowance = lab.config.kafka.clock_allowance.as_millis();
    for times in times {
        assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "{times:?}");
        assert!(
            times[0] >= started.plus(-allowance - 1000),
            "{times:?} since {started:?}"
        );
        let apart = times[2].0 - times[0].0;
        assert!(
            apart < 30_000,
            "about twice a second, even on a busy machine: {apart} ms"
        );
    }
}
