//! The first command of the README, in this checkout.

use std::time::Duration;

use corswatch_tests::Product;
use testkit::http::Http;

#[tokio::test(flavor = "multi_thread")]
async fn one_command_runs_the_product_with_its_demo_and_a_signal_ends_it() {
    let data = tempfile::tempdir().expect("a directory");
    let mut product = Product::of_checkout(data.path()).await;
    let shop = Http::new(product.shop.clone());
    for (what, page) in [("shop", &shop), ("dashboard", &product.private)] {
        let answer = page.get("/").await.expect(what);
        assert_eq!(answer.status(), 200, "{what}");
        let kind = answer.headers()["content-type"].to_str().expect("ASCII");
        assert!(kind.starts_with("text/html"), "{what}: {kind}");
    }
    let ready = product.private.json("/readyz").await.expect("it is ready");
    assert_eq!(ready["condition"], "ready", "{ready}");
    product.process.terminate();
    let status = product.process.ended(Duration::from_secs(60)).await;
    assert!(status.success(), "{:#?}", product.process.lines());
}
