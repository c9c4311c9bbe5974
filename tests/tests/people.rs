//! People sign in, in a real browser at a real identity provider, to a product that runs.

use corswatch_tests::{Product, Settings};
use serde_json::{Value, json};
use testkit::{node, port};

const ACCESS: &str = r#"
[dashboard.oidc]
issuer = "@ISSUER@"
client_id = "corswatch"
client_secret = "a secret of the test"
url = "@URL@"
scopes = ["email", "groups"]
grants = [
    { claim = "groups", value = "cors-admins", role = "admin" },
    { claim = "groups", value = "sre", role = "operator", apps = ["test"] },
    { claim = "email", value = "vic@example.test" , apps = ["other"] },
]
[[apps]]
name = "other"
keys = ["other-key"]
page_origins = ["https://other.test"]
"#;

fn answers(person: &Value) -> Vec<(u64, &str)> {
    let answers = person["answers"].as_array().expect("answers");
    let answer = |one: &'_ Value| one["status"].as_u64().expect("a status");
    answers
        .iter()
        .map(|one| {
            (
                answer(one),
                one["body"]["code"].as_str().unwrap_or_default(),
            )
        })
        .collect()
}

/// Who there is, and what each does once signed in.
fn plan(product: &str, provider: u16) -> Value {
    let me = json!(["GET", "/api/v1/me"]);
    let deploy = json!(["POST", "/api/v1/deploys", {"app": "test", "id": "1"}]);
    let sli = json!(["GET", "/api/v1/sli?app=test"]);
    let ledger = json!(["GET", "/api/v1/ledger"]);
    let questions = json!([me, sli, deploy, ledger]);
    json!({
        "port": provider,
        "product": product,
        "accounts": {
            "ana": {"email": "ana@example.test", "groups": ["everybody", "cors-admins"]},
            "sol": {"email": "sol@example.test", "groups": ["sre"]},
            "vic": {"email": "vic@example.test", "groups": []},
            "mal": {"email": "vic@example.test", "email_verified": false, "groups": []},
            "eve": {"email": "eve@example.test", "groups": ["sre-alumni"]},
        },
        "people": [
            {"login": "ana", "ask": questions, "foreign": format!("{product}/api/v1/deploys"), "leave": true},
            {"login": "sol", "ask": questions},
            {"login": "vic", "ask": questions},
            {"login": "eve", "ask": questions},
            {"login": "mal", "ask": questions},
        ],
    })
}

/// An administrator comes back to where they were, changes something under their own name, and is gone once signed out.
fn may_do_everything(ana: &Value, product: &str) {
    assert_eq!(
        ana["url"],
        format!("{product}/slos"),
        "back to where they came from"
    );
    assert_eq!(
        answers(ana),
        [(200, ""), (200, ""), (201, ""), (200, "")],
        "{ana:#}"
    );
    let who = &ana["answers"][0]["body"];
    let expected =
        json!({"name": "ana@example.test", "way": "session", "role": "admin", "apps": null});
    assert_eq!(*who, expected);
    assert_eq!(
        ana["answers"][2]["body"]["recorded_by"], "ana@example.test",
        "who changed it is known"
    );
    let cookie = &ana["cookies"][0];
    assert_eq!(
        ana["cookies"].as_array().map(Vec::len),
        Some(1),
        "that of the sign-in is gone: {ana:#}"
    );
    assert_eq!(
        (&cookie["httpOnly"], &cookie["sameSite"]),
        (&json!(true), &json!("Strict"))
    );
    // Another port of this host is the same site: its requests bring the cookie.
    assert_eq!(ana["foreign"], "unreadable");
    assert_eq!(ana["refused"], "1", "a page of another origin: {ana:#}");
    assert_eq!(ana["left"]["status"], 200);
    assert_eq!(ana["after"]["status"], 401);
    assert_eq!(
        ana["replayed"]["status"], 401,
        "the session is over, not only its cookie"
    );
    assert_eq!(ana["provider"], 200, "the provider offers to sign out, too");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_sign_in_at_a_provider_and_may_do_what_their_claims_grant() {
    let data = tempfile::tempdir().expect("a directory");
    let provider = port::lasting();
    let settings = Settings::with_fixed_ports();
    let access = ACCESS
        .replace("@ISSUER@", &format!("http://127.0.0.1:{provider}"))
        .replace("@URL@", &settings.private_url());
    let product = Product::start(data.path(), &settings.and(&access)).await;
    let plan = plan(product.private.base(), provider);
    let found = node::json("tests/access/people.mjs", &[&plan.to_string()]);
    let people = found["people"].as_array().expect("people");

    may_do_everything(&people[0], product.private.base());
    let sol = &people[1];
    assert_eq!(
        answers(sol),
        [(200, ""), (200, ""), (201, ""), (403, "forbidden")],
        "{sol:#}"
    );
    let vic = &people[2];
    assert_eq!(vic["answers"][0]["body"]["apps"], json!(["other"]));
    assert_eq!(
        answers(vic),
        [
            (200, ""),
            (400, "invalid_request"),
            (403, "forbidden"),
            (403, "forbidden")
        ],
        "{vic:#}"
    );
    // Like a group that grants something, and an address that no one has verified.
    for stranger in &people[3..5] {
        let text = stranger["text"].as_str().expect("text");
        assert!(text.contains("Nothing is granted to you"), "{text}");
        let refused = [(401, "unauthenticated"); 4];
        assert_eq!(answers(stranger), refused, "{stranger:#}");
    }

    let expected = json!({"refused": true, "cookies": 0});
    assert_eq!(found["attack"], expected, "what someone else began");
    let metrics = product.private.get("/metrics").await.expect("an answer");
    assert_eq!(metrics.status(), 401);
}
