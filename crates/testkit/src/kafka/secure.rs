//! A broker that allows who has a certificate to trust and a password.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Broker, directory, properties};
use crate::port;

/// A broker with a second listener: TLS, and SCRAM-SHA-512 as user `corswatch`.
#[derive(Debug)]
pub struct Secured {
    /// The broker.
    pub broker: Broker,
    /// Where it listens with TLS: `host:port`.
    pub bootstrap: String,
    /// The certificate to trust.
    pub authority: PathBuf,
    /// The user's password.
    pub password: &'static str,
}

const PASSWORD: &str = "correct horse";

impl Secured {
    /// Starts it and returns once it answers.
    ///
    /// # Panics
    /// As [`Broker::start`], and without the program `openssl`.
    pub async fn start() -> Self {
        let (plain, secure, dir) = (port::lasting(), port::lasting(), directory());
        let authority = certificate(&dir);
        let open = properties(&dir, plain, plain);
        let properties = format!(
            "{}\
             listener.security.protocol.map=\
             CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL\n\
             sasl.enabled.mechanisms=SCRAM-SHA-512\n\
             listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=\
             org.apache.kafka.common.security.scram.ScramLoginModule required;\n\
             ssl.keystore.type=PEM\n\
             ssl.keystore.location={}\n",
            with_listener(&open, secure),
            dir.join("server.pem").display()
        );
        let user = format!("SCRAM-SHA-512=[name=corswatch,password={PASSWORD}]");
        let options = ["--add-scram", user.as_str()];
        let mut broker = Broker::formatted(dir, plain, &properties, &options);
        broker.restart().await;
        Self {
            broker,
            bootstrap: format!("127.0.0.1:{secure}"),
            authority,
            password: PASSWORD,
        }
    }
}

fn with_listener(properties: &str, port: u16) -> String {
    properties
        .lines()
        .map(|line| match line.split_once('=') {
            Some(("listeners" | "advertised.listeners", _)) => {
                format!("{line},SASL_SSL://127.0.0.1:{port}\n")
            }
            _ => format!("{line}\n"),
        })
        .collect()
}

/// Makes a key with a certificate for loopback; returns where the certificate is.
fn certificate(dir: &Path) -> PathBuf {
    let (key, certificate) = (dir.join("key.pem"), dir.join("certificate.pem"));
    let made = Command::new("openssl")
        .args("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1".split(' '))
        .args(["-addext", "subjectAltName=IP:127.0.0.1", "-keyout"])
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output()
        .expect("openssl is installed");
    assert!(made.status.success(), "{made:?}");
    let text = |file: &Path| std::fs::read_to_string(file).expect("just written");
    let both = text(&key) + &text(&certificate);
    std::fs::write(dir.join("server.pem"), both).expect("a new file");
    certificate
}
