//! What lines of a server's log say.

mod support;

use intake::access_log::{AccessLog, MAX_LINES};
use intake::{Accepted, LogKeyState, LogSource, Reason, Refusal};
use observation::{Confidence, Kind, Observation, Outcome, Source, Stage};
use support::{Edge, NOW};

fn parse(edge: &Edge, body: &[u8]) -> Result<Accepted, Refusal> {
    let LogKeyState::Active { app, source, .. } = edge.catalog.log_key(b"a-secret-of-a-gateway")
    else {
        panic!("an active key");
    };
    edge.parse(&AccessLog { source }, app, body)
}

/// A line of a server that logs everything, with `members` instead of what they name.
fn line(members: &str) -> String {
    let mut line = serde_json::json!({
        "time": NOW.0 as f64 / 1e3, "status": 200, "method": "GET", "scheme": "https",
        "host": "api.shop.test", "path": "/cart/4711?token=secret", "origin": "https://shop.test",
        "request_method": null, "request_headers": null,
        "allow_origin": "https://shop.test", "allow_credentials": null,
        "allow_methods": null, "allow_headers": null, "duration": 0.25,
    });
    let given: serde_json::Value = serde_json::from_str(&format!("{{{members}}}")).expect("JSON");
    for (name, value) in given.as_object().expect("an object") {
        line[name] = value.clone();
    }
    line.to_string()
}

fn one(members: &str) -> Observation {
    let accepted = parse(&Edge::default(), line(members).as_bytes()).expect(members);
    let [row] = &accepted.envelope.observations[..] else {
        panic!("{members}: {accepted:?}");
    };
    row.clone()
}

const PREFLIGHT: &str = r#""method":"OPTIONS","status":204,"request_method":"PUT","request_headers":"content-type,x-tenant","allow_methods":"PUT","allow_headers":"content-type, x-tenant""#;

#[test]
fn a_logged_request_is_a_row_of_its_page_and_its_endpoint_without_query() {
    let accepted = parse(&Edge::default(), line("").as_bytes()).expect("a good line");
    let envelope = accepted.envelope;
    assert_eq!(
        (envelope.origin.source, &envelope.origin.page),
        (Source::Gateway, &None)
    );
    assert_eq!(envelope.origin.environment, "staging");
    let row = &envelope.observations[0];
    assert_eq!(envelope.origin.page_origin(row), "https://shop.test");
    assert_eq!(
        (&*row.target_origin, &*row.endpoint),
        ("https://api.shop.test", "/cart/:id")
    );
    assert_eq!(
        (row.kind, row.outcome, row.status),
        (Kind::Request, Outcome::Ok, 200)
    );
    assert_eq!(
        (&*row.service, row.count, row.latency.pairs().len()),
        ("cart", 1, 1)
    );
}

