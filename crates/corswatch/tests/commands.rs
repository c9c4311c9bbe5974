//! What the commands say to people who got something wrong, and what a hostile server cannot make them
//! say.
#![allow(missing_docs)]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

/// Runs `corswatch ARGS` in `folder`: exit code, standard output, standard error.
fn corswatch(folder: &Path, args: &[&str], environment: &[(&str, &str)]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_corswatch"))
        .args(args)
        .envs(environment.iter().copied())
        .current_dir(folder)
        .output()
        .expect("it runs");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    let code = output.status.code().expect("no signal ends it");
    (code, text(output.stdout), text(output.stderr))
}

const APP: &str = "[[apps]]\nname = \"shop\"\nkeys = [\"shop-web-1\"]\n\
                   page_origins = [\"https://shop.test\"]\n";

/// What `check-config` says of a file: exit code and standard error.
fn checked(text: &str, environment: &[(&str, &str)]) -> (i32, String) {
    let folder = tempfile::tempdir().expect("a directory");
    std::fs::write(folder.path().join("c.toml"), text).expect("written");
    let (code, _, err) = corswatch(
        folder.path(),
        &["check-config", "--config", "c.toml"],
        environment,
    );
    (code, err)
}

/// Configurations and their problems: these and no others, for a mere consequence of a mistake is none.
fn mistakes() -> Vec<(String, Vec<&'static str>)> {
    let slo = |rest: &str| format!("[[slo]]\napp = \"shop\"\nsli = \"block_rate\"\n{rest}\n");
    let broken = "[[slo]]\napp = \"shop\"\nsli = \"blockrate\"\n";
    vec![
        (
            "[[apps]]\nname = \"shop\"\nkey = \"hush\"\npage_origins = [\"https://shop.test\"]\n"
                .to_owned(),
            vec!["apps[0].key = [redacted]: unknown field; did you mean `keys = [..]`?"],
        ),
        (
            APP.replace("https://shop.test", "http://localhost:5173/"),
            vec![
                "line 4: apps[0].page_origins[0] = \"http://localhost:5173/\": an origin has no path: write `http://localhost:5173`",
            ],
        ),
        (
            format!(
                "{APP}{}{broken}{}",
                slo("name = \"a\""),
                slo("objective = 95")
            ),
            vec![
                "slo[1].sli = \"blockrate\": permitted are \"block_rate\", \"unknown_rate\"",
                "write `sli = \"block_rate\"`",
                "slo[2].objective = 95",
            ],
        ),
        (
            format!("{APP}{broken}{}", slo("window = \"30m\"")),
            vec![
                "slo[0].sli",
                "slo[1].window = \"30m\": permitted: 1h to 366d: write, for example, `window = \"30d\"`",
            ],
        ),
        (
            format!("{APP}{}", slo("runbook = \"localhost:8080\"")),
            vec![
                "slo[0].runbook = \"localhost:8080\": is not a URL: write `http://localhost:8080`",
            ],
        ),
        (
            format!("{APP}[store]\nurl = \"localhost:8123\"\n"),
            vec!["store.url = \"localhost:8123\": is not a URL: write `http://localhost:8123`"],
        ),
        (
            format!("{APP}[[alert.webhooks]]\nurl = \"https://alerts.test/api/v2/alerts\"\n"),
            vec!["alert.webhooks[0].url = [redacted]: this is the API of Alertmanager"],
        ),
        (
            format!(
                "{APP}[journal]\nkind = \"kafka\"\n[journal.kafka.properties]\n\"security.protocl\" = \"ssl\"\n"
            ),
            vec![
                "journal.kafka.properties.security.protocl = [redacted]: librdkafka has no such property",
            ],
        ),
    ]
}

