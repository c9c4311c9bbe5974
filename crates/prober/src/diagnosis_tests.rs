use std::net::{Ipv4Addr, SocketAddr};

use cors::{Headers, Hop};
use observation::{Outcome as Told, Stage as Where};

use super::*;
use browse::ProbeTarget;
use browse::Refusal;
use browse::Step;
use browse::Timing;

const PAGE: &str = "https://shop.test";
const URL: &str = "https://api.test/items";

fn row(stage: Option<Where>) -> SignatureRow {
    SignatureRow {
        app: "shop".to_owned(),
        kind: Kind::Request,
        page_origin: PAGE.to_owned(),
        target_origin: "https://api.test".to_owned(),
        endpoint: "/items".to_owned(),
        service: "api".to_owned(),
        method: "GET".to_owned(),
        headers: String::new(),
        credentialed: false,
        preflighted: false,
        outcome: Told::Blocked,
        stage,
        first_seen: UnixMillis(0),
        last_seen: UnixMillis(0),
    }
}

fn answer(status: u16, headers: &[(&str, &str)]) -> Option<Answer> {
    let headers: Headers = headers.iter().copied().collect();
    Some(Answer { status, headers })
}

/// A walk of one hop.
fn walk(row: &SignatureRow, hop: Hop, ending: Ending) -> Walk {
    let exchange = Exchange {
        request: signature::request(row, URL).expect("a request"),
        hops: vec![hop],
    };
    let step = Step {
        hop: 0,
        stage: Stage::Response,
        remote: SocketAddr::from((Ipv4Addr::new(192, 0, 2, 1), 443)),
        timing: Timing::default(),
    };
    Walk {
        verdict: explain::explain(&exchange),
        exchange,
        steps: vec![step],
        ending,
    }
}

fn response(row: &SignatureRow, status: u16, headers: &[(&str, &str)]) -> Walk {
    let hop = Hop {
        url: URL.to_owned(),
        preflight: None,
        response: answer(status, headers),
    };
    walk(row, hop, Ending::Decided)
}

fn preflight(row: &SignatureRow, status: u16, headers: &[(&str, &str)]) -> Walk {
    let hop = Hop {
        url: URL.to_owned(),
        preflight: answer(status, headers),
        response: None,
    };
    walk(row, hop, Ending::Decided)
}

fn replay(walk: Walk) -> Replay {
    Replay {
        place: ProbeTarget {
            url: URL.to_owned(),
            made_up: false,
        },
        walk: Ok(walk),
        edge: None,
    }
}

fn check(row: &SignatureRow, replay: &Replay, expected: (Outcome, Why, &str)) -> DiagnosisRow {
    let diagnosis = conclude(row, replay, Vec::new(), UnixMillis(7));
    let found = (
        diagnosis.result.as_str(),
        diagnosis.why.as_str(),
        diagnosis.cause.as_str(),
    );
    let (outcome, why, cause) = expected;
    assert_eq!(
        found,
        (outcome.as_str(), why.as_str(), cause),
        "{diagnosis:#?}"
    );
    diagnosis
}

const GOOD: &[(&str, &str)] = &[("access-control-allow-origin", "*")];
const WITH_HEADER: &str = "x-tenant";

#[test]
fn a_block_is_reproduced_where_browsers_say_or_elsewhere() {
    for (told, why) in [
        (Some(Where::Response), Why::AsReported),
        (Some(Where::Unknown), Why::AsReported),
        (None, Why::AsReported),
        (Some(Where::Preflight), Why::OtherStage),
        (Some(Where::Redirect), Why::OtherStage),
    ] {
        let row = row(told);
        let replay = replay(response(&row, 200, &[("vary", "Origin"), ("server", "x")]));
        let found = check(
            &row,
            &replay,
            (Outcome::Reproduced, why, "MissingAllowOriginHeader"),
        );
        let stage = found.stage.map(Where::as_str);
        assert_eq!((stage, found.status), (Some("response"), 200));
        let names: Vec<_> = found
            .offending
            .iter()
            .map(|line| line.name.as_str())
            .collect();
        assert_eq!(names, ["vary"]);
        assert_eq!(found.remote, "192.0.2.1");
        assert_eq!(found.fixes[0].header, "access-control-allow-origin");
    }
}

