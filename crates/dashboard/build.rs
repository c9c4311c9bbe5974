//! Embeds the built web UI: `dashboard-ui/dist` becomes a table of path and bytes.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("set by cargo"));
    let dist = root.join("../../dashboard-ui/dist");
    println!("cargo::rerun-if-changed={}", dist.display());
    if !dist.join("index.html").is_file() {
        println!(
            "cargo::error=the web UI is not built (dashboard-ui/dist/index.html is missing): run `cargo xtask build` first"
        );
        return;
    }
    let mut files = Vec::new();
    collect(&dist, &dist, &mut files);
    files.sort();
    let mut table = String::from("&[\n");
    for (path, file) in files {
        println!("cargo::rerun-if-changed={}", file.display());
        let file = file.canonicalize().expect("was listed a moment ago");
        writeln!(table, "    ({path:?}, include_bytes!({file:?})),").expect("writes to a String");
    }
    table.push(']');
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("set by cargo"));
    fs::write(out.join("assets.rs"), table).expect("cargo's own folder is writable");
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, PathBuf)>) {
    for entry in fs::read_dir(folder).expect("dist is readable") {
        let path = entry.expect("dist is readable").path();
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            let name = path.strip_prefix(root).expect("below dist");
            files.push((name.to_string_lossy().into_owned(), path.clone()));
        }
    }
}
