//! A simulation for people: what would break first, by requests.

use std::io::{self, Write};

use policy::{Block, Kind, Outcome, Predicted, Shape, SourceLocation};
use printable::line;

use super::simulated::Simulated;

/// Shapes of a kind that are told; the rest is counted.
const MAX_LISTED_SHAPES: usize = 50;

pub(crate) fn write(simulated: &Simulated<'_>, output: &mut impl Write) -> io::Result<()> {
    head(simulated, output)?;
    let mut sorted: Vec<&Predicted<'_>> = simulated.predicted.iter().collect();
    sorted.sort_by_key(|one| {
        (
            std::cmp::Reverse(one.shape.passing()),
            std::cmp::Reverse(one.shape.count),
        )
    });
    let blocked = |one: &&&Predicted<'_>| matches!(one.outcome, Outcome::Blocked(_));
    let passes_today = |one: &&&Predicted<'_>| one.shape.passing() > 0;
    let newly: Vec<_> = sorted
        .iter()
        .filter(blocked)
        .filter(passes_today)
        .copied()
        .collect();
    section("would be blocked, and passes today", &newly, output)?;
    let still: Vec<_> = sorted
        .iter()
        .filter(blocked)
        .filter(|one| !passes_today(one))
        .copied()
        .collect();
    section("would stay blocked", &still, output)?;
    let mended: Vec<_> = sorted
        .iter()
        .filter(|one| matches!(one.outcome, Outcome::Allowed) && one.shape.blocked() > 0)
        .copied()
        .collect();
    section("would pass, and is blocked today", &mended, output)?;
    let hidden: Vec<_> = sorted
        .iter()
        .filter(|one| !one.hidden.is_empty())
        .copied()
        .collect();
    section(
        "would pass, but pages could not read headers that they read",
        &hidden,
        output,
    )?;
    let unknown: Vec<_> = sorted
        .iter()
        .filter(|one| matches!(one.outcome, Outcome::Unknown { .. }))
        .copied()
        .collect();
    section("cannot be told from the policy", &unknown, output)?;
    let uncovered: Vec<_> = sorted
        .iter()
        .filter(|one| matches!(one.outcome, Outcome::Uncovered))
        .copied()
        .collect();
    section("the policy is not about", &uncovered, output)?;
    assumed(simulated, output)?;
    unused(simulated, output)?;
    totals(simulated, output)
}

fn head(simulated: &Simulated<'_>, output: &mut impl Write) -> io::Result<()> {
    let shapes = simulated.shapes;
    write!(
        output,
        "{} ({})",
        line(&simulated.file),
        simulated.policy.form()
    )?;
    if !shapes.from.is_empty() {
        write!(
            output,
            ", against what was seen from {} to {}",
            line(&shapes.from),
            line(&shapes.to)
        )?;
    }
    writeln!(output)?;
    if !shapes.complete {
        writeln!(
            output,
            "  these are not all that were seen, only those of most requests"
        )?;
    }
    Ok(())
}

