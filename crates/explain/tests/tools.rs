//! HAR files, `curl` dumps and configuration snippets.
#![allow(missing_docs)]

use cors::{Credentials, Headers, Mode, Request, RequestParts, Ruling};
use explain::fix::{Platform, Policy, snippet};
use explain::{dump, explain};

fn put(credentials: Credentials) -> Request {
    let headers: Headers = [("X-Custom", "1")].into_iter().collect();
    Request::new(RequestParts {
        page_origin: "https://app.test",
        url: "https://api.test/x",
        method: "PUT",
        mode: Mode::Cors,
        credentials,
        headers,
    })
    .expect("a request")
}

#[test]
fn every_platform_has_a_snippet_that_permits_what_is_needed_and_no_more() {
    let exchange = dump::exchange(put(Credentials::Include), []);
    let verdict = explain(&exchange);
    assert_eq!(verdict.judgement.ruling, Ruling::Incomplete);
    let policy = Policy::of(&exchange, &verdict.judgement).expect("an origin");
    for platform in Platform::ALL {
        let text = snippet(*platform, &policy);
        let plain = text.replace("\\.", ".");
        for needed in ["https://app.test", "PUT", "x-custom", "600"] {
            assert!(
                plain.contains(needed),
                "{}: no {needed}\n{text}",
                platform.as_str()
            );
        }
        assert!(text.to_lowercase().contains("credentials"), "{text}");
        assert!(!text.contains("<<") && !text.contains("\n?"), "{text}");
    }
    let anonymous = Policy {
        credentials: Credentials::Omit,
        ..policy
    };
    assert!(!snippet(Platform::Nginx, &anonymous).contains("Allow-Credentials"));
}
