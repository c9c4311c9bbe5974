//! Repair: change the exchange by the least step that answers the engine's objection, until it has
//! none.

use cors::{Exchange, Judgement, Ruling, Stage};

use super::bench::{Bench, Repair};
use super::change::FixTarget;
use super::{access, address, preflight};
use crate::reason::{self, Reason, Source};

/// More objections than this have no end: every hop has its own, in both of its answers.
const MAX_STEPS: usize = 400;

/// The least changes after which an exchange passes that is judged like this; `None` where it is not
/// blocked, or where no change of answers helps.
pub(crate) fn repair(
    exchange: &Exchange,
    source: Source,
    judged: (&Judgement, Option<Reason>),
) -> Option<Repair> {
    if judged.0.ruling != Ruling::Blocked {
        return None;
    }
    let mut bench = Bench::new(exchange, source);
    let mut judged = judged;
    let mut again;
    for _ in 0..MAX_STEPS {
        let (judgement, reason) = judged;
        match judgement.ruling {
            Ruling::Allowed => return Some(bench.finish()),
            Ruling::Incomplete => bench.supply(judgement),
            Ruling::Blocked => {
                let before = bench.progress();
                answer_objection(&mut bench, judgement, reason.unwrap_or(Reason::Unknown));
                if bench.progress() == before {
                    return None;
                }
            }
        }
        again = reason::decide(&bench.exchange, source);
        judged = (&again.0, again.1);
    }
    None
}

/// Changes the exchange so that this objection is gone.
fn answer_objection(bench: &mut Bench, judgement: &Judgement, reason: Reason) {
    if reason == Reason::MixedContent {
        return address::mixed_content(bench, judgement);
    }
    match (judgement.error, judgement.stage) {
        (None, Some(Stage::Preflight)) => preflight::status(bench, judgement),
        (None, stage) => address::bad_redirect(bench, judgement, stage),
        (Some(error), Some(Stage::Preflight)) => preflight::mend(bench, judgement, error),
        (Some(error), Some(Stage::Response)) => {
            access::mend(bench, judgement, error, FixTarget::Response);
        }
        (Some(error), _) => address::mend(bench, judgement, error),
    }
}
