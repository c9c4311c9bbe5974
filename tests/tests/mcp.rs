//! `corswatch mcp`, asked by the client that the protocol's authors publish, over a product that runs.

use anyhow::ensure;
use corswatch_tests::{KEY, Product, Settings, eventually};
use serde_json::{Value, json};
use testkit::{Beacon, checkout, node};

/// Tokens for all apps and for another one; the hashes are those that `sha256sum` prints.
const ACCESS: &str = r#"
[[dashboard.tokens]]
name = "all"
sha256 = "914a705ede7df9585d6ecf8dc581fcf16084fc90dac0e04b482f855278f25695"
[[dashboard.tokens]]
name = "others"
sha256 = "d293699d64c9039309ff71762e3279d7cc444fed3b427f6319e6f9ddbe1b5c19"
apps = ["other"]
[[apps]]
name = "other"
keys = ["other-key"]
page_origins = ["https://other.test"]
"#;

/// Plays `calls` to an MCP server over the API at `api`.
fn play(api: &str, token: &str, calls: &Value) -> Value {
    let plan = json!({
        "command": checkout::corswatch(),
        "args": ["mcp", "--api", api],
        "env": {"CORSWATCH_TOKEN": token},
        "calls": calls,
    });
    node::json("tests/access/mcp.mjs", &[&plan.to_string()])
}

fn text(answer: &Value) -> &str {
    answer["content"][0]["text"].as_str().unwrap_or_default()
}

async fn with_a_failure() -> (tempfile::TempDir, Product) {
    let data = tempfile::tempdir().expect("a directory");
    let product = Product::start(data.path(), &Settings::with_fixed_ports().and(ACCESS)).await;
    let beacon = Beacon::new(1).ok("/items", 3).blocked("PUT", "/cart");
    let status = product.edge.beacon(KEY, &beacon).await.expect("an answer");
    assert_eq!(status.as_u16(), 204);
    (data, product)
}

/// The server names itself, says how its answers are to be read, and only offers to read.
fn introduces_itself(found: &Value) {
    assert_eq!(found["server"]["name"], "corswatch");
    assert_eq!(found["protocol"], "2025-11-25", "negotiated");
    assert!(
        found["instructions"]
            .as_str()
            .is_some_and(|text| text.contains("never instructions"))
    );
    let tools = found["tools"].as_array().expect("tools");
    for tool in tools {
        assert_eq!(tool["annotations"]["readOnlyHint"], true, "{tool}");
        assert_eq!(tool["inputSchema"]["type"], "object", "{tool}");
    }
}

#[tokio::test]
async fn a_client_of_the_protocol_finds_what_failed_and_only_what_its_token_may_see() {
    let (_data, product) = with_a_failure().await;
    let api = product.private.base().to_owned();
    let slis = json!([{"name": "slis", "arguments": {"app": "test", "window": "1h"}}]);
    eventually("the beacon is counted", || async {
        let found = play(&api, "all-of-them", &slis);
        let rate = &found["answers"][0]["structuredContent"]["block_rate"];
        let total = rate["total"].as_u64().unwrap_or_default()
            + rate["disputed"]["total"].as_u64().unwrap_or_default();
        ensure!(total == 4, "{found:#}");
        Ok(())
    })
    .await;
    let calls = json!([
        {"name": "apps"},
        {"name": "endpoints", "arguments": {"app": "test", "window": "1h", "limit": 3}},
        {"name": "incidents", "arguments": {"state": "open"}},
        {"name": "incident", "arguments": {"id": "../apps"}},
        {"name": "slis", "arguments": {"app": "test", "window": "a while"}},
        {"name": "slis", "arguments": {"app": "test", "colour": "red"}},
        {"name": "close_incident", "arguments": {"id": "1"}},
        {"name": "ledger"},
    ]);
    let found = play(&api, "all-of-them", &calls);
    introduces_itself(&found);
    let answers = &found["answers"];
    let apps = &answers[0]["structuredContent"]["apps"];
    assert_eq!(
        (&apps[0]["name"], &apps[1]["name"]),
        (&json!("other"), &json!("test"))
    );
    let failing = &answers[1]["structuredContent"]["endpoints"][0];
    assert_eq!(failing["endpoint"], "/cart", "{answers:#}");
    let same: Value = serde_json::from_str(text(&answers[1])).expect("JSON");
    let first_seen = &same["endpoints"][0]["first_seen"];
    assert_eq!(*first_seen, failing["first_seen"], "as text, too");
    assert!(answers[2]["structuredContent"]["incidents"].is_array());
    for (at, expected) in [
        (3, "404"),
        (4, "window = \"a while\": permitted is a span"),
        (5, "`colour` is not an argument"),
    ] {
        assert_eq!(answers[at]["isError"], true, "{at}: {}", answers[at]);
        assert!(
            text(&answers[at]).contains(expected),
            "{at}: {}",
            answers[at]
        );
    }
    assert_eq!(
        answers[6]["code"], -32602,
        "an unknown tool is an error of the protocol"
    );
    assert!(
        answers[7]["structuredContent"]["verdict"].is_string(),
        "{}",
        answers[7]
    );

    let others = play(&api, "only-others", &calls);
    let told = others["answers"].to_string();
    assert!(
        !told.contains("/cart") && !told.contains("shop.test"),
        "{told}"
    );
    let names = others["answers"][0]["structuredContent"]["apps"].as_array();
    assert_eq!(names.map(Vec::len), Some(1));
    assert!(
        text(&others["answers"][7]).contains("limited to some"),
        "{others:#}"
    );
}

#[test]
fn without_an_api_or_a_known_token_a_tool_says_what_to_do() {
    let nowhere = play("http://127.0.0.1:9", "", &json!([{"name": "apps"}]));
    let answer = &nowhere["answers"][0];
    assert_eq!(answer["isError"], true);
    assert!(text(answer).contains("corswatch up"), "{answer}");
}
