//! Predictions against the truth: a real nginx with that very configuration, asked by a real Chromium.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use cors::Answer;
use policy::{
    Form, Options, Outcome, Policy, Predicted, Shape, Source, Upstream, generate, simulate,
};
use serde::Deserialize;
use serde_json::json;
use testkit::{Process, node, port, wait_until};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

#[path = "predictions/generated.rs"]
mod generated;

const PAGES: [&str; 2] = ["http://shop.test", "http://admin.test"];
const PATHS: [&str; 11] = [
    "/", "/a", "/a/", "/a/b", "/a/b/c", "/a/shop", "/b", "/b/deep", "/b/admin", "/x/SHOP",
    "/inner/x",
];
const METHODS: [&str; 6] = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"];
const HEADERS: [&str; 4] = ["x-a", "x-b", "content-type", "authorization"];

/// A small seeded generator: the same seed makes the same requests everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % limit
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }

    fn shape(&mut self, target: &str) -> Shape {
        let names = [0, 0, 0, 1, 1, 2][self.below(6)];
        let mut headers: Vec<String> = (0..names).map(|_| self.pick(&HEADERS).to_owned()).collect();
        headers.sort();
        headers.dedup();
        Shape {
            page_origin: self.pick(&PAGES).to_owned(),
            target_origin: target.to_owned(),
            endpoint: self.pick(&PATHS).to_owned(),
            method: self.pick(&METHODS).to_owned(),
            headers: Some(headers),
            credentialed: self.below(3) == 0,
            count: 1,
            ..Shape::default()
        }
    }
}

/// How a request ended in the browser.
#[derive(Debug, Deserialize)]
struct Seen {
    ok: bool,
    read: Option<Vec<String>>,
    error: Option<String>,
    parameter: Option<String>,
}

/// Starts nginx with what stands in `http { .. }`, and waits until it listens.
async fn nginx(folder: &Path, http: &str, port: u16) -> Process {
    let dir = folder.display();
    let text = format!(
        "user root;\ndaemon off;\nworker_processes 1;\npid {dir}/pid;\nerror_log stderr;\nevents {{}}\n\
         http {{\naccess_log off;\nclient_body_temp_path {dir}/body;\nproxy_temp_path {dir}/proxy;\n\
         fastcgi_temp_path {dir}/fastcgi;\nuwsgi_temp_path {dir}/uwsgi;\nscgi_temp_path {dir}/scgi;\n{http}\n}}\n"
    );
    let config = folder.join("nginx.conf");
    std::fs::write(&config, text).expect("written");
    let mut command = Command::new("nginx");
    command
        .args(["-e", "stderr", "-p"])
        .arg(folder)
        .arg("-c")
        .arg(&config);
    let process = Process::start(&mut command);
    let listens = || async {
        tokio::net::TcpStream::connect(("127.0.0.1", port))
            .await
            .is_ok()
    };
    wait_until("nginx listens", Duration::from_secs(60), listens).await;
    process
}

/// Lets Chromium make the requests of shapes.
fn ask(folder: &Path, port: u16, shapes: &[Shape]) -> Vec<Seen> {
    let requests: Vec<_> = (0..)
        .zip(shapes)
        .map(|(n, shape)| {
            let names = shape.headers.as_deref().unwrap_or_default();
            let value = |name: &str| {
                if name == "content-type" {
                    "application/json"
                } else {
                    "\""
                }
            };
            let headers: Vec<_> = names
                .iter()
                .map(|name| [name.as_str(), value(name)])
                .collect();
            json!({
                "page_origin": shape.page_origin,
                "url": format!("{}{}?n={n}", shape.target_origin, shape.endpoint),
                "method": shape.method,
                "credentials": if shape.credentialed { "include" } else { "same-origin" },
                "headers": headers,
                "reads": shape.reads,
            })
        })
        .collect();
    let file = folder.join("requests.json");
    std::fs::write(&file, json!(requests).to_string()).expect("written");
    let file = file.to_str().expect("a path of ASCII");
    let port = port.to_string();
    let seen = node::json(
        "tests/browser/requests.mjs",
        &[node::chromium(), &port, file],
    );
    serde_json::from_value(seen).expect("what was seen")
}

fn read(form: Form, text: &str) -> Policy {
    let source = Source {
        name: "policy",
        text,
        load: &|name| Err(format!("{name} is not here")),
    };
    let (policy, problems) = Policy::read(form, &source);
    assert_eq!(problems, []);
    policy
}