#[test]
fn a_block_at_the_preflight_that_browsers_report_of_the_response_is_one_of_kept_answers() {
    let mut row = row(Some(Where::Response));
    row.headers = WITH_HEADER.to_owned();
    let replay = replay(preflight(&row, 204, GOOD));
    let cause = "HeaderDisallowedByPreflightResponse";
    let found = check(
        &row,
        &replay,
        (Outcome::Reproduced, Why::CachedPreflight, cause),
    );
    assert_eq!(found.parameter, WITH_HEADER);
}

#[test]
fn an_error_without_cors_headers_is_no_proof_where_the_prober_asked_something_else() {
    let bare = Some(Where::Response);
    let mut credentialed = row(bare);
    credentialed.credentialed = true;
    let missing = "MissingAllowOriginHeader";
    let unknown = (Outcome::NotReproduced, Why::OnlyWithCookies, missing);
    check(
        &credentialed,
        &replay(response(&credentialed, 401, &[])),
        unknown,
    );
    // A policy that is there and wrong is wrong for everybody.
    let wildcard = replay(response(&credentialed, 401, GOOD));
    let proof = (
        Outcome::Reproduced,
        Why::AsReported,
        "WildcardOriginNotAllowed",
    );
    check(&credentialed, &wildcard, proof);
    let plain = row(bare);
    let mut made_up = replay(response(&plain, 404, &[]));
    made_up.place.made_up = true;
    check(
        &plain,
        &made_up,
        (Outcome::NotReproduced, Why::MadeUpPath, missing),
    );
    let real = replay(response(&plain, 404, &[]));
    check(
        &plain,
        &real,
        (Outcome::Reproduced, Why::AsReported, missing),
    );
    // A server that answers every preflight allows those of paths that it does not know, too.
    let mut asks = row(Some(Where::Preflight));
    asks.headers = WITH_HEADER.to_owned();
    for (status, headers, cause) in [
        (404, &[][..], "PreflightMissingAllowOriginHeader"),
        (405, GOOD, "PreflightInvalidStatus"),
    ] {
        let mut asked = replay(preflight(&asks, status, headers));
        check(&asks, &asked, (Outcome::Reproduced, Why::AsReported, cause));
        asked.place.made_up = true;
        check(&asks, &asked, (Outcome::Reproduced, Why::AsReported, cause));
        // Browsers that report the response had their preflight answered well, on the real path.
        let mut other = row(bare);
        other.headers = WITH_HEADER.to_owned();
        let doubt = (Outcome::NotReproduced, Why::MadeUpPath, cause);
        check(&other, &asked, doubt);
    }
    let mut answered = replay(preflight(&asks, 204, GOOD));
    answered.place.made_up = true;
    let cause = "HeaderDisallowedByPreflightResponse";
    check(
        &asks,
        &answered,
        (Outcome::Reproduced, Why::AsReported, cause),
    );
}

#[test]
fn what_passes_says_why_that_disproves_nothing() {
    let plain = row(Some(Where::Response));
    let passes = replay(response(&plain, 200, GOOD));
    check(&plain, &passes, (Outcome::NotReproduced, Why::Passes, ""));
    let mut credentialed = plain.clone();
    credentialed.credentialed = true;
    let allowed = [
        ("access-control-allow-origin", PAGE),
        ("access-control-allow-credentials", "true"),
    ];
    let passes = replay(response(&credentialed, 200, &allowed));
    check(
        &credentialed,
        &passes,
        (Outcome::NotReproduced, Why::OnlyWithCookies, ""),
    );
    let change = ChangeRow {
        stage: Where::Response,
        header: "vary".to_owned(),
        what: "Origin was added to vary".to_owned(),
        before: String::new(),
        after: "Origin".to_owned(),
        from: UnixMillis(1),
        to: UnixMillis(2),
    };
    let passes = replay(response(&plain, 200, GOOD));
    let since = conclude(&plain, &passes, vec![change], UnixMillis(7));
    assert_eq!(since.why, Why::PassesSinceChange);
    assert_eq!(since.detail, "It passes now. Origin was added to vary.");
}

#[test]
fn one_address_of_many_that_blocks_is_named() {
    let row = row(Some(Where::Response));
    let mut replay = replay(response(&row, 200, GOOD));
    replay.edge = Some(response(&row, 200, &[]));
    let missing = "MissingAllowOriginHeader";
    let found = check(
        &row,
        &replay,
        (Outcome::Reproduced, Why::EdgeDependent, missing),
    );
    assert!(found.detail.contains("192.0.2.1"), "{}", found.detail);
}

