//! A walk does what the browser does, and its verdict is the engine's.

mod support;

use browse::{BrowsePolicy, CallError, Ending, Methods, Rule, Values, browse};
use cors::{CorsError, Credentials, Mode, Request, RequestParts, Ruling, Stage};
use support::{Server, client};

const PAGE: &str = "https://shop.test";
const DIAGNOSIS: BrowsePolicy = BrowsePolicy {
    methods: Methods::Safe,
    values: Values::Unknown,
};
const CONTRACT: BrowsePolicy = BrowsePolicy {
    methods: Methods::Any,
    values: Values::Known,
};

fn request(method: &str, url: &str, headers: &[(&str, &str)]) -> Request {
    Request::new(RequestParts {
        page_origin: PAGE,
        url,
        method,
        mode: Mode::Cors,
        credentials: Credentials::Omit,
        headers: headers.iter().copied().collect(),
    })
    .expect("a request")
}

/// A server that permits everything but what `denied` names.
async fn api(denied: &'static str) -> Server {
    Server::start(move |head| {
        let names = ["x-b", "x-a", "authorization"]
            .into_iter()
            .filter(|name| *name != denied)
            .collect::<Vec<_>>()
            .join(", ");
        let status = if head.starts_with("OPTIONS") {
            "204 No Content"
        } else {
            "200 OK"
        };
        format!(
            "HTTP/1.1 {status}\r\nAccess-Control-Allow-Origin: {PAGE}\r\n\
             Access-Control-Allow-Methods: PUT\r\nAccess-Control-Allow-Headers: {names}\r\n\r\n"
        )
    })
    .await
}

/// The request line and the headers that say something about CORS.
fn essence(heads: &[String]) -> Vec<String> {
    heads
        .iter()
        .map(|head| {
            head.lines()
                .filter(|line| {
                    let name = line.split(':').next().unwrap_or_default();
                    line.ends_with("HTTP/1.1")
                        || ["Origin", "x-a", "x-b", "authorization", "content-type"].contains(&name)
                        || name.starts_with("Access-")
                })
                .collect::<Vec<_>>()
                .join(" | ")
        })
        .collect()
}

#[tokio::test]
async fn a_preflight_asks_in_the_browsers_words_and_the_request_follows() {
    let api = api("").await;
    let origin = api.origin("api.test");
    let client = client(&[&origin], &["api.test"]);
    let headers = [("X-B", "2"), ("x-a", "1"), ("accept", "text/html")];
    let walk = browse(
        &client,
        &request("PUT", &format!("{origin}/cart"), &headers),
        CONTRACT,
    )
    .await;
    assert!(matches!(walk.ending, Ending::Decided), "{:?}", walk.ending);
    assert_eq!(walk.verdict.judgement.ruling, Ruling::Allowed);
    assert_eq!(walk.steps.len(), 2);
    assert_eq!(
        essence(&api.asked())[0],
        "OPTIONS /cart HTTP/1.1 | Access-Control-Request-Method: PUT | \
         Access-Control-Request-Headers: x-a,x-b | Origin: https://shop.test"
    );
    let put = &essence(&api.asked())[1];
    assert!(
        put.starts_with("PUT /cart HTTP/1.1 | Origin: https://shop.test"),
        "{put}"
    );
    assert!(put.contains("x-a: 1") && put.contains("x-b: 2"), "{put}");
}

#[tokio::test]
async fn a_diagnosis_asks_the_preflight_and_never_sends_an_unsafe_request_or_a_made_up_value() {
    let api = api("").await;
    let origin = api.origin("api.test");
    let client = client(&[&origin], &["api.test"]);
    let url = format!("{origin}/cart");
    let walk = browse(&client, &request("PUT", &url, &[("x-a", "?")]), DIAGNOSIS).await;
    assert!(matches!(&walk.ending, Ending::Withheld { hop: 0, method } if method == "PUT"));
    assert_eq!(walk.verdict.judgement.ruling, Ruling::Incomplete);
    let walk = browse(&client, &request("GET", &url, &[("x-a", "?")]), DIAGNOSIS).await;
    assert_eq!(walk.verdict.judgement.ruling, Ruling::Allowed);
    let asked = essence(&api.asked());
    assert_eq!(asked.len(), 3);
    assert_eq!(asked[2], "GET /cart HTTP/1.1 | Origin: https://shop.test");
}

