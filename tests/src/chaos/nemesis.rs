//! What goes wrong, and how long the product takes to be itself again.

use std::collections::BTreeMap;
use std::time::Duration;

use observation::UnixMillis;
use runtime::Clock;
use tokio::time::Instant;

use super::cluster::{Cluster, GUEST, PARTITIONS};
use super::proxy::Weather;
use super::random::Rng;

/// What can go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// SIGKILL of a member.
    Kill(usize),
    /// SIGKILL of the broker.
    KillBroker,
    /// SIGKILL of the engine.
    KillEngine,
    /// SIGSTOP of one of the two loaders: it wakes up long after it lost its partitions.
    PauseLoader(usize),
    /// A third loader joins the group and leaves it.
    Rebalance,
    /// Trouble between the loaders and the engine.
    Engine(Weather),
    /// Trouble between everybody and the broker.
    Broker(Weather),
}

const KILLS: [Fault; 9] = [
    Fault::Kill(0),
    Fault::Kill(1),
    Fault::Kill(2),
    Fault::Kill(3),
    Fault::Kill(4),
    Fault::Kill(5),
    Fault::Kill(6),
    Fault::KillBroker,
    Fault::KillEngine,
];

const TROUBLES: [Fault; 12] = [
    Fault::PauseLoader(2),
    Fault::PauseLoader(3),
    Fault::Rebalance,
    Fault::Engine(Weather::Stalled),
    Fault::Engine(Weather::Cut),
    Fault::Engine(Weather::HalfBodies),
    Fault::Engine(Weather::LostAnswers),
    Fault::Engine(Weather::Refusing),
    Fault::Engine(Weather::DiskFull),
    Fault::Engine(Weather::ReadOnly),
    Fault::Broker(Weather::Stalled),
    Fault::Broker(Weather::Cut),
];

impl Fault {
    /// Its name in the table.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kill(0 | 1) => "kill -9 collector",
            Self::Kill(2 | 3) => "kill -9 loader",
            Self::Kill(4 | 5) => "kill -9 aggregator",
            Self::Kill(_) => "kill -9 dashboard",
            Self::KillBroker => "kill -9 broker",
            Self::KillEngine => "kill -9 engine",
            Self::PauseLoader(_) => "SIGSTOP loader",
            Self::Rebalance => "rebalance (a loader joins and leaves)",
            Self::Engine(Weather::Stalled) => "loader-engine: stall",
            Self::Engine(Weather::Cut) => "loader-engine: cut",
            Self::Engine(Weather::HalfBodies) => "loader-engine: half bodies",
            Self::Engine(Weather::LostAnswers) => "loader-engine: lost answers",
            Self::Engine(Weather::DiskFull) => "loader-engine: disk full",
            Self::Engine(Weather::ReadOnly) => "loader-engine: read-only",
            Self::Engine(_) => "loader-engine: 503",
            Self::Broker(Weather::Stalled) => "broker: stall",
            Self::Broker(_) => "broker: cut",
        }
    }

    const fn is_kill(self) -> bool {
        matches!(self, Self::Kill(_) | Self::KillBroker | Self::KillEngine)
    }

    /// Whether both can be done at once: not to the same process, not on the same way.
    const fn goes_with(self, other: Self) -> bool {
        match (self, other) {
            (Self::Kill(a) | Self::PauseLoader(a), Self::Kill(b) | Self::PauseLoader(b)) => a != b,
            (Self::KillBroker | Self::Broker(_), Self::KillBroker | Self::Broker(_)) => false,
            (Self::KillEngine, Self::KillEngine) | (Self::Rebalance, Self::Rebalance) => false,
            (Self::Engine(_), Self::Engine(_)) => false,
            _ => true,
        }
    }
}

/// Faults at the same time, held for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What goes wrong.
    pub faults: Vec<Fault>,
    /// For how long.
    pub hold: Duration,
}

impl Step {
    /// The next step of a seed: `kills` kills or one more, and some trouble in two of three.
    /// Every trouble comes once before any comes again.
    #[must_use]
    pub fn random(rng: &mut Rng, number: u64, kills: u64, longest_pause: Duration) -> Self {
        let mut faults: Vec<Fault> = Vec::new();
        if !number.is_multiple_of(3) {
            let at = usize::try_from(number * 2 / 3).unwrap_or(0);
            faults.push(TROUBLES[at % TROUBLES.len()]);
        }
        let kills = kills + rng.below(2);
        while (faults.iter().filter(|fault| fault.is_kill()).count() as u64) < kills {
            let kill = *rng.one_of(&KILLS);
            if faults.iter().all(|fault| fault.goes_with(kill)) {
                faults.push(kill);
            }
        }
        let is_pause = faults.iter().any(|f| matches!(f, Fault::PauseLoader(_)));
        let hold = if is_pause {
            // Longer than the session time-out: someone else takes over.
            let most = u64::try_from(longest_pause.as_millis()).unwrap_or(10_000);
            Duration::from_millis(10_000 + rng.below(most.saturating_sub(10_000).max(1)))
        } else {
            Duration::from_millis(500 + rng.below(2500))
        };
        Self { faults, hold }
    }