/// Kind, outcome, stage, cause, confidence.
type End = (Kind, Outcome, Option<(Stage, &'static str, Confidence)>);

#[expect(clippy::too_many_lines, reason = "one table")]
#[test]
fn how_a_line_ended_is_judged_by_its_headers_where_they_are_logged_and_else_by_its_status() {
    use Confidence::Proven;
    use Kind::{Preflight, Request};
    let response = |cause| Some((Stage::Response, cause, Proven));
    let preflight = |cause| Some((Stage::Preflight, cause, Proven));
    let table: &[(&str, String, End)] = &[
        (
            "an error",
            r#""status":404"#.into(),
            (Request, Outcome::HttpError, None),
        ),
        (
            "gone",
            r#""status":499"#.into(),
            (Request, Outcome::Aborted, None),
        ),
        (
            "gone, as Envoy says it",
            r#""status":0"#.into(),
            (Request, Outcome::Aborted, None),
        ),
        (
            "no header",
            r#""allow_origin":"""#.into(),
            (
                Request,
                Outcome::Blocked,
                response("MissingAllowOriginHeader"),
            ),
        ),
        (
            "another origin",
            r#""allow_origin":"https://other.test""#.into(),
            (Request, Outcome::Blocked, response("AllowOriginMismatch")),
        ),
        (
            "two origins",
            r#""allow_origin":"https://shop.test, *""#.into(),
            (
                Request,
                Outcome::Blocked,
                response("MultipleAllowOriginValues"),
            ),
        ),
        (
            "a wildcard",
            r#""allow_origin":"*""#.into(),
            (Request, Outcome::Ok, None),
        ),
        (
            "a wildcard for cookies",
            r#""allow_origin":"*","credentialed":true"#.into(),
            (
                Request,
                Outcome::Blocked,
                response("WildcardOriginNotAllowed"),
            ),
        ),
        (
            "cookies",
            r#""credentialed":"1""#.into(),
            (
                Request,
                Outcome::Blocked,
                response("InvalidAllowCredentials"),
            ),
        ),
        (
            "cookies, allowed",
            r#""credentialed":1,"allow_credentials":"true""#.into(),
            (Request, Outcome::Ok, None),
        ),
        (
            "a redirect",
            r#""status":302,"location":"/elsewhere""#.into(),
            (Request, Outcome::Ok, None),
        ),
        (
            "a preflight",
            PREFLIGHT.into(),
            (Preflight, Outcome::Ok, None),
        ),
        (
            "a header that is not allowed",
            PREFLIGHT.replace("content-type, x-tenant", "content-type"),
            (
                Preflight,
                Outcome::Blocked,
                preflight("HeaderDisallowedByPreflightResponse"),
            ),
        ),
        (
            "a method that is not allowed",
            PREFLIGHT.replace(r#""allow_methods":"PUT""#, r#""allow_methods":"POST""#),
            (
                Preflight,
                Outcome::Blocked,
                preflight("MethodDisallowedByPreflightResponse"),
            ),
        ),
        (
            "a preflight without a header",
            format!(r#"{PREFLIGHT},"allow_origin":"-""#),
            (
                Preflight,
                Outcome::Blocked,
                preflight("PreflightMissingAllowOriginHeader"),
            ),
        ),
        (
            "a preflight that needs a login",
            PREFLIGHT.replace("204", "401"),
            (
                Preflight,
                Outcome::Blocked,
                preflight("PreflightInvalidStatus"),
            ),
        ),
    ];
    for (name, members, expected) in table {
        let row = one(members);
        let failure = row.failure.as_ref();
        let failure = failure.map(|failure| (failure.stage, &*failure.cause, failure.confidence));
        assert_eq!(&(row.kind, row.outcome, failure), expected, "{name}");
    }
    assert_eq!(
        one(PREFLIGHT).method,
        "PUT",
        "the method that the page uses"
    );
    assert_eq!(one(PREFLIGHT).parameter, "content-type,x-tenant");
}

#[test]
fn a_log_without_headers_tells_of_preflights_by_their_status() {
    let bare = |method: &str, status: u16| {
        let seconds = NOW.0 / 1000;
        let text = format!(
            r#"{{"time":"{seconds}.5","status":"{status}","method":"{method}","host":"api.shop.test","path":"/x"}}"#
        );
        parse(&Edge::default(), text.as_bytes())
            .expect("a good line")
            .envelope
            .observations
    };
    for (status, outcome) in [
        (204, Outcome::Ok),
        (301, Outcome::Blocked),
        (403, Outcome::Blocked),
    ] {
        let [row] = &bare("OPTIONS", status)[..] else {
            panic!("{status}: one row");
        };
        assert_eq!(
            (row.kind, row.outcome, row.page_origin.as_deref()),
            (Kind::Preflight, outcome, Some(""))
        );
    }
    assert_eq!(
        bare("GET", 200),
        [],
        "whether a page of another origin asked is not known"
    );
}

#[test]
fn what_is_not_about_a_page_of_the_application_is_passed_over() {
    for members in [
        r#""origin":"""#,
        r#""origin":"https://api.shop.test""#,
        r#""origin":"https://stranger.test""#,
        r#""origin":"null""#,
        r#""sec_fetch_mode":"navigate""#,
        r#""sec_fetch_mode":"no-cors","method":"POST""#,
        // What strangers can bring about must not refuse what other lines say.
        r#""origin":"not an origin""#,
        r#""host":"user@evil.test""#,
        r#""host":"a b""#,
        r#""method":"NOT A METHOD""#,
        r#""method":"CONNECT""#,
    ] {
        let body = [line(""), line(members), line("")].join("\n");
        let accepted = parse(&Edge::default(), body.as_bytes()).expect(members);
        assert_eq!(accepted.ignored_rows, 1, "{members}");
        assert_eq!(accepted.envelope.observations.len(), 1, "{members}");
        assert_eq!(accepted.envelope.observations[0].count, 2, "{members}");
    }
    let long = format!(r#""path":"/{}""#, "a".repeat(100_000));
    let mut body = line(&long).into_bytes();
    body.extend_from_slice(b"\n{\"path\":\"/\xff\"}\r\n\n");
    let accepted = parse(&Edge::default(), &body).expect("two lines of strangers");
    assert_eq!(
        (accepted.ignored_rows, accepted.envelope.observations.len()),
        (2, 0)
    );
    assert_eq!(one(r#""path":"/a/../b""#).endpoint, "/__other__");
}

#[test]
fn what_the_server_or_its_shipper_writes_wrong_refuses_the_body_and_says_where() {
    let at = |seconds: i64| format!(r#""time":{}"#, NOW.0 / 1000 + seconds);
    let table: &[(String, Reason, &str)] = &[
        ("{".into(), Reason::NotJson, "lines[1]"),
        ("[]".into(), Reason::WrongType, "lines[1]"),
        ("{}".into(), Reason::MissingMember, "lines[1].time"),
        (
            line(r#""status":"ok""#),
            Reason::WrongType,
            "lines[1].status",
        ),
        (
            line(r#""status":999"#),
            Reason::OutOfRange,
            "lines[1].status",
        ),
        (line(r#""time":-1"#), Reason::OutOfRange, "lines[1].time"),
        (
            line(r#""time":null"#),
            Reason::MissingMember,
            "lines[1].time",
        ),
        (
            line(r#""duration":"soon""#),
            Reason::WrongType,
            "lines[1].duration",
        ),
        (
            line(r#""credentialed":"yes""#),
            Reason::WrongType,
            "lines[1].credentialed",
        ),
        (line(r#""host":7"#), Reason::WrongType, "lines[1].host"),
        (
            line("").replace(r#""status":200"#, r#""status":200,"status":200"#),
            Reason::DuplicateMember,
            "lines[1].status",
        ),
        (line(&at(61)), Reason::OutOfRange, "lines[1].time"),
        (line(&at(-3601)), Reason::TooOld, "lines[1].time"),
    ];
    for (bad, reason, field) in table {
        let body = [line(""), bad.clone()].join("\n");
        let refusal = parse(&Edge::default(), body.as_bytes()).expect_err(bad);
        assert_eq!(
            (refusal.reason, &*refusal.field),
            (*reason, *field),
            "{bad}: {refusal}"
        );
    }
    let refusal = parse(&Edge::default(), line(&at(-241)).as_bytes()).expect_err("an old line");
    assert_eq!(
        (refusal.reason, &*refusal.field),
        (Reason::TooOld, "lines[0].time")
    );
    let many = vec![line(""); MAX_LINES + 1].join("\n");
    let refusal = parse(&Edge::default(), many.as_bytes()).expect_err("too many lines");
    assert_eq!(refusal.reason, Reason::TooManyRows);
}

#[test]
fn lines_of_one_shape_are_one_row_a_minute() {
    let seconds = NOW.0 / 1000;
    let lines: Vec<String> = [0, 1, 70]
        .map(|ago| {
            line(&format!(
                r#""time":{},"path":"/cart/{ago}1""#,
                seconds - ago
            ))
        })
        .into();
    let accepted = parse(&Edge::default(), lines.join("\n").as_bytes()).expect("good lines");
    let rows = &accepted.envelope.observations;
    let total: u32 = rows.iter().map(|row| row.count).sum();
    let minutes: std::collections::BTreeSet<_> = rows.iter().map(|row| row.at.minute()).collect();
    assert_eq!((total, rows.len()), (3, minutes.len()));
    for row in rows {
        let measured: u32 = row.latency.pairs().iter().map(|pair| pair.1).sum();
        assert_eq!(measured, row.count);
    }
}

#[test]
fn a_body_that_is_sent_again_has_the_same_identity_and_another_has_not() {
    let edge = Edge::default();
    let id = |body: &str| parse(&edge, body.as_bytes()).expect("good").envelope.beacon;
    assert_eq!(id(&line("")), id(&line("")));
    assert_ne!(id(&line("")), id(&line(r#""path":"/other""#)));
    let LogKeyState::Active { app, source, .. } = edge.catalog.log_key(b"a-secret-of-a-network")
    else {
        panic!("an active key");
    };
    assert_eq!(source, LogSource::Edge);
    let body = line("");
    let other = edge
        .parse(&AccessLog { source }, app, body.as_bytes())
        .expect("good");
    assert_ne!(
        id(&body),
        other.envelope.beacon,
        "two servers may log the same line"
    );
}

#[test]
fn keys_of_pages_and_of_servers_do_not_stand_for_each_other_and_none_is_printed() {
    let catalog = Edge::default().catalog;
    assert!(matches!(
        catalog.log_key(b"shop-key-1"),
        LogKeyState::Unknown
    ));
    assert!(matches!(
        catalog.key("a-secret-of-a-gateway"),
        intake::KeyState::Unknown
    ));
    assert_eq!(catalog.keys().count(), catalog.key_count());
    assert!(!format!("{catalog:?}").contains("a-secret"));
}
