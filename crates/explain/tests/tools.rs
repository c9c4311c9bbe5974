//! HAR files, `curl` dumps and configuration snippets.
#![allow(missing_docs)]

use cors::{CorsError, Credentials, Headers, Mode, Request, RequestParts, Ruling};
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
fn answers_of_a_dump_are_laid_where_the_browser_asks() {
    let dump = b"> OPTIONS /x HTTP/2\r\n> origin: https://app.test\r\n>\r\n< HTTP/2 204 \r\n< access-control-allow-origin: https://app.test\r\n< access-control-allow-methods: PUT\r\n< access-control-allow-headers: x-custom\r\n< \r\n\
        HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nbody: not a header\n";
    let answers = dump::parse(dump).expect("a dump");
    assert_eq!(
        answers
            .iter()
            .map(|answer| answer.status)
            .collect::<Vec<_>>(),
        [204, 200]
    );
    let verdict = explain(&dump::exchange(put(Credentials::Omit), answers));
    assert_eq!(
        verdict.judgement.error,
        Some(CorsError::MissingAllowOriginHeader)
    );
    assert!(verdict.to_string().starts_with(
        "blocked: MissingAllowOriginHeader\n  PUT https://api.test/x was answered, but"
    ));
}

#[test]
fn a_dump_without_an_answer_or_with_a_broken_header_is_refused() {
    assert_eq!(
        dump::parse(b"curl: (7) Failed"),
        Err(dump::BadDump::NoAnswer)
    );
    let broken = dump::parse(b"HTTP/1.1 200 OK\nno colon\n");
    assert_eq!(
        broken,
        Err(dump::BadDump::Header {
            line: 2,
            text: "no colon".into()
        })
    );
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
