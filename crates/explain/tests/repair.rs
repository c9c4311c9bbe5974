//! The repair: what is printed, applied as it is, lets the request pass.
#![allow(missing_docs, unreachable_pub)]

#[path = "../../cors/differential/answers.rs"]
mod answers;
#[path = "../../cors/differential/dice.rs"]
mod dice;
#[path = "../../cors/differential/generate.rs"]
mod generate;

use cors::{Exchange, Ruling, judge};
use explain::fix::Action;
use explain::{Asked, Verdict, ask, recorded};
use proptest::prelude::*;

fn exchange(line: &str) -> Exchange {
    match ask(line) {
        Asked::Exchange(_, exchange) => *exchange,
        other => panic!("{line}: {other:?}"),
    }
}

/// The exchange after every change that is printed for it.
fn repaired(exchange: &Exchange, verdict: &Verdict) -> Exchange {
    let mut repaired = exchange.clone();
    for fix in &verdict.fix {
        fix.apply(&mut repaired)
            .expect("a request that fetch takes");
    }
    repaired
}

#[test]
fn every_fix_of_random_blocked_exchanges_lets_the_request_pass_in_one_round() {
    let (mut blocked, mut passed) = (0, 0);
    for number in 0.. {
        if blocked == 4000 {
            break;
        }
        let line = generate::exchange(7, number).to_string();
        let exchange = exchange(&line);
        let verdict = recorded(&exchange);
        if verdict.judgement.ruling != Ruling::Blocked {
            assert!(verdict.fix.is_empty(), "{line}");
            continue;
        }
        blocked += 1;
        assert!(!verdict.fix.is_empty(), "no fix: {line}\n{verdict}");
        let repaired = repaired(&exchange, &verdict);
        let after = judge(&repaired);
        // What is not recorded behind the block cannot be repaired, only what is.
        let unrecorded = after.ruling == Ruling::Incomplete
            && (after.hop >= exchange.hops.len()
                || exchange.hops[after.hop].response.is_none()
                || exchange.hops[after.hop].preflight.is_none());
        assert!(
            after.ruling == Ruling::Allowed || unrecorded,
            "{line}\n{verdict}\n{after:?}"
        );
        passed += usize::from(after.ruling == Ruling::Allowed);
    }
    assert!(
        passed > 3000,
        "{passed} of {blocked} were recorded to their end"
    );
}

/// An exchange whose answers hold any of the mistakes, with everything recorded.
fn complete(
    method: &str,
    credentials: &str,
    status: u16,
    preflight: &[(String, String)],
    response: &[(String, String)],
) -> Exchange {
    let line = serde_json::json!({
        "request": {"page_origin": "https://app.test", "url": "https://api.test/x", "method": method,
            "credentials": credentials, "headers": [["x-custom", "1"], ["accept", "a;b=\"c\""]]},
        "hops": [{"url": "https://api.test/x", "preflight": {"status": status, "headers": preflight},
            "response": {"status": 200, "headers": response}}],
    });
    exchange(&line.to_string())
}

fn headers() -> impl Strategy<Value = Vec<(String, String)>> {
    let name = prop::sample::select(vec![
        "Access-Control-Allow-Origin",
        "access-control-allow-credentials",
        "access-control-allow-methods",
        "access-control-allow-headers",
        "vary",
        "location",
    ]);
    let value = prop_oneof![
        prop::sample::select(vec![
            "*",
            "https://app.test",
            "https://app.test/",
            "null",
            "",
            "true",
            "PUT",
            "PATCH",
            "x-custom",
            "x custom;",
            "Origin",
            "GET, POST",
            "https://app.test, https://b.test",
            "/elsewhere",
            "http://plain.test/",
        ])
        .prop_map(str::to_owned),
        "[ -~]{0,20}",
    ];
    prop::collection::vec((name.prop_map(str::to_owned), value), 0..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn fixes_are_complete_and_touch_nothing_that_passes(
        method in prop::sample::select(vec!["GET", "POST", "PUT", "patch", "DELETE", "purge"]),
        credentials in prop::sample::select(vec!["omit", "include"]),
        status in prop::sample::select(vec![200_u16, 204, 301, 401, 403, 404, 405, 500, 503]),
        preflight in headers(),
        response in headers(),
    ) {
        let exchange = complete(method, credentials, status, &preflight, &response);
        let verdict = recorded(&exchange);
        prop_assert_eq!(verdict.fix.is_empty(), verdict.judgement.ruling != Ruling::Blocked);
        let after = judge(&repaired(&exchange, &verdict));
        if verdict.judgement.ruling == Ruling::Blocked {
            prop_assert_eq!(after.ruling, Ruling::Allowed, "{}", verdict);
        }
        // One change alone is never superfluous, `Vary` and alternatives apart.
        for left_out in &verdict.fix {
            let is_needed = left_out.header() != Some("vary") && !left_out.change.starts_with("Or") && left_out.action != Action::Advice;
            if !is_needed { continue; }
            let mut partly = exchange.clone();
            for fix in verdict.fix.iter().filter(|fix| *fix != left_out && !fix.change.starts_with("Or")) {
                fix.apply(&mut partly).expect("a request that fetch takes");
            }
            prop_assert_ne!(judge(&partly).ruling, Ruling::Allowed, "superfluous: {}\n{}", left_out, verdict);
        }
    }

    #[test]
    fn no_line_of_input_makes_it_panic(text in "\\PC{0,80}") {
        let _ = explain::line(&text, 1);
    }
}