/// Values that look right and are not, which would be met, or silent, forever.
fn mistakes_of_meaning() -> Vec<(String, Vec<&'static str>)> {
    let slo = |rest: &str| format!("{APP}[[slo]]\napp = \"shop\"\nsli = \"block_rate\"\n{rest}\n");
    vec![
        (
            slo("page_origin = \"https://shop.test/\""),
            vec![
                "line 8: slo[0].page_origin = \"https://shop.test/\": an origin has no path: write `https://shop.test`",
            ],
        ),
        (
            slo("target_origin = \"api.test\""),
            vec![
                "slo[0].target_origin = \"api.test\": the origin is not scheme://host[:port]: write `https://api.test`",
            ],
        ),
        (
            slo("endpoint = \"cart\""),
            vec!["slo[0].endpoint = \"cart\": an endpoint starts with /"],
        ),
        (
            slo("release = \"\""),
            vec!["slo[0].release = \"\": is empty: leave the line out for all of them"],
        ),
        (
            slo("").replace("app = \"shop\"", "app = \"shp\""),
            vec!["slo[0].app = \"shp\": no such app is configured: write `app = \"shop\"`"],
        ),
        (
            slo("objective = 99.9"),
            vec![
                "slo[0].objective = 99.9: an objective lies between 0 and 1, both excluded, such as 0.999; not 99.9: write, for example, `objective = 0.999`",
            ],
        ),
        (
            format!("{APP}[log]\nlevel = \"verbose\"\n"),
            vec![
                "line 6: log.level = \"verbose\": permitted are error, warn, info, debug, trace, off, for all or by part: write `level = \"info\"` or",
            ],
        ),
        (
            format!("{APP}[collector]\ndrain = 10\n[collector.limits]\nbody = 131072\n"),
            vec![
                "line 6: collector.drain = 10: a span of time is expected, a number with its unit (\"250ms\", \"15s\", \"5m\", \"30d\"): write `drain = \"10s\"`",
                "line 8: collector.limits.body = 131072: a size is expected, a number with its unit (\"128KiB\", \"8GiB\"): write `body = \"128KiB\"`",
            ],
        ),
        (
            format!(
                "{APP}[[dashboard.tokens]]\nname = \"ci\"\naccess = \"reed\"\nsha256 = \"{}\"\n",
                "1a".repeat(32)
            ),
            vec![
                "dashboard.tokens[0].access = \"reed\": permitted are \"read\", \"write\", \"admin\": write `access = \"read\"`",
            ],
        ),
        (
            format!("dashboard = [\"127.0.0.1:7781\"]\n{APP}"),
            vec![
                "line 1: dashboard = [\"127.0.0.1:7781\"]: a table is expected: write `[dashboard]` on a line of its own",
            ],
        ),
    ]
}

/// More of them: what people write of receivers and lists.
fn mistakes_of_newcomers() -> Vec<(String, Vec<&'static str>)> {
    vec![
        (
            format!(
                "{APP}[[alert.alertmanager]]\nurls = [\"http://am.test:9093/api/v1/alerts\"]\n"
            ),
            vec![
                "alert.alertmanager[0].urls[0] = [redacted]: the path of the API, version 2, is put behind it: write `urls = [\"http://am.test:9093\"]`",
            ],
        ),
        (
            format!("{APP}[[alert.alertmanager]]\nurls = [\"http://am.test/am/#/alerts\"]\n"),
            vec![
                "alert.alertmanager[0].urls[0] = [redacted]: the path of the API, version 2, is put behind it: write `urls = [\"http://am.test/am\"]`",
            ],
        ),
        (
            format!("{APP}[[alert.alertmanager]]\nurls = [\"http://10.0.0.7:9093/\"]\n"),
            vec![
                "alert.alertmanager[0].urls[0] = [redacted]: 10.0.0.7 is not a public address: write `dangerously_allow_private_networks = true` below `[alert]` to permit it",
            ],
        ),
        (
            format!("{APP}[prober]\ndangerously_allow_private_networks = true\n"),
            vec![
                "prober.dangerously_allow_private_networks = true: a list is expected: write `dangerously_allow_private_networks = [\"http://localhost:8080\"]`",
            ],
        ),
        (
            format!(
                "{APP}[[alert.slack]]\nwebhook_url = \"https://hooks.slack.com/services/T0/B0/hush\"\n"
            ),
            vec![
                "alert.slack[0].webhook_url = [redacted]: unknown field; did you mean `url = \"..\"`?",
            ],
        ),
        (
            format!(
                "{APP}[[alert.slack]]\nurl = \"https://shop.slack.com/archives/C0123456789\"\n"
            ),
            vec![
                "alert.slack[0].url = [redacted]: this is a page of Slack: an incoming webhook is `https://hooks.slack.com/services/..`",
            ],
        ),
        (
            "[apps]\nname = \"test\"\n".to_owned(),
            vec![
                "apps = { name = \"test\" }: a list is expected: write `[[apps]]` on a line of its own, and its settings below",
            ],
        ),
    ]
}

