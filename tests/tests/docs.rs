//! Documentation does what it says: commands are run, and what they print is compared with the page.
//!
//! The words after a fence say what is done with a block. Blocks of a page share a folder.
//!
//! | words | |
//! |---|---|
//! | `sh run [exit=N]` | run by bash with `corswatch` in the path; the files of `tests/tests/docs` are there |
//! | `sh live [exit=N]` | the same, beside a running product and a server that stand for the addresses of the page |
//! | `text output` | what the block before it printed |
//! | `LANG file=NAME` | written to the folder for later blocks |
//! | `toml config` | a part of a configuration that `check-config` accepts |
//! | `text figure` | a drawing, or the form of something: nothing to run |
//!
//! `UPDATE_DOCS=1` writes what was printed into the page.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use corswatch_tests::markdown::{Block, blocks, pages};
use corswatch_tests::{Kind, Product, Settings, WebServer, counted, eventually};
use testkit::beacon::PAGE;
use testkit::{Beacon, checkout};

/// Blocks that may stay unrun, in all pages together.
const MOST_NOT_RUN: usize = 10;

/// What a configuration needs beside the part that a page shows.
const APP: &str = "[[apps]]\nname = \"shop\"\nkeys = [\"test-key-1\"]\npage_origins = [\"https://shop.example\"]\n";

/// The token of the pages' requests.
const TOKEN: &str = "a token that the pages of the documentation use";

