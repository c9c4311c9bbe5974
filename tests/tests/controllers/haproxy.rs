//! Frontends of HAProxy: each policy is a backend, and a part of the frontend's rules.

use super::dice::Dice;

const CONDITIONS: [&str; 12] = [
    "",
    "",
    "if { var(txn.origin) -m found }",
    "if { var(txn.origin) -m reg ^https://[a-z]+\\.test$ }",
    "if { var(txn.origin) -m str https://shop.test https://admin.test }",
    "if { capture.req.hdr(0) -m end .shop.test }",
    "if METH_OPTIONS",
    "unless METH_OPTIONS",
    "if { method PUT } || { var(txn.origin) -m str -i HTTPS://SHOP.TEST }",
    "if { var(txn.origin) -m beg https:// } !METH_POST",
    "if { hdr(origin) -m found }",
    "if { status 405 }",
];

fn change(dice: &mut Dice, kind: &str) -> String {
    let condition = dice.pick(&CONDITIONS);
    let name = dice.pick(&[
        "Access-Control-Allow-Origin",
        "Access-Control-Allow-Origin",
        "Access-Control-Allow-Methods",
        "Vary",
    ]);
    let value = match name {
        "Access-Control-Allow-Origin" => dice.pick(&[
            "*",
            "https://shop.test",
            "%[var(txn.origin)]",
            "%[capture.req.hdr(0)]",
        ]),
        "Access-Control-Allow-Methods" => dice.pick(&["\"GET, PUT\"", "PUT"]),
        _ => "Origin",
    };
    let action = match dice.below(8) {
        0 => "add-header",
        1 => return format!("    {kind} del-header {name} {condition}\n"),
        _ => "set-header",
    };
    format!("    {kind} {action} {name} {value} {condition}\n")
}

fn request(dice: &mut Dice) -> String {
    dice.pick(&[
        "    http-request return status 204 if METH_OPTIONS\n",
        "    http-request return status 204 hdr Access-Control-Allow-Origin %[req.hdr(origin)] hdr Access-Control-Allow-Methods \"GET, PUT\" if METH_OPTIONS { req.hdr(access-control-request-method) -m found }\n",
        "    http-request return status 200 hdr Access-Control-Allow-Origin \"*\" if METH_OPTIONS { hdr(origin) -m reg ^https://(shop|admin)\\.test$ }\n",
        "    http-request deny if { path_beg /other }\n",
        "    http-request deny deny_status 405 if METH_OPTIONS { path -m dir files }\n",
        "    http-request redirect prefix https://elsewhere.test code 301 if { path_beg /files }\n",
        "    http-request set-var(txn.origin) req.hdr(origin),lower\n",
        "    http-request set-var(txn.origin) str(https://admin.test) if { hdr_end(origin) .shop.test }\n",
    ])
    .to_owned()
}

/// A backend's lines, and whether it has a server.
pub(crate) fn backend(dice: &mut Dice, upstream: u16) -> String {
    let mut text = String::new();
    for _ in 0..dice.below(3) {
        text.push_str(&request(dice));
    }
    for _ in 0..dice.below(4) {
        text.push_str(&change(dice, "http-response"));
    }
    for _ in 0..dice.below(3) {
        text.push_str(&change(dice, "http-after-response"));
    }
    if !dice.once_in(8) {
        text.push_str(&format!("    server one 127.0.0.1:{upstream}\n"));
    }
    text
}