    /// How many processes it kills.
    #[must_use]
    pub fn kills(&self) -> u64 {
        self.faults.iter().filter(|fault| fault.is_kill()).count() as u64
    }
}

/// What one step did.
#[derive(Debug, Clone)]
pub struct Episode {
    /// The step.
    pub step: Step,
    /// From the end of the fault until everything that was acknowledged before that is in the
    /// store; none where that took longer than anybody waits.
    pub recovery: Option<Duration>,
    /// What ended by itself meanwhile, and was started again.
    pub revived: Vec<String>,
}

/// How long a recovery is waited for; slower than what is promised, to tell how much slower.
const PATIENCE: Duration = Duration::from_secs(120);
const LOOK: Duration = Duration::from_millis(200);

/// Does a step: breaks, holds, heals, and waits until the product has recovered.
///
/// # Panics
/// When the engine or the broker cannot be killed or started.
pub async fn play(cluster: &mut Cluster, step: Step, clock: &Clock) -> Episode {
    for fault in &step.faults {
        strike(cluster, *fault).await;
    }
    let mut revived = Vec::new();
    let until = Instant::now() + step.hold;
    while Instant::now() < until {
        tokio::time::sleep(LOOK).await;
        revived.extend(cluster.revive());
    }
    for fault in &step.faults {
        heal(cluster, *fault).await;
    }
    let (healed, started) = (clock.now(), Instant::now());
    let recovery = loop {
        if caught_up(cluster, healed).await {
            break Some(started.elapsed());
        }
        if started.elapsed() > PATIENCE {
            break None;
        }
        tokio::time::sleep(LOOK).await;
        revived.extend(cluster.revive());
    };
    Episode {
        step,
        recovery,
        revived,
    }
}

async fn strike(cluster: &mut Cluster, fault: Fault) {
    match fault {
        Fault::Kill(member) => cluster.members[member].kill(),
        Fault::KillBroker => cluster.broker.kill(),
        // The engine's keeper starts it again by itself, as the product does.
        Fault::KillEngine => {
            // It may be between two lives already.
            let _ = cluster.engine.kill().await;
        }
        Fault::PauseLoader(member) => cluster.members[member].pause(),
        Fault::Rebalance => cluster.members[GUEST].start(),
        Fault::Engine(weather) => cluster.to_engine.set(weather),
        Fault::Broker(weather) => cluster.to_broker.set(weather),
    }
}

async fn heal(cluster: &mut Cluster, fault: Fault) {
    match fault {
        Fault::Kill(member) => cluster.members[member].start(),
        Fault::KillBroker => cluster.broker.restart().await,
        Fault::KillEngine => {}
        Fault::PauseLoader(member) => cluster.members[member].resume(),
        Fault::Rebalance => cluster.members[GUEST].end().await,
        Fault::Engine(_) => cluster.to_engine.set(Weather::Fair),
        Fault::Broker(_) => cluster.to_broker.set(Weather::Fair),
    }
}

/// Whether everything that the log took in before `at` is in the store.
pub async fn caught_up(cluster: &Cluster, at: UnixMillis) -> bool {
    let Ok(progress) = cluster.store.progress().await else {
        return false;
    };
    let beyond = progress.iter().filter(|row| row.event_time >= at).count();
    beyond == PARTITIONS as usize
}

/// Recovery by fault, sorted; a step with several faults counts for each of them.
#[must_use]
pub fn by_fault(episodes: &[Episode]) -> BTreeMap<&'static str, Vec<Option<Duration>>> {
    let mut table: BTreeMap<&'static str, Vec<Option<Duration>>> = BTreeMap::new();
    for episode in episodes {
        for fault in &episode.step.faults {
            table
                .entry(fault.name())
                .or_default()
                .push(episode.recovery);
        }
    }
    for times in table.values_mut() {
        // None is the slowest.
        times.sort_by_key(|time| time.unwrap_or(Duration::MAX));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_steps_and_eighteen_of_them_hold_every_trouble() {
        let steps = |seed| -> Vec<Step> {
            let mut rng = Rng::new(seed);
            let pause = Duration::from_secs(12);
            (0..24)
                .map(|n| Step::random(&mut rng, n, 6, pause))
                .collect()
        };
        assert_eq!(steps(7), steps(7));
        assert_ne!(steps(7), steps(8));
        let all = steps(7);
        for trouble in TROUBLES {
            assert!(all.iter().any(|step| step.faults.contains(&trouble)));
        }
        for step in all {
            assert!((6..=7).contains(&step.kills()));
            for (at, fault) in step.faults.iter().enumerate() {
                let others = &step.faults[at + 1..];
                assert!(
                    others.iter().all(|other| fault.goes_with(*other)),
                    "{step:?}"
                );
            }
        }
    }
}
