//! A simulation for programs. Members are added, never renamed.

use std::io::{self, Write};

use policy::{Change, Outcome, Predicted, SourceLocation, Sum};
use serde_json::{Value, json};

use super::simulated::Simulated;

pub(crate) fn write(simulated: &Simulated<'_>, output: &mut impl Write) -> io::Result<()> {
    let totals = &simulated.totals;
    let unused = simulated.unused.iter().map(|grant| {
        json!({"kind": grant.kind.as_str(), "value": grant.value, "file": &*grant.place.file, "line": grant.place.line})
    });
    let value = json!({
        "policy": simulated.file,
        "form": simulated.policy.form().as_str(),
        "app": simulated.shapes.app,
        "from": simulated.shapes.from,
        "to": simulated.shapes.to,
        "complete": simulated.shapes.complete,
        "totals": {
            "all": sum(totals.all),
            "allowed": sum(totals.allowed),
            "blocked": sum(totals.blocked),
            "newly_blocked": sum(totals.newly_blocked),
            "newly_allowed": sum(totals.newly_allowed),
            "unknown": sum(totals.unknown),
            "uncovered": sum(totals.uncovered),
            "hidden": sum(totals.hidden),
        },
        "shapes": simulated.predicted.iter().map(shape).collect::<Vec<_>>(),
        "unused": unused.collect::<Vec<_>>(),
    });
    writeln!(output, "{value:#}")
}

fn sum(sum: Sum) -> Value {
    json!({"shapes": sum.shapes, "requests": sum.requests})
}

fn shape(predicted: &Predicted<'_>) -> Value {
    let mut value = serde_json::to_value(predicted.shape).unwrap_or_default();
    value["passing"] = json!(predicted.shape.passing());
    value["change"] = json!(match predicted.change() {
        Change::NewlyBlocked => "newly_blocked",
        Change::NewlyAllowed => "newly_allowed",
        Change::None => "none",
    });
    value["assumed"] = json!(predicted.assumed);
    value["hidden"] = json!(predicted.hidden);
    match &predicted.outcome {
        Outcome::Allowed => value["prediction"] = json!("allowed"),
        Outcome::Uncovered => value["prediction"] = json!("uncovered"),
        Outcome::Unknown { reason, place } => {
            value["prediction"] = json!("unknown");
            value["reason"] = json!(reason);
            placed(&mut value, place.as_ref());
        }
        Outcome::Blocked(block) => {
            let judgement = &block.verdict.judgement;
            value["prediction"] = json!("blocked");
            value["stage"] = json!(judgement.stage.map(cors::Stage::as_str));
            value["error"] = json!(judgement.error.map(cors::CorsError::as_str));
            value["parameter"] = json!(judgement.parameter_text());
            value["explanation"] = json!(block.verdict.explanation);
            value["fix"] = json!(block.verdict.fix);
            let lost = block.lost.iter().map(|lost| {
                json!({"header": lost.header, "reason": lost.reason, "file": &*lost.place.file, "line": lost.place.line})
            });
            value["lost"] = lost.collect();
            placed(&mut value, block.place.as_ref());
        }
    }
    value
}

fn placed(value: &mut Value, place: Option<&SourceLocation>) {
    if let Some(place) = place {
        value["file"] = json!(&*place.file);
        value["line"] = json!(place.line);
    }
}
