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
fn a_template_becomes_a_path_by_its_sample_or_by_stand_ins() {
    let samples = [
        Sample {
            origin: "https://other.test".to_owned(),
            endpoint: "/cart/:id".to_owned(),
            path: "/cart/other".to_owned(),
        },
        Sample {
            origin: String::new(),
            endpoint: "/user/:name".to_owned(),
            path: "/user/probe?x=1".to_owned(),
        },
    ];
    for (endpoint, path, made_up) in [
        ("/items", "/items", false),
        ("/cart/:id", "/cart/1", true),
        ("/cart/:id/lines/:line", "/cart/1/lines/1", true),
        ("/files/*", "/files/1", true),
        ("/__other__", "/1", true),
        ("/user/:name", "/user/probe?x=1", false),
    ] {
        let found = Place::of("https://api.test", endpoint, &samples);
        let url = format!("https://api.test{path}");
        assert_eq!(found, Place { url, made_up }, "{endpoint}");
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
