//! The commands that work on policy files, as people and builds run them: what they print, write and
//! exit with.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use corswatch_tests::corswatch;
use serde_json::{Value, json};

const NGINX: &str = "map $http_origin $ok { default \"\"; \"https://shop.test\" $http_origin; \"https://old.test\" $http_origin; }\n\
server {\n\
  server_name api.test;\n\
  include cors.inc;\n\
  location / {\n\
    if ($request_method = OPTIONS) { return 204; }\n\
    proxy_pass http://backend;\n\
  }\n\
}\n";

const INCLUDED: &str = "add_header Access-Control-Allow-Origin $ok always;\n\
add_header Access-Control-Allow-Methods \"PUT, PATCH\" always;\n\
add_header Access-Control-Allow-Headers \"content-type\" always;\n\
add_header Vary Origin always;\n";

fn shapes() -> Value {
    let shape = |page: &str, headers: Value, passing: u64| {
        json!({
            "page_origin": page, "target_origin": "https://api.test", "endpoint": "/cart/:id", "service": "cart",
            "method": "PUT", "headers": headers, "credentialed": false, "preflighted": true, "reads": ["x-total"],
            "outcomes": {"ok": passing, "blocked": 2}, "count": passing + 2,
        })
    };
    json!({
        "app": "shop", "from": "2026-11-15T00:00:00Z", "to": "2026-11-22T00:00:00Z", "complete": true,
        "shapes": [
            shape("https://shop.test", json!(["content-type"]), 40),
            shape("https://shop.test", json!(["content-type", "x-tenant"]), 100),
            shape("null", json!([]), 0),
        ],
    })
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a directory");
    let write =
        |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    write("nginx.conf", NGINX);
    write("cors.inc", INCLUDED);
    write("shapes.json", &shapes().to_string());
    folder
}

#[test]
fn simulate_says_what_would_break_with_line_reason_and_fix() {
    let folder = folder();
    let simulate = |more: &[&str]| {
        let args = [
            "simulate",
            "--policy",
            "nginx.conf",
            "--shapes",
            "shapes.json",
        ];
        corswatch(folder.path(), &[&args, more].concat())
    };
    let (code, out, err) = simulate(&[]);
    assert_eq!(code, Some(1), "{out}{err}");
    for expected in [
        "would be blocked, and passes today:\n  102 requests (100 pass today, 2 are blocked): PUT https://api.test/cart/:id from https://shop.test\n",
        "cors.inc:3: HeaderDisallowedByPreflightResponse [x-tenant]",
        "fix (preflight): access-control-allow-headers: content-type, x-tenant",
        "would stay blocked:\n  2 requests",
        "not readable: x-total",
        "nginx.conf:1: origin `https://old.test`",
        "cors.inc:2: method `PATCH`",
        "`http://backend` answers 200 without CORS headers of its own",
        "newly blocked: 100 requests that pass today; newly allowed: 2 requests that are blocked today",
    ] {
        assert!(out.contains(expected), "{expected}\n{out}");
    }

    let (code, out, _) = simulate(&["--format", "json"]);
    assert_eq!(code, Some(1));
    let told: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(
        told["totals"]["newly_blocked"],
        json!({"shapes": 1, "requests": 100})
    );
    assert_eq!(told["shapes"][1]["change"], "newly_blocked");
    assert_eq!(told["shapes"][1]["line"], 3);
    assert_eq!(told["shapes"][0]["hidden"], json!(["x-total"]));

    let (code, out, _) = simulate(&["--service", "search"]);
    assert_eq!(code, Some(0), "{out}");
    let (code, out, _) = simulate(&["--target-origin", "https://else.test"]);
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("0 shapes"), "{out}");
}

#[test]
fn what_is_generated_is_read_back_and_breaks_nothing() {
    let folder = folder();
    for (form, file) in [
        ("corswatch", "cors.toml"),
        ("nginx", "cors.conf"),
        ("ingress-nginx", "ingress.yaml"),
        ("gateway-api", "route.yaml"),
    ] {
        let generate = ["generate", "--form", form, "--shapes", "shapes.json"];
        let (code, text, err) = corswatch(folder.path(), &generate);
        assert_eq!(code, Some(0), "{err}");
        assert!(
            err.contains("left out: PUT https://api.test/cart/:id from null"),
            "{err}"
        );
        assert!(text.contains("of which 140 pass today"), "{text}");
        std::fs::write(folder.path().join(file), text).expect("written");
        let simulate = ["simulate", "--policy", file, "--shapes", "shapes.json"];
        let (code, out, err) = corswatch(folder.path(), &simulate);
        assert_eq!(code, Some(0), "{form}: {out}{err}");
        assert!(
            out.contains(&format!("{file} ({form})")),
            "the form is found out: {out}"
        );
        assert!(out.contains("2 pass (144 requests)"), "{form}: {out}");
        assert!(!out.contains("not readable"), "{form}: {out}");
        let (code, out, err) = corswatch(folder.path(), &["audit", "--policy", file]);
        assert_eq!(code, Some(0), "{form}: {out}{err}");
    }
    let only = [
        "generate",
        "--form",
        "corswatch",
        "--shapes",
        "shapes.json",
        "--page-origin",
        "https://nobody.test",
    ];
    let (code, _, err) = corswatch(folder.path(), &only);
    assert_eq!(code, Some(2), "{err}");
}

