//! Objections that lie in an address and not in an answer: of the request, or in a redirect.

use cors::{BadRedirect, CorsError, Judgement, Mode, Stage};
use url::Url;

use super::bench::Bench;
use super::change::{Action, Fix, FixTarget};

/// A redirect that the browser does not follow, whatever CORS says.
pub(super) fn bad_redirect(bench: &mut Bench, judgement: &Judgement, stage: Option<Stage>) {
    let location = judgement.scene.location.clone().unwrap_or_default();
    if stage.is_none() {
        return url_of_page(
            bench,
            |url| {
                let _ = url.set_port(None);
            },
            "Ask a port that browsers do not block.",
        );
    }
    match judgement.scene.redirect {
        Some(BadRedirect::Mode) => bench.change(Fix::page(
            Action::Mode(Mode::Cors),
            "Use mode cors if the redirect to another origin is meant to be followed.",
        )),
        Some(BadRedirect::Userinfo) => without_userinfo(bench, judgement, &location),
        _ => bench.change(Fix::new(
            FixTarget::Redirect,
            judgement.hop,
            Action::Status(200),
            format!("Answer at {} instead of redirecting to `{location}`, or redirect to an http(s) URL that browsers ask, in fewer than 21 steps.", judgement.scene.url),
        )),
    }
}

fn without_userinfo(bench: &mut Bench, judgement: &Judgement, location: &str) {
    let Ok(mut url) = Url::parse(location) else {
        return;
    };
    if url.set_username("").is_err() || url.set_password(None).is_err() {
        return;
    }
    bench.change(Fix::set(
        FixTarget::Redirect,
        judgement.hop,
        "location",
        url.into(),
        "Leave `user:password@` out of Location; pass the token in a header or a cookie.",
    ));
}

/// Reasons that lie in the address and not in an answer.
pub(super) fn mend(bench: &mut Bench, judgement: &Judgement, error: CorsError) {
    let location = judgement.scene.location.clone().unwrap_or_default();
    match (error, judgement.stage) {
        (CorsError::RedirectContainsCredentials, _) => {
            without_userinfo(bench, judgement, &location);
        }
        (CorsError::DisallowedByMode, _) => bench.change(Fix::page(
            Action::Mode(Mode::Cors),
            "Use mode cors if the other origin is meant to be asked.",
        )),
        (_, Some(Stage::Redirect)) => bench.change(Fix::new(
            FixTarget::Redirect,
            judgement.hop,
            Action::Status(200),
            format!("Answer here instead of redirecting to `{location}`: across origins browsers ask http and https URLs only."),
        )),
        _ if bench.exchange.request.url().scheme() == "file" => url_of_page(bench, |url| {
            if let Ok(served) = Url::parse(&format!("http://localhost{}", url.path())) {
                *url = served;
            }
        }, "Serve page and file with a web server on this machine (`python3 -m http.server`, the development server of the framework) and open the page at its http URL: no page reads files of the disk."),
        _ => url_of_page(bench, |url| {
            let text = url.as_str().replacen(url.scheme(), "https", 1);
            if let Ok(changed) = Url::parse(&text) {
                *url = changed;
            }
        }, "Ask an http or https URL."),
    }
}

fn url_of_page(bench: &mut Bench, change: impl Fn(&mut Url), text: &str) {
    let mut url = bench.exchange.request.url().clone();
    change(&mut url);
    bench.change(Fix::page(Action::Url(url.into()), text));
}

/// A secure page is led to http.
pub(super) fn mixed_content(bench: &mut Bench, judgement: &Judgement) {
    let Some(location) = judgement.scene.location.as_deref() else {
        return;
    };
    let secure = location.replacen("http:", "https:", 1);
    if judgement.stage.is_none() {
        let text = "Ask the https URL: a page that came over https asks nothing over http.";
        return bench.change(Fix::page(Action::Url(secure), text));
    }
    bench.change(Fix::set(
        FixTarget::Redirect,
        judgement.hop,
        "location",
        secure,
        "Redirect to https. Behind a proxy that ends TLS, let the application trust X-Forwarded-Proto; where it only adds a trailing slash, let the page ask the final URL.",
    ));
}