/// More of them: addresses, values of the wrong kind, files that are no TOML.
fn mistakes_of_kind() -> Vec<(String, Vec<&'static str>)> {
    vec![
        (
            format!("{APP}[[alert.webhooks]]\nurl = \"http://127.0.0.1:9093/am/api/v2/alerts\"\n"),
            vec!["alert.webhooks[0].url = [redacted]: this is the API of Alertmanager"],
        ),
        (
            format!(
                "{APP}[journal]\nkind = \"kafka\"\n[journal.kafka]\nbrokers = \"http://kafka.test:9092\"\n"
            ),
            vec![
                "journal.kafka.brokers = \"http://kafka.test:9092\": `http://kafka.test:9092` is not host:port: write `kafka.test:9092`",
            ],
        ),
        (
            format!(
                "{APP}[journal]\nkind = \"kafka\"\n[journal.kafka]\nbrokers = \"a.test:9092; b.test:9093\"\n"
            ),
            vec![
                "journal.kafka.brokers = \"a.test:9092; b.test:9093\": brokers are separated by commas: write `a.test:9092,b.test:9093`",
            ],
        ),
        (
            format!(
                "{APP}[dashboard]\nlisten = \"localhost:7781\"\nhosts = [\"https://cors.test/\"]\n"
            ),
            vec![
                "dashboard.listen = \"localhost:7781\": an IP address and a port are expected: write `listen = \"127.0.0.1:7781\"`",
                "dashboard.hosts[0] = \"https://cors.test/\": write a host name alone, without scheme or port: `cors.test`",
            ],
        ),
        (
            format!("{APP}[[alert.routes]]\nreceivers = [\"slack\"]\n"),
            vec![
                "alert.routes[0].receivers = \"slack\": no receiver has this name; none is configured; add one",
            ],
        ),
        (
            format!("{APP}[store]\ntopology = \"replicated\"\n"),
            vec![
                "store.topology = \"replicated\": a table is expected: write `topology = { kind = \"single\" }` or `{ kind = \"replicated\", cluster = .. }`",
            ],
        ),
        (
            "public_url = https://hush.test\n".to_owned(),
            vec![
                "--config = c.toml: is not TOML: line 1, column 14: string values must be quoted, expected literal string; write `public_url = \"..\"`",
            ],
        ),
        (
            format!("{APP}[[services]]\nname = \"a\"\nmatch = [{{ origin = \"api.test\" }}]\n"),
            vec![
                "services[0].match[0].origin = \"api.test\": the origin is not scheme://host[:port]: write `https://api.test`",
            ],
        ),
    ]
}

