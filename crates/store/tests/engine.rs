//! The embedded engine as a process.

mod support;

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use observation::UnixMillis;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use store::engine::{Engine, EngineConfig, EngineError, EngineHost, EngineUser};
use store::{Batch, Config, SliFilter, Store, StoreError};
use support::fold::Fold;
use support::traffic::{APP, Traffic};
use testkit::wait_until;

const HOST: &str = env!("CARGO_BIN_EXE_engine-host");
const START: UnixMillis = UnixMillis(1_795_000_000_000);
const SOON: Duration = Duration::from_secs(60);

fn host() -> EngineHost {
    EngineHost {
        program: HOST.into(),
        args: Vec::new(),
    }
}

async fn start(data: &Path) -> Result<Engine, EngineError> {
    Engine::start(EngineConfig::default(), data.to_owned(), host()).await
}

#[tokio::test]
async fn a_second_engine_on_the_same_directory_is_refused_and_the_first_goes_on() {
    let dir = tempfile::tempdir().expect("a directory");
    let first = start(dir.path()).await.expect("starts");
    let error = start(dir.path()).await.expect_err("locked");
    assert!(matches!(error, EngineError::Locked { .. }), "{error}");
    let name = dir.path().file_name().expect("a name").to_string_lossy();
    assert!(error.to_string().contains(&*name), "{error}");
    let store = Store::embedded(&Config::default(), &first.access());
    store.migrate().await.expect("the first engine goes on");
}

#[tokio::test]
async fn a_missing_library_says_how_to_install_it() {
    let dir = tempfile::tempdir().expect("a directory");
    let config = EngineConfig {
        library: Some("/nowhere/libchdb.so".into()),
        ..EngineConfig::default()
    };
    let error = Engine::start(config, dir.path().to_owned(), host()).await;
    let error = error.expect_err("missing").to_string();
    assert!(error.contains("cargo xtask setup engine"), "{error}");
    assert!(error.contains("/nowhere/libchdb.so"), "{error}");
}

#[tokio::test]
async fn nobody_comes_in_without_a_password_and_the_reader_cannot_write() {
    let dir = tempfile::tempdir().expect("a directory");
    let engine = start(dir.path()).await.expect("starts");
    let access = engine.access();
    Store::embedded(&Config::default(), &access)
        .migrate()
        .await
        .expect("migrated");
    let url = access.running().expect("runs").url;
    let (reader, password) = access.credentials(EngineUser::Reader);
    for (user, password) in [
        ("default", String::new()),
        ("corswatch", "guess".to_owned()),
        (reader, password.reveal().to_owned()),
    ] {
        let config = Config {
            url: url.clone(),
            user: user.to_owned(),
            password: settings::Secret::new(password),
            ..Config::default()
        };
        let store = Store::connect(&config).expect("a URL");
        let batch = Fold::new(10).batch([Traffic::new(1, START, 1.0, 1).record()]);
        let error = store.write(&batch).await.expect_err(user);
        assert!(
            matches!(error, StoreError::Unavailable { .. }),
            "{user}: {error:?}"
        );
        let mine = store.progress().await;
        assert_eq!(mine.is_ok(), user == reader, "{user}: {mine:?}");
    }
}

#[tokio::test]
async fn acknowledged_batches_survive_a_killed_engine() {
    let engine = testkit::Engine::start_with(host()).await.expect("starts");
    let store = engine.store().await;
    let mut traffic = Traffic::new(5, START, 100.0, 1);
    let mut fold = Fold::new(500);
    let batches: Vec<Batch> = (0..40)
        .map(|_| fold.batch((0..50).map(|_| traffic.record()).collect::<Vec<_>>()))
        .collect();
    let mut retried = 0;
    let write = async {
        for batch in &batches {
            while let Err(error) = store.write(batch).await {
                assert!(error.is_retryable(), "{error:?}");
                retried += 1;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    };
    let kill = async {
        for _ in 0..3 {
            let before = written(&store).await;
            wait_until("more is written", SOON, || async {
                written(&store).await > before
            })
            .await;
            engine.kill().await.expect("killed and restarted");
        }
    };
    tokio::join!(write, kill);
    assert_eq!(written(&store).await, 2000);
    let seen = store
        .seen(1, 0, u64::MAX, UnixMillis(0))
        .await
        .expect("read");
    assert_eq!(seen.len(), 2000, "after {retried} retries");
    let (filter, end) = (SliFilter::app(APP), START.plus(3_600_000));
    let reader = store.reader();
    let rollup = reader
        .sli(&filter, START.plus(-60_000), end)
        .await
        .expect("read");
    let raw = reader
        .recount_raw(&filter, START.plus(-60_000), end)
        .await
        .expect("read");
    assert_eq!(rollup, raw);
    assert!(rollup.requests > 20_000, "{rollup:?}");
}

async fn written(store: &Store) -> u64 {
    let progress = store.progress().await.unwrap_or_default();
    progress.first().map_or(0, |row| row.next_offset)
}

#[test]
fn the_child_ends_with_its_parent_however_that_ends() {
    for signal in [Signal::KILL, Signal::TERM] {
        let dir = tempfile::tempdir().expect("a directory");
        let mut parent = Command::new(HOST)
            .args(["run".as_ref(), dir.path().as_os_str()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("started");
        let mut line = String::new();
        let stdout = parent.stdout.take().expect("piped");
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("says where");
        let child: i32 = line
            .split(' ')
            .next()
            .and_then(|pid| pid.parse().ok())
            .expect(&line);
        let child = Pid::from_raw(child).expect("a process id");
        test_kill_process(child).expect("the child runs");
        let pid = Pid::from_child(&parent);
        kill_process(pid, signal).expect("killed");
        parent.wait().expect("ended");
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime
            .expect("a runtime")
            .block_on(wait_until("the child ends", SOON, || {
                std::future::ready(test_kill_process(child).is_err())
            }));
    }
}

#[tokio::test]
async fn a_child_that_dies_is_replaced_and_callers_are_told_to_wait() {
    let engine = testkit::Engine::start_with(host()).await.expect("starts");
    let store = engine.store().await;
    let before = engine.access().running().expect("runs");
    engine.kill().await.expect("killed and restarted");
    let after = engine.access().running().expect("runs");
    assert_ne!(before.pid, after.pid);
    store.progress().await.expect("the store follows");
}
