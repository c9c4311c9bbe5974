//! `corswatch doctor` beside what works, and beside what is broken.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use corswatch_tests::{Product, Role, Settings, address};
use serde_json::Value;
use store::engine::EngineUser;
use testkit::http::Http;
use testkit::kafka::{Broker, Secured};
use testkit::{Engine, checkout};

/// Runs `corswatch doctor ARGS`: exit code and report.
async fn doctor(file: &Path, args: &[&str]) -> (i32, Value) {
    let mut command = Command::new(checkout::corswatch());
    command
        .args(["doctor", "--format", "json", "--config"])
        .arg(file)
        .args(args);
    // The disks of machines that run tests are as full as they are.
    command.env("CORSWATCH__JOURNAL__DISK__KEEP_FREE_PERCENT", "0");
    command.env("CORSWATCH__JOURNAL__SPOOL__KEEP_FREE_PERCENT", "0");
    let run = tokio::task::spawn_blocking(move || command.output());
    let output = run.await.expect("no panic").expect("it runs");
    let text = String::from_utf8(output.stdout).expect("text");
    let report = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    (output.status.code().expect("no signal ends it"), report)
}

/// The findings of a check, as `status about: found -> action`.
fn of(report: &Value, check: &str) -> Vec<String> {
    let checks = report["checks"].as_array().expect("checks");
    let wanted = checks.iter().filter(|one| one["check"] == check);
    let text = |one: &Value, name: &str| one[name].as_str().expect("a text").to_owned();
    wanted
        .map(|one| {
            let [status, about, found, action] =
                ["status", "about", "found", "action"].map(|name| text(one, name));
            format!("{status} {about}: {found} -> {action}")
        })
        .collect()
}

