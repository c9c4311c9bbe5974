//! `corswatch simulate`: what a policy would block of what browsers were seen to ask.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;
use policy::{Options, Totals, Upstream};
use printable::Notation;

use super::simulated::Simulated;
use super::{file, json, seen, text};
use crate::cli::{Format, Simulate};
use crate::exit::Failure;
use crate::output::stdout;

/// Predicts. What cannot be read is reported by line; the rest is answered all the same.
pub(crate) fn run(args: &Simulate) -> Result<ExitCode, Failure> {
    let (policy, mut unread) = file::read(&args.policy, args.form, &args.allow_includes)?;
    let (shapes, bad) = seen::shapes(&args.seen)?;
    unread += bad;
    let options = Options {
        samples: args.samples.clone(),
        hosts: args.hosts.clone(),
        upstream: Upstream {
            preflight: args.upstream_preflight.map(|status| cors::Answer {
                status,
                ..cors::Answer::default()
            }),
            response: None,
        },
    };
    let predicted = policy::simulate(&policy, &shapes.shapes, &options);
    let totals = Totals::of(&predicted);
    let simulated = Simulated {
        file: args.policy.display().to_string(),
        unused: policy::unused(&policy.grants(), &predicted),
        policy: &policy,
        shapes: &shapes,
        predicted,
        totals,
    };
    let (mut output, written);
    match args.format {
        Format::Text => {
            output = stdout(Notation::Text);
            written = text::write(&simulated, &mut output);
        }
        Format::Json => {
            output = stdout(Notation::Json);
            written = json::write(&simulated, &mut output);
        }
    }
    written
        .and_then(|()| output.flush())
        .context("writing the prediction")?;
    Ok(match (unread, totals.newly_blocked.shapes) {
        (0, 0) => ExitCode::SUCCESS,
        (0, _) => ExitCode::from(1),
        _ => ExitCode::from(2),
    })
}
