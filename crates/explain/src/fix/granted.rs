//! An answer that permits what is asked and nothing else.

use cors::{Answer, Headers, Judgement};

/// The answer to what the judgement found missing.
pub(super) fn answer(judgement: &Judgement) -> Answer {
    let scene = &judgement.scene;
    let mut headers = Headers::new();
    headers.push("access-control-allow-origin", &scene.origin);
    headers.push("access-control-allow-credentials", "true");
    if let Some(question) = &scene.question {
        let names = question.headers.as_deref().unwrap_or_default();
        headers.push("access-control-allow-methods", &question.method);
        headers.push("access-control-allow-headers", names);
    }
    Answer {
        status: 204,
        headers,
    }
}
