//! Everything that is served beside beacons.

mod support;

use std::io::Read as _;

use support::{Edge, Reply, good, post};

async fn ask(edge: &Edge, method: &str, path: &str, headers: &str) -> Reply {
    edge.send(format!("{method} {path} HTTP/1.1\r\nhost: edge\r\n{headers}\r\n").as_bytes())
        .await
}

#[tokio::test]
async fn the_script_is_found_by_its_hash_and_never_changes_there() {
    let edge = Edge::start("").await;
    let moved = ask(&edge, "GET", "/v1/corswatch.js", "").await;
    assert_eq!(
        (moved.status, moved.header("location")),
        (302, Some(collector::script_path()))
    );
    assert_eq!(moved.header("cache-control"), Some("public, max-age=300"));
    let script = ask(&edge, "GET", collector::script_path(), "").await;
    assert_eq!(script.status, 200);
    for (name, value) in [
        ("content-type", "text/javascript; charset=utf-8"),
        ("cache-control", "public, max-age=31536000, immutable"),
        ("access-control-allow-origin", "*"),
        ("cross-origin-resource-policy", "cross-origin"),
        ("x-content-type-options", "nosniff"),
        ("vary", "accept-encoding"),
    ] {
        assert_eq!(script.header(name), Some(value), "{name}");
    }
    assert_eq!(integrity_of(&script.body), collector::integrity());
    for (accepted, coding) in [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, br;q=0", "gzip"),
        ("gzip", "gzip"),
    ] {
        let accepts = format!("accept-encoding: {accepted}\r\n");
        let packed = ask(&edge, "GET", collector::script_path(), &accepts).await;
        assert_eq!(
            packed.header("content-encoding"),
            Some(coding),
            "{accepted}"
        );
        assert_ne!(packed.header("etag"), script.header("etag"));
        assert_eq!(unpacked(coding, &packed.body), script.body, "{accepted}");
    }
    let tag = script.header("etag").expect("a tag");
    let again = ask(
        &edge,
        "GET",
        collector::script_path(),
        &format!("if-none-match: {tag}\r\n"),
    )
    .await;
    assert_eq!((again.status, again.body.len()), (304, 0));
    let old = ask(&edge, "GET", "/v1/corswatch-0000000000000000.js", "").await;
    assert_eq!(old.status, 404);
}

fn unpacked(coding: &str, body: &[u8]) -> Vec<u8> {
    let mut unpacked = Vec::new();
    let read = match coding {
        "br" => brotli::Decompressor::new(body, 4096).read_to_end(&mut unpacked),
        _ => flate2::read::GzDecoder::new(body).read_to_end(&mut unpacked),
    };
    read.expect(coding);
    unpacked
}

fn integrity_of(script: &[u8]) -> String {
    use base64::Engine as _;
    use sha2::Digest as _;
    let digest = sha2::Sha384::digest(script);
    format!(
        "sha384-{}",
        base64::engine::general_purpose::STANDARD.encode(digest)
    )
}

#[tokio::test]
async fn the_script_of_a_disabled_key_is_empty() {
    let edge = Edge::start("").await;
    let hashed = ask(&edge, "GET", collector::script_path(), "").await;
    for (path, status, body) in [
        ("/v1/s/shop-key-1.js", 200, &hashed.body[..]),
        ("/v1/s/shop-key-0.js", 200, b""),
    ] {
        let reply = ask(&edge, "GET", path, "").await;
        assert_eq!((reply.status, &reply.body[..]), (status, body), "{path}");
        assert_eq!(reply.header("cache-control"), Some("public, max-age=300"));
        assert_eq!(
            reply.header("content-type"),
            Some("text/javascript; charset=utf-8")
        );
    }
    assert_eq!(
        ask(&edge, "GET", "/v1/s/who-is-this.js", "").await.status,
        404
    );
    assert_eq!(edge.metric("served_total{reason=\"keyed_script\"}"), 3);
}

#[tokio::test]
async fn a_preflight_of_a_hand_made_client_is_answered() {
    let edge = Edge::start("").await;
    let asks = "origin: https://shop.test\r\naccess-control-request-method: POST\r\n";
    let reply = ask(&edge, "OPTIONS", "/v1/b/shop-key-1", asks).await;
    assert_eq!(reply.status, 204);
    for (name, value) in [
        ("access-control-allow-origin", "*"),
        ("access-control-allow-methods", "POST"),
        (
            "access-control-allow-headers",
            "content-type, content-encoding",
        ),
        ("access-control-max-age", "7200"),
    ] {
        assert_eq!(reply.header(name), Some(value), "{name}");
    }
    assert_eq!(edge.metric("received_total"), 0);
}

#[tokio::test]
async fn other_paths_and_methods_say_so() {
    let edge = Edge::start("").await;
    for (method, path, status, allow) in [
        ("GET", "/", 404, None),
        ("POST", "/v1/b/", 404, None),
        ("POST", "/v1/b/a/b", 404, None),
        ("GET", "/v1/b/shop-key-1", 405, Some("POST, OPTIONS")),
        ("DELETE", "/v1/corswatch.js", 405, Some("GET, HEAD")),
    ] {
        let reply = ask(&edge, method, path, "").await;
        assert_eq!(
            (reply.status, reply.header("allow")),
            (status, allow),
            "{method} {path}"
        );
        assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
    }
    assert_eq!(edge.metric("served_total{reason=\"not_found\"}"), 3);
    assert_eq!(
        edge.metric("served_total{reason=\"method_not_allowed\"}"),
        2
    );
    let query = post("/v1/b/shop-key-1?x=1", "", support::beacon(1).as_bytes());
    assert_eq!(
        edge.send(&query).await.status,
        204,
        "a query is no part of the path"
    );
}

#[tokio::test]
async fn a_connection_goes_on_after_a_refusal_whose_body_was_small() {
    let edge = Edge::start("").await;
    let mut client = edge.client().await;
    client
        .write(&post("/v1/b/who-is-this", "", &[b'x'; 60_000]))
        .await;
    let refused = client.reply().await;
    assert_eq!((refused.status, refused.header("connection")), (401, None));
    client.write(&good(1)).await;
    assert_eq!(client.reply().await.status, 204);
    let head = "POST /v1/b/shop-key-1 HTTP/1.1\r\nhost: e\r\ncontent-length: 9999999\r\nexpect: 100-continue\r\n\r\n";
    client.write(head.as_bytes()).await;
    let refused = client.reply().await;
    assert_eq!(
        (refused.status, refused.header("connection")),
        (413, Some("close"))
    );
}
