//! `cargo xtask sbom`: what the binary, the SDK and the web UI are made of, as CycloneDX.
//!
//! Made from what cargo and npm resolve from the lock files: the same checkout gives the same list. npm writes
//! its own; for cargo the few members of CycloneDX 1.5 that hold are written here, because the library for
//! them takes longer to compile than all of this package, which everybody builds.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::check::{is_compiled_in, metadata};
use crate::{shell, workspace};

/// The package whose binary is shipped.
const BINARY: &str = "corswatch";
/// What users get of npm packages.
const NPM: [&str; 2] = ["sdk-js", "dashboard-ui"];

/// Arguments of `sbom`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Folder of the files; made where it is missing.
    #[arg(long, default_value = "target/sbom")]
    out: PathBuf,
}

/// Writes one file for the binary and one for each npm package.
pub(crate) fn run(args: &Args) -> Result<()> {
    let out = workspace::root().join(&args.out);
    std::fs::create_dir_all(&out).with_context(|| out.display().to_string())?;
    let bom = of_binary(
        &metadata()?,
        &workspace::text("Cargo.lock")?.unwrap_or_default(),
    )?;
    let json = serde_json::to_vec_pretty(&bom)?;
    write(out.join("corswatch.cdx.json"), &json)?;
    for folder in NPM {
        let text = "sbom --sbom-format cyclonedx --omit dev --package-lock-only";
        let json = shell::output(&mut shell::npm(folder, text.split(' ')))?;
        let bom: Value = serde_json::from_str(&json).with_context(|| folder.to_owned())?;
        anyhow::ensure!(
            bom["bomFormat"] == "CycloneDX",
            "{folder}: npm wrote something else"
        );
        write(out.join(format!("{folder}.cdx.json")), json.as_bytes())?;
    }
    Ok(())
}

fn write(file: PathBuf, bytes: &[u8]) -> Result<()> {
    std::fs::write(&file, bytes).with_context(|| file.display().to_string())?;
    println!("wrote {}", file.display());
    Ok(())
}

/// The binary and everything that is compiled into it or builds it.
fn of_binary(metadata: &Value, lock: &str) -> Result<Value> {
    let read = || {
        let packages = metadata["packages"].as_array()?.iter();
        let packages: BTreeMap<&str, &Value> = packages
            .map(|package| Some((package["id"].as_str()?, package)))
            .collect::<Option<_>>()?;
        let nodes = metadata["resolve"]["nodes"].as_array()?.iter();
        let needs: BTreeMap<&str, Vec<&str>> = nodes
            .map(|node| {
                let needed = node["deps"]
                    .as_array()?
                    .iter()
                    .filter(|of| is_compiled_in(of));
                let needed = needed.map(|of| of["pkg"].as_str()).collect::<Option<_>>()?;
                Some((node["id"].as_str()?, needed))
            })
            .collect::<Option<_>>()?;
        let is_root = |(_, package): &(&&str, &&Value)| package["name"] == BINARY;
        let root: &str = packages.iter().find(is_root)?.0;
        Some((packages, needs, root))
    };
    let (packages, needs, root) = read().context("cargo metadata does not look as expected")?;
    let mut found = BTreeSet::from([root]);
    let mut open = vec![root];
    while let Some(next) = open.pop() {
        let needed = needs.get(next).into_iter().flatten();
        open.extend(needed.copied().filter(|id| found.insert(id)));
    }
    let checksums = checksums(lock);
    let of = |id: &str| component(packages[id], &checksums);
    let others = found.iter().filter(|id| **id != root);
    let dependencies = found.iter().map(|id| {
        let needed = needs[id].iter().map(|id| reference(packages[id]));
        json!({"ref": reference(packages[id]), "dependsOn": needed.collect::<Vec<_>>()})
    });
    // Two runs on the same checkout give the same bytes: no time, no random number.
    Ok(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": of(root)},
        "components": others.map(|id| of(id)).collect::<Vec<_>>(),
        "dependencies": dependencies.collect::<Vec<_>>(),
    }))
}

fn text<'a>(package: &'a Value, member: &str) -> &'a str {
    package[member].as_str().unwrap_or_default()
}

fn reference(package: &Value) -> String {
    format!(
        "pkg:cargo/{}@{}",
        text(package, "name"),
        text(package, "version")
    )
}

fn component(package: &Value, checksums: &BTreeMap<(&str, &str), &str>) -> Value {
    let (name, version) = (text(package, "name"), text(package, "version"));
    let kind = if name == BINARY {
        "application"
    } else {
        "library"
    };
    let mut component = json!({
        "type": kind, "bom-ref": reference(package), "name": name, "version": version,
        "purl": reference(package),
    });
    let licence = text(package, "license");
    if !licence.is_empty() {
        // Some crates still write the slash of before SPDX.
        component["licenses"] = json!([{"expression": licence.replace('/', " OR ")}]);
    }
    if let Some(checksum) = checksums.get(&(name, version)) {
        component["hashes"] = json!([{"alg": "SHA-256", "content": checksum}]);
    }
    component
}

/// The checksums of `Cargo.lock` by name and version.
fn checksums(lock: &str) -> BTreeMap<(&str, &str), &str> {
    let member = |block: &'_ str, name: &str| -> Option<(usize, usize)> {
        let start = block.find(&format!("\n{name} = \""))? + name.len() + 5;
        Some((start, start + block[start..].find('"')?))
    };
    let blocks = lock.split("[[package]]").skip(1);
    blocks
        .filter_map(|block| {
            let at = |name: &str| member(block, name).map(|(from, to)| &block[from..to]);
            Some(((at("name")?, at("version")?), at("checksum")?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_holds_what_is_compiled_in_with_version_licence_and_checksum_and_nothing_else() {
        let package = |id: &str, name: &str, licence: &str| serde_json::json!({"id": id, "name": name, "version": "1.2.3", "license": licence});
        let metadata = serde_json::json!({
            "packages": [
                package("1", "corswatch", "Apache-2.0"), package("2", "serde", "MIT/Apache-2.0"),
                package("3", "insta", "MIT"), package("4", "elsewhere", "MIT"),
            ],
            "resolve": {"nodes": [
                {"id": "1", "deps": [
                    {"pkg": "2", "dep_kinds": [{"kind": null}]},
                    {"pkg": "3", "dep_kinds": [{"kind": "dev"}]}
                ]},
                {"id": "2", "deps": []}, {"id": "3", "deps": []}, {"id": "4", "deps": []}
            ]}
        });
        let sum = "ab".repeat(32);
        let lock =
            format!("[[package]]\nname = \"serde\"\nversion = \"1.2.3\"\nchecksum = \"{sum}\"\n");
        let json = of_binary(&metadata, &lock).expect("a list");
        let components = json["components"].as_array().expect("a list");
        assert_eq!(components.len(), 1, "{json:#}");
        assert_eq!(components[0]["purl"], "pkg:cargo/serde@1.2.3");
        assert_eq!(components[0]["hashes"][0]["content"], sum.as_str());
        assert_eq!(
            components[0]["licenses"][0]["expression"],
            "MIT OR Apache-2.0"
        );
        assert_eq!(json["metadata"]["component"]["name"], "corswatch");
        assert_eq!(
            json["dependencies"][0]["dependsOn"][0],
            "pkg:cargo/serde@1.2.3"
        );
    }
}
