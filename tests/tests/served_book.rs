//! The book that the binary serves: every link of every page leads to something, under the policy of the web UI.

use std::collections::{BTreeMap, BTreeSet};

use corswatch_tests::{Product, Settings};

#[tokio::test(flavor = "multi_thread")]
async fn every_page_of_the_served_book_opens_and_loads_nothing_but_its_own_files() {
    let data = tempfile::tempdir().expect("a directory");
    let product = Product::start(data.path(), &Settings::with_fixed_ports()).await;
    let start = reqwest::Url::parse(product.private.base()).expect("a URL");
    let client = testkit::http::client();
    let (mut seen, mut ahead) = (BTreeSet::new(), vec![start.join("/docs").expect("a path")]);
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    while let Some(url) = ahead.pop() {
        if !seen.insert(url.path().to_owned()) {
            continue;
        }
        let answer = client.get(url.clone()).send().await.expect("an answer");
        assert_eq!(answer.status(), 200, "{url}");
        let (arrived, headers) = (answer.url().clone(), answer.headers().clone());
        let header = |name: &str| headers[name].to_str().expect("ASCII").to_owned();
        let policy = header("content-security-policy");
        assert!(
            policy.contains("script-src 'self';") && !policy.contains("unsafe"),
            "{policy}"
        );
        let kind = header("content-type");
        *kinds.entry(kind.clone()).or_default() += 1;
        if kind.starts_with("text/html") {
            let text = answer.text().await.expect("a body");
            assert!(
                !text.contains("<style") && !text.contains(" style="),
                "{url}"
            );
            let links = ["href=\"", "src=\""]
                .into_iter()
                .flat_map(|start| text.split(start).skip(1));
            let links = links.filter_map(|rest| rest.split('"').next());
            let local = links.filter(|link| !link.contains(':') && !link.starts_with('#'));
            ahead.extend(local.map(|link| arrived.join(link).expect("a link")));
        }
    }
    assert!(kinds["text/html; charset=utf-8"] > 30, "{kinds:?}");
    assert_eq!(kinds.get("application/octet-stream"), None, "{kinds:?}");
}