#[test]
fn every_mistake_is_one_sentence_that_says_what_to_write() {
    for (text, problems) in [
        mistakes(),
        mistakes_of_kind(),
        mistakes_of_newcomers(),
        mistakes_of_meaning(),
    ]
    .concat()
    {
        let (code, err) = checked(&text, &[]);
        assert_eq!(code, 64, "{text}\n{err}");
        for problem in &problems {
            assert!(err.contains(problem), "{problem}\n{err}");
        }
        let (_, lines) = err.split_once("in the configuration:").expect("problems");
        assert!(!err.contains("hush"), "{err}");
        let own = problems
            .iter()
            .filter(|line| !line.starts_with("write `"))
            .count();
        assert_eq!(lines.trim().lines().count(), own, "{text}\n{err}");
    }
}

#[test]
fn a_variable_under_a_name_that_is_misspelt_is_named_and_its_value_is_not() {
    let (code, err) = checked(APP, &[("CORSWATCH__STORE__PASSWRD", "hush-hush")]);
    assert_eq!(code, 64, "{err}");
    assert!(
        err.contains("store.passwrd") && err.contains("`password = \"..\"`"),
        "{err}"
    );
    assert!(!err.contains("hush"), "{err}");
}

#[test]
fn warnings_stand_apart_and_a_configuration_with_them_can_be_used() {
    let text = "[journal]\nkind = \"kafka\"\n[store]\nurl = \"https://ch.test\"\npassword = \"change me\"\n";
    let (code, err) = checked(text, &[]);
    assert_eq!(code, 0, "{err}");
    for warning in [
        "warnings:",
        "store.password = [redacted]: was left as a sample has it",
        "apps = []: no page can send",
        "collector.salt = \"\": each collector draws its own",
        "others on this machine may read it, and it holds `store.password`",
    ] {
        assert!(err.contains(warning), "{warning}: {err}");
    }
}

#[test]
fn the_sample_of_a_deployment_serves_every_role_and_warns_of_what_is_to_be_replaced() {
    let folder = tempfile::tempdir().expect("a directory");
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/corswatch.toml");
    for role in ["collector", "loader", "aggregator", "prober", "dashboard"] {
        let args = ["check-config", "--config", sample, "--role", role];
        let (code, out, err) = corswatch(folder.path(), &args, &[]);
        assert_eq!(code, 0, "{out}{err}");
        for left in [
            "sasl.password",
            "alert.webhooks[0].secrets[0]",
            "dashboard.tokens[0].sha256",
        ] {
            let is_warned = |line: &str| line.contains(left) && line.contains("as a sample has it");
            assert!(err.lines().any(is_warned), "{left}: {err}");
        }
    }
}

#[test]
fn roles_without_what_they_share_say_what_to_set() {
    let folder = tempfile::tempdir().expect("a directory");
    std::fs::write(folder.path().join("c.toml"), APP).expect("written");
    let sentence = "roles share a ClickHouse server: set `store.url`. The embedded engine serves one \
                    process (`corswatch up`)";
    for role in ["loader", "aggregator", "prober", "dashboard"] {
        let check = ["check-config", "--config", "c.toml", "--role", role];
        for args in [&check[..], &[role, "--config", "c.toml"]] {
            let (code, _, err) = corswatch(folder.path(), args, &[]);
            assert_eq!(code, 64, "{args:?}: {err}");
            assert!(err.contains(sentence), "{args:?}: {err}");
        }
    }
    let check = ["check-config", "--config", "c.toml", "--role", "collector"];
    assert_eq!(corswatch(folder.path(), &check, &[]).0, 0);
}

#[test]
fn tools_beside_a_process_that_has_the_data_say_to_stop_it() {
    let folder = tempfile::tempdir().expect("a directory");
    let lock = folder.path().join("corswatch.lock");
    let mut held = std::fs::File::create(lock).expect("made");
    held.try_lock().expect("it is free");
    held.write_all(b"process 7 (`corswatch up`)")
        .expect("written");
    for args in [&["verify"][..], &["dead-letters", "list"], &["up"]] {
        let args = [args, &["--data", "."]].concat();
        let (code, _, err) = corswatch(folder.path(), &args, &[]);
        assert_eq!(code, 69, "{err}");
        assert!(
            err.contains("in use by process 7 (`corswatch up`): stop that first"),
            "{err}"
        );
        assert!(!err.contains("WARN"), "{err}");
    }
}

