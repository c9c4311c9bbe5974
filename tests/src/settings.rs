//! Configuration files of tests.

use std::path::{Path, PathBuf};

use testkit::port;

/// The key of the application `test`.
pub const KEY: &str = "test-key-1";

/// A configuration with one application, `test`, whose page is the one of the test beacons.
#[derive(Debug, Clone)]
pub struct Settings {
    edge: u16,
    private: u16,
    proxies: &'static str,
    more: String,
}

impl Settings {
    /// With ports that stay the same when the product is started again.
    #[must_use]
    pub fn with_fixed_ports() -> Self {
        Self {
            edge: port::lasting(),
            private: port::lasting(),
            proxies: "",
            more: String::new(),
        }
    }

    /// With further sections.
    #[must_use]
    pub fn and(mut self, toml: &str) -> Self {
        self.more.push_str(toml);
        self.more.push('\n');
        self
    }

    /// With an edge that believes what a proxy on this machine says of the addresses of clients.
    #[must_use]
    pub const fn behind_a_proxy(mut self) -> Self {
        self.proxies = "\"127.0.0.1/32\"";
        self
    }

    /// The address of the edge.
    #[must_use]
    pub fn edge_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.edge)
    }

    /// The address of the admin server.
    #[must_use]
    pub fn private_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.private)
    }

    /// Writes the file into `folder`.
    ///
    /// # Panics
    /// When it cannot be written.
    #[must_use]
    pub fn write(&self, folder: &Path) -> PathBuf {
        let Self {
            edge,
            private,
            proxies,
            more,
        } = self;
        let text = format!(
            "[log]\nlevel = \"info\"\n\
             [collector]\nlisten = \"127.0.0.1:{edge}\"\ntrusted_proxies = [{proxies}]\n\
             [dashboard]\nlisten = \"127.0.0.1:{private}\"\n\
             {more}\n\
             [[apps]]\nname = \"test\"\nkeys = [\"{KEY}\"]\npage_origins = [\"{page}\"]\n",
            page = testkit::beacon::PAGE,
        );
        let file = folder.join("corswatch.toml");
        std::fs::write(&file, text).expect("a writable folder");
        file
    }
}
