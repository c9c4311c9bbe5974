//! Failures and replays in the words of incidents.

use incident::{Cause, Failing, Sighting};
use observation::Outcome;
use slo::Severity;
use store::{DiagnosisRow, Failure};

/// A failure, with the cause where a replay reproduced it.
pub(crate) fn sighting(
    failure: &Failure,
    diagnoses: &[DiagnosisRow],
    severity: Severity,
) -> Sighting {
    let diagnosis = DiagnosisRow::of(failure, diagnoses).filter(|row| row.is_reproduced());
    Sighting {
        service: failure.service.clone(),
        target_origin: failure.target_origin.clone(),
        endpoint: failure.endpoint.clone(),
        method: failure.method.clone(),
        page_origins: failure.page_origins.clone(),
        failing: failing(failure),
        stage: failure
            .stage
            .filter(|stage| *stage != observation::Stage::Unknown),
        count: failure.count,
        first_seen: failure.first_seen,
        last_seen: failure.last_seen,
        severity,
        suspicious: false,
        cause: diagnosis.map(cause),
    }
}

fn failing(failure: &Failure) -> Failing {
    match (failure.kind, failure.outcome) {
        (observation::Kind::HeaderRead, _) => Failing::HeaderRead,
        (observation::Kind::Preflight, _) | (_, Outcome::Blocked) => Failing::Blocked,
        _ => Failing::Unknown,
    }
}

/// What a replay that reproduced a failure showed.
pub(crate) fn cause(row: &DiagnosisRow) -> Cause {
    let fix = row.fixes.first();
    let header = fix.filter(|fix| !fix.header.is_empty());
    Cause {
        app: row.signature.app.clone(),
        cause: row.cause.clone(),
        parameter: row.parameter.clone(),
        stage: row.stage,
        explanation: format!("{} {}", row.explanation, row.detail)
            .trim()
            .to_owned(),
        header: header
            .map(|fix| format!("{}: {}", fix.header, fix.value))
            .unwrap_or_default(),
        fix: fix.map(|fix| fix.change.clone()).unwrap_or_default(),
        replayed: format!(
            "{} {} from {}",
            row.signature.method, row.url, row.signature.page_origin
        ),
        at: row.at,
        offending: row
            .offending
            .iter()
            .map(|line| (line.name.to_ascii_lowercase(), line.value.clone()))
            .collect(),
        changes: row
            .changes
            .iter()
            .map(crate::attributes::header_change)
            .collect(),
    }
}
