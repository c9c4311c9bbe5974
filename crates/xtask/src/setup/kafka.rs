//! A real Kafka broker for the tests: its jars in `target/kafka-libs`.

use anyhow::{Context as _, Result};

use crate::progress::step;
use crate::{shell, workspace};

const POM: &str = "crates/xtask/kafka-pom.xml";

/// Fetches the jars that `kafka-pom.xml` pins.
pub(crate) fn install() -> Result<()> {
    let libs = workspace::target().join("kafka-libs");
    let pom = workspace::root().join(POM);
    super::stamp(libs.clone(), vec![pom]).refresh(|| {
        step("the Kafka broker of the tests", || {
            // Jars of another version beside these would be loaded too.
            if libs.exists() {
                std::fs::remove_dir_all(&libs)?;
            }
            std::fs::create_dir_all(&libs)?;
            let output = format!("-DoutputDirectory={}", libs.display());
            let args = ["-B", "-q", "-f", POM, "dependency:copy-dependencies"];
            let mut maven = shell::command(
                "mvn",
                args.into_iter()
                    .chain(["-DincludeScope=runtime", output.as_str()]),
            );
            shell::run(&mut maven)
                .context("maven could not fetch Kafka; check the connection to Maven Central")
        })
    })?;
    Ok(())
}
