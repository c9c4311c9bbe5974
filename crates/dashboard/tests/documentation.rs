//! The documentation that the admin server serves.

mod setting;

use axum::body::Body;
use http::{StatusCode, header};
use setting::{get, request, send, well};

#[tokio::test]
async fn pages_are_served_without_a_token_by_their_folders_and_not_sent_twice() {
    let router = well();
    let moved = get(&router, "/docs").await;
    assert_eq!(moved.status, StatusCode::PERMANENT_REDIRECT);
    assert_eq!(moved.headers[header::LOCATION], "/docs/");
    for (path, text) in [
        ("/docs/", "<h1>Documentation</h1>"),
        ("/docs/index.html", "<h1>Documentation</h1>"),
        ("/docs/understand/", "<h1>Understand</h1>"),
    ] {
        let page = get(&router, path).await;
        assert_eq!(
            (page.status, page.text.as_str()),
            (StatusCode::OK, text),
            "{path}"
        );
        let kind = &page.headers[header::CONTENT_TYPE];
        assert_eq!(kind, "text/html; charset=utf-8", "{path}");
        let again = request(path).header(header::IF_NONE_MATCH, &page.headers[header::ETAG]);
        let again = send(&router, again.body(Body::empty()).expect("a request")).await;
        assert_eq!(again.status, StatusCode::NOT_MODIFIED, "{path}");
    }
    let gone = get(&router, "/docs/nothing.html").await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    assert!(gone.text.contains("see /docs/"), "{}", gone.text);
}
