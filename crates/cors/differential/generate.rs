//! Random exchanges that nearly pass: each starts from answers that permit the request and then gets
//! a few mistakes of the kind that servers, proxies and people make.

use serde_json::{Value, json};

use super::answers;
use super::dice::Dice;

pub type Lines = Vec<(String, String)>;

const PAGES: [&str; 4] = [
    "http://app.test",
    "http://app.test:8080",
    "http://www.app.test",
    "null",
];
const APIS: [&str; 5] = [
    "http://api.test",
    "http://api.test:8080",
    "http://app.test:81",
    "http://other.test",
    "http://app.test",
];

const METHODS: [&str; 20] = [
    "GET", "GET", "GET", "POST", "POST", "PUT", "PUT", "DELETE", "PATCH", "PATCH", "patch",
    "Patch", "HEAD", "OPTIONS", "put", "get", "dElete", "PROPFIND", "x", "M-SEARCH",
];

pub const HEADERS: [(&str, &str); 46] = [
    ("x-custom", "1"),
    ("X-Custom", "1"),
    ("X-Request-ID", "abc"),
    ("x-a", ""),
    ("Authorization", "Bearer x"),
    ("authorization", "Basic eDp5"),
    ("Content-Type", "application/json"),
    ("content-type", "text/plain"),
    ("Content-Type", "TEXT/PLAIN;charset=utf-8"),
    ("Content-Type", "text/plain; charset=\"utf-8\""),
    ("Content-Type", "multipart/form-data; boundary=x"),
    ("Content-Type", "application/x-www-form-urlencoded"),
    ("Content-Type", " text/plain\t;x"),
    ("Content-Type", "text/ plain"),
    ("Content-Type", "text/plain,"),
    ("Content-Type", "text/plain; a=(b)"),
    ("Content-Type", "text"),
    ("Content-Type", ""),
    ("Accept", "application/json"),
    ("Accept", "text/html; q=\"1\""),
    ("Accept", "*/*\u{e9}"),
    ("Accept-Language", "en-US,en;q=0.5"),
    ("Accept-Language", "en_US"),
    ("Content-Language", "de"),
    ("Content-Language", "de@x"),
    ("Range", "bytes=0-99"),
    ("Range", "bytes=-99"),
    ("Range", "bytes=5-2"),
    ("range", "Bytes=0-"),
    ("Range", "bytes=0-1,3-4"),
    ("Save-Data", "on"),
    ("DPR", "2.5"),
    ("DPR", "2."),
    ("Width", "100"),
    ("Viewport-Width", "1e2"),
    ("Device-Memory", "8"),
    ("Cookie", "a=b"),
    ("Sec-Custom", "1"),
    ("Proxy-Custom", "1"),
    ("DNT", "1"),
    ("User-Agent", "me"),
    ("X-HTTP-Method-Override", "PUT"),
    ("X-HTTP-Method-Override", "trace"),
    ("If-None-Match", "\"x\""),
    ("Cache-Control", "no-cache"),
    ("X-Ünicode", "x"),
];

/// What a hop's answers have to fit.
pub struct Wanted<'a> {
    pub origin: &'a str,
    pub include: bool,
    pub method: &'a str,
    pub headers: &'a [(String, String)],
}

/// Exchange number `number` of a seed, as a line of the contract.
pub fn exchange(seed: u64, number: u64) -> Value {
    let mut dice = Dice::new(seed.wrapping_mul(0x1000_0000_01b3) ^ number);
    let id = format!("{seed}-{number}");
    let page = *dice.pick(&PAGES);
    let method = *dice.pick(&METHODS);
    let mode = match dice.below(100) {
        0..=2 => "same-origin",
        3..=6 if matches!(method, "GET" | "POST" | "HEAD") => "no-cors",
        _ => "cors",
    };
    let credentials = *dice.pick(&["omit", "same-origin", "include"]);
    let headers = request_headers(&mut dice);
    let url = format!("{}/x/{id}/0", dice.pick(&APIS));
    let mut chain = Chain {
        page,
        include: credentials == "include",
        method: method.to_owned(),
        headers: headers.clone(),
        url: url.clone(),
        tainted: false,
        id: &id,
    };
    let mut hops = Vec::new();
    while let Some(next) = chain.hop(&mut dice, hops.len()).map(|(hop, goes_on)| {
        hops.push(hop);
        goes_on
    }) {
        if !next || hops.len() > 4 {
            break;
        }
    }
    json!({
        "id": id,
        "request": {
            "page_origin": page, "url": url, "method": method, "mode": mode,
            "credentials": credentials, "headers": headers,
        },
        "hops": hops,
    })
}

