//! The engine against the installed Chromium, on a small fixed sample. `cargo run -p cors --example
//! differential -- SEED COUNT` takes larger ones.
#![allow(missing_docs, unreachable_pub)]

#[path = "../differential/answers.rs"]
mod answers;
#[path = "../differential/compare.rs"]
mod compare;
#[path = "../differential/dice.rs"]
mod dice;
#[path = "../differential/generate.rs"]
mod generate;
#[path = "../differential/parts.rs"]
mod parts;

#[test]
fn the_engine_decides_as_chromium_does() {
    let lines: Vec<_> = (0..500)
        .map(|number| generate::exchange(20, number))
        .chain((0..60).map(|number| parts::exposed(20, number)))
        .chain((0..60).map(|number| parts::safelisted(20, number)))
        .chain((0..60).map(|number| parts::cache(20, number)))
        .collect();
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mismatches = compare::mismatches(&lines, directory.path());
    for mismatch in &mismatches {
        eprintln!(
            "sent    {}\nengine  {}\nbrowser {}\n",
            mismatch.sent, mismatch.engine, mismatch.browser
        );
    }
    assert!(
        mismatches.is_empty(),
        "{} of {} differ",
        mismatches.len(),
        lines.len()
    );
}