/// Pages that are under the rule.
fn under_the_rule() -> Vec<PathBuf> {
    let root = checkout::root();
    let mut pages = pages(&root.join("docs"), &["adr"]);
    pages.extend(["README.md", "deploy/README.md"].map(|page| root.join(page)));
    pages
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_of_the_documentation_does_what_the_page_says() {
    let surroundings = Surroundings::start().await;
    let mut wrong = String::new();
    let mut not_run = 0;
    for page in under_the_rule() {
        let text = std::fs::read_to_string(&page).expect("a page");
        let found = blocks(&text);
        not_run += found.iter().filter(|block| block.not_run.is_some()).count();
        let printed = run(&page, &found, &surroundings, &mut wrong);
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&page, replaced(&text, &found, &printed)).expect("written");
        } else {
            compare(&page, &found, &printed, &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(not_run <= MOST_NOT_RUN, "{not_run} blocks are not run");
}

/// Runs the blocks of a page; what was printed stands at the place of each block that shows it.
fn run(
    page: &Path,
    blocks: &[Block],
    surroundings: &Surroundings,
    wrong: &mut String,
) -> Vec<Option<String>> {
    let folder = tempfile::tempdir().expect("a directory");
    surroundings.fill(folder.path());
    let mut last = None;
    let mut printed = Vec::new();
    for block in blocks {
        let place = format!("{}:{}", page.display(), block.line);
        let mut shown = None;
        let outcome = match block.runner() {
            _ if block.not_run.is_some() => Ok(()),
            _ if block.option("file").is_some() => {
                let text = surroundings.placed(&block.text);
                write(
                    folder.path(),
                    &Block {
                        text,
                        ..block.clone()
                    },
                )
            }
            "run" => shell(folder.path(), block, &block.text).map(|out| last = Some(out)),
            "live" => {
                shell(folder.path(), block, &surroundings.script(block)).map(|out| last = Some(out))
            }
            "output" => {
                shown = last.take();
                match shown {
                    Some(_) => Ok(()),
                    None => Err("no command before it".to_owned()),
                }
            }
            "config" => config(folder.path(), block),
            "figure" => Ok(()),
            other => Err(format!("no runner is called `{other}`")),
        };
        if let Err(reason) = outcome {
            let _ = writeln!(wrong, "{place}: {reason}");
        }
        printed.push(shown);
    }
    printed
}

/// What pages take for granted: the product runs, and an API whose policy is right.
struct Surroundings {
    product: Product,
    api: WebServer,
    _data: tempfile::TempDir,
}

impl Surroundings {
    async fn start() -> Self {
        let data = tempfile::tempdir().expect("a directory");
        let app = format!(
            "[[apps]]\nname = \"shop\"\nkeys = [\"docs-key-1\"]\npage_origins = [\"{PAGE}\"]\n"
        );
        let product = Product::start(data.path(), &Settings::with_fixed_ports().and(&app)).await;
        for n in 0..3 {
            let beacon = Beacon::new(n).ok("/cart", 5).blocked("PUT", "/cart");
            let status = product.edge.beacon("docs-key-1", &beacon).await;
            assert_eq!(status.expect("an answer"), 204);
        }
        let stored = || async {
            let path = "/api/v1/sli?app=shop&window=1h";
            let all = product.private.json(path).await?;
            counted(&all["block_rate"])
                .filter(|(bad, _)| *bad == 3)
                .context("not yet")
        };
        eventually("the beacons are stored", stored).await;
        let policy = std::fs::read_to_string(fixtures().join("nginx.conf")).expect("a policy");
        Self {
            product,
            api: WebServer::start(Kind::Nginx, &policy).await,
            _data: data,
        }
    }

    /// Puts the files into `folder` that pages name, also those that another page shows.
    fn fill(&self, folder: &Path) {
        let reports = checkout::root().join("crates/explain/tests/reports");
        for (from, name) in [
            (fixtures().join("nginx.conf"), "nginx.conf"),
            (fixtures().join("ingress.yaml"), "ingress.yaml"),
            (fixtures().join("shapes.json"), "shapes.json"),
            (reports.join("23-chrome-failed-preflights.har"), "shop.har"),
            (reports.join("35-curl-iv.txt"), "output.txt"),
            (reports.join("01-lowercase-patch.jsonl"), "exchanges.jsonl"),
        ] {
            std::fs::copy(from, folder.join(name)).expect("copied");
        }
        let urls = std::fs::read_to_string(fixtures().join("urls.txt")).expect("a list");
        std::fs::write(folder.join("urls.txt"), self.placed(&urls)).expect("written");
        std::fs::write(folder.join("token"), TOKEN).expect("written");
        for page in under_the_rule() {
            let text = std::fs::read_to_string(&page).expect("a page");
            for block in blocks(&text) {
                if block.option("file").is_some() {
                    let text = self.placed(&block.text);
                    write(folder, &Block { text, ..block }).expect("written");
                }
            }
        }
    }

    /// The text with what runs here in place of the addresses of the pages.
    fn placed(&self, text: &str) -> String {
        let private = self.product.private.base();
        let api = &self.api.base;
        [
            ("http://127.0.0.1:7781", private),
            ("https://api.example.com/v1", api.as_str()),
            ("https://api.example.com", api.as_str()),
            ("https://origin.internal", api.as_str()),
            ("http://127.0.0.1:8080", api.as_str()),
        ]
        .iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
    }

    /// The block, with the options that addresses of this machine need.
    fn script(&self, block: &Block) -> String {
        let private = self.product.private.base();
        format!(
            "export CORSWATCH={private} CORSWATCH_TOKEN=$TOKEN\n\
             corswatch() {{\n\
               case \"$1 $*\" in\n\
                 *--allow-private-networks*) command corswatch \"$@\";;\n\
                 check*|\"audit audit \"*http:*|\"audit audit --targets\"*) command corswatch \"$@\" --allow-private-networks;;\n\
                 simulate*--app*|generate*) command corswatch \"$@\" --api \"$CORSWATCH\";;\n\
                 deploy*|gate*|report*) command corswatch \"$@\" --url \"$CORSWATCH\";;\n\
                 *) command corswatch \"$@\";;\n\
               esac\n\
             }}\n{}",
            self.placed(&block.text)
        )
    }
}

fn fixtures() -> PathBuf {
    checkout::root().join("tests/tests/docs")
}

fn write(folder: &Path, block: &Block) -> Result<(), String> {
    let name = block.option("file").expect("it was asked for");
    let file = folder.join(name);
    let parent = file.parent().expect("a folder");
    std::fs::create_dir_all(parent)
        .and_then(|()| std::fs::write(&file, &block.text))
        .map_err(|error| format!("{name}: {error}"))
}

fn shell(folder: &Path, block: &Block, script: &str) -> Result<String, String> {
    let binary = checkout::corswatch();
    let folder_of_binary = binary.parent().expect("a folder").display().to_string();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = path.to_string_lossy();
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", script])
        .env("PATH", format!("{folder_of_binary}:{path}"))
        .env("TOKEN", TOKEN)
        .current_dir(folder)
        .output()
        .map_err(|error| format!("bash: {error}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let expected = block.option("exit").unwrap_or("0");
    let code = output.status.code().unwrap_or(-1).to_string();
    if code == expected {
        return Ok(text(&output.stdout));
    }
    let (out, complaints) = (text(&output.stdout), text(&output.stderr));
    Err(format!(
        "exit {code} instead of {expected}\n{out}{complaints}"
    ))
}

fn config(folder: &Path, block: &Block) -> Result<(), String> {
    let app = if block.text.contains("[[apps]]") {
        ""
    } else {
        APP
    };
    let secret = folder.join("secret");
    std::fs::write(&secret, "0123456789abcdef0123456789abcdef")
        .map_err(|error| error.to_string())?;
    let address = folder.join("address");
    std::fs::write(&address, "https://hooks.example/one").map_err(|error| error.to_string())?;
    for file in [&secret, &address] {
        let own = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(file, own).map_err(|error| error.to_string())?;
    }
    let text: String = block
        .text
        .lines()
        .map(|line| {
            let file = if line.starts_with("url_file") {
                &address
            } else {
                &secret
            };
            with_file(line, file) + "\n"
        })
        .collect();
    let file = folder.join("part.toml");
    std::fs::write(&file, format!("{text}{app}")).map_err(|error| error.to_string())?;
    let output = Command::new(checkout::corswatch())
        .arg("check-config")
        .arg("--config")
        .arg(&file)
        .output()
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned())
}

/// The line with a file that is there in place of the one that a secret is read from.
fn with_file(line: &str, secret: &Path) -> String {
    let Some((name, value)) = line.split_once(" = ") else {
        return line.to_owned();
    };
    let is_file = name.trim_matches('"').ends_with("_file");
    match (is_file, value.starts_with('[')) {
        (false, _) => line.to_owned(),
        (true, true) => format!("{name} = [{secret:?}]"),
        (true, false) => format!("{name} = {secret:?}"),
    }
}

fn compare(page: &Path, blocks: &[Block], printed: &[Option<String>], wrong: &mut String) {
    for (block, printed) in blocks.iter().zip(printed) {
        if let Some(printed) = printed
            && *printed != block.text
        {
            let place = format!("{}:{}", page.display(), block.line);
            let _ = writeln!(
                wrong,
                "{place}: printed was\n{printed}instead of\n{}",
                block.text
            );
        }
    }
}

/// The page with what was printed in it.
fn replaced(text: &str, blocks: &[Block], printed: &[Option<String>]) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut page = String::new();
    let mut at = 0;
    for (block, printed) in blocks.iter().zip(printed) {
        let Some(printed) = printed else { continue };
        for line in &lines[at..block.line] {
            let _ = writeln!(page, "{line}");
        }
        page.push_str(printed);
        at = block.line + block.text.lines().count();
    }
    for line in &lines[at..] {
        let _ = writeln!(page, "{line}");
    }
    page
}
