//! A message of a shape as it reaches the platform.

use cors::Message;
use url::Url;

use crate::ask::{Ask, Rest};
use crate::predict::Options;
use crate::shape::Shape;

/// The URL under the name that the policy knows.
pub(crate) fn named(url: &Url, options: &Options) -> Url {
    let origin = cors::Origin::of(url);
    let mut url = url.clone();
    if let Some((_, host)) = options
        .hosts
        .iter()
        .find(|(target, _)| target == origin.as_str())
    {
        // The options were checked where they were read; a host that is none changes nothing.
        let _ = url.set_host(Some(host));
    }
    url
}

/// The message of a shape as far as it is known.
pub(crate) fn ask<'a>(shape: &Shape, message: &'a Message, url: &'a Url) -> Ask<'a> {
    let known = |name: &str, value: &str| (name.to_owned(), Some(value.to_owned()));
    let mut headers = Vec::new();
    if let Some(origin) = &message.origin {
        headers.push(known("origin", origin));
    }
    let method = match &message.question {
        Some(question) => {
            headers.push(known("access-control-request-method", &question.method));
            if let Some(names) = &question.headers {
                headers.push(known("access-control-request-headers", names));
            }
            // A preflight carries neither.
            headers.extend([known("cookie", ""), known("authorization", "")]);
            "OPTIONS"
        }
        None => {
            headers.extend(message.headers.iter().map(|(name, _)| (name.clone(), None)));
            if !shape.credentialed {
                headers.push(known("cookie", ""));
            }
            if shape.headers.is_none() {
                headers.push(("authorization".to_owned(), None));
            }
            &message.method
        }
    };
    Ask {
        method,
        url,
        headers,
        rest: Rest::OfBrowser,
    }
}
