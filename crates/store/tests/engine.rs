//! The embedded engine as a process.

use std::path::Path;
use std::time::Duration;

use store::engine::{Engine, EngineConfig, EngineError, EngineHost};

fn host() -> EngineHost {
    EngineHost {
        program: env!("CARGO_BIN_EXE_engine-host").into(),
        args: Vec::new(),
    }
}

async fn start(data: &Path) -> Result<Engine, EngineError> {
    Engine::start(EngineConfig::default(), data.to_owned(), host()).await
}

#[tokio::test]
async fn a_second_engine_on_the_same_directory_is_refused_and_the_first_goes_on() {
    let dir = tempfile::tempdir().expect("a directory");
    let started = tokio::time::Instant::now();
    let first = start(dir.path()).await.expect("starts");
    eprintln!("ready in {:?}", started.elapsed());
    let error = start(dir.path()).await.expect_err("locked");
    assert!(matches!(error, EngineError::Locked { .. }), "{error}");
    eprintln!("{error}");
    eprintln!("{:?}", first.access().running());
    tokio::time::sleep(Duration::from_secs(1)).await;
}