#[test]
fn what_was_refused_says_which_line_permits_it() {
    let row = row(Some(Where::Response));
    let refusals = [
        (
            Refusal::Origin("https://other.test".to_owned()),
            "no rule of `[[services]]` names https://other.test; `match = [{ origin = \"https://other.test\" }]` does.",
        ),
        (
            Refusal::Path {
                origin: "https://api.test".to_owned(),
                path: "/x".to_owned(),
            },
            "covers the path /x of https://api.test; `match = [{ origin = \"https://api.test\" }]` covers all its paths.",
        ),
        (
            Refusal::Address {
                host: "169.254.169.254".to_owned(),
                address: Ipv4Addr::new(169, 254, 169, 254).into(),
                network: runtime::Network::LinkLocal,
            },
            "Not asked: 169.254.169.254 is a link-local address.",
        ),
    ];
    for (refusal, expected) in refusals {
        let found = check(
            &row,
            &replay(walk(
                &row,
                Hop::default(),
                Ending::Failed {
                    hop: 0,
                    stage: Stage::Response,
                    error: refusal.into(),
                },
            )),
            (Outcome::Refused, Why::NotAllowed, ""),
        );
        assert!(found.detail.ends_with(expected), "{}", found.detail);
    }
}

#[test]
fn what_was_not_asked_or_not_answered_says_so() {
    let row = row(Some(Where::Response));
    let refused = |error| {
        let ending = Ending::Failed {
            hop: 0,
            stage: Stage::Response,
            error,
        };
        replay(walk(&row, Hop::default(), ending))
    };
    let inside = Refusal::Address {
        host: "api.test".to_owned(),
        address: Ipv4Addr::LOCALHOST.into(),
        network: runtime::Network::Loopback,
    };
    let found = check(
        &row,
        &refused(inside.into()),
        (Outcome::Refused, Why::NotAllowed, ""),
    );
    let origin = &row.target_origin;
    let expected = format!(
        "Not asked: api.test leads to 127.0.0.1, and 127.0.0.1 is a loopback address; \
         `dangerously_allow_private_networks = [\"{origin}\"]` below `[prober]` permits it."
    );
    assert_eq!(found.detail, expected);
    let unresolved = CallError::Unresolved {
        host: "api.test".to_owned(),
        source: None,
    };
    let found = check(
        &row,
        &refused(unresolved),
        (Outcome::NoAnswer, Why::Unreachable, ""),
    );
    assert!(
        found.detail.contains("api.test does not resolve"),
        "{}",
        found.detail
    );
    let withheld = Ending::Withheld {
        hop: 0,
        method: "PUT".to_owned(),
    };
    let unsent = replay(walk(&row, Hop::default(), withheld));
    check(
        &row,
        &unsent,
        (Outcome::NotReproduced, Why::RequestNotSent, ""),
    );
}

#[test]
fn a_header_that_scripts_cannot_read_is_told_from_one_that_is_not_there() {
    let mut row = row(Some(Where::Response));
    row.kind = Kind::HeaderRead;
    row.headers = "x-total-count".to_owned();
    let count = ("X-Total-Count", "7");
    let expose = |list| [GOOD[0], count, ("access-control-expose-headers", list)];
    for (headers, outcome, why, fix) in [
        (
            vec![GOOD[0], count],
            Outcome::Reproduced,
            Why::NotExposed,
            "x-total-count",
        ),
        (
            expose("x-other").to_vec(),
            Outcome::Reproduced,
            Why::NotExposed,
            "x-other, x-total-count",
        ),
        (
            expose("x-total-count").to_vec(),
            Outcome::NotReproduced,
            Why::Passes,
            "",
        ),
        (
            expose("*").to_vec(),
            Outcome::NotReproduced,
            Why::Passes,
            "",
        ),
        (GOOD.to_vec(), Outcome::NotReproduced, Why::HeaderAbsent, ""),
    ] {
        let replay = replay(response(&row, 200, &headers));
        let found = check(&row, &replay, (outcome, why, ""));
        let value = found.fixes.first().map_or("", |fix| fix.value.as_str());
        assert_eq!(value, fix, "{headers:?}");
    }
}