/// What differs between a prediction and what happened.
fn difference(predicted: &Predicted<'_>, seen: &Seen) -> Option<String> {
    let agrees = match &predicted.outcome {
        Outcome::Allowed => seen.ok,
        Outcome::Blocked(block) => {
            let judgement = &block.verdict.judgement;
            !seen.ok
                && judgement.error.map(cors::CorsError::as_str) == seen.error.as_deref()
                && judgement.parameter_text() == seen.parameter.as_deref()
        }
        Outcome::Unknown { .. } | Outcome::Uncovered => false,
    };
    (!agrees).then(|| format!("{:#?}\nbut {seen:?}", predicted))
}

#[tokio::test]
async fn what_is_predicted_for_nginx_is_what_chromium_does_behind_it() {
    const SERVERS: usize = 16;
    const OF_EACH: usize = 60;
    let folder = tempfile::tempdir().expect("a directory");
    let dir = folder.path();
    for file in [
        "www/a/shop",
        "www/a/b/c",
        "www/b/deep",
        "www/b/admin",
        "www/inner/x",
        "www/x/SHOP",
    ] {
        let file = dir.join(file);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("made");
        std::fs::write(file, "[]").expect("written");
    }
    std::fs::write(dir.join("users"), "").expect("written");
    let (main, upstream) = (port::free(), port::free());
    let text = include_str!("predictions/nginx.conf")
        .replace("PORT", &main.to_string())
        .replace("UPSTREAM", &upstream.to_string())
        .replace("DIR", &dir.display().to_string());
    let _nginx = nginx(dir, &text, main).await;
    let mut dice = Dice(4711);
    let shapes: Vec<Shape> = (0..SERVERS * OF_EACH)
        .map(|n| dice.shape(&format!("http://c{}.test", n % SERVERS)))
        // Files are there or not, which no configuration tells; a login is refused, as no one has one.
        .filter(|shape| {
            let of_files = shape.target_origin == "http://c14.test";
            let has_login = shape.target_origin == "http://c7.test";
            let open = (of_files
                && matches!(shape.endpoint.as_str(), "/a" | "/a/" | "/a/b" | "/b" | "/"))
                || (has_login && shape.endpoint.starts_with("/a"));
            !open
        })
        .collect();
    let policy = read(Form::Nginx, &text);
    let options = Options {
        upstream: Upstream {
            preflight: Some(Answer {
                status: 405,
                ..Answer::default()
            }),
            response: None,
        },
        ..Options::default()
    };
    let predicted = simulate(&policy, &shapes, &options);
    let seen = ask(dir, main, &shapes);
    assert_eq!(predicted.len(), seen.len());
    let different: Vec<String> = predicted
        .iter()
        .zip(&seen)
        .filter_map(|(one, seen)| difference(one, seen))
        .collect();
    let blocked = seen.iter().filter(|seen| !seen.ok).count();
    println!(
        "{} requests compared, {blocked} of them blocked",
        seen.len()
    );
    assert!(
        blocked > 200 && seen.len() - blocked > 200,
        "{blocked} of {}",
        seen.len()
    );
    assert!(
        different.is_empty(),
        "{} differ\n{}",
        different.len(),
        different[..different.len().min(4)].join("\n")
    );
}

/// Shapes of requests to `g0.test` and `g1.test`, some of which read a header.
fn shapes_of_two_servers(mut dice: Dice, count: usize) -> Vec<Shape> {
    let one = |n: usize| {
        let mut shape = dice.shape(["http://g0.test", "http://g1.test"][n % 2]);
        if dice.below(3) == 0 {
            shape.reads = vec!["x-total".to_owned()];
        }
        shape
    };
    (0..count).map(one).collect()
}

fn nothing_is_broken(shapes: &[Shape], seen: &[Seen], text: &str) {
    let broken: Vec<_> = shapes
        .iter()
        .zip(seen)
        .filter(|(shape, seen)| !seen.ok || seen.read.as_ref() != Some(&shape.reads))
        .collect();
    assert!(broken.is_empty(), "{broken:#?}\n{text}");
}

/// The same requests, each from the page that did not make it.
fn of_the_other_page(shapes: &[Shape]) -> Vec<Shape> {
    let other = |shape: &Shape| {
        let mut pages = PAGES.iter().filter(|page| **page != shape.page_origin);
        Shape {
            page_origin: (*pages.next().expect("two pages")).to_owned(),
            ..shape.clone()
        }
    };
    shapes.iter().map(other).collect()
}

