//! The salt of client networks, where none is configured.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context as _, anyhow};
use settings::Secret;

use super::make_private;
use crate::config::Config;
use crate::exit::Failure;
use crate::file;
use crate::init::random;

/// The longest file, in bytes.
const MAX_BYTES: u64 = 1024;
/// As many as the hash has any use for.
const RANDOM_BYTES: usize = 16;

/// The salt in the file `salt` of the data directory; drawn and written there at the first start. One
/// that changed with every start would count a network that reports before and after it as two witnesses.
pub(crate) fn kept_salt(data: &Path) -> Result<Secret, Failure> {
    let path = data.join("salt");
    let drawn = random(RANDOM_BYTES)?;
    let created = OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(&path);
    match created {
        Ok(mut new) => {
            let written = new
                .write_all(drawn.as_bytes())
                .and_then(|()| new.sync_all());
            written
                .with_context(|| format!("{} cannot be written", path.display()))
                .map_err(Failure::Missing)?;
            Ok(Secret::new(drawn))
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => read(&path),
        Err(error) => {
            let text = format!("{} cannot be made", path.display());
            Err(Failure::Missing(anyhow!(error).context(text)))
        }
    }
}

/// The salt of a collector of its own, where none is configured: kept with its spool, the directory that outlives
/// it. Without a spool it keeps nothing, and draws one at each start.
pub(crate) fn salt_of_collector(config: &Config) -> Result<Secret, Failure> {
    let spool = &config.journal.spool;
    if !config.collector.salt.is_empty() || !spool.enabled {
        return Ok(config.collector.salt.clone());
    }
    make_private(&spool.dir)?;
    kept_salt(&spool.dir)
}

fn read(path: &Path) -> Result<Secret, Failure> {
    let unusable = |reason: String| {
        Failure::Missing(anyhow!(
            "{}: {reason}; remove it, and another one is drawn",
            path.display()
        ))
    };
    let (text, _) = file::text(path, MAX_BYTES).map_err(|reason| unusable(reason.to_string()))?;
    let salt = text.trim();
    if salt.len() < RANDOM_BYTES {
        return Err(unusable("this is not a salt".to_owned()));
    }
    Ok(Secret::new(salt.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_salt_outlives_the_process_and_is_for_its_owner_alone() {
        let data = tempfile::tempdir().expect("a directory");
        let salt = |what| match kept_salt(data.path()) {
            Ok(salt) => salt.reveal().to_owned(),
            Err(_) => panic!("{what}"),
        };
        let first = salt("drawn");
        assert_eq!(first.len(), RANDOM_BYTES * 2);
        assert_eq!(salt("read again"), first);
        let path = data.path().join("salt");
        let mode = std::fs::metadata(&path)
            .expect("there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::remove_file(&path).expect("removed");
        assert_ne!(salt("drawn again"), first, "it is random");
    }

    #[test]
    fn a_collector_keeps_the_salt_beside_its_spool_unless_one_is_configured() {
        let folder = tempfile::tempdir().expect("a directory");
        let mut config = Config::default();
        config.journal.spool.dir = folder.path().join("spool");
        let salt = |config: &Config| match salt_of_collector(config) {
            Ok(salt) => salt.reveal().to_owned(),
            Err(_) => panic!("it can be kept"),
        };
        let first = salt(&config);
        assert_eq!(salt(&config), first, "a restart");
        config.journal.spool.dir = folder.path().join("other");
        assert_ne!(salt(&config), first, "another collector");
        config.journal.spool.enabled = false;
        assert_eq!(salt(&config), "", "the edge draws one");
        config.journal.spool.enabled = true;
        config.collector.salt = Secret::new("that of all collectors".to_owned());
        assert_eq!(salt(&config), "that of all collectors");
    }

    #[test]
    fn a_file_that_was_cut_off_is_named_with_what_to_do() {
        let data = tempfile::tempdir().expect("a directory");
        std::fs::write(data.path().join("salt"), "ab").expect("written");
        let Err(Failure::Missing(error)) = kept_salt(data.path()) else {
            panic!("it is too short");
        };
        assert!(format!("{error:#}").contains("remove it"), "{error:#}");
    }
}
