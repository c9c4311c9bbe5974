//! What a question is told that would cost more than the store may spend: which of its own parameters makes it
//! expensive, and what they may be instead.

use std::borrow::Cow;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::Uri;
use observation::UnixMillis;
use url::form_urlencoded;

use crate::conditional;
use crate::problem::{Code, Cost, Fault, Problem};
use crate::timestamp::Timestamp;

/// The filters of who asks and of what is asked. Sums are kept by either: a question by both reads those of every
/// combination.
const WHO_ASKS: [&str; 2] = ["page_origin", "release"];
const WHAT_IS_ASKED: [&str; 3] = ["service", "target_origin", "endpoint"];

/// Names the parameters in the answer to a question that costs too much.
pub(crate) async fn answered(request: Request, next: Next) -> Response {
    let uri = request.uri().clone();
    let response = next.run(request).await;
    match response.extensions().get::<Problem>() {
        Some(problem) if problem.cost() == Cost::TooMuch => {
            refusal(&uri, problem.detail()).into_response()
        }
        _ => response,
    }
}

fn refusal(uri: &Uri, why: &str) -> Problem {
    let query = uri.query().unwrap_or_default();
    let given: Vec<(Cow<'_, str>, Cow<'_, str>)> =
        form_urlencoded::parse(query.as_bytes()).collect();
    let value = |name: &str| {
        let found = given.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_ref())
    };
    let has_range = conditional::is_tagged(uri.path())
        || ["/api/v1/failures", "/api/v1/shapes"].contains(&uri.path())
        || value("window").is_some()
        || value("from").is_some();
    let mut faults: Vec<Fault> = Vec::new();
    if has_range {
        faults.extend(range(&value));
    }
    let both = [WHO_ASKS.as_slice(), &WHAT_IS_ASKED].map(|names| {
        let found = names.iter().filter_map(|name| Some((*name, value(name)?)));
        found.collect::<Vec<_>>()
    });
    if both.iter().all(|found| !found.is_empty()) {
        let fault = |(name, value): &(&str, &str)| Fault {
            field: (*name).to_owned(),
            value: (*value).to_owned(),
            permitted: format!(
                "left out: sums are kept by {}, and by {}, not by both",
                WHO_ASKS.join(" and "),
                WHAT_IS_ASKED.join(", "),
            ),
        };
        faults.extend(both[0].iter().map(fault));
    }
    let each = faults.iter().map(|fault| {
        let Fault {
            field,
            value,
            permitted,
        } = fault;
        format!("{field} = {value:?}: permitted is {permitted}")
    });
    let detail = std::iter::once(why.to_owned())
        .chain(each)
        .collect::<Vec<_>>();
    Problem::new(Code::InvalidRequest, detail.join("; ")).with(faults)
}

/// The range at fault, and half of it.
fn range<'a>(value: &impl Fn(&str) -> Option<&'a str>) -> Option<Fault> {
    if let Some(from) = value("from") {
        let to = value("to").and_then(|to| to.parse::<Timestamp>().ok());
        let start = from.parse::<Timestamp>().ok()?;
        let permitted = match to {
            Some(to) => {
                let middle = UnixMillis(start.0.0.midpoint(to.0.0)).minute();
                format!("a later start, such as {}", Timestamp(middle))
            }
            None => "a later start, or an earlier `to`".to_owned(),
        };
        return Some(Fault {
            field: "from".to_owned(),
            value: from.to_owned(),
            permitted,
        });
    }
    let window = value("window").unwrap_or(crate::selection::DEFAULT_WINDOW);
    Some(Fault {
        field: "window".to_owned(),
        value: window.to_owned(),
        permitted: format!("a shorter one, such as {}", half(window)?),
    })
}

/// `90d` as `45d`, `1d` as `12h`.
fn half(window: &str) -> Option<String> {
    let (number, unit) = window.split_at_checked(window.len().checked_sub(1)?)?;
    let number: u32 = number.parse().ok()?;
    match (number, unit) {
        (1, "d") => Some("12h".to_owned()),
        (1, "h") => Some("30m".to_owned()),
        (number, unit) => Some(format!("{}{unit}", (number / 2).max(1))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(field: &str, value: &str, permitted: &str) -> Fault {
        Fault {
            field: field.to_owned(),
            value: value.to_owned(),
            permitted: permitted.to_owned(),
        }
    }

    #[test]
    fn what_makes_a_question_expensive_is_named_with_what_is_cheaper() {
        let both = "left out: sums are kept by page_origin and release, and by service, target_origin, \
             endpoint, not by both";
        let day = "&from=2026-01-01T00:00:00Z";
        let middle = "a later start, such as 2026-01-16T00:00:00.000Z";
        for (query, faults) in [
            (
                "app=a",
                vec![fault("window", "1h", "a shorter one, such as 30m")],
            ),
            (
                "app=a&window=90d",
                vec![fault("window", "90d", "a shorter one, such as 45d")],
            ),
            (
                "app=a&window=1d",
                vec![fault("window", "1d", "a shorter one, such as 12h")],
            ),
            (
                &format!("app=a{day}&to=2026-01-31T00:00:00Z"),
                vec![fault("from", "2026-01-01T00:00:00Z", middle)],
            ),
            (
                &format!("app=a{day}"),
                vec![fault(
                    "from",
                    "2026-01-01T00:00:00Z",
                    "a later start, or an earlier `to`",
                )],
            ),
            (
                "app=a&window=30d&endpoint=%2Fcart&page_origin=https%3A%2F%2Fa.example",
                vec![
                    fault("window", "30d", "a shorter one, such as 15d"),
                    fault("page_origin", "https://a.example", both),
                ],
            ),
            (
                "app=a&window=30d&endpoint=%2Fcart",
                vec![fault("window", "30d", "a shorter one, such as 15d")],
            ),
        ] {
            let uri = format!("/api/v1/sli?{query}").parse().expect("an address");
            let problem = serde_json::to_value(refusal(&uri, "too much")).expect("JSON");
            let expected = serde_json::to_value(&faults).expect("JSON");
            assert_eq!(problem["errors"], expected, "{query}");
            let detail = problem["detail"].as_str().expect("words");
            assert!(detail.starts_with("too much; "), "{detail}");
            for fault in faults {
                assert!(detail.contains(&fault.permitted), "{detail}");
            }
        }
        let without_range = "/api/v1/alerts?app=a".parse().expect("an address");
        let problem = serde_json::to_value(refusal(&without_range, "too much")).expect("JSON");
        assert_eq!(problem["detail"], "too much");
    }
}
