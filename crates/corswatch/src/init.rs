//! `corswatch init`: a configuration to start with.

use std::fs::OpenOptions;
use std::io::{BufRead as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use data_encoding::HEXLOWER;
use settings::Problem;

use crate::cli::{Form, Init};
use crate::config::Config;
use crate::exit::Failure;

/// What a configuration is made from.
struct Wanted {
    form: Form,
    app: String,
    page_origins: Vec<String>,
    brokers: String,
    clickhouse: String,
    out: String,
}

/// Asks for what the options leave out, and writes the file.
pub(crate) fn run(args: &Init) -> Result<ExitCode, Failure> {
    if args.out.exists() {
        return Err(Failure::Input(format!(
            "{} exists and is not overwritten (--out names another file)",
            args.out.display()
        )));
    }
    let wanted = wanted(args)?;
    let text = text(&wanted)?;
    let problems = problems(&text);
    if !problems.is_empty() {
        return Err(Failure::Config(problems));
    }
    write(&args.out, &text)?;
    say!("{} is written. Next:\n", args.out.display());
    for line in next_steps(&wanted) {
        say!("  {line}");
    }
    Ok(ExitCode::SUCCESS)
}

fn wanted(args: &Init) -> Result<Wanted, Failure> {
    let form = match args.form {
        Some(form) => form,
        None => form_of(&ask(
            "For what? 1: this machine, 2: this machine with Kafka, 3: a cluster",
            Some("1"),
            "--for",
        )?)?,
    };
    let given_or = |given: Option<String>, question: &str, usual: Option<&str>, option: &str| {
        given.map_or_else(|| ask(question, usual, option), Ok)
    };
    let app = given_or(
        args.app.clone(),
        "Name of the application whose pages are watched?",
        Some("shop"),
        "--app",
    )?;
    let page_origins = if args.page_origins.is_empty() {
        let question = "Origin of its pages, such as https://shop.example?";
        vec![ask(question, None, "--page-origin")?]
    } else {
        let texts = args.page_origins.iter();
        texts.map(|origin| origin.as_str().to_owned()).collect()
    };
    let brokers = match form {
        Form::ThisMachine => String::new(),
        Form::Kafka | Form::Cluster => given_or(
            args.brokers.clone(),
            "The first brokers to ask (host:port,host:port)?",
            Some("127.0.0.1:9092"),
            "--brokers",
        )?,
    };
    let clickhouse = match form {
        Form::ThisMachine | Form::Kafka => String::new(),
        Form::Cluster => given_or(
            args.clickhouse.as_ref().map(url::Url::to_string),
            "The ClickHouse server, such as https://clickhouse.example:8443?",
            None,
            "--clickhouse",
        )?,
    };
    Ok(Wanted {
        form,
        app,
        page_origins,
        brokers,
        clickhouse,
        out: args.out.display().to_string(),
    })
}

fn form_of(answer: &str) -> Result<Form, Failure> {
    match answer {
        "1" | "this-machine" => Ok(Form::ThisMachine),
        "2" | "kafka" => Ok(Form::Kafka),
        "3" | "cluster" => Ok(Form::Cluster),
        _ => Err(Failure::Input(format!(
            "`{answer}`: permitted are 1, 2 and 3"
        ))),
    }
}

/// One question. Where no one answers, the error names the option that does.
fn ask(question: &str, usual: Option<&str>, option: &str) -> Result<String, Failure> {
    let hint = usual.map(|usual| format!(" [{usual}]")).unwrap_or_default();
    complain!("{question}{hint}");
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    let answer = answer.trim();
    match (read, answer, usual) {
        (Ok(1..), "", Some(usual)) => Ok(usual.to_owned()),
        (Ok(1..), answer, _) if !answer.is_empty() => Ok(answer.to_owned()),
        _ => Err(Failure::Input(format!("there is no answer: give {option}"))),
    }
}

fn problems(text: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    match toml::from_str::<Config>(text) {
        Ok(config) => config.problems(&mut problems),
        Err(error) => problems.push(Problem {
            path: "the configuration".to_owned(),
            value: String::new(),
            reason: error.message().to_owned(),
        }),
    }
    problems
}

/// Secrets may be in it.
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    let writing = || format!("writing {}", path.display());
    Ok(written.with_context(writing)?)
}

