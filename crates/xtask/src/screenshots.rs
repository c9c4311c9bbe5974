//! `cargo xtask screenshots`: the pictures of the documentation, from the demo in a browser.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use anyhow::{Context as _, Result, bail};
use serde_json::json;

use crate::build::{self, Profile};
use crate::progress::step;
use crate::setup::{self, Part};
use crate::{shell, workspace};

const PICTURES: &str = "docs/images";
const DRIVER: &str = "tests/browser/drive.mjs";
/// The prober has seen how the API answers before it breaks, and the incident has its cause before the pictures are taken.
const UNDERSTOOD_MS: u32 = 15_000;
/// Ports that the demo finds free.
const LISTENERS: [&str; 4] = [
    "COLLECTOR__LISTEN",
    "DASHBOARD__LISTEN",
    "DEMO__SHOP",
    "DEMO__API",
];

/// Breaks the demo's API in a browser and writes the pictures.
pub(crate) fn run() -> Result<()> {
    setup::set_up(Part::Engine)?;
    setup::set_up(Part::Npm)?;
    let binary = build::product(Profile::Dev)?;
    let data = workspace::target().join("screenshots");
    if data.exists() {
        std::fs::remove_dir_all(&data).context("the data of the last time")?;
    }
    let mut demo = shell::command(&binary.to_string_lossy(), ["demo", "--data"]);
    demo.arg(&data).stdout(Stdio::piped());
    for listener in LISTENERS {
        demo.env(format!("CORSWATCH__{listener}"), "127.0.0.1:0");
    }
    let mut demo = Demo(demo.spawn().context("the demo cannot be started")?);
    let (dashboard, shop) = demo.addresses()?;
    step("pictures", || {
        let plan = plan(&shop, &dashboard).to_string();
        let mut driver = shell::command("node", [DRIVER, &plan]);
        shell::output(&mut driver).map(drop)
    })
}

/// What is done in the shop, and which pages are then looked at.
fn plan(shop: &str, dashboard: &str) -> serde_json::Value {
    let picture = |page: &str, file: &str| {
        let file = workspace::root().join(PICTURES).join(file);
        json!({"screenshot": [format!("{dashboard}{page}"), file]})
    };
    json!({"shop": shop, "steps": [
        {"run": ["shop", 200]},
        {"wait": UNDERSTOOD_MS},
        {"set": ["missing_header"]},
        {"run": ["shop", 100]},
        {"wait": UNDERSTOOD_MS},
        picture("?window=15m", "dashboard.png"),
        picture("debug?window=15m", "debug.png"),
    ]})
}

/// The process; it ends with this value.
struct Demo(Child);

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Demo {
    /// The addresses of dashboard and shop, which it prints once it is up.
    fn addresses(&mut self) -> Result<(String, String)> {
        let printed = self.0.stdout.take().context("nothing is printed")?;
        let (mut dashboard, mut shop) = (None, None);
        for line in BufReader::new(printed).lines() {
            let line = line?;
            let line = line.trim();
            if let Some(address) = line.strip_prefix("dashboard ") {
                dashboard = Some(address.trim().to_owned());
            } else if let Some(address) = line.strip_prefix("demo shop ") {
                shop = Some(address.trim().to_owned());
            }
            if let (Some(dashboard), Some(shop)) = (&dashboard, &shop) {
                return Ok((dashboard.clone(), shop.clone()));
            }
        }
        bail!("the demo ended before it was up")
    }
}