/// What no one was seen to ask is blocked, often enough to say something, and where that is predicted.
fn is_blocked_as_predicted(form: Form, predicted: &[Predicted<'_>], seen: &[Seen], text: &str) {
    let blocked = seen.iter().filter(|seen| !seen.ok).count();
    println!(
        "{form:?}: {blocked} of {} from the other page blocked",
        seen.len()
    );
    assert!(blocked > 20, "{blocked}");
    let different: Vec<String> = predicted
        .iter()
        .zip(seen)
        .filter_map(|(one, seen)| difference(one, seen))
        .collect();
    assert!(
        different.is_empty(),
        "{form:?}\n{}\n{text}",
        different.join("\n")
    );
}

/// The status of a plain GET.
async fn status(port: u16, host: &str) -> Option<String> {
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", port))
        .await
        .ok()?;
    let request = format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut head = [0; "HTTP/1.1 200".len()];
    stream.read_exact(&mut head).await.ok()?;
    Some(String::from_utf8_lossy(&head[9..]).into_owned())
}

#[tokio::test]
async fn everything_that_was_seen_passes_what_is_generated_for_the_other_servers() {
    for (seed, form) in (0..).zip(generated::FORMS) {
        let folder = tempfile::tempdir().expect("a directory");
        let dir = folder.path();
        let shapes = shapes_of_two_servers(Dice(816 + seed), 80);
        let (main, server, upstream) = (port::free(), port::free(), port::free());
        let text = generate(form, &shapes, &[]).text;
        let http = format!(
            "server {{ listen 127.0.0.1:{upstream}; add_header X-Total 1; return 200 \"[]\"; }}\n\
             server {{ listen 127.0.0.1:{main}; server_name shop.test admin.test; default_type text/html; return 200 \"page\"; }}\n\
             server {{ listen 127.0.0.1:{main}; server_name g0.test g1.test;\nlocation / {{ proxy_pass http://127.0.0.1:{server}; proxy_http_version 1.1; proxy_set_header Host $host; }}\n}}\n"
        );
        let _nginx = nginx(dir, &http, main).await;
        let mut command = generated::command(form, &text, dir, (server, upstream));
        let process = Process::start(command.current_dir(dir));
        // Some listen before they have read what they are to do.
        let ready = || async { status(server, "g0.test").await.as_deref() == Some("200") };
        wait_until("the server answers", Duration::from_secs(60), ready).await;
        let seen = ask(dir, main, &shapes);
        nothing_is_broken(&shapes, &seen, &text);

        let swapped = of_the_other_page(&shapes);
        let options = Options {
            upstream: Upstream {
                preflight: Some(Answer {
                    status: 200,
                    ..Answer::default()
                }),
                response: None,
            },
            ..Options::default()
        };
        let predicted = simulate(&read(form, &text), &swapped, &options);
        let seen = ask(dir, main, &swapped);
        is_blocked_as_predicted(form, &predicted, &seen, &text);
        drop(process);
    }
}

#[tokio::test]
async fn everything_that_was_seen_passes_a_generated_nginx_and_nothing_beside_it() {
    let folder = tempfile::tempdir().expect("a directory");
    let dir = folder.path();
    let shapes = shapes_of_two_servers(Dice(815), 120);
    let (main, upstream) = (port::free(), port::free());
    let generated = generate(Form::Nginx, &shapes, &[]);
    let (http, server) = generated
        .text
        .split_once("# server { .. }")
        .expect("both parts");
    let text = format!(
        "server {{ listen 127.0.0.1:{upstream}; add_header X-Total 1; return 200 \"[]\"; }}\n\
         server {{ listen 127.0.0.1:{main}; server_name shop.test admin.test; default_type text/html; return 200 \"page\"; }}\n\
         {http}\nserver {{\nlisten 127.0.0.1:{main};\nserver_name g0.test g1.test;\n# {server}\nlocation / {{ proxy_pass http://127.0.0.1:{upstream}; }}\n}}\n"
    );
    let _nginx = nginx(dir, &text, main).await;
    let seen = ask(dir, main, &shapes);
    nothing_is_broken(&shapes, &seen, &text);

    // What was not seen: the same from the other page.
    let swapped = of_the_other_page(&shapes);
    let predicted = simulate(&read(Form::Nginx, &text), &swapped, &Options::default());
    let seen = ask(dir, main, &swapped);
    is_blocked_as_predicted(Form::Nginx, &predicted, &seen, &text);
}
