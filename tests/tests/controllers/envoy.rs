//! Virtual hosts of Envoy.

use super::dice::Dice;

const MATCHERS: [&str; 8] = [
    "{exact: \"https://shop.test\"}",
    "{exact: \"*\"}",
    "{exact: \"https://SHOP.test\", ignore_case: true}",
    "{prefix: \"https://a\"}",
    "{suffix: \".shop.test\"}",
    "{contains: \"evil\"}",
    "{safe_regex: {regex: \"https://[a-z]+\\\\.test\"}}",
    "{safe_regex: {regex: \"null|https://.*shop.*\"}}",
];

fn policy(dice: &mut Dice, indent: &str) -> String {
    let mut text = format!(
        "{indent}typed_per_filter_config:\n{indent}  envoy.filters.http.cors:\n{indent}    \"@type\": type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy\n"
    );
    let mut line = |one: String| text.push_str(&format!("{indent}    {one}\n"));
    if !dice.once_in(6) {
        let list: Vec<&str> = (0..=dice.below(2)).map(|_| dice.pick(&MATCHERS)).collect();
        line(format!("allow_origin_string_match: [{}]", list.join(", ")));
    }
    for (name, values) in [
        ("allow_methods", ["GET, PUT", "*", "PUT"]),
        ("allow_headers", ["x-a,content-type", "*", "x-a"]),
        ("expose_headers", ["x-total", "*", "x-total,x-page"]),
        ("max_age", ["600", "0", "86400"]),
    ] {
        if dice.once_in(2) {
            line(format!("{name}: \"{}\"", dice.pick(&values)));
        }
    }
    if dice.once_in(2) {
        line(format!("allow_credentials: {}", dice.once_in(2)));
    }
    if dice.once_in(4) {
        line(format!(
            "forward_not_matching_preflights: {}",
            dice.once_in(2)
        ));
    }
    if dice.once_in(6) {
        let share = if dice.once_in(2) { 0 } else { 100 };
        line(format!(
            "filter_enabled: {{default_value: {{numerator: {share}, denominator: HUNDRED}}}}"
        ));
    }
    text
}

fn added(dice: &mut Dice, indent: &str) -> String {
    let value = dice.pick(&["https://shop.test", "%REQ(origin)%", "100%%"]);
    let action = dice.pick(&["OVERWRITE_IF_EXISTS_OR_ADD", "ADD_IF_ABSENT"]);
    format!(
        "{indent}response_headers_to_add:\n{indent}- header: {{key: access-control-allow-origin, value: \"{value}\"}}\n{indent}  append_action: {action}\n"
    )
}

/// A virtual host's members below its name and domains.
pub(crate) fn host(dice: &mut Dice) -> String {
    let mut text = String::new();
    if dice.once_in(2) {
        text.push_str(&policy(dice, "        "));
    }
    if dice.once_in(5) {
        text.push_str(&added(dice, "        "));
    }
    text.push_str("        routes:\n");
    for _ in 0..dice.below(3) {
        let found = dice.pick(&[
            "{prefix: \"/api\"}",
            "{path: \"/api/x\"}",
            "{path_separated_prefix: \"/api\"}",
            "{safe_regex: {regex: \"/(api|files)/.*\"}}",
            "{prefix: \"/\", headers: [{name: \":method\", string_match: {exact: OPTIONS}}]}",
            "{prefix: \"/\", headers: [{name: origin, string_match: {suffix: \".test\"}, invert_match: true}]}",
            "{prefix: \"/\", headers: [{name: origin, present_match: true, invert_match: true}]}",
            "{path: \"/OTHER\", case_sensitive: false}",
        ]);
        text.push_str(&format!("        - match: {found}\n"));
        text.push_str(dice.pick(&[
            "          route: {cluster: behind}\n",
            "          route: {cluster: behind}\n",
            "          direct_response: {status: 204}\n",
            "          redirect: {host_redirect: elsewhere.test, https_redirect: true, response_code: FOUND}\n",
        ]));
        if dice.once_in(2) {
            text.push_str(&policy(dice, "          "));
        }
        if dice.once_in(5) {
            text.push_str(&added(dice, "          "));
        }
    }
    text.push_str("        - match: {prefix: \"/\"}\n          route: {cluster: behind}\n");
    if dice.once_in(2) {
        text.push_str(&policy(dice, "          "));
    }
    text
}
