//! Lists the migrations, so that adding one is adding its file.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() -> std::io::Result<()> {
    println!("cargo::rerun-if-changed=migrations");
    let folder = std::env::current_dir()?.join("migrations");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "sql"));
    files.sort();
    let mut list = String::from("[\n");
    for file in files {
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        let number = name.split('_').next().unwrap_or_default();
        let number = number.trim_start_matches('0');
        // Writing into a String cannot fail.
        let _ = writeln!(
            list,
            "    Migration {{ number: {number}, name: {name:?}, sql: include_str!({file:?}) }},"
        );
    }
    list.push_str("]\n");
    let out = std::env::var_os("OUT_DIR").ok_or_else(|| std::io::Error::other("no OUT_DIR"))?;
    std::fs::write(Path::new(&out).join("migrations.rs"), list)
}
