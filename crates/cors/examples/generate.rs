//! `cargo run -p cors --example generate -- SEED COUNT`: random exchanges that nearly pass, as lines
//! for `corswatch explain --jsonl`.
#![allow(missing_docs, unreachable_pub)]

#[path = "../differential/answers.rs"]
mod answers;
#[path = "../differential/dice.rs"]
mod dice;
#[path = "../differential/generate.rs"]
mod generate;

fn main() {
    let mut arguments = std::env::args()
        .skip(1)
        .map(|text| text.parse().expect("SEED and COUNT are numbers"));
    let seed: u64 = arguments.next().unwrap_or(1);
    for number in 0..arguments.next().unwrap_or(10) {
        println!("{}", generate::exchange(seed, number));
    }
}
