//! What a policy in a text answers, as one line.

mod asked;

use policy::{Form, Policy, Prediction, Rest, Source};

pub(crate) fn source<'a>(name: &'a str, text: &'a str) -> Source<'a> {
    Source {
        name,
        text,
        load: &|name| Err(format!("{name} is not here")),
    }
}

pub(crate) fn read(form: Form, text: &str) -> (Policy, Vec<String>) {
    let (policy, problems) = Policy::read(form, &source("file", text));
    (policy, problems.iter().map(ToString::to_string).collect())
}

/// What is answered to `METHOD URL ORIGIN [HEADER,..]`; with `?METHOD` it is a preflight for it.
pub(crate) fn answer(policy: &Policy, what: &str) -> String {
    match asked::predicted(policy, what, Rest::Absent) {
        Prediction::Uncovered => "uncovered".to_owned(),
        Prediction::Unknown { reason, .. } => format!("unknown: {reason}"),
        Prediction::Response(told) => {
            let mut lines: Vec<String> = told
                .lines
                .iter()
                .map(|line| {
                    let name = line
                        .name
                        .to_ascii_lowercase()
                        .replace("access-control-", "");
                    format!(" {name}={}", line.value)
                })
                .collect();
            lines.sort();
            format!("{}{}", told.status, lines.concat())
        }
    }
}

pub(crate) fn check(form: Form, text: &str, cases: &[(&str, &str)]) {
    let (policy, problems) = read(form, text);
    assert_eq!(problems, Vec::<String>::new(), "{text}");
    for (what, expected) in cases {
        assert_eq!(answer(&policy, what), *expected, "{what}\n{text}");
    }
}
