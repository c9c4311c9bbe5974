//! E-mail through an SMTP server.

use runtime::Causes as _;
use std::sync::Arc;

use async_trait::async_trait;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Mailboxes, MultiPart};
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use settings::{Problems, Secret, Span};

use super::message::{self, clip, unlinked};
use super::{ReceiverConfig, Setup, timeout_problem};
use crate::endpoint::{Endpoint, Opening};
use crate::http::{Addresses, permitted};
use crate::report_form::{report_page, report_text};
use crate::{AlertError, Answer, Notification, Notifier, NotifyError};

const MAX_RECIPIENTS: usize = 50;
/// Characters of a subject: what mail programs show of it, and more.
const MAX_SUBJECT: usize = 200;
/// Characters of the text.
const MAX_TEXT: usize = 100_000;

/// How the connection to the mail server is secured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MailSecurity {
    /// `STARTTLS`, as on port 587; a server without it gets nothing.
    #[default]
    Starttls,
    /// TLS from the first byte, as on port 465.
    Tls,
    /// None: whoever is on the way reads and changes mails. Needs `dangerously_allow_plaintext`.
    Plaintext,
}

/// Recipients of e-mail.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EmailConfig {
    /// Its name in routes, logs and metrics; unique.
    pub name: String,
    /// Host of the mail server.
    pub host: String,
    /// Its port; 0 is 587, with `security = "tls"` 465, with `"plaintext"` 25.
    pub port: u16,
    /// How the connection is secured.
    pub security: MailSecurity,
    /// Permits `security = "plaintext"`. User and password are never sent that way.
    pub dangerously_allow_plaintext: bool,
    /// File with certificates (PEM), such as `/etc/ssl/certs/company.pem`, that the server's may be issued by, besides those of the system.
    pub ca_file: String,
    /// User to log in as; empty where the server asks for none.
    pub user: String,
    /// The password.
    pub password: Secret,
    /// Sender: `corswatch <corswatch@shop.example>`.
    pub from: String,
    /// Recipients; all of them in one mail.
    pub to: Vec<String>,
    /// How long one attempt may take.
    pub timeout: Span,
}

impl Default for EmailConfig {
    fn default() -> Self {
        Self {
            name: "email".to_owned(),
            host: String::new(),
            port: 0,
            security: MailSecurity::default(),
            dangerously_allow_plaintext: false,
            ca_file: String::new(),
            user: String::new(),
            password: Secret::default(),
            from: String::new(),
            to: Vec::new(),
            timeout: Span::secs(30),
        }
    }
}

fn recipient(text: &str) -> Result<Mailbox, String> {
    let parsed = text.parse::<Mailbox>();
    parsed.map_err(|_| "is not an address of e-mail, such as `on-call@shop.example`".to_owned())
}

impl EmailConfig {
    fn sender(&self) -> Result<Mailbox, String> {
        let parsed = self.from.parse::<Mailbox>();
        parsed.map_err(|_| {
            "is not an address of e-mail, such as `corswatch <corswatch@shop.example>`".to_owned()
        })
    }

    fn recipients(&self) -> Result<Mailboxes, String> {
        let mut all = Mailboxes::new();
        for text in &self.to {
            all.push(recipient(text)?);
        }
        Ok(all)
    }

    fn certificates(&self) -> Result<Vec<Certificate>, String> {
        if self.ca_file.is_empty() {
            return Ok(Vec::new());
        }
        let pem =
            std::fs::read(&self.ca_file).map_err(|error| format!("cannot be read: {error}"))?;
        let found = pem_certificates(&pem)?;
        if found.is_empty() {
            return Err("holds no certificate in PEM".to_owned());
        }
        Ok(found)
    }

    const fn port(&self) -> u16 {
        match (self.port, self.security) {
            (0, MailSecurity::Starttls) => 587,
            (0, MailSecurity::Tls) => 465,
            (0, MailSecurity::Plaintext) => 25,
            (port, _) => port,
        }
    }
}

