//! Makes sure that the SDK's script, which the edge serves, has been built.

use std::path::Path;

fn main() {
    // Starts in the package: what is compiled in would be that of another checkout, where two share what they build.
    let script = Path::new("../../sdk-js/dist/corswatch.js");
    println!("cargo::rerun-if-changed={}", script.display());
    if !script.is_file() {
        println!(
            "cargo::error=sdk-js/dist/corswatch.js is missing: the edge serves it; \
             run `cargo xtask build` first, which builds the SDK"
        );
    }
}
