//! What is refused, and how.

use journal::{AppendError, Health};

use crate::lab::{Lab, SOON, append, record};

pub(crate) async fn a_record_that_is_too_large_is_refused_and_the_largest_is_taken(lab: Lab) {
    let journal = lab.open().await;
    let appender = journal.appender().await.expect("an appender");
    let limit = lab.config.max_record.as_usize();
    let refused = appender.append(record(0, 0, limit + 1)).await;
    assert!(
        matches!(refused, Err(AppendError::TooLarge { limit: told }) if told == limit),
        "{refused:?}"
    );
    appender.append(record(0, 1, limit)).await.expect("taken");
    let errors = "corswatch_journal_append_errors_total{reason=\"TooLarge\"}";
    assert_eq!(lab.metric(errors), 1);
    assert_eq!(lab.metric("corswatch_journal_appended_records_total"), 1);
}

pub(crate) async fn nothing_is_taken_after_the_close(lab: Lab) {
    let journal = lab.open().await;
    let appender = journal.appender().await.expect("an appender");
    append(&appender, 0, 0..3).await;
    appender.close(SOON).await;
    // Twice does no harm.
    appender.close(SOON).await;
    let refused = appender.append(record(0, 3, 10)).await;
    assert!(matches!(refused, Err(AppendError::Closed)), "{refused:?}");
}

pub(crate) async fn a_journal_that_takes_records_is_ready_and_a_closed_one_is_not(lab: Lab) {
    let journal = lab.open().await;
    let appender = journal.appender().await.expect("an appender");
    append(&appender, 0, 0..1).await;
    assert_eq!(appender.health(), Health::Ready);
    assert_eq!(lab.metric("corswatch_journal_ready"), 1);
    appender.close(SOON).await;
    assert!(!appender.health().is_ready());
    assert_eq!(lab.metric("corswatch_journal_ready"), 0);
}
