//! The product under everything that goes wrong, while numbered beacons flow.
//!
//! A run is a plan with a seed: the same seed gives the same faults in the same order (not at the
//! same instants, which are the machine's). In the end the oracle compares what was acknowledged
//! with raw rows, rollups, the API and the ledger.

pub mod cluster;
pub mod load;
pub mod nemesis;
pub mod oracle;
pub mod proxy;
pub mod random;
mod report;

use std::time::Duration;

use anyhow::Result;
use runtime::Clock;
use tokio::time::Instant;

use cluster::Cluster;
use load::Load;
use nemesis::Step;
use random::Rng;
pub use report::Report;

/// A recovery may take this long.
pub const PROMISED: Duration = Duration::from_secs(30);

/// How long the log may take to be in the store at the end.
const SETTLE: Duration = Duration::from_secs(120);

/// What to do to the product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// What decides everything that is left to chance.
    pub seed: u64,
    /// At least so many kills.
    pub kills: u64,
    /// So many at once, or one more.
    pub at_once: u64,
    /// At least so many rows.
    pub rows: u64,
    /// At least so long.
    pub least: Duration,
    /// But no new step after this time.
    pub most: Duration,
    /// A stopped loader sleeps at most so long.
    pub longest_pause: Duration,
    /// New beacons a second.
    pub rate: u64,
    /// Rows of a beacon.
    pub rows_per_beacon: u64,
}

impl Plan {
    /// What the tests run.
    #[must_use]
    pub const fn short(seed: u64) -> Self {
        Self {
            seed,
            kills: 60,
            at_once: 3,
            rows: 2_000_000,
            least: Duration::ZERO,
            most: Duration::from_secs(720),
            longest_pause: Duration::from_secs(14),
            rate: 50,
            rows_per_beacon: 220,
        }
    }

    /// A run of some minutes.
    #[must_use]
    pub const fn lasting(seed: u64, minutes: u64) -> Self {
        Self {
            kills: 0,
            rows: 0,
            least: Duration::from_secs(minutes * 60),
            most: Duration::from_secs(minutes * 60),
            longest_pause: Duration::from_secs(60),
            ..Self::short(seed)
        }
    }

    /// A run of so many kills, twice as many at once.
    #[must_use]
    pub const fn long(seed: u64, kills: u64) -> Self {
        Self {
            kills,
            at_once: 6,
            rows: 0,
            most: Duration::from_secs(3 * 60 * 60),
            ..Self::short(seed)
        }
    }

    fn is_done(&self, took: Duration, kills: u64, rows: u64) -> bool {
        let has_enough = took >= self.least && kills >= self.kills && rows >= self.rows;
        has_enough || took >= self.most
    }
}

/// Runs a plan.
///
/// # Errors
/// When something that is not the product's fault goes wrong.
pub async fn run(plan: Plan) -> Result<Report> {
    let started = Instant::now();
    let mut cluster = Cluster::start().await?;
    let load = Load::new(plan.seed, cluster.edges(), plan.rows_per_beacon);
    let clock = Clock::system();
    let trouble = async {
        let mut rng = Rng::new(plan.seed);
        let (mut episodes, mut kills) = (Vec::new(), 0);
        for number in 0.. {
            let rows = load.acknowledged() * plan.rows_per_beacon;
            if plan.is_done(started.elapsed(), kills, rows) {
                break;
            }
            let step = Step::random(&mut rng, number, plan.at_once, plan.longest_pause);
            kills += step.kills();
            let names: Vec<_> = step.faults.iter().map(|fault| fault.name()).collect();
            let episode = nemesis::play(&mut cluster, step, &clock).await;
            let recovery = report::seconds(episode.recovery);
            eprintln!(
                "{:>4.0} s  {kills:>4} kills  {rows:>9} rows  {}: recovery {recovery}",
                started.elapsed().as_secs_f64(),
                names.join(" + "),
            );
            for said in &episode.revived {
                eprintln!("      {said}");
            }
            if episode.recovery.is_none_or(|time| time > PROMISED * 2) {
                for member in &cluster.members {
                    eprintln!(
                        "  {}:\n    {}",
                        member.name,
                        member.last_words().join("\n    ")
                    );
                }
            }
            episodes.push(episode);
        }
        load.stop();
        episodes
    };
    let (episodes, ()) = tokio::join!(trouble, load.run(plan.rate));
    let findings = settle(&mut cluster, &load, &clock).await?;
    Ok(Report {
        acknowledged: load.acknowledged(),
        resent: load.resent.into_inner(),
        failed: load.failed.into_inner(),
        plan,
        episodes,
        findings,
        took: started.elapsed(),
    })
}

/// Waits until everything is in the store and counted, and examines it. What is not yet visible, or
/// counted twice only later, shows in the second look.
async fn settle(cluster: &mut Cluster, load: &Load, clock: &Clock) -> Result<oracle::Findings> {
    let deadline = Instant::now() + SETTLE;
    let mut well = 0;
    loop {
        let now = clock.now();
        while !nemesis::caught_up(cluster, now).await && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(200)).await;
            cluster.revive();
        }
        match oracle::examine(cluster, load).await {
            Ok(findings) if findings.is_well() && well == 2 => return Ok(findings),
            Ok(findings) if findings.is_well() => well += 1,
            Ok(findings) if Instant::now() > deadline => return Ok(findings),
            Err(error) if Instant::now() > deadline => return Err(error),
            Ok(_) | Err(_) => well = 0,
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
