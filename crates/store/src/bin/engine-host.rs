//! Hosts the embedded engine for tests and tools; `corswatch` does the same by its hidden
//! subcommand.
//!
//! `engine-host run DIR` serves a data directory until its standard input closes and says where:
//! for a look at the data by hand.

use std::ffi::OsString;
use std::io::Read as _;
use std::path::PathBuf;

use runtime::TaskError;
use store::engine::{Engine, EngineConfig, EngineHost, EngineUser, child_main};

fn main() -> Result<(), TaskError> {
    let args: Vec<OsString> = std::env::args_os().skip(1).collect();
    match args.as_slice() {
        [run, data] if run == "run" => {
            tokio::runtime::Runtime::new()?.block_on(run_on(data.into()))
        }
        _ => child_main(args),
    }
}

async fn run_on(data: PathBuf) -> Result<(), TaskError> {
    let host = EngineHost {
        program: std::env::current_exe()?,
        args: Vec::new(),
    };
    let engine = Engine::start(EngineConfig::default(), data, host).await?;
    let access = engine.access();
    let running = access.running().ok_or("the engine does not run")?;
    let (user, password) = access.credentials(EngineUser::Reader);
    println!(
        "{} {} {user} {}",
        running.pid,
        running.url,
        password.reveal()
    );
    let stop = runtime::Stop::new();
    let closed = stop.clone();
    std::thread::spawn(move || {
        while std::io::stdin()
            .read(&mut [0; 64])
            .is_ok_and(|read| read > 0)
        {}
        closed.cancel();
    });
    engine.run(stop).await
}