/// Asserts that a check found something with each of `parts` in it.
#[track_caller]
fn finds(report: &Value, check: &str, parts: &[&str]) {
    let found = of(report, check);
    let fits = |text: &String| parts.iter().all(|part| text.contains(part));
    assert!(found.iter().any(fits), "{check} {parts:?}: {report:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn beside_a_running_up_a_beacon_becomes_a_number_and_without_it_it_says_what_to_start() {
    let data = tempfile::tempdir().expect("a directory");
    let settings = Settings::with_fixed_ports();
    let file = settings.write(data.path());
    let folder = data.path().to_str().expect("text");

    let (code, report) = doctor(&file, &["--data", folder]).await;
    assert_eq!(
        (code, &report["status"]),
        (1, &Value::from("failed")),
        "{report:#}"
    );
    finds(
        &report,
        "edge",
        &["failed", "Connection refused", "start `corswatch up`"],
    );
    finds(&report, "api", &["failed", "start `corswatch up`"]);
    finds(&report, "beacon", &["skipped"]);

    let product = Product::start(data.path(), &settings).await;
    let (code, report) = doctor(&file, &["--data", folder]).await;
    assert_eq!(code, 0, "{report:#}");
    for check in ["engine", "edge", "api", "clock"] {
        finds(&report, check, &["ok "]);
    }
    finds(&report, "beacon", &["ok ", "the ledger had 0 and has 1"]);
    // It is kept apart from what pages send.
    assert_eq!(
        product.sli("test", "block_rate").await.expect("numbers"),
        (0, 0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_missing_is_told_with_the_options_that_give_one() {
    let data = tempfile::tempdir().expect("a directory");
    let settings = Settings::with_fixed_ports().and(
        "[[dashboard.tokens]]\nname = \"t\"\n\
         sha256 = \"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"\n",
    );
    let file = settings.write(data.path());
    let _product = Product::start(data.path(), &settings).await;
    let (code, report) = doctor(&file, &[]).await;
    assert_eq!(code, 1, "{report:#}");
    finds(&report, "beacon", &["failed", "401", "--token-file"]);
    let token = data.path().join("token");
    std::fs::write(&token, "test\n").expect("written");
    let (code, report) = doctor(&file, &["--token-file", token.to_str().expect("text")]).await;
    assert_eq!(code, 0, "{report:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_over_a_broker_and_a_server_are_checked_from_the_topic_to_the_grants() {
    let folder = tempfile::tempdir().expect("a directory");
    let (broker, engine) = (
        Broker::start().await,
        Engine::start().await.expect("an engine"),
    );
    let server = engine.access().running().expect("the engine runs");
    let (user, password) = engine.access().credentials(EngineUser::Writer);
    let with = |password: &str, more: &str| {
        Settings::with_fixed_ports()
            .and(&format!(
                "[journal]\nkind = \"kafka\"\n[journal.spool]\ndir = {:?}\n\
                 [store]\nurl = \"{}\"\nuser = \"{user}\"\npassword = \"{password}\"\n\
                 [journal.kafka]\nbrokers = \"{}\"\npartitions = 3\n{more}",
                folder.path().join("spool"),
                server.url,
                broker.bootstrap(),
            ))
            .write(folder.path())
    };

    let file = with("a guess", "");
    let (code, report) = doctor(&file, &["--no-beacon"]).await;
    assert_eq!(code, 1, "{report:#}");
    finds(
        &report,
        "clickhouse",
        &["failed", "Authentication failed", "`store.password`"],
    );
    finds(&report, "kafka", &["ok ", "answers"]);
    finds(
        &report,
        "topic",
        &["failed", "does not exist", "make it with 3 partitions"],
    );
    finds(&report, "role", &["skipped loader", "--role loader"]);

    let file = with(password.reveal(), "create_topic = true\n");
    let (_, report) = doctor(&file, &["--no-beacon"]).await;
    finds(&report, "clickhouse", &["ok ", "ClickHouse"]);
    finds(
        &report,
        "schema",
        &["warning", "has no tables", "start a loader"],
    );
    finds(&report, "topic", &["warning", "the first process makes it"]);

    let mut roles = Vec::new();
    for role in ["collector", "loader", "dashboard"] {
        roles.push(Role::start(role, &file));
    }
    address(&mut roles[0], "edge").await;
    address(&mut roles[2], "dashboard").await;
    let (code, report) = doctor(&file, &[]).await;
    assert_eq!(code, 0, "{report:#}");
    finds(&report, "topic", &["ok ", "3 partitions"]);
    finds(&report, "topic", &["warning", "one replica"]);
    finds(&report, "group", &["ok "]);
    finds(&report, "schema", &["ok "]);
    finds(&report, "grants", &["ok "]);
    finds(&report, "beacon", &["ok ", "counted after"]);

    let file = with(password.reveal(), "required_replication = 3\n");
    let (code, report) = doctor(&file, &["--role", "loader"]).await;
    assert_eq!(code, 1, "{report:#}");
    finds(&report, "topic", &["failed", "kafka-reassign-partitions"]);
    finds(&report, "role", &["failed loader", "start the role"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_kafka_refuses_and_its_certificate_are_told() {
    let folder = tempfile::tempdir().expect("a directory");
    let secured = Secured::start().await;
    let with = |password: &str| {
        Settings::with_fixed_ports()
            .and(&format!(
                "[journal]\nkind = \"kafka\"\n[journal.spool]\ndir = {:?}\n\
                 [journal.kafka]\nbrokers = \"{}\"\n\
                 [journal.kafka.properties]\n\"security.protocol\" = \"sasl_ssl\"\n\
                 \"sasl.mechanism\" = \"SCRAM-SHA-512\"\n\"sasl.username\" = \"corswatch\"\n\
                 \"sasl.password\" = \"{password}\"\n\"ssl.ca.location\" = {:?}\n",
                folder.path().join("spool"),
                secured.bootstrap,
                secured.authority,
            ))
            .write(folder.path())
    };
    let (_, report) = doctor(&with("a guess"), &["--no-beacon", "--timeout", "3"]).await;
    finds(
        &report,
        "kafka",
        &["failed", "uthentication", "`journal.kafka.properties`"],
    );
    // It was made for two days.
    finds(&report, "tls", &["warning", "expires in 1 days", "renew"]);
    let (_, report) = doctor(&with(secured.password), &["--no-beacon"]).await;
    finds(&report, "kafka", &["ok ", "answers"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_full_wrong_or_out_of_reach_on_this_machine_is_told_within_the_time_limit() {
    let folder = tempfile::tempdir().expect("a directory");
    // It accepts connections, and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", silent.local_addr().expect("bound"));
    let file = Settings::with_fixed_ports()
        .and(&format!(
            "public_url = \"https://cors.invalid\"\n\
             [store]\nurl = \"{url}\"\n\
             [alert]\ndangerously_allow_private_networks = true\n\
             [[alert.webhooks]]\nname = \"hook\"\nurl = \"http://127.0.0.1:1/T0P-secret\"\n"
        ))
        .write(folder.path());
    // Settings of the whole stand before its tables.
    let text = std::fs::read_to_string(&file).expect("written");
    let line = "public_url = \"https://cors.invalid\"\n";
    std::fs::write(&file, format!("{line}{}", text.replace(line, ""))).expect("written");
    let started = tokio::time::Instant::now();
    let (code, report) = doctor(&file, &["--timeout", "1"]).await;
    assert_eq!(code, 1, "{report:#}");
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
    finds(&report, "clickhouse", &["failed", "no answer within 1 s"]);
    finds(&report, "dns", &["failed cors.invalid:443", "`public_url`"]);
    finds(
        &report,
        "receiver",
        &["failed hook", "refused", "start the receiver"],
    );
    assert!(!report.to_string().contains("T0P"), "{report:#}");

    let mut command = Command::new(checkout::corswatch());
    command
        .args(["doctor", "--role", "collector", "--config"])
        .arg(&file);
    command.env("CORSWATCH__JOURNAL__DISK__KEEP_FREE_PERCENT", "90");
    command.env("CORSWATCH__JOURNAL__DISK__DIR", folder.path());
    let output = command.output().expect("it runs");
    let text = String::from_utf8(output.stdout).expect("text");
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("beacons are refused below 90 %"), "{text}");
    assert!(text.contains("do: make room on the disk"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_wrong_by_years_and_a_stranger_at_the_address_are_told() {
    let folder = tempfile::tempdir().expect("a directory");
    let file = Settings::with_fixed_ports().write(folder.path());
    let stranger = stranger();
    let (code, report) = doctor(
        &file,
        &["--edge", stranger.base(), "--api", stranger.base()],
    )
    .await;
    assert_eq!(code, 1, "{report:#}");
    finds(
        &report,
        "edge",
        &["failed", "answers 404", "something else listens there"],
    );
    finds(&report, "api", &["failed", "no corswatch answers so"]);
    finds(
        &report,
        "clock",
        &["failed", "behind of this machine", "synchronise"],
    );
    finds(&report, "beacon", &["skipped"]);
}

/// A web server that knows nothing, and has the time of 1994.
fn stranger() -> Http {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let _ = stream.read(&mut [0; 4096]);
            let answer = "HTTP/1.1 404 Not Found\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\
                          content-length: 2\r\nconnection: close\r\n\r\nno";
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    Http::new(url)
}
