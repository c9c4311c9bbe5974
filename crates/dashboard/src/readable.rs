//! Problems as a page, for people whose browser went somewhere: to a sign-in that failed, a link that is over, an
//! address that is none. Programs get problem details.

use std::fmt::Write as _;

use axum::extract::Request;
use axum::response::Response;
use http::{HeaderMap, HeaderValue, Method, header};

use crate::assets;
use crate::problem::{Code, Problem};

/// Who asks for what, as far as it decides on the form of a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    /// A browser that shows what it gets.
    Person,
    /// Everything else.
    Program,
}

impl Reader {
    /// A browser names `text/html` where it goes to an address, and nowhere else.
    pub(crate) fn of(request: &Request) -> Self {
        match request.method() == Method::GET && accepts_html(request.headers()) {
            true => Self::Person,
            false => Self::Program,
        }
    }
}

fn accepts_html(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).into_iter();
    let ranges = accepted
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    let mut types = ranges.map(|range| range.split(';').next().unwrap_or_default().trim());
    types.any(|one| one.eq_ignore_ascii_case("text/html"))
}

/// The same answer, as a page where it is a problem and a person reads it.
pub(crate) fn answered(reader: Reader, mut response: Response) -> Response {
    let Some(problem) = response.extensions_mut().remove::<Problem>() else {
        return response;
    };
    if reader == Reader::Program {
        return response;
    }
    let (mut parts, _) = response.into_parts();
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    parts.headers.insert(header::CONTENT_TYPE, html);
    parts.headers.remove(header::CONTENT_LENGTH);
    parts
        .headers
        .append(header::VARY, HeaderValue::from_static("accept"));
    Response::from_parts(parts, page(&problem).into())
}

fn page(problem: &Problem) -> String {
    let mut faults = String::new();
    for fault in problem.errors() {
        let [field, value, permitted] =
            [&fault.field, &fault.value, &fault.permitted].map(|text| escaped(text));
        // Writing to a string cannot fail.
        let _ = write!(
            faults,
            "<li><code>{field}</code> is <code>{value}</code>; permitted: {permitted}</li>"
        );
    }
    if !faults.is_empty() {
        faults = format!("<ul>{faults}</ul>");
    }
    let (title, again) = words(problem.code());
    let again = match again {
        Again::SignIn => "<a class=\"primary button\" href=\"/auth/login\">Sign in again</a> ",
        Again::Start => "",
    };
    let style = assets::style().map_or_else(String::new, |path| {
        format!("<link rel=\"stylesheet\" href=\"/{path}\">")
    });
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{title} - corswatch</title>{style}</head>\
         <body><main class=\"signin\"><div class=\"panel\"><h1>{title}</h1><p>{detail}</p>{faults}\
         <p class=\"actions\">{again}<a class=\"button\" href=\"/\">To the dashboard</a></p>\
         </div></main></body></html>",
        detail = sentence(problem.detail()),
    )
}

/// The words of a problem as a sentence; what stands in backquotes is the name of a setting or a path.
fn sentence(detail: &str) -> String {
    let mut html = String::new();
    for (at, piece) in detail.split('`').enumerate() {
        let piece = escaped(piece);
        match at % 2 {
            0 => html.push_str(&piece),
            // Writing to a string cannot fail.
            _ => _ = write!(html, "<code>{piece}</code>"),
        }
    }
    match html.chars().next() {
        Some(first) if first.is_ascii_lowercase() => {
            format!("{}{}", first.to_ascii_uppercase(), &html[1..])
        }
        _ => html,
    }
}

/// What a person may do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Again {
    SignIn,
    Start,
}

const fn words(code: Code) -> (&'static str, Again) {
    match code {
        Code::SignInFailed => ("You are not signed in", Again::SignIn),
        Code::ProviderUnavailable => ("Signing in does not work now", Again::SignIn),
        Code::Unauthenticated | Code::TokenExpired => ("Sign in first", Again::Start),
        Code::TooManyGuesses => ("Too many attempts", Again::Start),
        Code::Forbidden | Code::CrossOrigin | Code::UntrustedProxy => {
            ("This is not open to you", Again::Start)
        }
        Code::LinkExpired => ("This link has expired", Again::Start),
        Code::LinkRevoked => ("This link was revoked", Again::Start),
        Code::NotFound => ("Nothing is here", Again::Start),
        Code::Starting => ("corswatch is starting", Again::Start),
        Code::Overloaded | Code::Timeout | Code::StoreUnavailable => {
            ("No answer now", Again::Start)
        }
        Code::InvalidRequest
        | Code::MalformedRequest
        | Code::UnsupportedCoding
        | Code::UnexpectedHost
        | Code::MethodNotAllowed
        | Code::TooLarge
        | Code::UnsupportedMediaType
        | Code::Internal => ("This cannot be answered", Again::Start),
    }
}

/// Text of strangers as text, also within an attribute.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::response::IntoResponse as _;
    use http::StatusCode;

    use super::*;
    use crate::problem::Fault;

    fn reader(method: Method, accept: &str) -> Reader {
        let request = Request::builder().method(method);
        let request = request.header(header::ACCEPT, accept).body(Body::empty());
        Reader::of(&request.expect("a request"))
    }

    #[test]
    fn only_a_browser_that_goes_to_an_address_reads_pages() {
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        for (method, accept, expected) in [
            (Method::GET, browser, Reader::Person),
            (Method::GET, "Text/HTML;q=0.1", Reader::Person),
            (Method::GET, "*/*", Reader::Program),
            (Method::GET, "application/json", Reader::Program),
            (Method::GET, "text/csv", Reader::Program),
            (Method::POST, browser, Reader::Program),
        ] {
            assert_eq!(reader(method, accept), expected, "{accept}");
        }
    }

    #[test]
    fn a_detail_is_read_as_a_sentence() {
        for (detail, html) in [
            (
                "no provider (`dashboard.oidc`)",
                "No provider (<code>dashboard.oidc</code>)",
            ),
            ("`a<b` is not", "<code>a&lt;b</code> is not"),
            ("Über alles", "Über alles"),
            ("", ""),
        ] {
            assert_eq!(sentence(detail), html, "{detail}");
        }
    }

    #[test]
    fn a_problem_keeps_its_status_and_shows_hostile_text_as_text() {
        let fault = Fault {
            field: "state".to_owned(),
            value: "\"><script>alert(1)</script>".to_owned(),
            permitted: "a sign-in's".to_owned(),
        };
        let detail = "<img src=x onerror=alert(1)> & so on";
        let problem = Problem::new(Code::SignInFailed, detail).with(vec![fault]);
        let page = page(&problem);
        assert!(
            !page.contains("<script>") && !page.contains("<img"),
            "{page}"
        );
        assert!(page.contains("&lt;img src=x onerror=alert(1)&gt; &amp; so on"));
        assert!(page.contains("href=\"/auth/login\""));
        let response = answered(Reader::Person, problem.clone().into_response());
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        assert_eq!(
            response.headers()[header::CONTENT_TYPE],
            "text/html; charset=utf-8"
        );
        let response = answered(Reader::Program, problem.into_response());
        assert_eq!(
            response.headers()[header::CONTENT_TYPE],
            "application/problem+json"
        );
    }
}
