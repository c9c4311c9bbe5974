//! The certificate of the admin server, as it stands in its files.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt as _;

use dashboard::Pair;
use observation::UnixMillis;
use runtime::{Causes as _, Clock};
use settings::Problem;
use url::Url;

use super::Config;
use super::warnings::warning;

/// A certificate that is valid for less time than this is to be renewed.
const RENEW: i64 = 14 * DAY;
const DAY: i64 = 86_400_000;

/// The URL by which a listener is reached from this machine; none for a port that the system chooses.
pub(crate) fn reached_at(scheme: &str, listen: SocketAddr) -> Option<Url> {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    let address = SocketAddr::new(ip, listen.port());
    let url = Url::parse(&format!("{scheme}://{address}")).ok();
    url.filter(|_| listen.port() > 0)
}

/// How long the certificate of the admin server is still valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Validity {
    /// For so many days.
    Days(i64),
    /// For so many days: it is to be renewed.
    Few(i64),
    /// Clients refuse it.
    Refused(&'static str),
}

impl Config {
    /// The URL of an admin server or a role of this configuration, as it is asked from this machine.
    pub(crate) fn own_url(&self, listen: SocketAddr) -> Option<Url> {
        let scheme = match self.dashboard.tls.is_on() {
            true => "https",
            false => "http",
        };
        reached_at(scheme, listen)
    }

    /// How long the certificate is valid, where there is one that can be read.
    pub(crate) fn validity(&self, now: UnixMillis) -> Option<Validity> {
        let pair = self.pair()?.ok()?;
        let left = pair.expires().0 - now.0;
        Some(match pair.valid_at(now) {
            Err(dashboard::TlsError::NotYetValid) => Validity::Refused("is not valid yet"),
            Err(_) => Validity::Refused("has expired"),
            Ok(()) if left < RENEW => Validity::Few(left / DAY),
            Ok(()) => Validity::Days(left / DAY),
        })
    }

    fn pair(&self) -> Option<Result<Pair, dashboard::TlsError>> {
        let tls = &self.dashboard.tls;
        let are_both_named =
            !tls.certificate_file.as_os_str().is_empty() && !tls.key_file.as_os_str().is_empty();
        are_both_named.then(|| Pair::read(tls))
    }

    /// Files that no TLS can be served with.
    pub(super) fn certificate_problem(&self) -> Option<Problem> {
        let error = self.pair()?.err()?;
        let file = format!("{:?}", self.dashboard.tls.certificate_file);
        let reason = error.with_causes().to_string();
        Some(warning("dashboard.tls.certificate_file", &file, &reason))
    }

    /// A key that others may read, a certificate that is about to end.
    pub(super) fn certificate_warnings(&self) -> impl Iterator<Item = Problem> {
        let tls = &self.dashboard.tls;
        let mode = std::fs::metadata(&tls.key_file).map(|about| about.permissions().mode());
        let is_open = mode.is_ok_and(|mode| mode & 0o007 != 0);
        let open = is_open.then(|| {
            let file = format!("{:?}", tls.key_file);
            let reason = "others on this machine may read it: chmod o-rwx";
            warning("dashboard.tls.key_file", &file, reason)
        });
        let reason = match self.validity(Clock::system().now()) {
            Some(Validity::Refused(why)) => Some(format!("{why}: browsers refuse it")),
            Some(Validity::Few(days)) => Some(format!("expires in {days} days")),
            Some(Validity::Days(_)) | None => None,
        };
        let late = reason.map(|reason| {
            let file = format!("{:?}", tls.certificate_file);
            warning("dashboard.tls.certificate_file", &file, &reason)
        });
        open.into_iter().chain(late)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::path::Path;

    use testkit::certificates::{Authority, Issued};

    use super::*;

    fn config(folder: &Path, issued: &Issued) -> Config {
        let (certificate, key) = issued.write(folder).expect("written");
        std::fs::set_permissions(&key, Permissions::from_mode(0o600)).expect("it is ours");
        let text =
            format!("[dashboard.tls]\ncertificate_file = {certificate:?}\nkey_file = {key:?}\n");
        toml::from_str(&text).expect("well formed")
    }

    #[test]
    fn a_certificate_is_looked_at_before_it_is_served() {
        let folder = tempfile::tempdir().expect("a folder");
        let authority = Authority::new().expect("an authority");
        let issue = |years| authority.issue(&["localhost"], years).expect("issued");
        let good = issue((2000, 2060));
        let texts = |found: Vec<Problem>| -> Vec<String> {
            found.iter().map(ToString::to_string).collect()
        };
        for (issued, problem, warning) in [
            (good.clone(), None, None),
            (
                issue((2000, 2020)),
                None,
                Some("has expired: browsers refuse it"),
            ),
            (issue((2050, 2060)), None, Some("is not valid yet")),
            (
                Issued {
                    key: issue((2000, 2060)).key,
                    ..good.clone()
                },
                Some("is not one for the certificate"),
                None,
            ),
            (
                Issued {
                    key: String::new(),
                    ..good.clone()
                },
                Some("holds no private key"),
                None,
            ),
        ] {
            let config = config(folder.path(), &issued);
            let mut found = Vec::new();
            config.problems(&mut found);
            for (found, expected) in [
                (found, problem),
                (config.certificate_warnings().collect(), warning),
            ] {
                let found = texts(found);
                assert_eq!(found.len(), usize::from(expected.is_some()), "{found:?}");
                let said = expected.is_none_or(|text| found[0].contains(text));
                assert!(said, "{expected:?}: {found:?}");
            }
        }
        let open = config(folder.path(), &good);
        std::fs::set_permissions(&open.dashboard.tls.key_file, Permissions::from_mode(0o604))
            .expect("ours");
        let found = texts(open.certificate_warnings().collect());
        assert!(
            found[0].contains("others on this machine may read it"),
            "{found:?}"
        );
        let mut half = open;
        half.dashboard.tls.key_file = "".into();
        let mut found = Vec::new();
        half.problems(&mut found);
        assert!(texts(found)[0].contains("TLS needs both"));
    }
}
