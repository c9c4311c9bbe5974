//! What the product sends by the clock: reports by mail, each once, also after a restart, and the nightly test of receivers.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use corswatch_tests::{KEY, Product, Receiver, Settings, eventually};
use runtime::Clock;
use serde_json::Value;
use testkit::{Beacon, Process, checkout};

const START: Duration = Duration::from_secs(60);

/// The SMTP server of Debian that prints every mail, and its port.
async fn mail_server() -> (Process, u16) {
    let mut command = Command::new("/usr/bin/python3");
    command
        .arg(checkout::root().join("crates/alert/tests/smtp.py"))
        .arg("plain");
    let mut server = Process::start(&mut command);
    let port = server.line("its port", START, |line| line.trim().parse().ok());
    let port = port.await;
    (server, port)
}

/// Every mail so far, once one with `subject` is among them.
async fn mails(server: &Process, subject: &str) -> Vec<Value> {
    eventually(subject, async || {
        let mails: Vec<Value> = server
            .lines()
            .iter()
            .filter_map(|line| serde_json::from_str(line).ok())
            .filter(Value::is_object)
            .collect();
        let is_there = mails.iter().any(|mail| about(mail).starts_with(subject));
        ensure!(is_there, "{mails:#?}");
        Ok(mails)
    })
    .await
}

fn about(mail: &Value) -> &str {
    mail["headers"]["subject"].as_str().unwrap_or_default()
}

fn settings(port: u16, reports: &[(&str, &str)], more: &str) -> Settings {
    let mut toml = format!(
        "[alert]\ndangerously_allow_private_networks = true\n{more}\n\
         [[alert.email]]\nname = \"mail\"\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"plaintext\"\n\
         dangerously_allow_plaintext = true\nfrom = \"corswatch@shop.test\"\nto = [\"team@shop.test\"]\n"
    );
    for (period, zone) in reports {
        toml.push_str(&format!(
            "[[alert.reports]]\napp = \"test\"\nperiod = \"{period}\"\nat = \"00:00\"\ntime_zone = \"{zone}\"\n"
        ));
    }
    Settings::with_fixed_ports().and(&toml)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_mailed_when_it_is_due_and_not_again_after_a_restart() {
    let (server, port) = mail_server().await;
    let data = tempfile::tempdir().expect("a directory");
    let reports = [
        ("week", "Europe/Berlin"),
        ("week", "America/Lima"),
        ("month", "UTC"),
    ];
    let mut product = Product::start(data.path(), &settings(port, &reports[..1], "")).await;
    let beacon = Beacon::new(1).ok("/items", 3).blocked("PUT", "/cart");
    let taken = product.edge.beacon(KEY, &beacon).await.expect("an answer");
    assert_eq!(taken.as_u16(), 204);

    let weekly = mails(&server, "CORS of test: week of 20").await;
    assert_eq!(weekly.len(), 1, "{weekly:#?}");
    let (weekly, subject) = (&weekly[0], about(&weekly[0]));
    let text = weekly["text"].as_str().expect("text");
    let page = weekly["html"].as_str().expect("a page");
    for part in [
        "Objectives",
        "Incidents",
        "Changes",
        "Replayed failures",
        "Allow-lists",
    ] {
        assert!(text.contains(&format!("\n{part}")), "{part}: {text}");
        assert!(page.contains(&format!("<h2>{part}")), "{part}: {page}");
    }
    assert!(text.contains("\n--") && !text.contains('|'), "{text}");
    assert!(subject.ends_with("(Europe/Berlin)"), "{subject}");
    eventually("the delivery log has it", async || -> Result<()> {
        let log = product
            .private
            .json("/api/v1/deliveries?window=1d&receiver=mail")
            .await?;
        let all = log["deliveries"].as_array().context("a list")?;
        ensure!(all.len() == 1, "{log:#}");
        ensure!(
            all[0]["outcome"] == "delivered" && all[0]["summary"] == subject,
            "{log:#}"
        );
        Ok(())
    })
    .await;
    let page = product
        .private
        .get("/api/v1/report?app=test&format=html")
        .await;
    let page = page.expect("an answer").text().await.expect("text");
    assert!(
        page.contains("<h2>Objectives</h2>") && page.contains("<table>"),
        "{page}"
    );

    // The week stands first in every round: once the month is sent, it was looked at again. The one of another time zone
    // is another report.
    product.process.terminate();
    let status = product.process.ended(START).await;
    assert!(status.success(), "{:#?}", product.process.lines());
    let _again = Product::start(data.path(), &settings(port, &reports, "")).await;
    let all = mails(&server, "CORS of test: month of 20").await;
    let subjects: Vec<_> = all.iter().map(about).collect();
    assert_eq!(subjects.len(), 3, "{subjects:?}");
    assert!(subjects[1].ends_with("(America/Lima)"), "{subjects:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_receiver_is_tested_at_its_time_and_one_that_does_not_work_is_told_to_the_others() {
    let (works, broken) = (Receiver::start().await, Receiver::answering(|_| 400).await);
    // The minute after next, so that it starts in time.
    let at = Clock::system().now().plus(90_000);
    let minutes = at.0 / 60_000 % 1440;
    let toml = format!(
        "[alert]\ndangerously_allow_private_networks = true\nnightly_test = \"{:02}:{:02}\"\n{}{}",
        minutes / 60,
        minutes % 60,
        works.webhook("works"),
        broken.webhook("broken")
    );
    let data = tempfile::tempdir().expect("a directory");
    let settings = Settings::with_fixed_ports().and(&toml);
    let product = Product::start(data.path(), &settings).await;
    let name = |message: &Value| {
        message["commonLabels"]["alertname"]
            .as_str()
            .map(str::to_owned)
    };
    let told = testkit::wait_until("both are tested", Duration::from_secs(240), || {
        let tests = works.messages();
        let of = |status: &str| {
            tests.iter().any(|one| {
                name(one).as_deref() == Some("corswatch_test") && one["status"] == status
            })
        };
        let failed = tests.iter().find(|one| {
            name(one).as_deref() == Some("corswatch_self_test_failed")
                && one["commonLabels"]["receiver"] == "broken"
        });
        std::future::ready(of("firing") && of("resolved") && failed.is_some())
    });
    told.await;
    let metrics = product.private.get("/metrics").await.expect("an answer");
    let metrics = metrics.text().await.expect("text");
    let counted = |line: &str| metrics.lines().any(|found| found.contains(line));
    assert!(
        counted("self_tests_total{receiver=\"works\",outcome=\"delivered\"} 1"),
        "{metrics}"
    );
}
