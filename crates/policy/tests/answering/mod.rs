//! What a policy in a text answers, as one line.

use policy::{Ask, Form, Policy, Prediction, Rest, Source, Upstream};
use url::Url;

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

/// `METHOD URL ORIGIN [HEADER,..]`; with `?METHOD` it is a preflight for it.
pub(crate) fn answer(policy: &Policy, what: &str) -> String {
    let words: Vec<&str> = what.split(' ').collect();
    let url = Url::parse(words[1]).expect("a URL");
    let known = |name: &str, value: &str| (name.to_owned(), Some(value.to_owned()));
    let mut headers = vec![known("origin", words[2])];
    let method = match words[0].strip_prefix('?') {
        Some(method) => {
            headers.push(known("access-control-request-method", method));
            let names = words.get(3);
            headers.extend(names.map(|names| known("access-control-request-headers", names)));
            "OPTIONS"
        }
        None => words[0],
    };
    let ask = Ask {
        method,
        url: &url,
        headers,
        rest: Rest::Absent,
    };
    match policy.answer(&ask, &Upstream::default()) {
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
