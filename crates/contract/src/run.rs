//! Asks the server and judges what it says.

use runtime::Causes as _;
use std::time::Duration;

use browse::{BrowsePolicy, CallError, Client, Ending, Methods, Values, Walk, browse};
use cors::Stage;
use findings::{Finding, SourceLocation};
use futures::StreamExt as _;
use tokio::time::Instant;

use crate::case::{Case, Reach};
use crate::judge::{ServerAnswer, judge};
use crate::rules;

/// Carries out the cases of a file, `jobs` at a time; the results stand in the order of the cases.
pub async fn run(client: &Client, file: &str, cases: &[Case], jobs: usize) -> Vec<findings::Case> {
    futures::stream::iter(cases)
        .map(|case| check(client, file, case))
        .buffered(jobs.max(1))
        .collect()
        .await
}

async fn check(client: &Client, file: &str, case: &Case) -> findings::Case {
    let manner = BrowsePolicy {
        methods: match case.reach {
            Reach::Whole => Methods::Any,
            Reach::PreflightOnly => Methods::Safe,
        },
        values: Values::Known,
    };
    let started = Instant::now();
    let walk = browse(client, &case.request, manner).await;
    findings::Case {
        name: case.name.clone(),
        place: SourceLocation {
            file: file.to_owned(),
            line: case.line,
        },
        took: started.elapsed(),
        findings: found(case, walk),
        suppressed: Vec::new(),
    }
}

fn found(case: &Case, walk: Walk) -> Vec<Finding> {
    let preflight_took = preflight_took(&walk);
    let seen = ServerAnswer {
        exchange: walk.exchange,
        preflight_took,
    };
    match walk.ending {
        Ending::Failed { stage, error, .. } => vec![failed(stage, &error, &seen)],
        Ending::Decided | Ending::Withheld { .. } => judge(case, &seen),
    }
}

/// From the request to the end of the answer's head: what the server can change.
fn preflight_took(walk: &Walk) -> Option<Duration> {
    let first = walk.steps.first()?;
    (first.stage == Stage::Preflight).then_some(first.timing.answer)
}

fn failed(stage: Stage, error: &CallError, seen: &ServerAnswer) -> Finding {
    let (rule, text) = match error {
        CallError::Refused(refusal) => (
            rules::TARGET_REFUSED,
            format!(
                "refused by the rule `{}`: {}{}",
                refusal.rule(),
                error.with_causes(),
                refusal.way_out()
            ),
        ),
        _ => (rules::NO_ANSWER, error.with_causes().to_string()),
    };
    let what = match stage {
        Stage::Preflight => "the preflight",
        _ => "the request",
    };
    Finding::new(rule, format!("{what} has no answer: {text}"))
        .shown_by(explain::transcript(&seen.exchange))
}
