//! Answers that permit a request, and what goes wrong with them.

use serde_json::{Value, json};

use super::dice::Dice;
use super::generate::{Lines, Wanted};

fn line(dice: &mut Dice, name: &str, value: impl Into<String>) -> (String, String) {
    (dice.recase(name), value.into())
}

const NOISE: [(&str, &str); 6] = [
    ("Vary", "Origin"),
    ("Content-Type", "text/plain"),
    ("X-Powered-By", "x"),
    ("Cache-Control", "no-cache"),
    ("Access-Control-Max-Age", "600"),
    ("Access-Control-Expose-Headers", "x-y"),
];

/// An answer to the request itself.
pub fn response(dice: &mut Dice, wanted: &Wanted<'_>, mistakes: usize) -> Value {
    let mut lines = Lines::new();
    let odd = mistakes > 0 && dice.chance(60);
    let odd_credentials = mistakes > 0 && dice.chance(40);
    allow_origin(dice, &mut lines, wanted, odd);
    allow_credentials(dice, &mut lines, wanted, odd_credentials);
    finish(dice, &mut lines);
    let status = *dice.pick(&[
        200, 200, 200, 201, 204, 205, 206, 304, 400, 401, 403, 404, 429, 500, 502, 503,
    ]);
    json!({"status": status, "headers": lines})
}

/// An answer to the preflight.
pub fn preflight(dice: &mut Dice, wanted: &Wanted<'_>, mistakes: usize) -> Value {
    let mut lines = Lines::new();
    let mut status = *dice.pick(&[200, 204, 204, 200, 201, 206, 299]);
    let odd: Vec<usize> = (0..mistakes).map(|_| dice.below(6)).collect();
    allow_origin(dice, &mut lines, wanted, odd.contains(&0));
    allow_credentials(dice, &mut lines, wanted, odd.contains(&1));
    allow_methods(dice, &mut lines, wanted, odd.contains(&2));
    allow_headers(
        dice,
        &mut lines,
        wanted,
        odd.contains(&3) || odd.contains(&4),
    );
    if odd.contains(&5) {
        status = *dice.pick(&[
            300, 301, 302, 303, 304, 305, 307, 308, 400, 401, 403, 404, 405, 500, 502, 503,
        ]);
        if dice.chance(60) {
            let location = *dice.pick(&[
                "/login",
                "http://other.test/",
                "",
                "data:text/plain,x",
                "http://[bad",
                "https://api.test/",
                "foo:bar",
                "http://u:p@api.test/",
            ]);
            lines.push(line(dice, "Location", location));
        }
    }
    finish(dice, &mut lines);
    json!({"status": status, "headers": lines})
}

fn finish(dice: &mut Dice, lines: &mut Lines) {
    for _ in 0..dice.below(3) {
        let (name, value) = *dice.pick(&NOISE);
        let at = dice.below(lines.len() + 1);
        lines.insert(at, (name.to_owned(), value.to_owned()));
    }
}

fn allow_origin(dice: &mut Dice, lines: &mut Lines, wanted: &Wanted<'_>, odd: bool) {
    const NAME: &str = "Access-Control-Allow-Origin";
    let origin = wanted.origin;
    if !odd {
        let value = if !wanted.include && dice.chance(40) {
            "*"
        } else {
            origin
        };
        let value = blanks(dice, value);
        lines.push(line(dice, NAME, value));
        return;
    }
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    let value = match dice.below(34) {
        0 | 1 => return,
        2 => "*".to_owned(),
        3 => String::new(),
        4 => "null".to_owned(),
        5 => "NULL".to_owned(),
        6 => format!("{origin}/"),
        7 => format!("{origin}:80"),
        8 => format!("{origin}:443"),
        9 => origin.to_ascii_uppercase(),
        10 => format!("HTTP://{host}"),
        11 => format!("https://{host}"),
        12 => host.to_owned(),
        13 => format!("//{host}"),
        14 => format!("{origin}, {origin}"),
        15 => format!("{origin},http://else.test"),
        16 => format!("{origin} http://else.test"),
        17 => "*,*".to_owned(),
        18 => "**".to_owned(),
        19 => format!("*, {origin}"),
        20 => "http://*.test".to_owned(),
        21 => "http://else.test".to_owned(),
        22 => format!("\"{origin}\""),
        23 => format!("<{origin}>"),
        24 => format!("{origin}\u{e9}"),
        25 => format!("{origin}\u{c3}\u{a9}"),
        26 => format!("{origin}\thttp://x"),
        27 => (*dice.pick(&[
            "http://", "http:", "http:///", ":", "/", ".", "?", "a:b", "file:", "data:x", "true",
            "all", "-",
        ]))
        .to_owned(),
        28 => {
            let second = *dice.pick(&["*", "http://else.test", "", "null"]);
            lines.push(line(dice, NAME, second));
            origin.to_owned()
        }
        29 => {
            lines.push(line(dice, NAME, origin));
            origin.to_owned()
        }
        30 => (*dice.pick(ODD_URLS)).to_owned(),
        _ => dice.edit(origin),
    };
    let value = blanks(dice, &value);
    lines.push(line(dice, NAME, value));
}

