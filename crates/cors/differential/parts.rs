//! Random lines about the parts of the engine: exposed headers, safelisted headers, preflight cache.

use serde_json::{Value, json};

use super::dice::Dice;
use super::generate::{HEADERS, Lines};

/// A line of the kind `exposed`.
pub fn exposed(seed: u64, number: u64) -> Value {
    let mut dice = Dice::new(seed.wrapping_mul(0x1000_0000_01b3) ^ number ^ 0xe);
    let mut lines: Lines = [
        ("Access-Control-Allow-Origin", "http://app.test"),
        ("Access-Control-Allow-Credentials", "true"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec();
    for name in [
        "Cache-Control",
        "Content-Language",
        "Content-Type",
        "Expires",
        "Last-Modified",
        "Pragma",
        "X-Request-Id",
        "X-RateLimit-Limit",
        "ETag",
        "Set-Cookie",
        "Set-Cookie2",
        "Authorization",
        "WWW-Authenticate",
        "Location",
    ] {
        if dice.chance(40) {
            lines.push((dice.recase(name), "x".to_owned()));
        }
    }
    for _ in 0..*dice.pick(&[0, 1, 1, 1, 1, 2]) {
        let value = exposing(&mut dice);
        lines.push((dice.recase("Access-Control-Expose-Headers"), value));
    }
    let credentials = *dice.pick(&["omit", "same-origin", "include"]);
    json!({"id": format!("e{seed}-{number}"), "kind": "exposed", "response_headers": lines, "credentials": credentials})
}

fn exposing(dice: &mut Dice) -> String {
    let value = (*dice.pick(&[
        "*",
        "X-Request-Id",
        "x-request-id, ETag",
        "x-request-id,,etag",
        ",x-request-id",
        "x-request-id,",
        "*, x-request-id",
        "x-request-id etag",
        "\"x-request-id\"",
        "set-cookie",
        "set-cookie, etag",
        "x-request-id;etag",
        "",
        " ",
        "authorization",
        "*,",
        "**",
        "ETAG\t,\tX-RATELIMIT-LIMIT",
        "etag, x y",
        "etag\u{e9}",
        "location, www-authenticate",
    ]))
    .to_owned();
    if dice.chance(25) {
        dice.edit(&value)
    } else {
        value
    }
}

/// A line of the kind `safelisted`.
pub fn safelisted(seed: u64, number: u64) -> Value {
    let mut dice = Dice::new(seed.wrapping_mul(0x1000_0000_01b3) ^ number ^ 0x5);
    let (name, value) = loop {
        let (name, value) = *dice.pick(&HEADERS);
        // Dropped by the browser before anybody asks whether they are safe.
        let lower = name.to_ascii_lowercase();
        let dropped =
            ["cookie", "dnt", "user-agent", "x-http-method-override"].contains(&lower.as_str());
        if name.is_ascii() && !dropped && !lower.starts_with("sec-") && !lower.starts_with("proxy-")
        {
            break (name, value);
        }
    };
    let value = match dice.below(4) {
        0 => value.to_owned(),
        1 => format!("{value}{}", "z".repeat(dice.below(140))),
        _ => dice.edit(value),
    };
    json!({"id": format!("s{seed}-{number}"), "kind": "safelisted", "name": dice.recase(name), "value": value})
}

/// `Access-Control-Max-Age` and how many seconds the second request comes later.
const AGES: [(Option<&str>, f64); 19] = [
    (None, 0.0),
    (None, 1.5),
    (None, 8.0),
    (Some("0"), 0.0),
    (Some("2"), 0.1),
    (Some("2"), 4.0),
    (Some("-1"), 0.0),
    (Some("600"), 1.0),
    (Some("+600"), 8.0),
    (Some("600.5"), 8.0),
    (Some("6e2"), 1.0),
    (Some(" 600 "), 8.0),
    (Some("600, 600"), 8.0),
    (Some(""), 8.0),
    (Some("99999999999999999999"), 8.0),
    (Some("600s"), 8.0),
    (Some("\"600\""), 1.0),
    (Some("0600"), 8.0),
    (Some("86400"), 8.0),
];

/// A line of the kind `cache`.
pub fn cache(seed: u64, number: u64) -> Value {
    let mut dice = Dice::new(seed.wrapping_mul(0x1000_0000_01b3) ^ number ^ 0xc);
    let id = format!("c{seed}-{number}");
    let include = dice.chance(40);
    let request = |second: bool, dice: &mut Dice| {
        let other = second && dice.chance(25);
        let credentials = if second && dice.chance(25) {
            *dice.pick(&["omit", "include", "same-origin"])
        } else if include {
            "include"
        } else {
            "omit"
        };
        let page = if second && dice.chance(10) {
            "http://app.test:8080"
        } else {
            "http://app.test"
        };
        let path = if second && dice.chance(10) {
            "0?other"
        } else if second && dice.chance(10) {
            "0#part"
        } else {
            "0"
        };
        let header = *dice.pick(if other {
            &["x-b", "authorization", "x-a"]
        } else {
            &["x-a", "x-a", "authorization"]
        });
        let method = if other {
            *dice.pick(&["PUT", "DELETE", "GET", "POST"])
        } else {
            "PUT"
        };
        json!({"page_origin": page, "url": format!("http://api.test/x/{id}/{path}"), "method": method, "mode": "cors",
               "credentials": credentials, "headers": [[header, "1"]]})
    };
    let (first, second) = (request(false, &mut dice), request(true, &mut dice));
    let (methods, headers) = if include || dice.chance(50) {
        (
            "PUT, DELETE",
            *dice.pick(&["x-a, authorization", "x-a, x-b, authorization"]),
        )
    } else {
        ("*", *dice.pick(&["*", "*, authorization"]))
    };
    let mut lines = vec![
        json!(["Access-Control-Allow-Origin", "http://app.test"]),
        json!(["Access-Control-Allow-Credentials", "true"]),
        json!(["Access-Control-Allow-Methods", methods]),
        json!(["Access-Control-Allow-Headers", headers]),
    ];
    let (age, elapsed) = *dice.pick(&AGES);
    lines.extend(age.map(|age| json!(["Access-Control-Max-Age", age])));
    json!({"id": id, "kind": "cache", "first": first, "preflight": {"status": 204, "headers": lines},
           "elapsed_seconds": elapsed, "second": second})
}
