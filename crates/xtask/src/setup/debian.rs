//! Packages of the Debian system.

use anyhow::{Result, bail};

use crate::progress::step;
use crate::shell;

/// A program, the Debian packages that bring it and what it needs, and who needs it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Need {
    program: &'static str,
    packages: &'static str,
    for_what: &'static str,
}

const fn need(program: &'static str, packages: &'static str, for_what: &'static str) -> Need {
    Need {
        program,
        packages,
        for_what,
    }
}

/// What it takes to compile the binary.
pub(crate) const COMPILERS: &[Need] = &[
    need("gcc", "gcc", "the bundled SQLite and librdkafka"),
    need("g++", "g++", "the bundled librdkafka"),
    need("make", "make", "the bundled librdkafka"),
    need("pkg-config", "pkg-config", "finding OpenSSL"),
    need(
        "/usr/include/openssl/ssl.h",
        "libssl-dev",
        "Kafka over TLS: librdkafka knows OpenSSL alone",
    ),
];

/// What it takes to run every test.
pub(crate) const EVERYTHING: &[Need] = &[
    COMPILERS[0],
    COMPILERS[1],
    COMPILERS[2],
    COMPILERS[3],
    COMPILERS[4],
    need("chromium", "chromium", "the browser tests"),
    need("firefox-esr", "firefox-esr", "the browser tests of the SDK"),
    need(
        "WebKitWebDriver",
        "webkit2gtk-driver",
        "the browser tests of the SDK",
    ),
    need("Xvfb", "xvfb", "WebKit, which wants a display"),
    need("openssl", "openssl", "the TLS server of the browser tests"),
    need(
        "java",
        "openjdk-17-jre-headless",
        "the Kafka broker of the tests",
    ),
    need("mvn", "maven", "fetching the Kafka broker"),
    need("nginx", "nginx", "the tests of configurations"),
    need("curl", "curl", "the commands of the documentation"),
    need("jq", "jq", "the commands of the documentation"),
    need("caddy", "caddy", "the tests of configurations"),
    need("apache2", "apache2-bin", "the tests of configurations"),
    need("haproxy", "haproxy", "the tests of configurations"),
    need(
        "pip3",
        "python3-pip",
        "fetching Traefik, Envoy and the linters",
    ),
    need("systemd-analyze", "systemd", "the check of units"),
    // By path: the tests use Debian's Python, and another one may come first.
    need(
        "/usr/bin/uvicorn",
        "uvicorn python3-fastapi",
        "the tests of configurations",
    ),
    need(
        "prometheus-alertmanager",
        "prometheus-alertmanager",
        "the tests of alerts",
    ),
    need("promtool", "prometheus", "the tests of alerts"),
    need(
        "/usr/lib/python3/dist-packages/aiosmtpd/__init__.py",
        "python3-aiosmtpd",
        "the tests of alerts",
    ),
];

/// Installs the packages of the programs that are missing.
pub(crate) fn install(needs: &[Need]) -> Result<()> {
    let missing: Vec<&Need> = needs
        .iter()
        .filter(|need| !shell::has(need.program))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    for need in &missing {
        eprintln!("    missing: {} (for {})", need.program, need.for_what);
    }
    let packages: Vec<&str> = missing
        .iter()
        .flat_map(|need| need.packages.split(' '))
        .collect();
    if !shell::has("apt-get") || !is_root() {
        bail!(
            "these programs are missing; install them, for example as root with\n    \
             apt-get install --no-install-recommends {}",
            packages.join(" ")
        );
    }
    step(&format!("apt-get install {}", packages.join(" ")), || {
        apt_get(&["update", "-q"])?;
        apt_get(
            &[
                &["install", "-yq", "--no-install-recommends"],
                &packages[..],
            ]
            .concat(),
        )
    })
}

fn apt_get(args: &[&str]) -> Result<()> {
    let mut apt = shell::command("apt-get", args.iter().copied());
    shell::run(apt.env("DEBIAN_FRONTEND", "noninteractive"))
}

fn is_root() -> bool {
    shell::output(&mut shell::command("id", ["-u"])).is_ok_and(|id| id.trim() == "0")
}
