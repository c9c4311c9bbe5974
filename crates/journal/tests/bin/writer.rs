//! Appends to a journal on disk until it is killed, and says what was acknowledged. For tests.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use journal::{Config, Journal, KEY_LEN, Record};
use runtime::{Clock, Metrics};

/// Callers that append at the same time.
const CALLERS: u32 = 8;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dir = std::env::args_os()
        .nth(1)
        .ok_or("usage: journal-writer DIR")?;
    let mut config = Config::default();
    config.disk.dir = PathBuf::from(dir);
    config.disk.partitions = 2;
    config.disk.keep_free_percent = 0;
    let journal = Journal::open(&config, Clock::system(), &Metrics::default()).await?;
    let appender = journal.appender().await?;
    let callers = (0..CALLERS).map(|caller| {
        let appender = Arc::clone(&appender);
        async move {
            for number in 0_u32.. {
                let mut key = [0; KEY_LEN];
                key[..4].copy_from_slice(&std::process::id().to_be_bytes());
                key[4..8].copy_from_slice(&caller.to_be_bytes());
                key[8..].copy_from_slice(&number.to_be_bytes());
                let record = Record {
                    partition: caller % 2,
                    key,
                    payload: Bytes::from(vec![caller.to_be_bytes()[3]; 700]),
                };
                let said = match appender.append(record).await {
                    Ok(at) => format!("ok {} {} {}", at.partition, at.offset, hex(&key)),
                    Err(error) => {
                        // Not as fast as it can: a journal that refuses does so at once.
                        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                        format!("refused {error}; {:?}", appender.health())
                    }
                };
                // One write per line, so that a kill cuts at most the last one.
                if std::io::stdout()
                    .write_all(format!("{said}\n").as_bytes())
                    .is_err()
                {
                    return;
                }
            }
        }
    });
    futures::future::join_all(callers).await;
    Ok(())
}

fn hex(key: &[u8]) -> String {
    key.iter().map(|byte| format!("{byte:02x}")).collect()
}
