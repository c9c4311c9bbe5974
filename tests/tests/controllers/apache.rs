//! Virtual hosts of Apache.

use super::dice::Dice;

const NAMES: [&str; 4] = [
    "Access-Control-Allow-Origin",
    "Access-Control-Allow-Origin",
    "Access-Control-Allow-Methods",
    "Access-Control-Allow-Credentials",
];

fn header(dice: &mut Dice) -> String {
    let table = dice.pick(&["", "", "always ", "always ", "onsuccess "]);
    let name = dice.pick(&NAMES);
    let value = match name {
        "Access-Control-Allow-Origin" => dice.pick(&[
            "\"*\"",
            "\"https://shop.test\"",
            "%{CORS}e",
            "\"expr=%{HTTP:Origin}\"",
        ]),
        "Access-Control-Allow-Methods" => dice.pick(&["\"GET, PUT\"", "PUT"]),
        _ => "true",
    };
    let when = dice.pick(&[
        "",
        "",
        "",
        " env=CORS",
        " env=CORS",
        " env=!CORS",
        " env=LATE",
        " \"expr=%{REQUEST_METHOD} == 'OPTIONS'\"",
        " \"expr=req('Origin') =~ m#^https://[a-z]+\\.test$#\"",
        " \"expr=-n %{HTTP:Origin} && !(%{HTTP:Origin} == 'null')\"",
    ]);
    match dice.below(10) {
        0..=4 => format!("Header {table}set {name} {value}{when}\n"),
        5 => format!("Header {table}append {name} {value}{when}\n"),
        6 => format!("Header {table}merge Vary Origin\n"),
        7 => format!("Header {table}setifempty {name} {value}{when}\n"),
        8 => format!("Header {table}unset {name}\n"),
        _ => format!("Header {table}add {name} {value}{when}\n"),
    }
}

fn headers(dice: &mut Dice, most: usize) -> String {
    (0..dice.below(most + 1)).map(|_| header(dice)).collect()
}

fn setting(dice: &mut Dice) -> String {
    dice.pick(&[
        "SetEnvIf Origin \"^https://(shop|admin)\\.test$\" CORS=$0\n",
        "SetEnvIf Origin \"^(https?://(.+\\.)?shop\\.test)$\" CORS=$1\n",
        "SetEnvIfNoCase Origin \"SHOP\" CORS=https://shop.test\n",
        "SetEnvIf Request_Method \"OPTIONS\" !CORS\n",
        "SetEnvIf Origin \".*\" CORS\n",
        "SetEnvIfExpr \"req('Origin') in { 'https://shop.test', 'null' }\" CORS=https://shop.test\n",
        "SetEnv LATE https://late.test\n",
    ])
    .to_owned()
}

fn rewrite(dice: &mut Dice) -> String {
    let condition = dice.pick(&[
        "RewriteCond %{REQUEST_METHOD} OPTIONS\n",
        "RewriteCond %{REQUEST_METHOD} =OPTIONS\nRewriteCond %{HTTP:Access-Control-Request-Method} .\n",
        "RewriteCond %{HTTP:Origin} ^https://admin [OR]\nRewriteCond %{REQUEST_METHOD} ^OPTIONS$ [NC]\n",
        "RewriteCond %{ENV:CORS} !^$\nRewriteCond %{REQUEST_METHOD} =OPTIONS\n",
    ]);
    let rule = dice.pick(&[
        "RewriteRule ^(.*)$ $1 [R=204,L]\n",
        "RewriteRule .* - [R=204,L]\n",
        "RewriteRule ^(.*)$ $1 [R=200,L]\n",
        "RewriteRule ^ - [F]\n",
        "RewriteRule ^/?api - [R=204,L]\n",
        "RewriteRule ^/?(.*) https://elsewhere.test/$1 [R=301,L]\n",
    ]);
    format!("RewriteEngine On\n{condition}{rule}")
}

pub(crate) fn host(dice: &mut Dice, upstream: u16) -> String {
    let mut text = String::new();
    for _ in 0..dice.below(3) {
        text.push_str(&setting(dice));
    }
    text.push_str(&headers(dice, 3));
    if dice.once_in(2) {
        text.push_str(&rewrite(dice));
    }
    if dice.once_in(3) {
        let inner = headers(dice, 3);
        text.push_str(&format!("<Location \"/api\">\n{inner}</Location>\n"));
    }
    if dice.once_in(5) {
        let inner = headers(dice, 2);
        text.push_str(&format!(
            "<LocationMatch \"^/(api|files)/\">\n{inner}</LocationMatch>\n"
        ));
    }
    if dice.once_in(5) {
        let inner = headers(dice, 2);
        text.push_str(&format!(
            "<If \"%{{REQUEST_METHOD}} == 'OPTIONS'\">\n{inner}</If>\n"
        ));
    }
    if dice.once_in(6) {
        text.push_str("<Location \"/other\">\nRequire all denied\n</Location>\n");
    }
    if dice.once_in(8) {
        text.push_str("Redirect 301 /files https://elsewhere.test/files\n");
    }
    text.push_str(&format!(
        "ProxyPass \"/\" \"http://127.0.0.1:{upstream}/\"\n"
    ));
    text
}