/// Values on which URL parsers have disagreed.
const ODD_URLS: &[&str] = &[
    "http://1.2.3.4.5",
    "http://256.1.1.1",
    "http://0x7f.1",
    "http://[::1]",
    "http://[::1",
    "http://a..b",
    "http://.",
    "http://a%41",
    "http://a%",
    "http://a%2f",
    "http://a|b",
    "http://a^b",
    "http://a<b",
    "http://a`b",
    "http://a{b",
    "http://a\\b",
    "http:\\\\a",
    "http:/a",
    "http:a",
    "http://a:b",
    "http://a:",
    "http://a:0",
    "http://a:65536",
    "http://a:-1",
    "http://u:p@a",
    "http://@a",
    "http://a?b",
    "http://a#b",
    "foo://a_b:9",
    "foo://a:b",
    "foo:",
    "foo:/",
    "foo://",
    "foo://[",
    "a.b:9",
    "localhost:3000",
    "http//a",
    "htp://a",
    "1http://a",
    "ht tp://a",
    "+://a",
    "a+b://c",
    "javascript:x",
    "about:blank",
    "blob:http://a",
    "filesystem:http://a/t",
    "chrome-extension://abc",
    "ws://a",
    "http://\u{c3}\u{bc}.test",
    "http://xn--a",
    "http://xn--",
    "http://a\u{c2}\u{ad}b",
    "http://\u{e9}",
    "https:",
    "https://*",
    "http://*:8080",
    "https://*.test:*",
    "http://a_b",
    "http://-a-",
    "http://a/..",
    "data:",
    "file:a",
    "http://a\u{7f}",
    "http://a\u{1}b",
    "http://a~b",
    "http://a!b",
    "http://a$b",
    "http://a'b",
    "http://a(b)",
    "http://a*b",
    "http://a;b",
    "http://a=b",
    "http://a&b",
    "http://a+b",
    "http://a\"b",
    "http://a%00",
    "http://a%20b",
];

fn blanks(dice: &mut Dice, value: &str) -> String {
    match dice.below(14) {
        0 => format!(" {value}"),
        1 => format!("{value} "),
        2 => format!("{value}\t"),
        3 => format!("\t  {value} \t"),
        _ => value.to_owned(),
    }
}

fn allow_credentials(dice: &mut Dice, lines: &mut Lines, wanted: &Wanted<'_>, odd: bool) {
    const NAME: &str = "Access-Control-Allow-Credentials";
    if !odd {
        if wanted.include || dice.chance(30) {
            let value = blanks(dice, "true");
            lines.push(line(dice, NAME, value));
        }
        return;
    }
    let value = match dice.below(14) {
        0 | 1 => return,
        2 => "True".to_owned(),
        3 => "TRUE".to_owned(),
        4 => "true,true".to_owned(),
        5 => "false".to_owned(),
        6 => String::new(),
        7 => "1".to_owned(),
        8 => "*".to_owned(),
        9 => "\"true\"".to_owned(),
        10 => {
            lines.push(line(dice, NAME, "true"));
            "true".to_owned()
        }
        11 => "true;".to_owned(),
        _ => dice.edit("true"),
    };
    lines.push(line(dice, NAME, value));
}

fn allow_methods(dice: &mut Dice, lines: &mut Lines, wanted: &Wanted<'_>, odd: bool) {
    const NAME: &str = "Access-Control-Allow-Methods";
    let method = match wanted.method {
        "put" => "PUT",
        "get" => "GET",
        "dElete" => "DELETE",
        other => other,
    };
    if !odd {
        let value = if !wanted.include && dice.chance(25) {
            "*".to_owned()
        } else {
            list(dice, &["GET", method])
        };
        lines.push(line(dice, NAME, value));
        return;
    }
    let value = match dice.below(18) {
        0 | 1 => return,
        2 => "*".to_owned(),
        3 => String::new(),
        4 => method.to_ascii_lowercase(),
        5 => method.to_ascii_uppercase(),
        6 => format!("{method};"),
        7 => format!("GET {method}"),
        8 => format!("\"{method}\""),
        9 => format!("*{method}"),
        10 => format!("*, {method}x"),
        11 => "GET, POST, HEAD".to_owned(),
        12 => format!("GET;POST,{method}"),
        13 => format!("{method}\u{e9}"),
        14 => {
            lines.push(line(dice, NAME, "GET"));
            method.to_owned()
        }
        15 => "ALL".to_owned(),
        _ => {
            let value = list(dice, &["GET", method, "DELETE"]);
            dice.edit(&value)
        }
    };
    lines.push(line(dice, NAME, value));
}

fn allow_headers(dice: &mut Dice, lines: &mut Lines, wanted: &Wanted<'_>, odd: bool) {
    const NAME: &str = "Access-Control-Allow-Headers";
    let names: Vec<String> = wanted
        .headers
        .iter()
        .map(|(name, _)| dice.recase(name))
        .collect();
    let mut all: Vec<&str> = names.iter().map(String::as_str).collect();
    all.push("x-more");
    if !odd {
        let value = if !wanted.include && dice.chance(25) {
            "*".to_owned()
        } else {
            list(dice, &all)
        };
        lines.push(line(dice, NAME, value));
        return;
    }
    let value = match dice.below(14) {
        0 | 1 => return,
        2 => "*".to_owned(),
        3 => String::new(),
        4 => all.join(" "),
        5 => all.join(";"),
        6 => format!("{},x y", all.join(",")),
        7 => format!("\"{}\"", all.join(",")),
        8 => format!("*,{}", all[0]),
        9 => all[1..].join(", "),
        10 => {
            lines.push(line(dice, NAME, all[1..].join(",")));
            all[0].to_owned()
        }
        11 => format!("{}\u{e9}", all.join(",")),
        _ => {
            let value = list(dice, &all);
            dice.edit(&value)
        }
    };
    lines.push(line(dice, NAME, value));
}

/// A comma list with the blanks and empty elements that real lists have.
fn list(dice: &mut Dice, elements: &[&str]) -> String {
    let separator = *dice.pick(&[",", ", ", ", ", " , ", ",,", ", ,", ",\t", "\t,"]);
    let value = elements.join(separator);
    match dice.below(10) {
        0 => format!(",{value}"),
        1 => format!("{value},"),
        _ => blanks(dice, &value),
    }
}