/// Every certificate of a PEM file.
fn pem_certificates(pem: &[u8]) -> Result<Vec<Certificate>, String> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    let text = std::str::from_utf8(pem).map_err(|_| "is not PEM".to_owned())?;
    text.split(BEGIN)
        .skip(1)
        .map(|rest| {
            let one = format!("{BEGIN}{rest}");
            Certificate::from_pem(one.as_bytes()).map_err(|error| error.to_string())
        })
        .collect()
}

impl ReceiverConfig for EmailConfig {
    fn name(&self) -> &str {
        &self.name
    }

    fn endpoints(&self) -> Vec<Endpoint> {
        vec![Endpoint {
            receiver: self.name.clone(),
            host: self.host.clone(),
            port: self.port(),
            opening: match self.security {
                MailSecurity::Tls => Opening::Tls,
                MailSecurity::Starttls | MailSecurity::Plaintext => Opening::Plain,
            },
        }]
    }

    fn problems(&self, mut problems: Problems<'_>, _: Addresses) {
        if self.host.is_empty() || self.host.contains(['/', ':', '@', ' ']) {
            problems.report(
                "host",
                format!("{:?}", self.host),
                "the name of a mail server, without port",
            );
        }
        if let Err(reason) = self.sender() {
            problems.report("from", format!("{:?}", self.from), reason);
        }
        if !(1..=MAX_RECIPIENTS).contains(&self.to.len()) {
            let reason = format!("permitted: 1 to {MAX_RECIPIENTS} addresses");
            problems.report("to", self.to.len(), reason);
        }
        for (at, text) in self.to.iter().enumerate() {
            if let Err(reason) = recipient(text) {
                problems.report(&format!("to[{at}]"), format!("{text:?}"), reason);
            }
        }
        if let Err(reason) = self.certificates() {
            problems.report("ca_file", format!("{:?}", self.ca_file), reason);
        }
        if self.security == MailSecurity::Plaintext {
            if !self.dangerously_allow_plaintext {
                let reason = "needs `dangerously_allow_plaintext = true`; permitted without: `starttls`, `tls`";
                problems.report("security", "\"plaintext\"", reason);
            }
            if !self.user.is_empty() {
                let reason = "a password is not sent without TLS: leave out `user`, or use `starttls` or `tls`";
                problems.report("user", format!("{:?}", self.user), reason);
            }
        }
        if self.user.is_empty() != self.password.reveal().is_empty() {
            problems.report(
                "user",
                format!("{:?}", self.user),
                "`user` and `password` belong together",
            );
        }
        timeout_problem(&mut problems, self.timeout);
    }

    fn build(&self, setup: &Setup<'_>) -> Result<Vec<Arc<dyn Notifier>>, AlertError> {
        let refused = |reason| AlertError::Target {
            name: self.name.clone(),
            reason,
        };
        let tls = match self.security {
            MailSecurity::Plaintext => Tls::None,
            security => {
                let mut tls = TlsParameters::builder(self.host.clone());
                for certificate in self.certificates().map_err(refused)? {
                    tls = tls.add_root_certificate(certificate);
                }
                let tls = tls
                    .build_rustls()
                    .map_err(|error| refused(error.to_string()))?;
                match security {
                    MailSecurity::Tls => Tls::Wrapper(tls),
                    _ => Tls::Required(tls),
                }
            }
        };
        let login = || Credentials::new(self.user.clone(), self.password.reveal().to_owned());
        Ok(vec![Arc::new(Email {
            name: self.name.clone(),
            host: self.host.clone(),
            port: self.port(),
            addresses: setup.addresses,
            tls,
            login: (!self.user.is_empty()).then(login),
            from: self.sender().map_err(refused)?,
            to: self.recipients().map_err(refused)?,
            timeout: self.timeout,
        })])
    }
}

struct Email {
    name: String,
    host: String,
    port: u16,
    addresses: Addresses,
    tls: Tls,
    login: Option<Credentials>,
    from: Mailbox,
    to: Mailboxes,
    timeout: Span,
}