#[test]
fn arguments_that_cannot_be_meant_are_refused_with_what_can() {
    let folder = tempfile::tempdir().expect("a directory");
    let contract = "url = \"https://api.test\"\n[[requests]]\npath = \"/x\"\n";
    std::fs::write(folder.path().join("shop.toml"), contract).expect("written");
    for (args, sentence) in [
        (
            &["audit", "localhost:20020/ok"][..],
            "is not a URL: write `http://localhost:20020/ok`",
        ),
        (
            &["dead-letters", "drop", "--reason", "nonsense"],
            "there are: empty, newer_version, older_version, malformed, refused_by_store",
        ),
        (
            &["check", "shop.toml"],
            "and requests as `[[request]]`; did you mean `[[request]]`?",
        ),
    ] {
        let (code, out, err) = corswatch(folder.path(), args, &[]);
        assert_eq!(code, 2, "{args:?}: {out}{err}");
        assert!(err.contains(sentence), "{args:?}: {err}");
    }
}

#[test]
fn a_server_that_does_not_answer_has_an_exit_code_of_its_own() {
    let folder = tempfile::tempdir().expect("a directory");
    let closed = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", closed.local_addr().expect("bound"));
    drop(closed);
    let contract =
        format!("url = \"{url}\"\norigin = \"https://app.test\"\n[[request]]\npath = \"/x\"\n");
    std::fs::write(folder.path().join("shop.toml"), contract).expect("written");
    for args in [["audit", url.as_str()], ["check", "shop.toml"]] {
        let args = [&args[..], &["--allow-private-networks"]].concat();
        let (code, out, err) = corswatch(folder.path(), &args, &[]);
        assert_eq!(code, 3, "{args:?}: {out}{err}");
    }
}

/// A server whose headers are folded over lines that would be commands (RFC 9112, section 5.2).
fn hostile() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound");
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let Ok(mut client) = client else { return };
            let mut head = [0; 4096];
            let _ = client.read(&mut head);
            let _ = client.write_all(
                b"HTTP/1.1 200 OK\r\n\
                  Access-Control-Allow-Origin: https://x##[add-mask]passed\xe2\x80\xae\r\n\
                  Access-Control-Max-Age: 10\r\n ::warning::AGE\r\n\
                  Access-Control-Allow-Methods: GET\r\n\t::stop-commands::x\r\n\
                  Vary: ##vso[task.setvariable]x\r\n\
                  Content-Length: 0\r\nConnection: close\r\n\r\n",
            );
        }
    });
    format!("http://{address}")
}

#[test]
fn no_line_of_any_format_commands_a_build_whatever_a_server_sends() {
    let folder = tempfile::tempdir().expect("a directory");
    let url = hostile();
    let contract = format!(
        "url = \"{url}\"\norigin = \"https://app.test\"\n[[request]]\npath = \"/x\"\nmethod = \"PUT\"\n\
         expect = {{ max_age = {{ min = \"5m\" }}, vary = [\"Origin\"] }}\n"
    );
    std::fs::write(folder.path().join("shop.toml"), contract).expect("written");
    for command in [
        &["audit", url.as_str(), "--page-origin", "https://app.test"][..],
        &["check", "shop.toml"],
    ] {
        for format in ["text", "json", "junit", "sarif", "github"] {
            let args = [command, &["--allow-private-networks", "--format", format]].concat();
            let (code, out, err) = corswatch(folder.path(), &args, &[]);
            assert_eq!(code, 1, "{args:?}: {out}{err}");
            for line in out.split('\n').chain(err.split('\n')) {
                let start = line.trim_start();
                let is_ours = format == "github"
                    && ["::error file=", "::warning file=", "::notice file="]
                        .iter()
                        .any(|own| start.starts_with(own));
                let is_command =
                    start.starts_with("::") || line.contains("##[") || line.contains("##vso");
                assert!(is_ours || !is_command, "{format}: {line}");
                assert!(
                    !line.chars().any(|c| c.is_control() || c == '\u{202e}'),
                    "{line:?}"
                );
            }
        }
    }
}

