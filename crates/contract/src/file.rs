//! A contract from its file.

use std::collections::HashMap;
use std::ops::Range;

use serde::Deserialize as _;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use crate::case::Case;
use crate::expand::{MOST_CASES, Options, expand};
use crate::problem::{Lines, Problem};
use crate::written::{Defaults, RawRequest};

/// What a file holds.
#[derive(Debug, Clone, Default)]
pub struct Contract {
    /// Its requests, matrices written out.
    pub cases: Vec<Case>,
    /// What cannot be read, by line.
    pub problems: Vec<Problem>,
}

/// Reads a contract. Everything that can be read counts, whatever else is wrong in the file.
#[must_use]
pub fn read(text: &str, options: &Options) -> Contract {
    let lines = Lines(text);
    let (root, errors) = DeTable::parse_recoverable(text);
    let mut contract = Contract::default();
    if !errors.is_empty() {
        // After a syntax error keys may have gone to the wrong table: no request can be trusted.
        contract.problems = errors.iter().map(|e| lines.problem(e, &(0..0))).collect();
        contract.problems.sort();
        return contract;
    }
    let span = root.span();
    let mut table = root.into_inner();
    let requests = table.remove("request").map(Spanned::into_inner);
    let defaults = match Defaults::deserialize(deserializer(table, span.clone())) {
        Ok(defaults) => defaults,
        Err(error) => {
            let mut problem = lines.problem(&error, &span);
            problem.reason = with_requests(problem.reason);
            contract.problems.push(problem);
            return contract;
        }
    };
    match requests {
        Some(DeValue::Array(requests)) => {
            for request in requests {
                read_request(request, &defaults, lines, options, &mut contract);
            }
        }
        Some(_) => contract.problems.push(Problem {
            line: 1,
            reason: "`request` is a list of tables: write each as `[[request]]`".to_owned(),
        }),
        None => contract.problems.push(Problem {
            line: 1,
            reason: "there is no `[[request]]`".to_owned(),
        }),
    }
    names_are_unique(&mut contract);
    contract.problems.sort();
    contract
}

/// Requests are read by themselves, so that the reader of the rest does not know of them.
fn with_requests(reason: String) -> String {
    let Some(rest) = reason.strip_prefix("unknown field `") else {
        return reason;
    };
    let name = rest.split('`').next().unwrap_or_default().to_lowercase();
    let hint = if name.contains("request") || name.contains("case") || name.contains("test") {
        "; did you mean `[[request]]`?"
    } else {
        ""
    };
    format!("{reason}, and requests as `[[request]]`{hint}")
}

fn deserializer(table: DeTable<'_>, span: Range<usize>) -> ValueDeserializer<'_> {
    ValueDeserializer::from(Spanned::new(span, DeValue::Table(table)))
}

fn read_request(
    request: Spanned<DeValue<'_>>,
    defaults: &Defaults,
    lines: Lines<'_>,
    options: &Options,
    contract: &mut Contract,
) {
    let span = request.span();
    let written = match RawRequest::deserialize(ValueDeserializer::from(request)) {
        Ok(written) => written,
        Err(error) => return contract.problems.push(lines.problem(&error, &span)),
    };
    let room = MOST_CASES - contract.cases.len();
    match expand(&written, &span, defaults, lines, options, room) {
        Ok(mut cases) => contract.cases.append(&mut cases),
        Err(problem) => contract.problems.push(problem),
    }
}

/// Two cases of one name would be one to whoever follows them over time.
fn names_are_unique(contract: &mut Contract) {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let mut problems = Vec::new();
    for case in &contract.cases {
        if let Some(line) = seen.insert(&case.name, case.line) {
            problems.push(Problem {
                line: case.line,
                reason: format!(
                    "the request in line {line} has the same name: `{}`",
                    case.name
                ),
            });
        }
    }
    contract.problems.append(&mut problems);
}