/// Random bytes as hexadecimal digits.
pub(crate) fn random(bytes: usize) -> Result<String, Failure> {
    let mut random = vec![0; bytes];
    getrandom::fill(&mut random).context("random numbers")?;
    Ok(HEXLOWER.encode(&random))
}

fn text(wanted: &Wanted) -> Result<String, Failure> {
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let origins: Vec<String> = wanted
        .page_origins
        .iter()
        .map(|origin| quoted(origin))
        .collect();
    let key_start: String = wanted
        .app
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(20)
        .collect();
    let mut text = "# What is not here has its default: `corswatch check-config --print-defaults` shows every setting.\n\
                    # `corswatch check-config --config FILE` reports all mistakes together.\n\n"
        .to_owned();
    if wanted.form != Form::ThisMachine {
        text += &format!(
            "[collector]\n\
             # The same for all collectors: client networks are counted by it. A secret.\n\
             salt = \"{}\"\n\n\
             [journal]\nkind = \"kafka\"\n\n\
             [journal.kafka]\nbrokers = {}\n\
             # Pinned: the partition of a re-sent beacon follows from it.\npartitions = 4\n\
             # Makes the topic at the first start. Production: required_replication = 3, required_min_insync = 2.\n\
             create_topic = true\n\n\
             # Where beacons wait while Kafka is slow or away: of each collector, and it must outlive the process.\n\
             [journal.spool]\ndir = \"data/spool\"\n\n",
            random(16)?,
            quoted(&wanted.brokers),
        );
    }
    if wanted.form == Form::Cluster {
        text += &format!(
            "[store]\nurl = {}\nuser = \"default\"\n\
             # Or CORSWATCH__STORE__PASSWORD in the environment.\n\
             # password_file = \"/run/secrets/clickhouse\"\n\n",
            quoted(&wanted.clickhouse)
        );
    }
    text += &format!(
        "# A key is public: it stands in every page. Two keys are valid at once while one is replaced.\n\
         [[apps]]\nname = {}\nkeys = [\"{key_start}-{}\"]\npage_origins = [{}]\n\
         # Browsers that are automated (tests, headless) are labelled and left out; \"count\" counts them.\n\
         lab_traffic = \"label\"\n\n\
         # The APIs that those pages call: their failures are replayed, and their alerts name the owner.\n\
         # [[services]]\n# name = \"checkout\"\n# owner = \"team-checkout\"\n\
         # runbook = \"https://runbooks.example/checkout\"\n\
         # match = [{{ origin = \"https://api.shop.example\" }}]\n\
         # An API on this machine or in a private network is replayed only where it is named here as well.\n\
         # [prober]\n# dangerously_allow_private_networks = [\"http://localhost:8080\"]\n\n\
         # Without objectives every app has the starting ones. See docs/alerts.md.\n\
         # [[slo]]\n# app = {}\n# sli = \"block_rate\"\n# objective = 0.999\n",
        quoted(&wanted.app),
        random(6)?,
        origins.join(", "),
        quoted(&wanted.app),
    );
    Ok(text)
}

fn next_steps(wanted: &Wanted) -> Vec<String> {
    let file = &wanted.out;
    let mut steps = vec![format!("corswatch check-config --config {file}")];
    match wanted.form {
        Form::ThisMachine => steps.push(format!("corswatch up --config {file}")),
        Form::Kafka => {
            steps.push(format!("corswatch up --config {file}"));
            steps.push(format!(
                "CORSWATCH__COLLECTOR__LISTEN=127.0.0.1:7790 CORSWATCH__JOURNAL__SPOOL__DIR=data/spool-1 \
                 corswatch collector --config {file}"
            ));
        }
        Form::Cluster => {
            for role in ["dashboard", "aggregator", "prober", "loader", "collector"] {
                steps.push(format!("corswatch {role} --config {file}"));
            }
        }
    }
    steps
}
