//! What each format says of the same run.
#![allow(missing_docs)]

use std::time::Duration;

use findings::{Case, Finding, Format, Level, Report, Rule, SourceLocation, Suite};
use serde_json::{Value, json};

static RULES: &[Rule] = &[
    Rule {
        id: "blocked",
        title: "Blocked",
        description: "A request is blocked.",
        level: Level::Error,
        security: None,
    },
    Rule {
        id: "reflected",
        title: "Reflected",
        description: "Any origin is reflected.",
        level: Level::Warning,
        security: Some("8.1"),
    },
];

fn case(name: &str, line: usize, findings: Vec<Finding>) -> Case {
    Case {
        name: name.to_owned(),
        place: SourceLocation {
            file: "contracts/my shop.toml".to_owned(),
            line,
        },
        took: Duration::from_millis(12),
        findings,
        suppressed: Vec::new(),
    }
}

/// What a hostile server would like to say.
const HOSTILE: &str = "got `\u{1b}[2J]]>&<\"'`\n::error::forged, 100%\u{0}";

/// Ways to speak to a terminal or a build system, each in a line of its own of a header that was folded.
const FOLDED: &str =
    "10\r\n ::warning::folded\n\t::stop-commands::x ##[add-mask]y ##vso[z]\u{202e}\u{feff}\u{85}";

fn report() -> Report {
    let bad = Finding::new(&RULES[0], HOSTILE)
        .shown_by(["OPTIONS https://api.test/x -> 404"])
        .mended_by("access-control-allow-origin: https://app.test");
    let mild = Finding::new(&RULES[1], "reflects").keyed("a");
    let mut lived_with = case("third", 20, vec![mild.clone(), mild.clone().keyed("b")]);
    lived_with.suppressed.push((
        Finding::new(&RULES[0], "known"),
        "until the move".to_owned(),
    ));
    Report {
        tool: "check",
        rules: RULES,
        fail_on: Level::Error,
        suites: vec![Suite {
            name: "contracts/my shop.toml".to_owned(),
            cases: vec![
                case("first", 3, Vec::new()),
                case("second", 9, vec![bad]),
                lived_with,
            ],
        }],
    }
}

fn written(report: &Report, format: Format) -> String {
    let mut bytes = Vec::new();
    report.write(format, &mut bytes).expect("memory takes it");
    String::from_utf8(bytes).expect("text")
}

fn sarif(report: &Report) -> Value {
    serde_json::from_str(&written(report, Format::Sarif)).expect("JSON")
}

#[test]
fn sarif_has_every_member_that_code_scanning_requires() {
    let log = sarif(&report());
    assert_eq!(log["version"], "2.1.0");
    assert!(log["$schema"].as_str().is_some_and(|s| s.contains("sarif")));
    let run = &log["runs"][0];
    let driver = &run["tool"]["driver"];
    assert_eq!(driver["name"], "corswatch");
    for rule in driver["rules"].as_array().expect("rules") {
        for member in [
            "/id",
            "/shortDescription/text",
            "/fullDescription/text",
            "/help/text",
        ] {
            let text = rule.pointer(member).and_then(Value::as_str);
            assert!(
                text.is_some_and(|text| !text.is_empty()),
                "{member}: {rule}"
            );
        }
    }
    assert_eq!(driver["rules"][1]["properties"]["security-severity"], "8.1");
    let results = run["results"].as_array().expect("results");
    assert_eq!(results.len(), 3, "what is suppressed raises no alert");
    for result in results {
        let index = result["ruleIndex"].as_u64().expect("an index");
        let index = usize::try_from(index).expect("small");
        assert_eq!(result["ruleId"], RULES[index].id);
        assert!(result["message"]["text"].is_string());
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "contracts/my%20shop.toml");
        assert!(place["region"]["startLine"].as_u64() >= Some(1));
    }
    assert_eq!(results[0]["level"], "error", "the worst come first");
}

#[test]
fn a_location_in_sarif_is_never_an_absolute_uri() {
    for (file, uri) in [
        ("https://api.test/x", "https%3A//api.test/x"),
        ("/etc/passwd", "etc/passwd"),
        ("c:\\contract.toml", "c%3A%5Ccontract.toml"),
        ("ä.toml", "%C3%A4.toml"),
    ] {
        let mut report = report();
        report.suites[0].cases[1].place.file = file.to_owned();
        let log = sarif(&report);
        let place = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], uri);
    }
}

fn fingerprints(report: &Report) -> Vec<String> {
    let log = sarif(report);
    let results = log["runs"][0]["results"].as_array().expect("results");
    let one = |result: &Value| result["partialFingerprints"]["primaryLocationLineHash"].clone();
    let texts = results
        .iter()
        .map(|r| one(r).as_str().expect("text").to_owned());
    texts.collect()
}

#[test]
fn fingerprints_outlive_an_edit_of_the_file_and_tell_findings_apart() {
    let before = fingerprints(&report());
    let mut moved = report();
    for case in &mut moved.suites[0].cases {
        case.place.line += 7;
        case.took *= 3;
    }
    assert_eq!(fingerprints(&moved), before);
    let mut other = report();
    other.suites[0].cases[1].name = "another".to_owned();
    assert_ne!(fingerprints(&other)[0], before[0]);
    let mut twice = report();
    let again = twice.suites[0].cases[1].findings[0].clone();
    twice.suites[0].cases[1].findings.push(again);
    let mut all = fingerprints(&twice);
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 4);
}

