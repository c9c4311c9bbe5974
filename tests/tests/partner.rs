//! A partner link from the command that makes it to the one that revokes it, over a product that runs.

use anyhow::ensure;
use corswatch_tests::{KEY, Product, Settings, corswatch, eventually};
use serde_json::Value;
use testkit::beacon::PAGE;
use testkit::{Beacon, node};

/// What someone sees who opens `link`.
fn read(link: &str, wait: &str) -> Value {
    let plan = serde_json::json!({"url": link, "wait": wait});
    let page = node::json("tests/access/page.mjs", &[&plan.to_string()]);
    assert_eq!(page["problems"], serde_json::json!([]));
    page
}

/// The page of a link asks for its own SLI and nothing else.
fn shows_their_origin_alone(link: &str) {
    let page = read(link, "table");
    let text = page["text"].as_str().expect("text");
    assert!(
        text.contains("blocked 1 of 4 cross-origin requests"),
        "{text}"
    );
    assert!(text.contains("/cart") && text.contains(PAGE), "{text}");
    let questions = page["asked"].as_array().expect("paths").iter();
    let data = questions.filter(|path| {
        !path
            .as_str()
            .is_some_and(|path| path.starts_with("/assets/"))
    });
    let data: Vec<&Value> = data.collect();
    assert_eq!(data, ["/partner", "/partner/sli"], "nothing else is asked");
}

fn says_that_it_is_over(link: &str) {
    let page = read(link, "[role=alert]");
    let text = page["text"].as_str().expect("text");
    assert_eq!(
        text.split_whitespace().collect::<Vec<_>>().join(" "),
        "corswatch This link was revoked."
    );
}

fn says_what_to_write(run: &impl Fn(&[&str]) -> (Option<i32>, String, String)) {
    let (code, _, err) = run(&[
        "create",
        "--app",
        "test",
        "--page-origin",
        "https://x.test/a",
    ]);
    assert_eq!(code, Some(2));
    assert!(err.contains("without a path"), "{err}");
    let (code, _, err) = run(&["revoke", "unknown"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("no link of this id"), "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_sees_their_origin_until_the_link_is_revoked() {
    let data = tempfile::tempdir().expect("a directory");
    let product = Product::start(data.path(), &Settings::with_fixed_ports()).await;
    let beacon = Beacon::new(1).ok("/items", 3).blocked("PUT", "/cart");
    let status = product.edge.beacon(KEY, &beacon).await.expect("an answer");
    assert_eq!(status.as_u16(), 204);
    let api = product.private.base().to_owned();
    let run = |args: &[&str]| {
        let args = [&["partner-link"], args, &["--api", &api]].concat();
        corswatch(data.path(), &args)
    };
    let link = |origin: &str| {
        let (code, out, err) = run(&["create", "--app", "test", "--page-origin", origin]);
        assert_eq!(code, Some(0), "{err}");
        out.trim().to_owned()
    };
    let (theirs, others) = (link(PAGE), link("https://other.test"));
    assert!(theirs.starts_with(&format!("{api}/partner#")), "{theirs}");
    let client = testkit::http::client();
    let shown = async |link: &str| {
        let (_, secret) = link.split_once('#').expect("a secret");
        let request = client.get(format!("{api}/partner/sli")).bearer_auth(secret);
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        let body: Value = answer.json().await.expect("JSON");
        (status, body)
    };
    let body = eventually("the beacon is counted", async || {
        let (status, body) = shown(&theirs).await;
        ensure!(status == 200, "{body}");
        ensure!(body["failing"][0]["endpoint"] == "/cart", "{body:#}");
        Ok(body)
    })
    .await;
    assert_eq!(body["page_origin"], PAGE);
    assert_eq!(body["failing"][0]["count"], 1);
    let (_, body) = shown(&others).await;
    assert_eq!(
        body["failing"],
        serde_json::json!([]),
        "nothing of another origin"
    );
    assert!(!body.to_string().contains("shop.test"), "{body}");

    shows_their_origin_alone(&theirs);
    let (code, out, _) = run(&["list"]);
    assert_eq!((code, out.lines().count()), (Some(0), 2), "{out}");
    let line = out
        .lines()
        .find(|line| line.contains(PAGE))
        .expect("listed");
    let id = line.split_whitespace().next().expect("an id");
    let (code, out, err) = run(&["revoke", id]);
    assert_eq!(
        (code, out.trim()),
        (Some(0), &*format!("{id} is revoked")),
        "{err}"
    );
    let (status, body) = shown(&theirs).await;
    assert_eq!(
        (status, &body["code"]),
        (410, &Value::from("link_revoked")),
        "{body}"
    );
    says_that_it_is_over(&theirs);
    let (_, out, _) = run(&["list"]);
    assert!(out.contains("revoked") && out.contains("active"), "{out}");
    says_what_to_write(&run);
}
