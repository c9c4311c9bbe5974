//! The cookies: which sign-in a browser began, and which session it has.

use cookie::time::Duration;
use cookie::{Cookie, SameSite};
use http::{HeaderMap, HeaderValue, header};

/// What a cookie is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The sign-in that a browser began.
    SignIn,
    /// The session that it has.
    Session,
}

impl Purpose {
    /// `__Host-` binds a cookie to this host, to https and to all its paths (RFC 6265bis, section 4.1.3.2). Browsers
    /// take it over https only.
    const fn name(self, is_https: bool) -> &'static str {
        match (self, is_https) {
            (Self::SignIn, true) => "__Host-corswatch-sign-in",
            (Self::SignIn, false) => "corswatch-sign-in",
            (Self::Session, true) => "__Host-corswatch-session",
            (Self::Session, false) => "corswatch-session",
        }
    }

    /// The answer of the provider is a navigation from another site, with which strict cookies do not travel. A session is
    /// needed by what our own pages ask alone.
    const fn same_site(self) -> SameSite {
        match self {
            Self::SignIn => SameSite::Lax,
            Self::Session => SameSite::Strict,
        }
    }
}

/// The header that gives a browser `value`, for so many seconds; it takes the cookie away with 0.
pub(super) fn set(purpose: Purpose, value: &str, seconds: i64, is_https: bool) -> HeaderValue {
    let cookie = Cookie::build((purpose.name(is_https), value))
        .path("/")
        .http_only(true)
        .secure(is_https)
        .same_site(purpose.same_site())
        .max_age(Duration::seconds(seconds))
        .build();
    HeaderValue::try_from(cookie.to_string()).expect("hexadecimal digits and names")
}

/// What a browser sends; nothing where it sends two.
pub(super) fn get(purpose: Purpose, headers: &HeaderMap, is_https: bool) -> Option<String> {
    let name = purpose.name(is_https);
    let lines = headers.get_all(header::COOKIE).iter();
    let cookies = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| Cookie::split_parse(line).flatten());
    let mut found = cookies.filter(|cookie| cookie.name() == name);
    let first = found.next()?;
    found.next().is_none().then(|| first.value().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_bound_to_host_https_and_own_pages() {
        let set = set(Purpose::Session, "ab", 60, true);
        let expected =
            "__Host-corswatch-session=ab; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=60";
        assert_eq!(set, expected);
    }

    #[test]
    fn a_cookie_that_is_sent_twice_is_none() {
        for (lines, expected) in [
            (vec!["a=1; corswatch-session=x"], Some("x")),
            (vec!["corswatch-session=x; corswatch-session=y"], None),
            (vec!["corswatch-session=x", "corswatch-session=y"], None),
            (vec!["__Host-corswatch-session=x"], None),
            (vec![], None),
        ] {
            let mut headers = HeaderMap::new();
            for line in &lines {
                headers.append(header::COOKIE, HeaderValue::from_static(line));
            }
            let found = get(Purpose::Session, &headers, false);
            assert_eq!(found.as_deref(), expected, "{lines:?}");
        }
    }
}
