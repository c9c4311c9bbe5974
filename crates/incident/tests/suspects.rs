//! How often the change that did it stands first, over simulated incidents whose settings the ranking was not made
//! by. `UPDATE_DOCS=1` writes the table into the documentation.

use std::fmt::Write as _;
use std::path::Path;

use incident::{Deploy, HeaderChange, Scope, Steady, rank};
use observation::UnixMillis;

const MINUTE: i64 = 60_000;
const DAY: i64 = 1440 * MINUTE;
const ONSET: UnixMillis = UnixMillis(1_795_000_000_000);
const INCIDENTS: u32 = 1000;
const SERVICES: [&str; 6] = ["cart", "search", "login", "media", "billing", "gateway"];
const HEADER: &str = "access-control-allow-headers";
const PAGE: &str = "docs/reference/suspects.md";

/// Small and the same everywhere (Steele et al. 2014, "SplitMix").
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// At least `low`, below `high`.
    fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = u64::try_from(high - low).expect("low is below high");
        low + i64::try_from(self.next() % width).expect("less than the width")
    }

    fn percent(&mut self, percent: i64) -> bool {
        self.between(0, 100) < percent
    }

    fn of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[usize::try_from(self.between(0, words.len() as i64)).expect("not below zero")]
    }
}

/// How long a failure takes to show.
#[derive(Clone, Copy)]
enum Lag {
    /// Anything up to this.
    UpTo(i64),
    /// This long on average, and any longer time ever more rarely.
    About(i64),
}

impl Lag {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "milliseconds of a day"
    )]
    fn draw(self, random: &mut Random) -> i64 {
        match self {
            Self::UpTo(most) => random.between(0, most),
            Self::About(mean) => {
                let chance = random.between(1, 1_000_001) as f64 / 1e6;
                ((-chance.ln() * mean as f64) as i64).min(DAY - MINUTE)
            }
        }
    }
}

/// What teams and the prober tell.
#[derive(Clone, Copy)]
struct World {
    name: &'static str,
    /// Services that deploys are of; of one all are of the service that fails.
    services: &'static [&'static str],
    /// Of a hundred deploys so many state no service.
    unstated: i64,
    /// How long from a change to the first failure that is seen.
    lag: Lag,
    /// Deploys in all.
    deploys: usize,
    /// Of a hundred deploys so many are made in the hours around the first failure.
    crowded: i64,
    /// How far the clocks of pipelines are off.
    skew: i64,
    /// How often targets are looked at; never where it is 0.
    snapshots: i64,
    /// Of a hundred deploys so many go to another environment.
    staging: i64,
    /// Of a hundred changes of CORS so many are said to be.
    declared: i64,
    /// Whether anybody reports the deploy that did it.
    reported: bool,
}

const USUAL: World = World {
    name: "six services that state themselves, snapshots every 3 minutes",
    services: &SERVICES,
    unstated: 0,
    lag: Lag::UpTo(12 * MINUTE),
    deploys: 10,
    crowded: 0,
    skew: 0,
    snapshots: 3 * MINUTE,
    staging: 0,
    declared: 50,
    reported: true,
};

const WORLDS: [World; 10] = [
    USUAL,
    World {
        name: "the same without snapshots and declarations",
        snapshots: 0,
        declared: 0,
        ..USUAL
    },
    World {
        name: "one service, snapshots every 3 minutes",
        services: &["cart"],
        ..USUAL
    },
    World {
        name: "one service without snapshots: nothing but time tells",
        services: &["cart"],
        snapshots: 0,
        ..USUAL
    },
    World {
        name: "one service, clocks 45 s off, a failure seen up to half an hour later",
        services: &["cart"],
        lag: Lag::UpTo(30 * MINUTE),
        skew: 45_000,
        ..USUAL
    },
    World {
        name: "half of the deploys state no service",
        unstated: 50,
        ..USUAL
    },
    World {
        name: "half of the deploys go to staging",
        staging: 50,
        ..USUAL
    },
    World {
        name: "no one reports the change, snapshots see the header vanish",
        reported: false,
        ..USUAL
    },
    World {
        name: "two services, most deploys in working hours, snapshots every 3 minutes",
        services: &["cart", "search"],
        crowded: 70,
        ..USUAL
    },
    World {
        name: "two services, most deploys in working hours, without snapshots",
        services: &["cart", "search"],
        crowded: 70,
        snapshots: 0,
        ..USUAL
    },
];