#[test]
fn audit_points_to_the_line_of_the_policy() {
    let folder = folder();
    let text = "server {\n  server_name api.test;\n  location / {\n    add_header Access-Control-Allow-Origin $http_origin always;\n    add_header Access-Control-Allow-Credentials true always;\n    add_header Timing-Allow-Origin * always;\n    add_header Vary Origin always;\n    proxy_pass http://backend;\n  }\n}\n";
    std::fs::write(folder.path().join("open.conf"), text).expect("written");
    let audit = [
        "audit",
        "--policy",
        "open.conf",
        "--report",
        "sarif=a.sarif",
        "--page-origin",
        "https://shop.test",
    ];
    let (code, out, err) = corswatch(folder.path(), &audit);
    assert_eq!(code, Some(1), "{out}{err}");
    assert!(
        out.contains("error: origin-reflected (open.conf:4)"),
        "{out}"
    );
    assert!(
        out.contains("note: policy-unclear") && !out.contains("preflight-refused"),
        "{out}"
    );
    let sarif = std::fs::read_to_string(folder.path().join("a.sarif")).expect("the report");
    let sarif: Value = serde_json::from_str(&sarif).expect("JSON");
    let place = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "open.conf");
    assert_eq!(place["region"]["startLine"], 4);

    let known = [audit.as_slice(), &["--upstream-preflight", "405"]].concat();
    let (_, out, _) = corswatch(folder.path(), &known);
    assert!(out.contains("warning: preflight-refused"), "{out}");

    let suppress = "[[suppress]]\nrule = \"origin-reflected\"\nurl = \"https://api.test/*\"\nreason = \"a test\"\nuntil = 2999-01-31\n";
    std::fs::write(folder.path().join("suppress.toml"), suppress).expect("written");
    let suppressed = [audit.as_slice(), &["--suppress", "suppress.toml"]].concat();
    let (code, out, _) = corswatch(folder.path(), &suppressed);
    assert_eq!(code, Some(0), "{out}");
}

#[test]
fn what_cannot_be_read_is_said_and_the_rest_is_answered() {
    let folder = folder();
    let write =
        |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    write(
        "odd.conf",
        &NGINX.replace("include cors.inc;", "include gone.inc;"),
    );
    let good = shapes()["shapes"][0].to_string();
    write(
        "lines.jsonl",
        &format!("{good}\n{{\"page_origin\": 7}}\n{good}\n"),
    );
    let cases: [(&[&str], &str, &str); 5] = [
        (
            &["--policy", "odd.conf", "--shapes", "shapes.json"],
            "odd.conf:4: `include gone.inc`",
            "3 shapes",
        ),
        (
            &["--policy", "nginx.conf", "--shapes", "lines.jsonl"],
            "lines.jsonl:2: ",
            "2 shapes",
        ),
        (
            &["--policy", "gone.conf", "--shapes", "shapes.json"],
            "gone.conf: ",
            "",
        ),
        (
            &["--policy", "nginx.conf", "--shapes", "nginx.conf"],
            "nginx.conf:1: ",
            "",
        ),
        (
            &["--policy", "nginx.conf", "--api", "http://127.0.0.1:9"],
            "http://127.0.0.1:9/ does not answer",
            "",
        ),
    ];
    for (args, said, answered) in cases {
        let (code, out, err) = corswatch(folder.path(), &[&["simulate"], args].concat());
        assert_eq!(code, Some(2), "{args:?} {out}{err}");
        assert!(err.contains(said), "{args:?} {err}");
        assert!(out.contains(answered), "{args:?} {out}");
    }
}

#[test]
fn shapes_come_from_the_private_side_with_a_token() {
    let folder = folder();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let api = format!("http://{}", listener.local_addr().expect("bound"));
    let server = std::thread::spawn(move || {
        let bodies = [
            ("200 OK", shapes()),
            ("401 Unauthorized", json!({"detail": "no such token"})),
        ];
        bodies.map(|(status, body)| {
            let (mut stream, _) = listener.accept().expect("a connection");
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).expect("a head");
                head.extend(byte);
            }
            let body = body.to_string();
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            )
            .expect("sent");
            String::from_utf8(head).expect("text").to_ascii_lowercase()
        })
    });
    let args = [
        "simulate",
        "--policy",
        "nginx.conf",
        "--api",
        &api,
        "--app",
        "shop",
        "--last",
        "30d",
        "--token-env",
        "TOKEN_OF_TEST",
    ];
    let (code, out, err) = corswatch(folder.path(), &args);
    assert_eq!(code, Some(1), "{out}{err}");
    assert!(
        out.contains("against what was seen from 2026-11-15T00:00:00Z"),
        "{out}"
    );
    let (code, _, err) = corswatch(folder.path(), &args);
    assert_eq!(code, Some(2), "{err}");
    assert!(
        err.contains("no such token") && err.contains("$TOKEN_OF_TEST") && !err.contains("secret"),
        "{err}"
    );
    for head in server.join().expect("it answered") {
        assert!(
            head.starts_with("get /api/v1/shapes?window=30days&app=shop "),
            "{head}"
        );
        assert!(head.contains("authorization: bearer secret"), "{head}");
    }
}