#[tokio::test]
async fn the_engine_names_the_header_that_the_preflight_did_not_permit() {
    let api = api("x-a").await;
    let origin = api.origin("api.test");
    let client = client(&[&origin], &["api.test"]);
    let request = request(
        "PUT",
        &format!("{origin}/cart"),
        &[("x-a", "1"), ("x-b", "2")],
    );
    let walk = browse(&client, &request, CONTRACT).await;
    let judgement = &walk.verdict.judgement;
    assert_eq!(
        judgement.error,
        Some(CorsError::HeaderDisallowedByPreflightResponse)
    );
    assert_eq!(judgement.parameter_text(), Some("x-a"));
    assert_eq!(api.asked().len(), 1, "a blocked preflight is the end");
}

#[tokio::test]
async fn a_redirect_between_foreign_origins_taints_the_origin_and_sheds_authorization() {
    let second = api("").await;
    let there = second.origin("cdn.test");
    let location = format!("{there}/b");
    let first = Server::start(move |head| {
        let cors = format!(
            "Access-Control-Allow-Origin: {PAGE}\r\nAccess-Control-Allow-Headers: authorization, x-a"
        );
        if head.starts_with("OPTIONS") {
            return format!("HTTP/1.1 204 No Content\r\n{cors}\r\n\r\n");
        }
        format!("HTTP/1.1 307 Temporary Redirect\r\n{cors}\r\nLocation: {location}\r\n\r\n")
    })
    .await;
    let here = first.origin("api.test");
    let client = client(&[&here, &there], &["api.test", "cdn.test"]);
    let headers = [("authorization", "Bearer x"), ("x-a", "1")];
    let walk = browse(
        &client,
        &request("GET", &format!("{here}/a"), &headers),
        CONTRACT,
    )
    .await;
    assert_eq!(
        essence(&second.asked()),
        [
            "OPTIONS /b HTTP/1.1 | Access-Control-Request-Method: GET | \
          Access-Control-Request-Headers: x-a | Origin: null"
        ]
    );
    let judgement = &walk.verdict.judgement;
    assert_eq!(judgement.hop, 1);
    assert_eq!(
        judgement.error,
        Some(CorsError::PreflightAllowOriginMismatch)
    );
    let hops: Vec<_> = walk
        .steps
        .iter()
        .map(|step| (step.hop, step.stage))
        .collect();
    assert_eq!(
        hops,
        [
            (0, Stage::Preflight),
            (0, Stage::Response),
            (1, Stage::Preflight)
        ]
    );
}

#[tokio::test]
async fn a_redirect_to_a_target_that_is_not_allowed_is_not_followed() {
    let inside = Server::start(|_| "HTTP/1.1 200 OK\r\n\r\n".to_owned()).await;
    let location = format!("http://127.0.0.1:{}/secret", inside.port);
    let api = Server::start(move |_| {
        format!(
            "HTTP/1.1 302 Found\r\nAccess-Control-Allow-Origin: *\r\nLocation: {location}\r\n\r\n"
        )
    })
    .await;
    let origin = api.origin("api.test");
    let client = client(&[&origin], &["api.test"]);
    let walk = browse(
        &client,
        &request("GET", &format!("{origin}/"), &[]),
        DIAGNOSIS,
    )
    .await;
    match walk.ending {
        Ending::Failed {
            hop: 1,
            stage: Stage::Response,
            error: CallError::Refused(refusal),
        } => assert_eq!(refusal.rule(), Rule::Origin),
        other => panic!("{other:?}"),
    }
    assert_eq!(inside.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn a_circle_of_redirects_ends_where_the_browser_ends_it() {
    let api = Server::start(|_| {
        "HTTP/1.1 302 Found\r\nAccess-Control-Allow-Origin: *\r\nLocation: /again\r\n\r\n"
            .to_owned()
    })
    .await;
    let origin = api.origin("api.test");
    let client = client(&[&origin], &["api.test"]);
    let walk = browse(
        &client,
        &request("GET", &format!("{origin}/"), &[]),
        DIAGNOSIS,
    )
    .await;
    assert!(matches!(walk.ending, Ending::Decided), "{:?}", walk.ending);
    assert_eq!(walk.verdict.judgement.ruling, Ruling::Blocked);
    assert_eq!(api.asked().len(), 21);
}
