//! Appends until it is killed, to a journal on disk or to Kafka behind a spool, and says what was
//! acknowledged. For tests.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use journal::{Config, Journal, KEY_LEN, Kind, Record, Room};
use runtime::{Clock, Metrics};
use settings::Span;

/// Callers that append at the same time.
const CALLERS: u32 = 8;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = config().ok_or("usage: journal-writer DIR [BROKERS TOPIC]")?;
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
                    room: Room::Shared,
                };
                let said = match appender.append(record).await {
                    Ok(at) => match at.offset {
                        Some(offset) => format!("ok {} {offset} {}", at.partition, hex(&key)),
                        None => format!("spooled {} {}", at.partition, hex(&key)),
                    },
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

fn config() -> Option<Config> {
    let mut args = std::env::args().skip(1);
    let dir = PathBuf::from(args.next()?);
    let mut config = Config::default();
    config.disk.dir.clone_from(&dir);
    config.disk.partitions = 2;
    config.disk.keep_free_percent = 0;
    if let Some(brokers) = args.next() {
        config.kind = Kind::Kafka;
        config.kafka.brokers = brokers;
        config.kafka.topic = args.next()?;
        config.kafka.partitions = 2;
        config.spool.dir = dir;
        config.spool.keep_free_percent = 0;
        config.spool.ack_timeout = Span::millis(300);
    }
    Some(config)
}

fn hex(key: &[u8]) -> String {
    key.iter().map(|byte| format!("{byte:02x}")).collect()
}
