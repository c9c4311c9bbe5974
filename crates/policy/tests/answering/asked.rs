//! Questions to a policy, each in one line.

use policy::{Ask, Policy, Prediction, Rest, Upstream};
use url::Url;

/// `METHOD URL ORIGIN [HEADER,..]`; with `?METHOD` it is a preflight for it. `rest` is what else the request has.
pub(crate) fn predicted(policy: &Policy, what: &str, rest: Rest) -> Prediction {
    let words: Vec<&str> = what.split(' ').collect();
    let url = Url::parse(words[1]).expect("a URL");
    let known = |name: &str, value: &str| (name.to_owned(), Some(value.to_owned()));
    let mut headers = vec![known("origin", words[2])];
    let method = match words[0].strip_prefix('?') {
        Some(method) => {
            headers.push(known("access-control-request-method", method));
            let names = words.get(3);
            headers.extend(names.map(|names| known("access-control-request-headers", names)));
            "OPTIONS"
        }
        None => words[0],
    };
    let ask = Ask {
        method,
        url: &url,
        headers,
        rest,
    };
    policy.answer(&ask, &Upstream::default())
}
