use observation::{Outcome, Stage, UnixMillis};

use super::*;

fn row(endpoint: &str, headers: &str) -> SignatureRow {
    SignatureRow {
        app: "shop".to_owned(),
        kind: Kind::Request,
        page_origin: "https://shop.test".to_owned(),
        target_origin: "https://api.test".to_owned(),
        endpoint: endpoint.to_owned(),
        service: "api".to_owned(),
        method: "PUT".to_owned(),
        headers: headers.to_owned(),
        credentialed: false,
        preflighted: true,
        outcome: Outcome::Blocked,
        stage: Some(Stage::Preflight),
        first_seen: UnixMillis(0),
        last_seen: UnixMillis(0),
    }
}

#[test]
fn the_request_asks_for_the_names_that_the_page_sent() {
    let row = row("/x", "content-type,range,x-tenant");
    let request = request(&row, "https://api.test/x").expect("a request");
    let exchange = cors::Exchange {
        request,
        hops: Vec::new(),
    };
    let message = cors::next(&exchange).expect("a preflight");
    let question = message.question.expect("a preflight");
    assert_eq!(question.method, "PUT");
    assert_eq!(
        question.headers.as_deref(),
        Some("content-type,range,x-tenant")
    );
}

#[test]
fn a_signature_is_the_same_whenever_it_is_seen() {
    let first = row("/x", "x-a");
    let mut later = first.clone();
    later.last_seen = UnixMillis(60_000);
    later.service = "renamed".to_owned();
    assert_eq!(id(&first), id(&later));
    let mut other = first.clone();
    other.credentialed = true;
    assert_ne!(id(&first), id(&other));
    let moved = SignatureRow {
        endpoint: "/".to_owned(),
        method: "xPUT".to_owned(),
        ..first.clone()
    };
    assert_ne!(id(&first), id(&moved));
}

#[test]
fn a_page_of_a_shell_with_a_scheme_of_its_own_is_replayed_like_any_other() {
    let mut row = row("/x", "");
    row.page_origin = "capacitor://localhost".to_owned();
    let request = request(&row, "https://api.test/x").expect("a request");
    let exchange = cors::Exchange {
        request,
        hops: Vec::new(),
    };
    let message = cors::next(&exchange).expect("a preflight");
    assert_eq!(message.origin.as_deref(), Some("capacitor://localhost"));
}
