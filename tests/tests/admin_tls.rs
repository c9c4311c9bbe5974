//! The admin server with TLS of its own, and the commands that ask it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use corswatch_tests::{Product, Settings};
use testkit::certificates::Authority;
use testkit::checkout;

const YEARS: (i32, i32) = (2000, 2060);

/// Runs `corswatch ARGS` with `SSL_CERT_FILE`, where there is one: exit code, what was printed, complaints.
async fn run(args: &[&str], authorities: Option<&Path>) -> (Option<i32>, String, String) {
    let mut command = Command::new(checkout::corswatch());
    command.args(args).env_remove("SSL_CERT_FILE");
    if let Some(file) = authorities {
        command.env("SSL_CERT_FILE", file);
    }
    // Disks of machines that run tests are as full as they are.
    command.env("CORSWATCH__JOURNAL__DISK__KEEP_FREE_PERCENT", "0");
    let run = tokio::task::spawn_blocking(move || command.output());
    let output = run.await.expect("no panic").expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// Files of a certificate for this machine, its key, and the authority that vouches for it.
struct Localhost {
    certificate: PathBuf,
    key: PathBuf,
    authorities: PathBuf,
}

impl Localhost {
    fn issued_in(folder: &Path) -> Self {
        let authority = Authority::new().expect("an authority");
        let issued = authority.issue(&["localhost"], YEARS).expect("issued");
        let (certificate, key) = issued.write(folder).expect("written");
        let authorities = folder.join("ca.pem");
        std::fs::write(&authorities, authority.pem()).expect("written");
        Self {
            certificate,
            key,
            authorities,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_ask_an_admin_server_with_tls_and_believe_only_whom_they_are_told_to() {
    let data = tempfile::tempdir().expect("a folder");
    let folder = data.path();
    let Localhost {
        certificate,
        key,
        authorities,
    } = Localhost::issued_in(folder);
    let settings = Settings::with_fixed_ports().and(&format!(
        "[dashboard.tls]\ncertificate_file = {certificate:?}\nkey_file = {key:?}\n"
    ));
    let product = Product::start(folder, &settings).await;
    let address = product.private.base();
    assert!(address.starts_with("https://127.0.0.1:"), "{address}");
    let named = address.replace("127.0.0.1", "localhost");
    let ca = authorities.to_str().expect("text");
    let list = ["incident", "list", "--api", &named];

    let (code, out, complaint) = run(&list, None).await;
    assert_eq!(code, Some(2), "no one vouches for it: {out}{complaint}");
    assert!(complaint.contains("--ca-file"), "{complaint}");
    let with_file = [&list[..], &["--ca-file", ca]].concat();
    let (code, out, complaint) = run(&with_file, None).await;
    assert_eq!(code, Some(0), "{out}{complaint}");
    let (code, out, complaint) = run(&list, Some(&authorities)).await;
    assert_eq!(code, Some(0), "{out}{complaint}");
    let no_certificate = [&list[..], &["--ca-file", key.to_str().expect("text")]].concat();
    let (code, _, complaint) = run(&no_certificate, None).await;
    assert_ne!(code, Some(0));
    assert!(complaint.contains("holds no certificate"), "{complaint}");
    let plain = named.replace("https", "http");
    let (code, _, complaint) = run(&["incident", "list", "--api", &plain], None).await;
    assert_eq!(code, Some(2));
    assert!(complaint.contains("ask for it by https://"), "{complaint}");

    // Doctor and backtest know the certificate from the configuration, whatever name it is for.
    let file = folder.join("corswatch.toml");
    let config = file.to_str().expect("text");
    let at = folder.to_str().expect("text");
    let (code, out, complaint) = run(&["doctor", "--config", config, "--data", at], None).await;
    assert_eq!(code, Some(0), "{out}{complaint}");
    assert!(out.contains("dashboard.tls"), "{out}");
    let backtest = [
        "slo", "backtest", "--config", config, "--data", at, "--from", "1h",
    ];
    let (code, out, complaint) = run(&backtest, None).await;
    assert_eq!(code, Some(0), "{out}{complaint}");

    // Another certificate in the file than the one that is shown: something is amiss there.
    let other = Authority::new().and_then(|other| other.issue(&["localhost"], YEARS));
    other.expect("issued").write(folder).expect("written");
    let (code, out, _) = run(
        &["doctor", "--config", config, "--data", at, "--no-beacon"],
        None,
    )
    .await;
    assert_eq!(code, Some(1), "{out}");
}

#[tokio::test]
async fn a_certificate_that_cannot_be_served_is_a_problem_of_the_configuration() {
    let folder = tempfile::tempdir().expect("a folder");
    let authority = Authority::new().expect("an authority");
    let issue = || authority.issue(&["localhost"], YEARS).expect("issued");
    let (certificate, _) = issue().write(folder.path()).expect("written");
    let key = folder.path().join("other.key");
    std::fs::write(&key, issue().key).expect("written");
    let settings = Settings::with_fixed_ports().and(&format!(
        "[dashboard.tls]\ncertificate_file = {certificate:?}\nkey_file = {key:?}\n"
    ));
    let file = settings.write(folder.path());
    let config = file.to_str().expect("text");
    for command in ["check-config", "up"] {
        let (code, _, complaint) = run(&[command, "--config", config], None).await;
        assert_eq!(code, Some(64), "{command}: {complaint}");
        let words = "is not one for the certificate";
        assert!(complaint.contains(words), "{command}: {complaint}");
    }
}

#[tokio::test]
async fn receivers_that_the_machine_s_own_authority_vouches_for_are_believed() {
    let data = tempfile::tempdir().expect("a folder");
    let folder = data.path();
    let Localhost {
        certificate,
        key,
        authorities,
    } = Localhost::issued_in(folder);
    let port = testkit::port::lasting();
    let dir = folder.display();
    let text = format!(
        "user root;\ndaemon off;\nmaster_process off;\npid {dir}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\n\
         access_log off;\nclient_body_temp_path {dir}/body;\nproxy_temp_path {dir}/proxy;\n\
         fastcgi_temp_path {dir}/fastcgi;\nuwsgi_temp_path {dir}/uwsgi;\nscgi_temp_path {dir}/scgi;\n\
         server {{\nlisten 127.0.0.1:{port} ssl;\nserver_name localhost;\n\
         ssl_certificate {};\nssl_certificate_key {};\nlocation / {{\nreturn 202;\n}}\n}}\n}}\n",
        certificate.display(),
        key.display()
    );
    let file = folder.join("nginx.conf");
    std::fs::write(&file, text).expect("written");
    let mut nginx = Command::new("nginx");
    nginx.args(["-e", "stderr", "-c"]).arg(&file);
    let _nginx = testkit::Process::start(&mut nginx);
    testkit::wait_until("nginx listens", Duration::from_secs(20), || async {
        let connected = tokio::net::TcpStream::connect(("127.0.0.1", port)).await;
        connected.is_ok()
    })
    .await;
    let config = folder.join("receiver.toml");
    let receiver = format!(
        "[alert]\ndangerously_allow_private_networks = true\n[[alert.webhooks]]\nname = \"own\"\nurl = \"https://localhost:{port}/hook\"\n"
    );
    std::fs::write(&config, receiver).expect("written");
    let config = config.to_str().expect("text");
    let test = [
        "alert",
        "test",
        "--config",
        config,
        "--receiver",
        "own",
        "--timeout",
        "3",
    ];

    let (code, out, complaint) = run(&test, Some(&authorities)).await;
    assert_eq!(code, Some(0), "{out}{complaint}");
    assert!(out.contains("HTTP 202"), "{out}");
    let (code, out, complaint) = run(&test, None).await;
    assert_eq!(code, Some(1), "no one vouches for it: {out}{complaint}");
    assert!(out.contains("UnknownIssuer"), "{out}");
}
