//! `cargo run -p cors --example generate -- SEED COUNT`: random exchanges that nearly pass, as lines
//! for `corswatch explain --jsonl`.
#![allow(missing_docs, unreachable_pub)]

#[path = "../differential/answers.rs"]
mod answers;
#[path = "../differential/dice.rs"]
mod dice;
#[path = "../differential/generate.rs"]
mod generate;
#[path = "../differential/parts.rs"]
mod parts;

fn main() {
    let mut arguments = std::env::args()
        .skip(1)
        .map(|text| text.parse().expect("SEED and COUNT are numbers"));
    let seed: u64 = arguments.next().unwrap_or(1);
    let count = arguments.next().unwrap_or(10);
    for number in 0..count {
        println!("{}", generate::exchange(seed, number));
    }
    for part in [parts::exposed, parts::safelisted, parts::cache] {
        for number in 0..count / 10 {
            println!("{}", part(seed, number));
        }
    }
}
