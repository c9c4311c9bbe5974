//! The questions of every page of the UI, over histories of different lengths in turn.

mod questions;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use corswatch_tests::Product;
use hdrhistogram::Histogram;
use tokio::time::Instant;

use crate::process;
use questions::{Question, Window};

/// What one question took at one history.
struct Took {
    micros: Histogram<u64>,
    /// CPU milliseconds of the product and its engine for one answer.
    cpu: f64,
}

/// A data directory that `corswatch demo-data` filled, and the product over it.
struct History {
    name: String,
    product: Product,
    /// The end of its last minute, in milliseconds since 1970.
    end: i64,
    /// The last failure in it.
    failure: String,
}

/// Asks every question `rounds` times of every history, taking turns, and prints percentiles and their ratios.
pub(crate) async fn run(data: &[PathBuf], app: &str, only: &str, rounds: usize) -> Result<()> {
    anyhow::ensure!(
        !data.is_empty(),
        "name directories that `corswatch demo-data` filled, the shortest history first"
    );
    let mut histories = Vec::new();
    for folder in data {
        histories.push(History::open(folder, app).await?);
    }
    let names: Vec<&str> = histories.iter().map(|one| one.name.as_str()).collect();
    println!(
        "p50 / p95 in ms, {rounds} rounds, app {app}; ratios are of medians to the column before\n"
    );
    println!("| question | {} |", names.join(" | "));
    println!("|---|{}", "---|".repeat(names.len()));
    let mut worst = vec![Summary::default(); histories.len()];
    let asked = questions::ALL.iter().filter(|one| one.name.contains(only));
    for question in asked {
        for window in question.windows() {
            let measured = ask(&histories, question, *window, app, rounds).await?;
            print_row(question, *window, &measured, &mut worst);
        }
    }
    for (history, summary) in histories.iter().zip(&worst) {
        println!("\n{}: {summary}", history.name);
    }
    Ok(())
}

/// What it took at each history.
async fn ask(
    histories: &[History],
    question: &Question,
    window: Window,
    app: &str,
    rounds: usize,
) -> Result<Vec<Took>> {
    let mut took = Vec::new();
    for history in histories {
        let micros = Histogram::new(3)?;
        // The first answer also opens files: it is asked for, and not counted.
        history.answer(&question.path(app, window, history)).await?;
        took.push(Took { micros, cpu: 0.0 });
    }
    for _ in 0..rounds {
        for (history, took) in histories.iter().zip(&mut took) {
            let path = question.path(app, window, history);
            let (asked, before) = (Instant::now(), history.cpu_seconds()?);
            history.answer(&path).await?;
            took.micros
                .record(u64::try_from(asked.elapsed().as_micros())?)?;
            took.cpu += (history.cpu_seconds()? - before) * 1000.0 / divisor(rounds);
        }
    }
    Ok(took)
}

fn print_row(question: &Question, window: Window, measured: &[Took], worst: &mut [Summary]) {
    let mut cells = Vec::new();
    let mut before: Option<f64> = None;
    for (Took { micros, cpu }, worst) in measured.iter().zip(worst) {
        let [p50, p95] = [0.5, 0.95].map(|quantile| millis(micros.value_at_quantile(quantile)));
        let ratio = before.map(|before| p50 / before);
        let name = format!("{} {}", question.name, window.name());
        worst.add(&name, p95, ratio);
        let ratio = ratio.map_or_else(String::new, |ratio| format!(" ({ratio:.2} x)"));
        cells.push(format!("{p50:.0} / {p95:.0} / {cpu:.0}{ratio}"));
        before = Some(p50);
    }
    println!(
        "| {} {} | {} |",
        question.name,
        window.name(),
        cells.join(" | ")
    );
}

fn millis(micros: u64) -> f64 {
    Duration::from_micros(micros).as_secs_f64() * 1000.0
}

fn divisor(rounds: usize) -> f64 {
    u32::try_from(rounds).map_or(f64::INFINITY, f64::from)
}

/// The slowest question of a history, and the one that grew most.
#[derive(Debug, Clone, Default)]
struct Summary {
    slowest: (f64, String),
    grew: (f64, String),
}

impl Summary {
    fn add(&mut self, name: &str, p95: f64, ratio: Option<f64>) {
        if p95 > self.slowest.0 {
            self.slowest = (p95, name.to_owned());
        }
        if let Some(ratio) = ratio.filter(|ratio| *ratio > self.grew.0) {
            self.grew = (ratio, name.to_owned());
        }
    }
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "slowest p95 {:.0} ms ({})",
            self.slowest.0, self.slowest.1
        )?;
        match self.grew.0 > 0.0 {
            true => write!(f, ", grew most {:.2} x ({})", self.grew.0, self.grew.1),
            false => Ok(()),
        }
    }
}

impl History {
    async fn answer(&self, path: &str) -> Result<()> {
        let answer = self.product.private.get(path).await?;
        let status = answer.status();
        let body = answer.bytes().await?;
        anyhow::ensure!(
            status.is_success(),
            "{}: {path} answered {status}: {}",
            self.name,
            String::from_utf8_lossy(&body)
        );
        Ok(())
    }

    fn cpu_seconds(&self) -> Result<f64> {
        process::cpu_seconds_with_children(self.product.process.id())
    }

    async fn open(folder: &Path, app: &str) -> Result<Self> {
        let config = folder.join("corswatch.toml");
        let config = config.to_str().context("a path in UTF-8")?.to_owned();
        let product = Product::up(folder, &["--config", &config]).await;
        let question = format!("/api/v1/failures?app={app}&window=400d&limit=1");
        let found = product.private.json(&question).await?;
        let last = &found["failures"][0];
        let text = |name: &str| last[name].as_str().context("a failure in the history");
        let at = humantime::parse_rfc3339(text("at")?)?;
        let since = at.duration_since(std::time::UNIX_EPOCH)?;
        let minute = i64::try_from(since.as_secs())? / 60;
        Ok(Self {
            name: folder
                .file_name()
                .unwrap_or(folder.as_os_str())
                .to_string_lossy()
                .into_owned(),
            failure: text("id")?.to_owned(),
            end: (minute + 1) * 60_000,
            product,
        })
    }
}