impl Email {
    fn mail(&self, notification: &Notification) -> Result<Message, lettre::error::Error> {
        let domain = self.from.email.domain();
        let id = format!("<{}@{domain}>", notification.message_id());
        // All mails about one firing of an alert are one thread.
        let thread = format!(
            "<{}.{}@{domain}>",
            notification.alert, notification.starts_at.0
        );
        let title = if notification.is_report() {
            message::summary(notification).to_owned()
        } else {
            message::title(notification)
        };
        let subject = clip(&title, MAX_SUBJECT);
        let mut builder = Message::builder()
            .from(self.from.clone())
            .subject(printable::line(&subject))
            .message_id(Some(id))
            .in_reply_to(thread.clone())
            .references(thread);
        for recipient in self.to.iter() {
            builder = builder.to(recipient.clone());
        }
        let text = text(notification);
        match page(notification, &title) {
            Some(page) => builder.multipart(MultiPart::alternative_plain_html(text, page)),
            None => builder.header(ContentType::TEXT_PLAIN).body(text),
        }
    }

    /// The address that the host resolves to is judged, and then called.
    async fn transport(&self) -> Result<AsyncSmtpTransport<Tokio1Executor>, NotifyError> {
        let found = permitted(&self.host, self.port, self.addresses).await?;
        let address = found.first().ok_or_else(|| NotifyError::Later {
            reason: format!("{} does not resolve", self.host),
            after: None,
        })?;
        let builder =
            AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(address.ip().to_string())
                .port(self.port)
                .timeout(Some(self.timeout.duration()))
                .tls(self.tls.clone());
        let builder = match &self.login {
            Some(login) => builder.credentials(login.clone()),
            None => builder,
        };
        Ok(builder.build())
    }
}

/// A report as a page beside the text; none where it would be cut.
fn page(notification: &Notification, title: &str) -> Option<String> {
    if !notification.is_report() {
        return None;
    }
    // It has no links of its own, and mail programs make none of what strangers wrote.
    let page = unlinked(&report_page(title, description(notification)));
    (page.len() <= MAX_TEXT).then_some(page)
}

fn description(notification: &Notification) -> &str {
    let text = notification.annotations.get("description");
    text.map(String::as_str).unwrap_or_default()
}

fn text(notification: &Notification) -> String {
    if notification.is_report() {
        return clip(&unlinked(&report_text(description(notification))), MAX_TEXT);
    }
    let mut lines = vec![unlinked(&message::title(notification)), String::new()];
    for (name, text) in message::sections(notification) {
        lines.push(format!("{name}: {}", unlinked(&text)));
    }
    lines.push(String::new());
    for (name, text) in message::facts(notification) {
        lines.push(format!("{name}: {}", unlinked(&text)));
    }
    lines.push(String::new());
    for link in message::links(notification) {
        lines.push(format!("{}: {}", link.text, link.href));
    }
    clip(&lines.join("\n"), MAX_TEXT)
}

fn failed(error: &SmtpError) -> NotifyError {
    let reason = printable::line(&error.with_causes().to_string());
    // RFC 5321, section 4.2.1: 5yz is permanent, 4yz is not.
    if error.is_permanent() {
        NotifyError::Refused { reason }
    } else {
        NotifyError::Later {
            reason,
            after: None,
        }
    }
}

#[async_trait]
impl Notifier for Email {
    fn name(&self) -> &str {
        &self.name
    }

    async fn notify(&self, notification: &Notification) -> Result<Answer, NotifyError> {
        let mail = self
            .mail(notification)
            .map_err(|error| NotifyError::Refused {
                reason: format!("the mail cannot be built: {error}"),
            })?;
        let transport = self.transport().await?;
        // Each step has the timeout; together they may not take much longer.
        let sent = tokio::time::timeout(self.timeout.duration(), transport.send(mail)).await;
        match sent {
            Ok(Ok(response)) => Ok(Answer::new(format!("SMTP {}", response.code()))),
            Ok(Err(error)) => Err(failed(&error)),
            Err(_) => Err(NotifyError::Later {
                reason: "the mail server took too long".to_owned(),
                after: None,
            }),
        }
    }
}