fn request_headers(dice: &mut Dice) -> Lines {
    let count = *dice.pick(&[0, 0, 0, 1, 1, 1, 2, 3]);
    let mut lines: Lines = Vec::new();
    for _ in 0..count {
        let (name, value) = *dice.pick(&HEADERS);
        if !name.is_ascii() {
            continue;
        }
        let value = match dice.below(20) {
            0 => "y".repeat(*dice.pick(&[127, 128, 129, 300])),
            1 if !value.is_empty() => dice.edit(value).replace('\u{1}', ""),
            _ => value.to_owned(),
        };
        lines.push((dice.recase(name), value));
    }
    if dice.chance(2) {
        // Safelisted one by one, too long together.
        for name in [
            "accept",
            "accept-language",
            "content-language",
            "content-type",
        ] {
            lines.push((name.to_owned(), format!("text/plain;{}", "y".repeat(115))));
        }
    }
    lines
}

/// The request's state along the redirects, as a server author would imagine it.
struct Chain<'a> {
    page: &'a str,
    include: bool,
    method: String,
    headers: Lines,
    url: String,
    tainted: bool,
    id: &'a str,
}

fn origin_of(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    let end = url[host..].find('/').map_or(url.len(), |at| host + at);
    &url[..end]
}

impl Chain<'_> {
    fn hop(&mut self, dice: &mut Dice, index: usize) -> Option<(Value, bool)> {
        let origin = if self.tainted { "null" } else { self.page }.to_owned();
        let wanted = Wanted {
            origin: &origin,
            include: self.include,
            method: &self.method.clone(),
            headers: &self.headers.clone(),
        };
        let mistakes = *dice.pick(&[0, 0, 0, 0, 1, 1, 1, 2]);
        let preflight = answers::preflight(dice, &wanted, mistakes);
        let mut response = answers::response(dice, &wanted, mistakes);
        let url = self.url.clone();
        let mut goes_on = false;
        if dice.chance(if index == 0 { 30 } else { 35 }) && index < 4 {
            goes_on = self.redirect(dice, index, &mut response);
        }
        Some((
            json!({"url": url, "preflight": preflight, "response": response}),
            goes_on,
        ))
    }

    /// Turns an answer into a redirect; tells whether it leads to a next hop.
    fn redirect(&mut self, dice: &mut Dice, index: usize, response: &mut Value) -> bool {
        let status = *dice.pick(&[301, 302, 303, 307, 308, 302, 307, 300, 304]);
        let target = if dice.chance(35) {
            origin_of(&self.url)
        } else {
            dice.pick(&APIS)
        }
        .to_owned();
        let path = format!("/x/{}/{}", self.id, index + 1);
        let absolute = format!("{target}{path}");
        let host = &target["http://".len()..];
        let own = origin_of(&self.url).to_owned();
        let (location, next) = match dice.below(24) {
            0 => (format!("http://user:secret@{host}{path}"), Some(absolute)),
            1 => (format!("http://user@{host}{path}"), Some(absolute)),
            2 => (format!("http://@{host}{path}"), Some(absolute)),
            3 => (format!("{absolute}#part"), Some(absolute)),
            4 => (
                format!("HTTP://{}{path}", host.to_ascii_uppercase()),
                Some(absolute),
            ),
            5 => (format!("//{host}{path}"), Some(absolute)),
            6 | 7 => (path.clone(), Some(format!("{own}{path}"))),
            8 => (format!("{}", index + 1), Some(format!("{own}{path}"))),
            9 => {
                let odd = *dice.pick(&[
                    "data:text/plain,hi",
                    "javascript:1",
                    "ftp://api.test/x",
                    "foo://api.test/x",
                    "file:///etc/x",
                    "about:blank",
                    "mailto:a@b",
                    "blob:http://app.test/1",
                    "ws://api.test/x",
                    "chrome://version",
                    "http://[bad/",
                    "http://a:99999/",
                    "http://",
                    "",
                    " ",
                    "intent:x",
                    "view-source:http://api.test/",
                ]);
                (odd.to_owned(), None)
            }
            _ => (absolute.clone(), Some(absolute)),
        };
        response["status"] = json!(status);
        let lines = response["headers"]
            .as_array_mut()
            .expect("answers have headers");
        lines.push(json!([dice.recase("Location"), location]));
        let Some(next) = next else { return false };
        if status == 300 || status == 304 {
            return false;
        }
        self.tainted |=
            origin_of(&self.url) != origin_of(&next) && origin_of(&self.url) != self.page;
        if (status == 303 && self.method != "HEAD") || (status < 303 && self.method == "POST") {
            self.method = "GET".to_owned();
        }
        self.url = next;
        true
    }
}
