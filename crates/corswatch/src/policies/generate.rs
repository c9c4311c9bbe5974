//! `corswatch generate`: the least permissive policy that lets pass what browsers were seen to ask.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;
use policy::Shapes;
use printable::Notation;

use super::seen;
use crate::cli::Generate;
use crate::exit::Failure;
use crate::output::stdout;

/// Writes the policy to standard output, and what it leaves out to standard error.
pub(crate) fn run(args: &Generate) -> Result<ExitCode, Failure> {
    let (mut shapes, unread) = seen::shapes(&args.seen)?;
    if !args.page_origins.is_empty() {
        let wanted = |origin: &str| {
            args.page_origins
                .iter()
                .any(|wanted| wanted.as_str() == origin)
        };
        shapes.shapes.retain(|shape| wanted(&shape.page_origin));
    }
    if shapes.shapes.is_empty() {
        return Err(Failure::Input(
            "no request was seen: there is nothing to write a policy from".to_owned(),
        ));
    }
    let generated = policy::generate(args.form, &shapes.shapes, &heading(&shapes));
    let mut output = stdout(Notation::Text);
    output
        .write_all(generated.text.as_bytes())
        .and_then(|()| output.flush())
        .context("writing the policy")?;
    for note in &generated.notes {
        complain!("{}", printable::line(note));
    }
    let unknown = shapes
        .shapes
        .iter()
        .filter(|shape| shape.headers.is_none())
        .count();
    if unknown > 0 {
        complain!(
            "the names of request headers are not known for {unknown} shapes: the policy lets them pass without any"
        );
    }
    for (shape, reason) in &generated.left_out {
        let (method, endpoint) = (&shape.method, &shape.endpoint);
        let (target, page) = (&shape.target_origin, &shape.page_origin);
        let left_out = format!("{method} {target}{endpoint} from {page}: {reason}");
        complain!("left out: {}", printable::line(&left_out));
    }
    Ok(if unread == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(2)
    })
}

fn heading(shapes: &Shapes) -> Vec<String> {
    let requests: u64 = shapes.shapes.iter().map(|shape| shape.count).sum();
    let passing: u64 = shapes.shapes.iter().map(policy::Shape::passing).sum();
    let mut heading = vec![format!(
        "The least that lets pass what was seen: {} shapes, {requests} requests, of which {passing} pass today.",
        shapes.shapes.len()
    )];
    if !shapes.from.is_empty() {
        heading.push(format!("Requests from {} to {}.", shapes.from, shapes.to));
    }
    if !shapes.complete {
        heading.push("These are not all that were seen, only those of most requests.".to_owned());
    }
    heading
}
