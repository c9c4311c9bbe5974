//! Requests that a proxy may read otherwise than the product does.

use std::net::SocketAddr;

use corswatch_tests::{Product, Settings};
use testkit::http::Http;

fn address(side: &Http) -> SocketAddr {
    let address = side.base().split("://").nth(1).expect("a URL");
    address.parse().expect("an address")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_readers_may_understand_differently_is_refused_and_ends_its_connection() {
    let data = tempfile::tempdir().expect("a folder");
    let product = Product::start(data.path(), &Settings::with_fixed_ports()).await;
    for (side, reads) in [
        (
            &product.edge,
            "POST /v1/b/test-key-1 HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n",
        ),
        (
            &product.private,
            "POST /api/v1/deploys HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n",
        ),
    ] {
        let faults = testkit::strictness::faults(address(side), reads).await;
        assert!(faults.is_empty(), "{}: {faults:#?}", side.base());
    }
}