fn section(title: &str, predicted: &[&Predicted<'_>], output: &mut impl Write) -> io::Result<()> {
    if predicted.is_empty() {
        return Ok(());
    }
    writeln!(output, "\n{title}:")?;
    for one in predicted.iter().take(MAX_LISTED_SHAPES) {
        shape(one.shape, output)?;
        match &one.outcome {
            Outcome::Blocked(found) => block(found, output)?,
            Outcome::Unknown { reason, place } => {
                writeln!(output, "      {}{}", at(place.as_ref()), line(reason))?;
            }
            Outcome::Allowed if !one.hidden.is_empty() => {
                writeln!(
                    output,
                    "      not readable: {}",
                    line(&one.hidden.join(", "))
                )?;
                writeln!(
                    output,
                    "      fix (response): access-control-expose-headers: {}",
                    line(&one.hidden.join(", "))
                )?;
            }
            Outcome::Allowed | Outcome::Uncovered => {}
        }
    }
    match predicted.len().saturating_sub(MAX_LISTED_SHAPES) {
        0 => Ok(()),
        more => writeln!(output, "  and {more} more (--format json has all)"),
    }
}

fn shape(shape: &Shape, output: &mut impl Write) -> io::Result<()> {
    let count = shape.count;
    let noun = if count == 1 { "request" } else { "requests" };
    let today = match (shape.passing(), shape.blocked()) {
        (0, 0) => String::new(),
        (passing, 0) => format!(" ({passing} pass today)"),
        (passing, blocked) => format!(" ({passing} pass today, {blocked} are blocked)"),
    };
    let credentials = if shape.credentialed {
        " with credentials"
    } else {
        ""
    };
    writeln!(
        output,
        "  {count} {noun}{today}: {} {}{} from {}{credentials}",
        line(&shape.method),
        line(&shape.target_origin),
        line(&shape.endpoint),
        line(&shape.page_origin),
    )?;
    match shape.headers.as_deref() {
        Some([]) | None => Ok(()),
        Some(names) => writeln!(output, "      headers: {}", line(&names.join(", "))),
    }
}

fn block(block: &Block, output: &mut impl Write) -> io::Result<()> {
    let judgement = &block.verdict.judgement;
    let error = judgement.error.map_or("redirect", cors::CorsError::as_str);
    write!(output, "      {}{error}", at(block.place.as_ref()))?;
    if let Some(parameter) = judgement.parameter_text() {
        write!(output, " [{}]", line(parameter))?;
    }
    writeln!(output)?;
    for text in block.verdict.explanation.split('\n') {
        writeln!(output, "      {}", line(text))?;
    }
    for lost in &block.lost {
        writeln!(
            output,
            "      {}: {} is set here, but {}",
            lost.place,
            line(&lost.header),
            line(&lost.reason)
        )?;
    }
    for fix in &block.verdict.fix {
        writeln!(
            output,
            "      fix ({}): {}",
            fix.on.as_str(),
            line(&fix.to_string())
        )?;
    }
    Ok(())
}

fn at(place: Option<&SourceLocation>) -> String {
    place.map_or_else(String::new, |place| format!("{place}: "))
}

fn assumed(simulated: &Simulated<'_>, output: &mut impl Write) -> io::Result<()> {
    let mut all: Vec<(&str, u64)> = Vec::new();
    for one in &simulated.predicted {
        for assumed in &one.assumed {
            match all.iter_mut().find(|(other, _)| other == assumed) {
                Some((_, shapes)) => *shapes += 1,
                None => all.push((assumed, 1)),
            }
        }
    }
    if all.is_empty() {
        return Ok(());
    }
    writeln!(output, "\nassumed:")?;
    for (what, shapes) in all {
        writeln!(
            output,
            "  {} ({shapes} {})",
            line(what),
            shape_or_shapes(shapes)
        )?;
    }
    Ok(())
}

fn unused(simulated: &Simulated<'_>, output: &mut impl Write) -> io::Result<()> {
    if simulated.unused.is_empty() || simulated.predicted.is_empty() {
        return Ok(());
    }
    writeln!(
        output,
        "\nthe policy also gives what nothing seen here needs:"
    )?;
    for kind in Kind::ALL {
        for grant in simulated.unused.iter().filter(|grant| grant.kind == *kind) {
            writeln!(
                output,
                "  {}: {} `{}`",
                grant.place,
                kind.as_str(),
                line(&grant.value)
            )?;
        }
    }
    Ok(())
}

fn totals(simulated: &Simulated<'_>, output: &mut impl Write) -> io::Result<()> {
    let totals = &simulated.totals;
    let parts = [
        ("pass", totals.allowed),
        ("blocked", totals.blocked),
        ("cannot be told", totals.unknown),
        ("not covered", totals.uncovered),
    ];
    let words: Vec<String> = parts
        .iter()
        .filter(|(word, sum)| sum.shapes > 0 || matches!(*word, "pass" | "blocked"))
        .map(|(word, sum)| format!("{} {word} ({} requests)", sum.shapes, sum.requests))
        .collect();
    writeln!(
        output,
        "\n{} {}, {} requests: {}",
        totals.all.shapes,
        shape_or_shapes(totals.all.shapes),
        totals.all.requests,
        words.join(", ")
    )?;
    writeln!(
        output,
        "newly blocked: {} requests that pass today; newly allowed: {} requests that are blocked today",
        totals.newly_blocked.requests, totals.newly_allowed.requests
    )
}

const fn shape_or_shapes(count: u64) -> &'static str {
    if count == 1 { "shape" } else { "shapes" }
}