#[test]
fn init_writes_a_configuration_that_can_be_used_for_every_form() {
    let kafka = ["--brokers", "127.0.0.1:9092"];
    let cluster = [&kafka[..], &["--clickhouse", "https://ch.test:8443"]].concat();
    for (form, more, role) in [
        ("this-machine", &[][..], "collector"),
        ("kafka", &kafka[..], "collector"),
        ("cluster", &cluster[..], "loader"),
    ] {
        let folder = tempfile::tempdir().expect("a directory");
        let fixed = [
            "init",
            "--for",
            form,
            "--app",
            "My Shop",
            "--page-origin",
            "https://shop.test",
        ];
        let args = [&fixed[..], more].concat();
        let (code, out, err) = corswatch(folder.path(), &args, &[]);
        assert_eq!(code, 0, "{form}: {out}{err}");
        let check = ["check-config", "--config", "corswatch.toml", "--role", role];
        let (code, out, err) = corswatch(folder.path(), &check, &[]);
        assert_eq!(code, 0, "{form}: {out}{err}");
        assert!(
            !err.contains("apps") && !err.contains("salt") && !err.contains("--config"),
            "{err}"
        );
        let (code, _, err) = corswatch(folder.path(), &args, &[]);
        assert_eq!(code, 2, "what is there stays: {err}");
    }
}

#[test]
fn init_asks_for_what_no_option_says_and_names_the_option_where_nobody_answers() {
    let folder = tempfile::tempdir().expect("a directory");
    let answered = |answers: &str| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_corswatch"))
            .arg("init")
            .current_dir(folder.path())
            .stdin(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("it runs");
        let mut input = child.stdin.take().expect("piped");
        input.write_all(answers.as_bytes()).expect("it reads");
        drop(input);
        let output = child.wait_with_output().expect("it ends");
        (
            output.status.code(),
            String::from_utf8(output.stderr).expect("text"),
        )
    };
    let (code, err) = answered("1\nshop\n");
    assert!(
        code == Some(2) && err.contains("give --page-origin"),
        "{err}"
    );
    let (code, err) = answered("1\n\nhttp://localhost:5173/\n");
    assert_eq!(code, Some(64), "{err}");
    assert!(
        err.contains("an origin has no path: write `http://localhost:5173`"),
        "{err}"
    );
    let (code, err) = answered("\n\nhttp://localhost:5173\n");
    assert_eq!(code, Some(0), "{err}");
}

#[test]
fn the_command_line_describes_itself_for_shells_and_man() {
    let folder = tempfile::tempdir().expect("a directory");
    for shell in ["bash", "zsh", "fish"] {
        let (code, out, err) = corswatch(folder.path(), &["completions", shell], &[]);
        assert_eq!(code, 0, "{shell}: {err}");
        assert!(
            out.contains("doctor") && out.contains("--no-beacon") || shell == "fish",
            "{shell}"
        );
        assert!(!out.contains("command-reference --"), "{shell}");
    }
    let (code, _, err) = corswatch(folder.path(), &["man", "--out", "man"], &[]);
    assert_eq!(code, 0, "{err}");
    for page in [
        "corswatch.1",
        "corswatch-doctor.1",
        "corswatch-slo-backtest.1",
    ] {
        let text = std::fs::read_to_string(folder.path().join("man").join(page)).expect(page);
        assert!(text.contains(".SH SYNOPSIS"), "{page}");
    }
    assert!(!folder.path().join("man/corswatch-engine-host.1").exists());
}