/// What the numbers of the ranking were chosen by.
const CHOSEN_BY: [World; 8] = [
    World {
        name: "three services, failures after 5 minutes on average, snapshots every 5 minutes",
        services: &["cart", "search", "login"],
        snapshots: 5 * MINUTE,
        lag: Lag::About(5 * MINUTE),
        ..USUAL
    },
    World {
        name: "the same without snapshots",
        services: &["cart", "search", "login"],
        snapshots: 0,
        lag: Lag::About(5 * MINUTE),
        ..USUAL
    },
    World {
        name: "one service with four deploys, without snapshots, after 8 minutes on average",
        services: &["cart"],
        deploys: 4,
        snapshots: 0,
        lag: Lag::About(8 * MINUTE),
        ..USUAL
    },
    World {
        name: "one service with eight deploys, without snapshots, after 4 minutes on average",
        services: &["cart"],
        deploys: 8,
        snapshots: 0,
        lag: Lag::About(4 * MINUTE),
        ..USUAL
    },
    World {
        name: "one service with twenty deploys, snapshots every 10 minutes",
        services: &["cart"],
        deploys: 20,
        snapshots: 10 * MINUTE,
        lag: Lag::About(6 * MINUTE),
        ..USUAL
    },
    World {
        name: "no deploy states a service, without snapshots, after 3 minutes on average",
        unstated: 100,
        snapshots: 0,
        lag: Lag::About(3 * MINUTE),
        ..USUAL
    },
    World {
        name: "four of five deploys in working hours, three services",
        services: &["cart", "search", "login"],
        crowded: 80,
        snapshots: 0,
        lag: Lag::About(5 * MINUTE),
        ..USUAL
    },
    World {
        name: "no one reports the change, snapshots every 10 minutes",
        reported: false,
        snapshots: 10 * MINUTE,
        lag: Lag::About(6 * MINUTE),
        ..USUAL
    },
];

struct Case {
    deploys: Vec<Deploy>,
    headers: Vec<HeaderChange>,
    steady: Vec<Steady>,
    truth: Option<String>,
}

fn case(world: &World, is_change: bool, random: &mut Random) -> Case {
    let mut deploys: Vec<_> = (0..world.deploys)
        .map(|at| {
            let earliest = if random.percent(world.crowded) {
                -300 * MINUTE
            } else {
                -DAY
            };
            let when = random.between(earliest, 60 * MINUTE);
            deploy(&format!("d{at}"), when, world, random)
        })
        .collect();
    if !is_change {
        return Case {
            deploys,
            headers: Vec::new(),
            steady: steady(world, -2 * DAY, random),
            truth: None,
        };
    }
    let changed = -world.lag.draw(random);
    let (mut headers, mut steadily) = (Vec::new(), Vec::new());
    if world.snapshots > 0 {
        let before = random.between(0, world.snapshots);
        steadily = steady(world, changed - before + world.snapshots, random);
        headers.push(HeaderChange {
            header: HEADER.to_owned(),
            what: format!("x-tenant vanished from {HEADER}"),
            before: "x-tenant".to_owned(),
            after: String::new(),
            from: ONSET.plus(changed - before),
            to: ONSET.plus(changed - before + world.snapshots),
            app: String::new(),
        });
    }
    let truth = if world.reported {
        let skew = random.between(-world.skew, world.skew + 1);
        let mut culprit = deploy("culprit", changed + skew, world, random);
        culprit.environment = "production".to_owned();
        culprit.touches_cors = random.percent(world.declared);
        if !culprit.service.is_empty() {
            culprit.service = "cart".to_owned();
        }
        deploys[0] = culprit;
        "culprit"
    } else {
        deploys.truncate(world.deploys - 1);
        HEADER
    };
    Case {
        deploys,
        headers,
        steady: steadily,
        truth: Some(truth.to_owned()),
    }
}

/// The answer that was first seen at `from`, up to the first look after the first failure.
fn steady(world: &World, from: i64, random: &mut Random) -> Vec<Steady> {
    if world.snapshots == 0 {
        return Vec::new();
    }
    let to = random.between(0, world.snapshots).max(from);
    vec![Steady {
        from: ONSET.plus(from),
        to: ONSET.plus(to),
    }]
}

