//! Routers and middlewares of Traefik.

use super::dice::Dice;

fn headers(dice: &mut Dice) -> String {
    let mut text = String::new();
    let mut line = |one: String| text.push_str(&format!("          {one}\n"));
    if !dice.once_in(4) {
        let lists = [
            "[\"https://shop.test\"]",
            "[\"*\"]",
            "[\"https://admin.test\", \"null\"]",
            "[\"https://evil.test\", \"*\"]",
        ];
        line(format!(
            "accessControlAllowOriginList: {}",
            dice.pick(&lists)
        ));
    }
    if dice.once_in(3) {
        let lists = [
            "[\"^https://[a-z]+\\\\.test$\"]",
            "[\"shop\"]",
            "[\"^null$\", \"https://(.*\\\\.)?shop.test\"]",
        ];
        line(format!(
            "accessControlAllowOriginListRegex: {}",
            dice.pick(&lists)
        ));
    }
    for (name, lists) in [
        (
            "accessControlAllowMethods",
            ["[GET, PUT]", "[\"*\"]", "[PUT]"],
        ),
        (
            "accessControlAllowHeaders",
            ["[x-a, content-type]", "[\"*\"]", "[x-a]"],
        ),
        (
            "accessControlExposeHeaders",
            ["[x-total]", "[\"*\"]", "[x-total, x-page]"],
        ),
        ("accessControlMaxAge", ["600", "0", "100"]),
    ] {
        if dice.once_in(2) {
            line(format!("{name}: {}", dice.pick(&lists)));
        }
    }
    if dice.once_in(2) {
        line(format!(
            "accessControlAllowCredentials: {}",
            dice.once_in(2)
        ));
    }
    if dice.once_in(3) {
        line(format!(
            "customResponseHeaders: {}",
            dice.pick(&[
                "{Access-Control-Allow-Origin: \"https://custom.test\"}",
                "{Access-Control-Allow-Credentials: \"true\"}",
                "{Vary: Accept}",
            ])
        ));
    }
    // Something is there in any case.
    line(format!("addVaryHeader: {}", dice.once_in(2)));
    text.push_str("          customRequestHeaders: {X-Seen: \"1\"}\n");
    text
}

/// The members of `middlewares` and of `routers` for a host; `number` keeps their names apart.
pub(crate) fn parts(dice: &mut Dice, number: usize, host: &str) -> (String, String) {
    let mut middlewares = String::new();
    for letter in ["a", "b"] {
        let inner = headers(dice);
        middlewares.push_str(&format!("    m{number}{letter}:\n      headers:\n{inner}"));
    }
    middlewares.push_str(&format!(
        "    c{number}:\n      chain: {{middlewares: [m{number}a, m{number}b]}}\n    s{number}:\n      redirectScheme: {{scheme: https, permanent: {}}}\n",
        dice.once_in(2)
    ));
    let mut routers = String::new();
    for part in 0..=dice.below(3) {
        let rest = dice.pick(&[
            "",
            "",
            " && PathPrefix(`/api`)",
            " && Path(`/api/x`)",
            " && PathRegexp(`^/(api|files)/`)",
            " && Method(`OPTIONS`)",
            " && !Method(`OPTIONS`)",
            " && (Header(`Origin`, `https://shop.test`) || HeaderRegexp(`Origin`, `admin`))",
            " && !(PathPrefix(`/files`) || Header(`Origin`, `null`))",
        ]);
        let chain = match dice.below(8) {
            0..=2 => format!("[m{number}a]"),
            3 => format!("[m{number}b]"),
            4 => format!("[m{number}a, m{number}b]"),
            5 => format!("[c{number}]"),
            6 => format!("[m{number}a, s{number}]"),
            _ => format!("[s{number}, m{number}a]"),
        };
        // The first goes by the length of its rule, the others before or behind it.
        let priority = match (part, dice.once_in(2)) {
            (0, _) => String::new(),
            (part, true) => format!("      priority: {}\n", 200 + part),
            (part, false) => format!("      priority: {}\n", 5 + part),
        };
        routers.push_str(&format!(
            "    r{number}x{part}:\n      rule: \"Host(`{host}`){rest}\"\n{priority}      middlewares: {chain}\n      service: behind\n"
        ));
    }
    (middlewares, routers)
}
