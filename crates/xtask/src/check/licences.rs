//! Licences of everything that the project takes from others, by the list of `deny.toml`.

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::{graph, spdx};
use crate::{git, shell, workspace};

/// npm packages whose lock entry names no licence, each with the licence that was read in its files.
const NPM_BY_HAND: &[(&str, &str)] = &[];

/// npm packages that only tests and generators load, so that nothing of them is in what users get,
/// each with its licence, which is not on the list.
const NPM_FOR_DEVELOPMENT: &[(&str, &str)] = &[
    ("axe-core", "MPL-2.0"),    // finds what screen readers stumble over
    ("argparse", "Python-2.0"), // below openapi-typescript
    // The filter engine that the SDK is held against.
    ("@ghostery/adblocker", "MPL-2.0"),
    ("@ghostery/adblocker-content", "MPL-2.0"),
    ("@ghostery/adblocker-extended-selectors", "MPL-2.0"),
    ("@ghostery/url-parser", "MPL-2.0"),
    ("@remusao/guess-url-type", "MPL-2.0"),
    ("@remusao/small", "MPL-2.0"),
    ("@remusao/smaz", "MPL-2.0"),
    ("@remusao/smaz-compress", "MPL-2.0"),
    ("@remusao/smaz-decompress", "MPL-2.0"),
    ("@remusao/trie", "MPL-2.0"),
    // Below webpack and Vite, for which the SDK has plugins.
    ("caniuse-lite", "CC-BY-4.0"),
    ("graceful-fs", "BlueOak-1.0.0"),
    ("lightningcss", "MPL-2.0"),
    ("lightningcss-android-arm64", "MPL-2.0"),
    ("lightningcss-darwin-arm64", "MPL-2.0"),
    ("lightningcss-darwin-x64", "MPL-2.0"),
    ("lightningcss-freebsd-x64", "MPL-2.0"),
    ("lightningcss-linux-arm-gnueabihf", "MPL-2.0"),
    ("lightningcss-linux-arm64-gnu", "MPL-2.0"),
    ("lightningcss-linux-arm64-musl", "MPL-2.0"),
    ("lightningcss-linux-x64-gnu", "MPL-2.0"),
    ("lightningcss-linux-x64-musl", "MPL-2.0"),
    ("lightningcss-win32-arm64-msvc", "MPL-2.0"),
    ("lightningcss-win32-x64-msvc", "MPL-2.0"),
];

/// Everything under a licence that is not on the list; where cargo-deny is installed, also what it
/// finds about licences, banned crates and sources. Its advisories need a download and are left to
/// the workflow.
pub(super) fn problems() -> Result<Vec<String>> {
    let mut problems = unlisted()?;
    if shell::has("cargo-deny") {
        let deny = "deny --log-level error check licenses bans sources";
        if let Err(error) = shell::run(&mut shell::cargo(deny.split(' '))) {
            problems.push(error.to_string());
        }
    }
    Ok(problems)
}

fn unlisted() -> Result<Vec<String>> {
    let list = workspace::text("deny.toml")?.context("deny.toml is not text")?;
    let allowed = allow_list(&list).context("deny.toml has no [licenses] allow list")?;
    let allows = |name: &str| allowed.contains(&name);
    let mut problems = Vec::new();
    for (package, licence) in cargo_licences(&graph::metadata()?) {
        if !spdx::is_met(&licence, &allows) {
            problems.push(format!("{package} (cargo): {licence}"));
        }
    }
    for file in git::tracked()? {
        if !file.ends_with("package-lock.json") {
            continue;
        }
        let text = workspace::text(&file)?.unwrap_or_default();
        let lock = serde_json::from_str(&text).with_context(|| format!("{file} is not JSON"))?;
        for (package, licence) in npm_licences(&lock) {
            let for_development =
                NPM_FOR_DEVELOPMENT.contains(&(package.as_str(), licence.as_str()));
            if !for_development && !spdx::is_met(&licence, &allows) {
                problems.push(format!("{package} ({file}): {licence}"));
            }
        }
    }
    Ok(problems)
}

/// The quoted names of `allow = [..]` in the section `[licenses]`.
fn allow_list(deny: &str) -> Option<Vec<&str>> {
    let section = deny.split_once("[licenses]")?.1;
    let list = section.split_once("allow = [")?.1.split_once(']')?.0;
    Some(
        list.lines()
            .filter_map(|line| line.split('#').next())
            .flat_map(|line| line.split('"').skip(1).step_by(2))
            .collect(),
    )
}

/// Name and licence of every foreign package of the workspace.
fn cargo_licences(metadata: &Value) -> Vec<(String, String)> {
    let packages = metadata["packages"].as_array().into_iter().flatten();
    packages
        .filter(|package| !package["source"].is_null())
        .map(|package| {
            let name = package["name"].as_str().unwrap_or("?");
            let licence = package["license"].as_str().unwrap_or("names no licence");
            (name.to_owned(), licence.to_owned())
        })
        .collect()
}

/// Name and licence of every foreign package of a lock file.
fn npm_licences(lock: &Value) -> Vec<(String, String)> {
    let packages = lock["packages"].as_object().into_iter().flatten();
    packages
        .filter(|(path, package)| path.contains("node_modules/") && package["link"] != true)
        .map(|(path, package)| {
            let name = path.rsplit("node_modules/").next().unwrap_or(path);
            let by_hand = NPM_BY_HAND.iter().find(|(by_hand, _)| *by_hand == name);
            let licence = package["license"]
                .as_str()
                .or(by_hand.map(|(_, licence)| *licence))
                .unwrap_or("names no licence");
            (name.to_owned(), licence.to_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_read_from_its_section_without_comments() {
        let deny = "[bans]\nallow = [\"no\"]\n[licenses]\nallow = [\n  \"MIT\", # \"why\"\n  \"ISC\",\n]\n";
        assert_eq!(allow_list(deny), Some(vec!["MIT", "ISC"]));
        assert_eq!(allow_list("[bans]\n"), None);
    }

    #[test]
    fn a_package_without_a_licence_is_not_passed_over() {
        let lock = serde_json::json!({"packages": {
            "": {"license": "none of our business"},
            "node_modules/a": {"license": "MIT"},
            "node_modules/a/node_modules/@s/b": {},
        }});
        let found = npm_licences(&lock);
        assert_eq!(found[0], ("a".to_owned(), "MIT".to_owned()));
        assert_eq!(found[1], ("@s/b".to_owned(), "names no licence".to_owned()));
    }
}