fn deploy(id: &str, at: i64, world: &World, random: &mut Random) -> Deploy {
    let service = random.of(world.services);
    let environment = if random.percent(world.staging) {
        "staging"
    } else {
        "production"
    };
    Deploy {
        id: id.to_owned(),
        at: ONSET.plus(at),
        app: "shop".to_owned(),
        service: if random.percent(world.unstated) {
            String::new()
        } else {
            service.to_owned()
        },
        environment: environment.to_owned(),
        touches_cors: random.percent(5),
        rollback: false,
        version: String::new(),
        note: String::new(),
        author: "pipeline".to_owned(),
        before: String::new(),
        link: String::new(),
    }
}

/// Of so many incidents: the true change first, among the first three, and no change at all.
#[derive(Default)]
struct Score {
    first: u32,
    near: u32,
    none: u32,
}

fn score(world: &World, is_change: bool, seed: u64) -> Score {
    let mut random = Random(seed);
    let environments = ["production".to_owned()];
    let mut score = Score::default();
    for _ in 0..INCIDENTS {
        let case = case(world, is_change, &mut random);
        let scope = Scope {
            onset: ONSET,
            service: "cart",
            header: HEADER,
            releases: &[],
            environments: &environments,
            steady: &case.steady,
        };
        let suspects = rank(scope, &case.deploys, &case.headers);
        let is_true = |id: &str| case.truth.as_deref() == Some(id);
        score.none += u32::from(suspects.is_empty());
        score.first += u32::from(suspects.first().is_some_and(|one| is_true(&one.id)));
        score.near += u32::from(suspects.iter().take(3).any(|one| is_true(&one.id)));
    }
    score
}

fn percent(count: u32) -> String {
    format!("{:.1} %", f64::from(count) * 100.0 / f64::from(INCIDENTS))
}

/// A row for each world, from its own seeds.
fn rows(worlds: &[World], seeds: std::ops::RangeFrom<u64>) -> Vec<(World, Score, Score)> {
    let rows = worlds.iter().zip(seeds);
    rows.map(|(world, seed)| {
        let with = score(world, true, seed);
        (*world, with, score(world, false, seed + 1000))
    })
    .collect()
}

fn table(rows: &[(World, Score, Score)]) -> String {
    let mut table = "| what is reported and seen | true change first | among the first three | without a change: none suspected |\n\
                     |---|---|---|---|\n"
        .to_owned();
    for (world, with, without) in rows {
        writeln!(
            table,
            "| {} | {} | {} | {} |",
            world.name,
            percent(with.first),
            percent(with.near),
            percent(without.none)
        )
        .expect("a text takes what is written");
    }
    table
}

/// Whether something other than time tells a deploy that did it from one that was made just before in busy hours.
const fn has_evidence(world: &World) -> bool {
    world.snapshots > 0 || world.crowded == 0
}

#[test]
fn the_change_that_did_it_stands_first_in_nine_of_ten_incidents_and_none_is_blamed_in_nine_of_ten_without_one()
 {
    let (others, chosen_by) = (rows(&WORLDS, 7001..), rows(&CHOSEN_BY, 101..));
    let page = format!(
        "# How often the right change is suspected\n\n\
         {INCIDENTS} simulated incidents a cell, in most of them with ten deploys in the day before and the hour after the first failure.\n\
         `crates/incident/tests/suspects.rs` has the settings and holds these numbers; they are of the simulator and not of \
         your teams.\n\n\
         Settings that the ranking was not made by:\n\n{}\n\
         Settings that its numbers were chosen by:\n\n{}\n\
         Where nothing but time tells, a deploy that happened to be made just before cannot be told from one that did it: the busier \
         the hours, the more often one was.\nSnapshots (`prober.snapshot_every`) and deploys that name their service tell them apart.\n",
        table(&others),
        table(&chosen_by)
    );
    for (world, with, without) in &others {
        let enough = if has_evidence(world) { 90 } else { 85 };
        assert!(
            with.first * 100 >= INCIDENTS * enough,
            "{}: {page}",
            world.name
        );
        assert!(
            without.none * 100 >= INCIDENTS * enough,
            "{}: {page}",
            world.name
        );
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(PAGE);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &page).expect("written");
    }
    let written = std::fs::read_to_string(&path).expect("UPDATE_DOCS=1 writes it");
    assert_eq!(written, page, "UPDATE_DOCS=1 writes the page again");
}
