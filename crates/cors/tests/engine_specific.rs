//! Where no rule of an engine's own came into play, every engine decides alike: `Judgement::engine_specific`
//! spares those who ask for all engines two judgements of three.
#![allow(missing_docs, unreachable_pub)]

use cors::{Engine, Exchange, judge, judge_as};

#[path = "../differential/answers.rs"]
mod answers;
#[path = "../differential/dice.rs"]
mod dice;
#[path = "../differential/generate.rs"]
mod generate;

const SEED: u64 = 77;
const COUNT: u64 = 40_000;

fn exchanges() -> impl Iterator<Item = Exchange> {
    (0..COUNT).filter_map(|number| {
        let line = generate::exchange(SEED, number).to_string();
        match explain::ask(&line) {
            explain::Asked::Exchange(_, exchange) => Some(*exchange),
            _ => None,
        }
    })
}

#[test]
fn engines_differ_only_where_a_rule_of_their_own_came_into_play() {
    let (mut specific, mut different, mut all) = (0, 0, 0);
    for exchange in exchanges() {
        let chromium = judge(&exchange);
        let others = [Engine::Firefox, Engine::WebKit].map(|engine| judge_as(&exchange, engine));
        let alike = others.iter().all(|other| {
            (other.ruling, other.error) == (chromium.ruling, chromium.error)
                && other.hop == chromium.hop
        });
        assert!(alike || chromium.engine_specific, "{exchange:?}");
        all += 1;
        specific += usize::from(chromium.engine_specific);
        different += usize::from(!alike);
    }
    assert!(
        different > 100,
        "the sample has differences at all: {different}"
    );
    assert!(
        specific * 2 < all,
        "most are known to be decided alike: {specific} of {all} are not"
    );
}
