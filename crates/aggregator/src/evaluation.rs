//! What a judgement means for the alert of its rule.

use alert::{Evaluation, Severity};
use slo::{Data, Judgement};

/// What the alert's state machine is told. `wanted` is how urgent the alert would be; none while a page
/// of the same objective and group fires, because a ticket about the same is not news before that is over.
pub(crate) fn of(judgement: &Judgement, wanted: Option<Severity>) -> Evaluation {
    if judgement.exceeded() {
        wanted.map_or(Evaluation::Smouldering, Evaluation::Exceeded)
    } else if judgement.still_burning {
        Evaluation::Smouldering
    } else if judgement.data == Data::Missing {
        Evaluation::NoData
    } else {
        Evaluation::Calm
    }
}
