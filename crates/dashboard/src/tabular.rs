//! Listings and series as comma-separated values (RFC 4180), made of the JSON that the routes answer with.

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use serde_json::{Map, Value};

use crate::problem::{Code, Fault, Problem};

/// The name of the parameter.
pub(crate) const FORMAT: &str = "format";
/// Its values.
pub(crate) const FORMATS: [&str; 2] = ["json", "csv"];
/// The media type.
pub(crate) const CSV: &str = "text/csv";
/// Most bytes of an answer that is turned into rows; answers are bounded by their limits already.
const MAX_BODY: usize = 64 * 1024 * 1024;

/// Where the rows of an answer are.
#[derive(Debug, Clone, Copy)]
enum Rows {
    /// In this member.
    In(&'static str),
    /// In the second member of each row of the first.
    Within(&'static str, &'static str),
    /// The answer is one row.
    Whole,
}

/// The paths that answer with rows.
const TABLES: [(&str, Rows); 20] = [
    ("/api/v1/alerts", Rows::In("alerts")),
    ("/api/v1/apps", Rows::In("apps")),
    ("/api/v1/breakdown", Rows::In("rows")),
    ("/api/v1/deliveries", Rows::In("deliveries")),
    ("/api/v1/deploys", Rows::In("deploys")),
    ("/api/v1/diagnoses", Rows::In("diagnoses")),
    ("/api/v1/difference", Rows::Within("dimensions", "values")),
    ("/api/v1/endpoints", Rows::In("endpoints")),
    ("/api/v1/failures", Rows::In("failures")),
    ("/api/v1/incidents", Rows::In("incidents")),
    ("/api/v1/inventory", Rows::In("targets")),
    ("/api/v1/inventory/history", Rows::In("points")),
    ("/api/v1/maintenance", Rows::In("maintenance")),
    ("/api/v1/partner-links", Rows::In("partner_links")),
    ("/api/v1/preflights", Rows::In("shapes")),
    ("/api/v1/series", Rows::In("points")),
    ("/api/v1/shapes", Rows::In("shapes")),
    ("/api/v1/silences", Rows::In("silences")),
    ("/api/v1/sli", Rows::Whole),
    ("/api/v1/slos", Rows::In("slos")),
];

/// Whether `path` answers with rows.
pub(crate) fn is_table(path: &str) -> bool {
    rows_of(path).is_some()
}

fn rows_of(path: &str) -> Option<Rows> {
    let found = TABLES.iter().find(|(known, _)| *known == path);
    found.map(|(_, rows)| *rows)
}

/// Answers with rows of comma-separated values where `format=csv` or `Accept` asks for them.
pub(crate) async fn answered(mut request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let Some(rows) = rows_of(&path).filter(|_| request.method() == Method::GET) else {
        return next.run(request).await;
    };
    let (uri, format) = without_format(request.uri());
    let wanted = match format.as_deref() {
        None => accepts_csv(request.headers()),
        Some("json") => false,
        Some("csv") => true,
        Some(other) => return unknown(other).into_response(),
    };
    *request.uri_mut() = uri;
    let response = next.run(request).await;
    if !wanted || response.status() != StatusCode::OK {
        return response;
    }
    let next_page = response.headers().get(header::LINK).cloned();
    match csv(response, rows).await {
        Ok(text) => {
            let name = path.rsplit('/').next().unwrap_or("rows");
            let mut file = as_file(text, name);
            if let Some(next_page) = next_page {
                file.headers_mut().insert(header::LINK, next_page);
            }
            file
        }
        Err(problem) => problem.into_response(),
    }
}

fn unknown(given: &str) -> Problem {
    Problem::faults(vec![Fault {
        field: FORMAT.to_owned(),
        value: given.chars().take(64).collect(),
        permitted: format!("one of {}", FORMATS.join(", ")),
    }])
}

/// The address without the parameter, and the parameter's value.
fn without_format(uri: &Uri) -> (Uri, Option<String>) {
    let Some(query) = uri.query() else {
        return (uri.clone(), None);
    };
    let is_format = |pair: &&str| pair.split('=').next() == Some(FORMAT);
    let format = query.split('&').find(is_format);
    let format = format.map(|pair| {
        pair.split_once('=')
            .map_or("", |(_, value)| value)
            .to_owned()
    });
    let others: Vec<_> = query.split('&').filter(|pair| !is_format(pair)).collect();
    let mut target = uri.path().to_owned();
    if !others.is_empty() {
        target = format!("{target}?{}", others.join("&"));
    }
    (target.parse().unwrap_or_else(|_| uri.clone()), format)
}

/// Whether the first media type that is named is CSV.
fn accepts_csv(headers: &HeaderMap) -> bool {
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok());
    let first = accept.and_then(|accept| accept.split([',', ';']).next());
    first.is_some_and(|first| first.trim().eq_ignore_ascii_case(CSV))
}