#[test]
fn junit_is_xml_whatever_a_server_says() {
    let text = written(&report(), Format::Junit);
    let document = roxmltree::Document::parse(&text).expect("well-formed XML");
    let root = document.root_element();
    assert_eq!(root.tag_name().name(), "testsuites");
    let suite = root.first_element_child().expect("a suite");
    for (name, value) in [("tests", "3"), ("failures", "1"), ("errors", "0")] {
        assert_eq!(suite.attribute(name), Some(value), "{name}");
    }
    let cases: Vec<_> = suite
        .children()
        .filter(|n| n.has_tag_name("testcase"))
        .collect();
    assert_eq!(cases.len(), 3);
    assert_eq!(cases[1].attribute("line"), Some("9"));
    let failure = cases[1].first_element_child().expect("a failure");
    assert_eq!(failure.tag_name().name(), "failure");
    assert_eq!(failure.attribute("type"), Some("blocked"));
    let said = failure.text().expect("text");
    assert!(
        said.contains("\\u{1b}[2J]]>&<\"'") && said.contains("OPTIONS https://api.test/x"),
        "{said}"
    );
    let notes = cases[2].first_element_child().expect("output");
    assert_eq!(notes.tag_name().name(), "system-out");
    assert!(notes.text().expect("text").contains("until the move"));
}

#[test]
fn no_server_writes_a_workflow_command() {
    let text = written(&report(), Format::Github);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        "::error file=contracts/my shop.toml,line=9,title=blocked%3A second::got `\\u{1b}[2J]]>&<\"'`%0A::error::forged, 100%25\\u{0}%0Afix: access-control-allow-origin: https://app.test"
    );
    assert_eq!(lines[1].split_once(' ').expect("a command").0, "::warning");
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[3], "2 passed, 1 failed");
}

#[test]
fn no_format_commands_a_build_system_whatever_a_server_says() {
    let mut report = report();
    let case = &mut report.suites[0].cases[1];
    case.name = format!("::error::{FOLDED}");
    case.findings[0] = Finding::new(&RULES[0], FOLDED)
        .shown_by([FOLDED])
        .mended_by(FOLDED);
    report.suites[0].name = FOLDED.to_owned();
    for format in Format::ALL {
        let text = written(&report, *format);
        for (number, line) in (1..).zip(text.split('\n')) {
            let start = line.trim_start();
            let is_ours = *format == Format::Github
                && ["::error ", "::warning ", "::notice "]
                    .iter()
                    .any(|own| start.starts_with(own));
            assert!(
                is_ours || !start.starts_with("::"),
                "{format:?} {number}: {line}"
            );
            // In the text of a command of ours nothing is a command.
            let commands = ["##[", "##vso["];
            assert!(
                is_ours || !commands.iter().any(|command| line.contains(command)),
                "{format:?} {number}: {line}"
            );
            assert!(
                !line.chars().any(printable::is_hidden),
                "{format:?} {number}: {line:?}"
            );
        }
    }
    let text = written(&report, Format::Text);
    assert!(text.contains("10\\u{d}\\u{a} ::warning::folded"), "{text}");
    let json: Value = serde_json::from_str(&written(&report, Format::Json)).expect("JSON");
    assert_eq!(
        json["suites"][0]["cases"][1]["findings"][0]["message"],
        FOLDED
    );
}

#[test]
fn text_for_people_shows_no_control_characters() {
    let text = written(&report(), Format::Text);
    assert!(text.contains("FAIL second (12 ms)"), "{text}");
    assert!(
        text.contains("error: blocked (contracts/my shop.toml:9)"),
        "{text}"
    );
    assert!(text.contains("fix: access-control-allow-origin"), "{text}");
    assert!(
        text.ends_with("2 passed, 1 failed, 3 findings, 1 suppressed\n"),
        "{text}"
    );
    assert!(
        text.chars().all(|c| c == '\n' || !c.is_control()),
        "{text:?}"
    );
}

#[test]
fn json_holds_what_the_text_says() {
    let value: Value = serde_json::from_str(&written(&report(), Format::Json)).expect("JSON");
    assert_eq!(value["failed"], 1);
    let cases = &value["suites"][0]["cases"];
    assert_eq!(cases[0]["outcome"], "passed");
    assert_eq!(cases[1]["line"], 9);
    assert_eq!(cases[1]["findings"][0]["message"], HOSTILE);
    assert_eq!(cases[2]["suppressed"][0]["reason"], json!("until the move"));
}

#[test]
fn what_fails_a_case_is_the_callers_choice() {
    let mut report = report();
    report.fail_on = Level::Warning;
    assert_eq!((report.total().passed, report.total().failed), (1, 2));
}

#[test]
fn every_format_tells_who_is_affected() {
    let affected = findings::Affected::ScannersOnly;
    let mut report = report();
    let finding = Finding::new(&RULES[1], "reflects").affecting(affected);
    report.suites[0].cases[0].findings = vec![finding];
    for format in Format::ALL {
        let mut text = Vec::new();
        report.write(*format, &mut text).expect("memory");
        let text = String::from_utf8(text).expect("text");
        let word = match format {
            Format::Json => affected.as_str(),
            _ => affected.text(),
        };
        assert!(text.contains(word), "{format:?}: {text}");
    }
}
