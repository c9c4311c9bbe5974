//! The commands that ask live servers, as a build runs them: what they print, write and exit with.

use std::path::Path;

use corswatch_tests::{Kind, WebServer, corswatch};
use serde_json::Value;

/// Trusts one origin; its preflights know `authorization`, not `x-tenant`.
const NGINX: &str = r#"
map $http_origin $allowed { default ""; "https://app.test" $http_origin; }
# location
add_header Access-Control-Allow-Origin $allowed always;
add_header Vary Origin always;
if ($request_method = OPTIONS) {
    add_header Access-Control-Allow-Origin $allowed always;
    add_header Access-Control-Allow-Methods "GET, PUT" always;
    add_header Access-Control-Allow-Headers "authorization" always;
    add_header Access-Control-Max-Age 600 always;
    add_header Vary Origin always;
    return 204;
}"#;

fn contract(base: &str, header: &str) -> String {
    let queries: Vec<String> = (0..66).map(|n| format!("\"/x?n={n}\"")).collect();
    let paths = queries.join(",");
    format!(
        "url = \"{base}\"\norigin = \"https://app.test\"\n\
         [[request]]\nname = \"reads\"\npath = [{paths}]\nblocked_origin = \"https://evil.test\"\n\
         expect = {{ status = 200, vary = [\"Origin\"] }}\n\
         [[request]]\nname = \"writes\"\npath = [{paths}]\nmethod = \"PUT\"\nheaders = {{ {header} = \"1\" }}\n\
         expect = {{ max_age = {{ min = \"5m\" }} }}\n"
    )
}

fn json(folder: &Path, file: &str) -> Value {
    let text = std::fs::read_to_string(folder.join(file)).expect("the report");
    serde_json::from_str(&text).expect("JSON")
}

#[tokio::test]
async fn check_says_which_requests_a_server_breaks() {
    let server = WebServer::start(Kind::Nginx, NGINX).await;
    let folder = tempfile::tempdir().expect("a directory");
    let folder = folder.path();
    let write = |text: &str| std::fs::write(folder.join("shop.toml"), text).expect("written");
    let here = "--allow-private-networks";

    write(&contract(&server.base, "authorization"));
    let (code, out, _) = corswatch(folder, &["check", "shop.toml", here]);
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("198 passed, 0 failed"), "{out}");

    write(&contract(&server.base, "x-tenant"));
    let (code, out, _) = corswatch(
        folder,
        &[
            "check",
            ".",
            here,
            "--report",
            "sarif=a.sarif",
            "--report",
            "junit=a.xml",
            "--format",
            "json",
        ],
    );
    assert_eq!(code, Some(1), "{out}");
    let report: Value = serde_json::from_str(&out).expect("JSON");
    assert!(
        out.contains("HeaderDisallowedByPreflightResponse"),
        "{report:#}"
    );
    let sarif = json(folder, "a.sarif");
    let results = sarif["runs"][0]["results"].as_array().expect("results");
    assert_eq!(results.len(), 66);
    let place = &results[0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "shop.toml");
    assert_eq!(place["region"]["startLine"], 8, "the line of the request");
    let junit = std::fs::read_to_string(folder.join("a.xml")).expect("the report");
    assert_eq!(junit.matches("<testcase ").count(), 198);
    assert_eq!(junit.matches("<failure ").count(), 66);
}

#[tokio::test]
async fn what_cannot_be_read_or_must_not_be_asked_is_said_with_its_line() {
    let server = WebServer::start(Kind::Nginx, NGINX).await;
    let folder = tempfile::tempdir().expect("a directory");
    let folder = folder.path();
    let text =
        contract(&server.base, "authorization") + "[[request]]\npath = \"/x\"\nmethd = \"PUT\"\n";
    std::fs::write(folder.join("shop.toml"), text).expect("written");
    let (code, out, err) = corswatch(folder, &["check", "shop.toml", "--allow-private-networks"]);
    assert_eq!(code, Some(2), "{err}");
    assert!(
        err.contains("shop.toml:16: ") && err.contains("methd"),
        "{err}"
    );
    assert!(out.contains("198 passed"), "the others are checked: {out}");

    let (code, out, _) = corswatch(folder, &["check", "shop.toml"]);
    assert_eq!(code, Some(2));
    assert!(
        out.contains("refused by the rule `address`") && out.contains("permits private networks"),
        "{out}"
    );
    let (code, out, _) = corswatch(
        folder,
        &[
            "audit",
            "http://169.254.169.254/",
            "--allow-private-networks",
        ],
    );
    assert_eq!(code, Some(1));
    assert!(
        out.contains("a metadata address") && !out.contains("permits"),
        "{out}"
    );
    let (code, _, err) = corswatch(folder, &["audit", "no url"]);
    assert_eq!(code, Some(2), "{err}");
    let (code, _, err) = corswatch(folder, &["check", "gone.toml"]);
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("gone.toml"), "{err}");
}

#[tokio::test]
async fn audit_shows_findings_and_lives_with_those_that_are_accepted() {
    let server = WebServer::start(Kind::Nginx, "add_header Access-Control-Allow-Origin $http_origin always;\nadd_header Access-Control-Allow-Credentials true always;\nadd_header Timing-Allow-Origin * always;\nadd_header Vary Origin always;").await;
    let folder = tempfile::tempdir().expect("a directory");
    let folder = folder.path();
    let url = format!("{}/x", server.base);
    let audit = |more: &[&str]| {
        let args = [
            "audit",
            url.as_str(),
            "--page-origin",
            "https://app.test",
            "--allow-private-networks",
        ];
        corswatch(folder, &[&args, more].concat())
    };
    let (code, out, _) = audit(&[]);
    assert_eq!(code, Some(1), "{out}");
    assert!(
        out.contains("error: origin-reflected") && out.contains("fix: "),
        "{out}"
    );
    let suppressed = |until: &str| {
        let lines: String = ["origin-reflected", "preflight-refused", "errors-without-cors"]
            .map(|rule| format!("[[suppress]]\nrule = \"{rule}\"\nurl = \"{}/*\"\nreason = \"a test\"\nuntil = {until}\n", server.base))
            .concat();
        std::fs::write(folder.join("suppress.toml"), lines).expect("written");
    };
    suppressed("2999-01-31");
    let (code, out, err) = audit(&["--suppress", "suppress.toml"]);
    assert_eq!(code, Some(0), "{out}{err}");
    suppressed("2020-01-31");
    let (code, out, _) = audit(&["--suppress", "suppress.toml"]);
    assert_eq!(code, Some(1));
    assert!(out.contains("suppression-expired"), "{out}");
}
