//! Addresses of the web.

use url::Url;

/// Reads the URL of something that speaks HTTP.
///
/// # Errors
/// What is wrong, with the line to write: `localhost:8123` reads as a URL of the scheme `localhost`.
pub fn web_url(text: &str) -> Result<Url, String> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
        Ok(url) if text.contains("://") => {
            Err(format!("the scheme is http or https, not {}", url.scheme()))
        }
        found => Err(completed(text).map_or_else(
            || match found {
                Ok(_) => "is not a URL of http or https".to_owned(),
                Err(_) => "is not a URL: it begins with `https://` or `http://`".to_owned(),
            },
            |whole| format!("is not a URL: write `{whole}`"),
        )),
    }
}

/// `text` with the scheme that it lacks, where that makes it a URL: `http://` for names of this machine
/// and ports, else `https://`.
#[must_use]
pub fn completed(text: &str) -> Option<String> {
    let host = text.split(['/', '?', '#']).next().unwrap_or_default();
    let is_bare = !text.contains("://") && !host.is_empty() && !host.contains('@');
    let url = is_bare.then(|| Url::parse(&format!("http://{text}")).ok())??;
    let is_near = match url.host()? {
        url::Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
        url::Host::Ipv4(_) | url::Host::Ipv6(_) => true,
    };
    // Without a dot it is as likely a word as a name.
    let is_name = is_near || host.contains('.') || url.port().is_some();
    let scheme = match url.port() {
        Some(443) | None if !is_near => "https",
        _ => "http",
    };
    is_name.then(|| format!("{scheme}://{text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_url_says_what_to_write() {
        for (text, expected) in [
            ("http://localhost:8123", Ok(())),
            ("https://clickhouse.test:8443/x", Ok(())),
            (
                "localhost:8123",
                Err("is not a URL: write `http://localhost:8123`"),
            ),
            (
                "127.0.0.1:8123/ok",
                Err("is not a URL: write `http://127.0.0.1:8123/ok`"),
            ),
            ("[::1]:8123", Err("is not a URL: write `http://[::1]:8123`")),
            ("localhost", Err("is not a URL: write `http://localhost`")),
            (
                "clickhouse:8123",
                Err("is not a URL: write `http://clickhouse:8123`"),
            ),
            (
                "runbooks.test/cors",
                Err("is not a URL: write `https://runbooks.test/cors`"),
            ),
            (
                "cors.test:443",
                Err("is not a URL: write `https://cors.test:443`"),
            ),
            (
                "ftp://cors.test",
                Err("the scheme is http or https, not ftp"),
            ),
            (
                "dashboard",
                Err("is not a URL: it begins with `https://` or `http://`"),
            ),
            ("mailto:sre@shop.test", Err("is not a URL of http or https")),
        ] {
            let got = web_url(text).map(drop);
            assert_eq!(got, expected.map_err(str::to_owned), "{text}");
        }
    }
}
