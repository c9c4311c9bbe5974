//! Sites of Caddy.

use super::dice::Dice;

const MATCHERS: [&str; 13] = [
    "header Origin https://shop.test",
    "header Origin https://*.test",
    "header Origin *",
    "header !Origin",
    "header_regexp o Origin ^https://([a-z]+)\\.test$",
    "header_regexp Origin ^https://(shop|admin)\\.test",
    "method OPTIONS",
    "method GET PUT",
    "path /api*",
    "path /api/* /files/*",
    "path_regexp p ^/(api|files)/",
    "not path /api/*",
    "not header Origin https://evil.test",
];

const VALUES: [&str; 4] = [
    "https://shop.test",
    "*",
    "{header.origin}",
    "{http.request.header.Origin}",
];

fn header(dice: &mut Dice) -> String {
    match dice.below(8) {
        0..=2 => format!("Access-Control-Allow-Origin {}", dice.pick(&VALUES)),
        3 => "Access-Control-Allow-Credentials true".to_owned(),
        4 => format!(
            "Access-Control-Allow-Methods {}",
            dice.pick(&["GET,PUT", "\"GET, PUT\"", "*"])
        ),
        5 => format!(
            "Access-Control-Allow-Headers {}",
            dice.pick(&[
                "x-a",
                "\"x-a, content-type\"",
                "{header.access-control-request-headers}"
            ])
        ),
        6 => "Vary Origin".to_owned(),
        _ => "Access-Control-Max-Age 600".to_owned(),
    }
}

fn headers(dice: &mut Dice, matcher: &str) -> String {
    if dice.once_in(2) {
        let mark = dice.pick(&["", "", "", "+", "?"]);
        return format!("header {matcher} {mark}{}\n", header(dice));
    }
    let mut text = format!("header {matcher} {{\n");
    // One without `?`: this version of Caddy panics where `defer` has nothing to wait for.
    text.push_str(&format!("{}\n", header(dice)));
    for _ in 0..dice.below(3) {
        let mark = dice.pick(&["", "", "", "", "+", "?"]);
        text.push_str(&format!("{mark}{}\n", header(dice)));
    }
    if dice.once_in(5) {
        text.push_str("-Access-Control-Allow-Credentials\n");
    }
    if dice.once_in(5) {
        text.push_str("defer\n");
    }
    text.push_str("}\n");
    text
}

fn end(dice: &mut Dice, upstream: u16) -> String {
    match dice.below(9) {
        0..=2 => format!("reverse_proxy 127.0.0.1:{upstream}\n"),
        3 => format!(
            "reverse_proxy 127.0.0.1:{upstream} {{\nheader_down Access-Control-Allow-Origin {}\n}}\n",
            dice.pick(&VALUES[..2])
        ),
        4 => "respond 204\n".to_owned(),
        5 => "respond \"x\" 200\n".to_owned(),
        6 => "error 403\n".to_owned(),
        7 => "redir https://elsewhere.test{uri}\n".to_owned(),
        _ => "respond 404\n".to_owned(),
    }
}

fn matcher(dice: &mut Dice) -> &'static str {
    dice.pick(&["", "@m0", "@m1", "@m2", "/api*", "/api/*", "*"])
}

fn body(dice: &mut Dice, upstream: u16, depth: usize) -> String {
    let mut text = String::new();
    for _ in 0..dice.below(4) {
        let matcher = matcher(dice);
        text.push_str(&headers(dice, matcher));
    }
    if dice.once_in(3) {
        text.push_str(&format!(
            "respond {} 204\n",
            dice.pick(&["@m0", "@m1", "@m2", "/api*"])
        ));
    }
    if depth > 0 {
        for _ in 0..dice.below(3) {
            let inner = body(dice, upstream, depth - 1);
            let matcher = matcher(dice);
            match dice.below(4) {
                0 => text.push_str(&format!("route {matcher} {{\n{inner}}}\n")),
                1 => text.push_str(&format!("handle_path /api/* {{\n{inner}}}\n")),
                _ => text.push_str(&format!("handle {matcher} {{\n{inner}}}\n")),
            }
        }
    }
    if !dice.once_in(6) {
        text.push_str(&end(dice, upstream));
    }
    text
}

pub(crate) fn site(dice: &mut Dice, upstream: u16) -> String {
    let mut text = String::new();
    for number in 0..3 {
        if dice.once_in(2) {
            text.push_str(&format!("@m{number} {}\n", dice.pick(&MATCHERS)));
        } else {
            text.push_str(&format!(
                "@m{number} {{\nmethod OPTIONS\n{}\n}}\n",
                dice.pick(&MATCHERS)
            ));
        }
    }
    text.push_str(&body(dice, upstream, 2));
    text
}