async fn csv(response: Response, rows: Rows) -> Result<String, Problem> {
    let broken = |error: &dyn std::fmt::Display| {
        tracing::error!(%error, "an answer cannot be turned into rows");
        Problem::new(Code::Internal, "the answer cannot be turned into rows")
    };
    let body = axum::body::to_bytes(response.into_body(), MAX_BODY).await;
    let body = body.map_err(|error| broken(&error))?;
    let answer: Value = serde_json::from_slice(&body).map_err(|error| broken(&error))?;
    let rows = flat_rows(&answer, rows);
    let mut columns: Vec<&str> = Vec::new();
    for name in rows
        .iter()
        .flat_map(|row| row.iter().map(|(name, _)| name.as_str()))
    {
        if !columns.contains(&name) {
            columns.push(name);
        }
    }
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    // A record without fields cannot be written.
    if !columns.is_empty() {
        writer
            .write_record(&columns)
            .map_err(|error| broken(&error))?;
    }
    for row in &rows {
        let cell = |column: &&str| {
            let found = row.iter().find(|(name, _)| name == column);
            found.map_or("", |(_, cell)| cell.as_str())
        };
        let cells = columns.iter().map(cell);
        writer.write_record(cells).map_err(|error| broken(&error))?;
    }
    let bytes = writer.into_inner().map_err(|error| broken(&error))?;
    String::from_utf8(bytes).map_err(|error| broken(&error))
}

type Row = Vec<(String, String)>;

fn flat_rows(answer: &Value, rows: Rows) -> Vec<Row> {
    let list = |value: &Value, member: &str| value[member].as_array().cloned().unwrap_or_default();
    match rows {
        Rows::Whole => vec![flat(answer)],
        Rows::In(member) => list(answer, member).iter().map(flat).collect(),
        Rows::Within(outer, inner) => {
            let of_outer = |row: Value| {
                let mut own = row.clone();
                own.as_object_mut().map(|members| members.remove(inner));
                let own = flat(&own);
                let inner = list(&row, inner);
                inner
                    .iter()
                    .map(move |row| [own.clone(), flat(row)].concat())
                    .collect::<Vec<_>>()
            };
            list(answer, outer).into_iter().flat_map(of_outer).collect()
        }
    }
}

/// Members of members as `outer.inner`.
fn flat(value: &Value) -> Row {
    let mut row = Row::new();
    match value {
        Value::Object(members) => flatten("", members, &mut row),
        other => row.push(("value".to_owned(), cell(other))),
    }
    row
}

fn flatten(prefix: &str, members: &Map<String, Value>, row: &mut Row) {
    for (name, value) in members {
        let name = format!("{prefix}{name}");
        match value {
            Value::Object(inner) => flatten(&format!("{name}."), inner, row),
            other => row.push((name, cell(other))),
        }
    }
}

/// A value as a cell: lists of plain values side by side, other lists as JSON.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => harmless(text),
        Value::Array(values)
            if values
                .iter()
                .all(|value| !value.is_object() && !value.is_array()) =>
        {
            let texts = values.iter().map(|value| match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            });
            harmless(&texts.collect::<Vec<_>>().join("; "))
        }
        Value::Array(_) | Value::Object(_) => harmless(&value.to_string()),
    }
}

/// Text of strangers that a spreadsheet would take for a formula begins with an apostrophe, which shows it as
/// text (OWASP, CSV Injection). Full-width signs count as the signs in some of them.
fn harmless(text: &str) -> String {
    const STARTS: [char; 11] = [
        '=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
    ];
    if text.trim_start_matches(' ').starts_with(STARTS) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

fn as_file(text: String, name: &str) -> Response {
    let mut response = Response::new(Body::from(text));
    let headers = response.headers_mut();
    let kind = HeaderValue::from_static("text/csv; charset=utf-8; header=present");
    headers.insert(header::CONTENT_TYPE, kind);
    let disposition = format!("attachment; filename=\"{name}.csv\"");
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    headers.insert(header::VARY, HeaderValue::from_static("accept"));
    response
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn text_that_a_spreadsheet_would_run_is_text() {
        for (given, expect) in [
            ("=HYPERLINK(\"http://x\")", "'=HYPERLINK(\"http://x\")"),
            ("+1", "'+1"),
            ("-1+1", "'-1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r\n=1", "'\r\n=1"),
            ("  =1", "'  =1"),
            ("\u{ff1d}1", "'\u{ff1d}1"),
            ("/cart/:id", "/cart/:id"),
            ("a=1", "a=1"),
        ] {
            assert_eq!(cell(&json!(given)), expect);
        }
        assert_eq!(cell(&json!(-1.5)), "-1.5", "a number is one");
        assert_eq!(cell(&json!(["=1", 2])), "'=1; 2");
        assert_eq!(cell(&json!([{"a": "=1"}])), r#"[{"a":"=1"}]"#);
    }

    #[test]
    fn members_of_members_are_columns() {
        let answer = json!({"points": [{"at": "t", "m": {"rate": 0.5, "n": null}}]});
        let rows = flat_rows(&answer, Rows::In("points"));
        let cell = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            rows,
            [vec![
                cell("at", "t"),
                cell("m.rate", "0.5"),
                cell("m.n", "")
            ]]
        );
        let answer = json!({"d": [{"name": "browser", "v": [{"value": "a"}, {"value": "b"}]}]});
        let rows = flat_rows(&answer, Rows::Within("d", "v"));
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[1], [cell("name", "browser"), cell("value", "b")]);
    }

    #[test]
    fn the_parameter_is_taken_out_of_the_address() {
        for (given, query, format) in [
            ("/a?format=csv&app=x", Some("app=x"), Some("csv")),
            ("/a?app=x&format=csv", Some("app=x"), Some("csv")),
            ("/a?format=csv", None, Some("csv")),
            ("/a?app=format", Some("app=format"), None),
            ("/a", None, None),
        ] {
            let (uri, found) = without_format(&given.parse().expect("an address"));
            assert_eq!((uri.query(), found.as_deref()), (query, format), "{given}");
        }
    }
}
