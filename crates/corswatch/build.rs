//! Embeds the book: the pages that `docs/` makes become a table of path and bytes.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let root =
        PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("set by cargo")).join("../..");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("set by cargo"));
    // A page that is added changes its folder.
    println!(
        "cargo::rerun-if-changed={}",
        root.join(book::DOCS).display()
    );
    let made = match book::build(&root) {
        Ok(made) => made,
        Err(mistakes) => {
            for mistake in mistakes {
                println!("cargo::error={mistake}");
            }
            return;
        }
    };
    for source in &made.sources {
        println!("cargo::rerun-if-changed={}", source.display());
    }
    let mut table = String::new();
    for (path, content) in &made.files {
        let file = out.join("book").join(path);
        write(&file, content);
        writeln!(table, "    ({path:?}, include_bytes!({file:?})),").expect("writes to a String");
    }
    let tag = made.tag();
    let text = format!("dashboard::Book {{ tag: \"{tag:016x}\", files: &[\n{table}] }}");
    write(&out.join("book.rs"), text.as_bytes());
}

fn write(file: &Path, content: &[u8]) {
    let folder = file.parent().expect("below cargo's own folder");
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(file, content))
        .expect("cargo's own folder is writable");
}
