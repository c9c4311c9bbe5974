//! Predictions against the servers themselves: policies that are thrown together from the pieces that
//! people use, and for each a handful of requests whose answers are compared, status and headers.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use cors::Answer;
use policy::{Ask, Form, Policy, Prediction, Rest, Source, Upstream};
use testkit::{Process, checkout, port, wait_until};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use url::Url;

#[path = "controllers"]
mod controllers {
    pub(crate) mod apache;
    pub(crate) mod caddy;
    pub(crate) mod dice;
    pub(crate) mod envoy;
    pub(crate) mod haproxy;
    pub(crate) mod traefik;
}

use controllers::dice::Dice;

/// Policies of each server.
const POLICIES: usize = 320;

/// Requests to each of them.
const QUESTIONS: usize = 14;

/// Servers are asked so many things at a time.
const AT_ONCE: usize = 16;

/// A request.
#[derive(Debug, Clone)]
struct Question {
    method: &'static str,
    host: String,
    path: &'static str,
    headers: Vec<(&'static str, String)>,
}

const ORIGINS: [&str; 6] = [
    "https://shop.test",
    "https://admin.test",
    "https://a.shop.test",
    "https://evil.test",
    "https://shop.test.evil.test",
    "null",
];
const PATHS: [&str; 5] = ["/", "/api", "/api/x", "/files/a.txt", "/other"];

impl Question {
    fn of(dice: &mut Dice, host: String) -> Self {
        let mut headers = Vec::new();
        let method = match dice.below(7) {
            0..=2 => "OPTIONS",
            3 => "PUT",
            4 => "POST",
            _ => "GET",
        };
        if dice.below(8) > 0 {
            headers.push(("origin", dice.pick(&ORIGINS).to_owned()));
        }
        if method == "OPTIONS" && dice.below(6) > 0 {
            let asked = dice.pick(&["PUT", "GET", "DELETE", "POST"]);
            headers.push(("access-control-request-method", asked.to_owned()));
            if dice.below(2) == 0 {
                let names = dice.pick(&["x-a", "content-type,x-a", "authorization"]);
                headers.push(("access-control-request-headers", names.to_owned()));
            }
        }
        Self {
            method,
            host,
            path: dice.pick(&PATHS),
            headers,
        }
    }

    fn has(&self, name: &str) -> bool {
        self.headers.iter().any(|(other, _)| *other == name)
    }
}

/// Whether `Vary` is compared: Apache adds to it by itself what its expressions look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Vary {
    Compared,
    Ignored,
}

/// Status and the lines that count, sorted.
type Seen = (u16, Vec<(String, String)>);

fn counts(name: &str) -> bool {
    name.starts_with("access-control-") || matches!(name, "vary" | "location")
}

fn sorted(status: u16, lines: impl Iterator<Item = (String, String)>) -> Seen {
    let mut lines: Vec<(String, String)> = lines
        .map(|(name, value)| (name.to_ascii_lowercase(), value))
        .filter(|(name, _)| counts(name))
        .collect();
    lines.sort();
    (status, lines)
}

/// What a server answers.
async fn ask(port: u16, question: &Question) -> Seen {
    let mut text = format!(
        "{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: 0\r\n",
        question.method, question.path, question.host
    );
    for (name, value) in &question.headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    let asking = async {
        let mut stream = TcpStream::connect(("127.0.0.1", port))
            .await
            .expect("it listens");
        stream.write_all(text.as_bytes()).await.expect("it reads");
        let mut answer = Vec::new();
        let mut piece = [0; 4096];
        // The head is enough. A server may reset what it has answered.
        while !answer.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
            match stream.read(&mut piece).await {
                Ok(read) if read > 0 => answer.extend_from_slice(&piece[..read]),
                _ => break,
            }
        }
        String::from_utf8_lossy(&answer).into_owned()
    };
    let answer = tokio::time::timeout(Duration::from_secs(30), asking).await;
    let answer = answer.unwrap_or_else(|_| panic!("no answer to {question:?}"));
    let head = answer.split("\r\n\r\n").next().unwrap_or_default();
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    let status = status.and_then(|status| status.parse().ok());
    let status = status.unwrap_or_else(|| panic!("{question:?} got {answer:?}"));
    let pairs = lines.filter_map(|line| line.split_once(':'));
    sorted(
        status,
        pairs.map(|(name, value)| (name.to_owned(), value.trim().to_owned())),
    )
}

/// What is predicted.
fn predict(policy: &Policy, question: &Question, upstream: &Upstream) -> Result<Seen, String> {
    let url = Url::parse(&format!("http://{}{}", question.host, question.path)).expect("a URL");
    let ask = Ask {
        method: question.method,
        url: &url,
        headers: question
            .headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), Some(value.clone())))
            .collect(),
        rest: Rest::Absent,
    };
    match policy.answer(&ask, upstream) {
        Prediction::Response(told) => Ok(sorted(
            told.status,
            told.lines.into_iter().map(|line| (line.name, line.value)),
        )),
        other => Err(format!("{other:?}")),
    }
}

/// Answers 405 to preflights and 200 to everything else.
async fn upstream() -> (u16, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let mut accepting = JoinSet::new();
    accepting.spawn(async move {
        let mut answering = JoinSet::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            while answering.try_join_next().is_some() {}
            answering.spawn(async move {
                let mut head = Vec::new();
                let mut piece = [0; 4096];
                while !head.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
                    match stream.read(&mut piece).await {
                        Ok(read) if read > 0 => head.extend_from_slice(&piece[..read]),
                        _ => return,
                    }
                }
                let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
                let is_preflight = head.starts_with("options ")
                    && head.contains("\r\norigin:")
                    && head.contains("\r\naccess-control-request-method:");
                let status = if is_preflight {
                    "405 Method Not Allowed"
                } else {
                    "200 OK"
                };
                let answer =
                    format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                // A proxy may have gone away.
                let _ = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    (port, accepting)
}

fn behind() -> Upstream {
    Upstream {
        preflight: Some(Answer {
            status: 405,
            ..Answer::default()
        }),
        response: None,
    }
}

fn host_of(number: usize) -> String {
    format!("p{number}.test")
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("written");
    path.to_str().expect("a path of ASCII").to_owned()
}

/// Starts a server and waits until it listens.
async fn start(mut command: Command, folder: &Path, port: u16) -> Process {
    let mut process = Process::start(command.current_dir(folder));
    let listens = || async { TcpStream::connect(("127.0.0.1", port)).await.is_ok() };
    let waiting = wait_until("the server listens", Duration::from_secs(60), listens);
    let ended = tokio::select! {
        () = waiting => false,
        _ = process.ended(Duration::from_secs(120)) => true,
    };
    assert!(!ended, "the server ended: {:#?}", process.lines());
    process
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

/// Asks everything and compares. `pieces` are the policies by number, to be shown where one differs.
async fn compare(policy: &Policy, port: u16, seed: u64, pieces: &[String], vary: Vary) {
    let mut dice = Dice::new(seed);
    let questions: Vec<(usize, Question)> = (0..pieces.len())
        .flat_map(|number| std::iter::repeat_n(number, QUESTIONS))
        .map(|number| (number, Question::of(&mut dice, host_of(number))))
        .collect();
    let upstream = behind();
    let mut different = Vec::new();
    let (mut allowed, mut preflights) = (0, 0);
    for some in questions.chunks(AT_ONCE) {
        let asked = some.iter().map(|(_, question)| ask(port, question));
        let seen = futures::future::join_all(asked).await;
        for ((number, question), seen) in some.iter().zip(seen) {
            let mut seen = seen;
            let mut predicted = predict(policy, question, &upstream);
            if vary == Vary::Ignored {
                let lines = std::iter::once(&mut seen).chain(predicted.as_mut().ok());
                lines.for_each(|(_, lines)| lines.retain(|(name, _)| name != "vary"));
            }
            allowed += usize::from(
                seen.1
                    .iter()
                    .any(|(name, _)| name == "access-control-allow-origin"),
            );
            preflights += usize::from(question.has("access-control-request-method"));
            if predicted.as_ref() != Ok(&seen) {
                different.push(format!(
                    "{question:?}\npredicted {predicted:?}\nbut it is {seen:?}\n{}",
                    pieces[*number]
                ));
            }
        }
    }
    println!(
        "{} policies, {} answers compared, {preflights} to preflights, {allowed} with an allowed origin",
        pieces.len(),
        questions.len()
    );
    assert!(
        allowed * 10 > questions.len(),
        "{allowed} with an allowed origin"
    );
    assert!(
        different.is_empty(),
        "{} of {} differ\n{}",
        different.len(),
        questions.len(),
        different[..different.len().min(4)].join("\n\n")
    );
}

#[tokio::test]
async fn what_is_predicted_for_caddy_is_what_it_answers() {
    let folder = tempfile::tempdir().expect("a directory");
    let port = port::free();
    let (upstream, _answering) = upstream().await;
    let mut dice = Dice::new(1);
    let pieces: Vec<String> = (0..POLICIES)
        .map(|_| controllers::caddy::site(&mut dice, upstream))
        .collect();
    let sites = |port: &str| -> String {
        let one = |(number, piece): (usize, &String)| {
            format!("http://{}{port} {{\n{piece}}}\n", host_of(number))
        };
        pieces.iter().enumerate().map(one).collect()
    };
    let options = "{\n\tadmin off\n\tauto_https off\n}\n";
    let config = format!("{options}{}", sites(&format!(":{port}")));
    let mut command = Command::new("caddy");
    command
        .args(["run", "--adapter", "caddyfile", "--config"])
        .arg(write(folder.path(), "Caddyfile", &config))
        .env("XDG_DATA_HOME", folder.path())
        .env("XDG_CONFIG_HOME", folder.path());
    let _caddy = start(command, folder.path(), port).await;
    let policy = read(Form::Caddy, &format!("{options}{}", sites("")));
    compare(&policy, port, 11, &pieces, Vary::Compared).await;
}

#[tokio::test]
async fn what_is_predicted_for_apache_is_what_it_answers() {
    let folder = tempfile::tempdir().expect("a directory");
    let port = port::free();
    let (upstream, _answering) = upstream().await;
    let mut dice = Dice::new(2);
    let pieces: Vec<String> = (0..POLICIES)
        .map(|_| controllers::apache::host(&mut dice, upstream))
        .collect();
    let hosts = |port: u16| -> String {
        let one = |(number, piece): (usize, &String)| {
            let name = host_of(number);
            format!("<VirtualHost *:{port}>\nServerName {name}\n{piece}</VirtualHost>\n")
        };
        pieces.iter().enumerate().map(one).collect()
    };
    let modules = "/usr/lib/apache2/modules";
    let names = [
        "mpm_event",
        "authz_core",
        "alias",
        "env",
        "headers",
        "proxy",
        "proxy_http",
        "rewrite",
        "setenvif",
    ];
    let loaded: String = names
        .map(|name| format!("LoadModule {name}_module {modules}/mod_{name}.so\n"))
        .concat();
    let dir = folder.path().display();
    let config = format!(
        "ServerRoot {dir}\nServerName localhost\nListen 127.0.0.1:{port}\nPidFile {dir}/pid\nErrorLog /dev/stderr\n\
         {loaded}User www-data\nProxyRequests Off\n{}",
        hosts(port)
    );
    // The workers are another user.
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(folder.path(), mode).expect("own directory");
    let mut command = Command::new("apache2");
    command
        .args(["-D", "FOREGROUND", "-f"])
        .arg(write(folder.path(), "apache.conf", &config));
    let _apache = start(command, folder.path(), port).await;
    compare(
        &read(Form::Apache, &hosts(80)),
        port,
        12,
        &pieces,
        Vary::Ignored,
    )
    .await;
}

#[tokio::test]
async fn what_is_predicted_for_haproxy_is_what_it_answers() {
    let folder = tempfile::tempdir().expect("a directory");
    let port = port::free();
    let (upstream, _answering) = upstream().await;
    let mut dice = Dice::new(3);
    let pieces: Vec<String> = (0..POLICIES)
        .map(|_| controllers::haproxy::backend(&mut dice, upstream))
        .collect();
    let mut config = format!(
        "global\n  tune.vars.txn-max-size 65536\ndefaults\n  mode http\n  timeout client 20s\n  timeout connect 20s\n  timeout server 20s\n\
         frontend web\n  bind 127.0.0.1:{port}\n  capture request header Origin len 128\n  http-request set-var(txn.origin) req.hdr(origin)\n"
    );
    for number in 0..pieces.len() {
        config.push_str(&format!(
            "  use_backend b{number} if {{ hdr(host) {} }}\n",
            host_of(number)
        ));
    }
    for (number, piece) in pieces.iter().enumerate() {
        config.push_str(&format!("backend b{number}\n{piece}"));
    }
    let mut command = Command::new("haproxy");
    command
        .args(["-db", "-f"])
        .arg(write(folder.path(), "haproxy.cfg", &config));
    let _haproxy = start(command, folder.path(), port).await;
    compare(
        &read(Form::HaProxy, &config),
        port,
        13,
        &pieces,
        Vary::Compared,
    )
    .await;
}

#[tokio::test]
async fn what_is_predicted_for_envoy_is_what_it_answers() {
    let folder = tempfile::tempdir().expect("a directory");
    let port = port::free();
    let (upstream, _answering) = upstream().await;
    let mut dice = Dice::new(4);
    let pieces: Vec<String> = (0..POLICIES)
        .map(|_| controllers::envoy::host(&mut dice))
        .collect();
    let one = |(number, piece): (usize, &String)| {
        let host = host_of(number);
        format!("      - name: {host}\n        domains: [{host}]\n{piece}")
    };
    let hosts: String = pieces.iter().enumerate().map(one).collect();
    // As deep as it stands in the listener.
    let deeper = |text: &str| -> String {
        let lines = text.lines().map(|line| format!("      {line}\n"));
        lines.collect()
    };
    let config = include_str!("controllers/envoy.yaml")
        .replace("UPSTREAM", &upstream.to_string())
        .replace("PORT", &port.to_string())
        .replace("HOSTS\n", &deeper(&hosts));
    let program = checkout::target().join("tools/envoy/envoy/_bin/envoy");
    let mut command = Command::new(program);
    command
        .args([
            "--disable-hot-restart",
            "--concurrency",
            "1",
            "--log-level",
            "warning",
            "-c",
        ])
        .arg(write(folder.path(), "envoy.yaml", &config));
    let _envoy = start(command, folder.path(), port).await;
    compare(
        &read(Form::Envoy, &config),
        port,
        14,
        &pieces,
        Vary::Compared,
    )
    .await;
}

#[tokio::test]
async fn what_is_predicted_for_traefik_is_what_it_answers() {
    let folder = tempfile::tempdir().expect("a directory");
    let port = port::free();
    let (upstream, _answering) = upstream().await;
    let mut dice = Dice::new(5);
    let parts: Vec<(String, String)> = (0..POLICIES)
        .map(|number| controllers::traefik::parts(&mut dice, number, &host_of(number)))
        .collect();
    let middlewares: String = parts.iter().map(|(one, _)| one.as_str()).collect();
    let routers: String = parts.iter().map(|(_, one)| one.as_str()).collect();
    let dynamic = format!(
        "http:\n  middlewares:\n{middlewares}  routers:\n    ready:\n      rule: \"Host(`ready.test`)\"\n      service: behind\n{routers}  services:\n    behind: {{loadBalancer: {{servers: [{{url: \"http://127.0.0.1:{upstream}\"}}]}}}}\n"
    );
    let file = write(folder.path(), "dynamic.yaml", &dynamic);
    let config = format!(
        "entryPoints: {{web: {{address: \"127.0.0.1:{port}\"}}}}\nproviders: {{file: {{filename: \"{file}\"}}}}\nlog: {{level: ERROR}}\n"
    );
    let mut command = Command::new(checkout::target().join("traefik/traefik"));
    command
        .arg("--configfile")
        .arg(write(folder.path(), "traefik.yaml", &config));
    let traefik = start(command, folder.path(), port).await;
    // It listens before it has read its routers.
    let question = Question {
        method: "GET",
        host: "ready.test".to_owned(),
        path: "/",
        headers: Vec::new(),
    };
    let policy = read(Form::Traefik, &dynamic);
    let is_ready = || async { ask(port, &question).await.0 == 200 };
    wait_until(
        "Traefik has read its routers",
        Duration::from_secs(60),
        is_ready,
    )
    .await;
    let pieces: Vec<String> = parts
        .iter()
        .map(|(one, other)| format!("{one}{other}"))
        .collect();
    compare(&policy, port, 15, &pieces, Vary::Compared).await;
    drop(traefik);
}
