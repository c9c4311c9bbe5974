//! Every stored thing against the tables of the migrations.

use std::collections::{BTreeMap, BTreeSet};

use super::Stored;
use crate::migration::all_statements;
use crate::rollup::{OPEN, ROLLUPS};
use crate::rows::dimensions::NAMES;
use crate::{
    AlertRow, ChunkRow, Compacted, DeadLetterRow, DeliveryRow, DeployRow, DiagnosisRow,
    EdgeReportRow, InventoryRow, ObservationRow, PartRow, ProgressRow, SilenceRow, SnapshotRow,
};

/// A column of a table: its type, and what stands behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Declared {
    kind: String,
    rest: String,
}

impl Declared {
    /// `Type MATERIALIZED ..`: the type ends at the first space outside of brackets.
    fn parse(text: &str) -> Self {
        let mut depth = 0_usize;
        let end = text.char_indices().find(|(_, letter)| {
            match letter {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            *letter == ' ' && depth == 0
        });
        let (kind, rest) = text.split_at(end.map_or(text.len(), |(at, _)| at));
        Self {
            kind: bare(kind),
            rest: rest.trim().to_owned(),
        }
    }
}

/// A type without wrappers that change nothing on the wire, wherever they stand.
fn bare(kind: &str) -> String {
    const WRAPPERS: [&str; 2] = ["LowCardinality(", "SimpleAggregateFunction(max, "];
    let mut kind = kind.to_owned();
    for wrapper in WRAPPERS {
        while let Some(at) = kind.find(wrapper) {
            let (before, inner) = (&kind[..at], &kind[at + wrapper.len()..]);
            let mut depth = 1_i32;
            let close = inner.find(|letter| {
                depth += i32::from(letter == '(') - i32::from(letter == ')');
                depth == 0
            });
            let (inner, after) = inner.split_at(close.expect("balanced brackets"));
            kind = format!("{before}{inner}{}", &after[1..]);
        }
    }
    kind
}

type Tables = BTreeMap<String, BTreeMap<String, Declared>>;

/// What the migrations leave behind.
fn tables() -> Tables {
    let mut tables = Tables::new();
    for statement in all_statements() {
        let lines = statement.lines().map(str::trim);
        let sql: Vec<_> = lines.filter(|line| !line.starts_with("--")).collect();
        let sql = sql.join("\n").replace("{on_cluster}", "");
        if let Some(rest) = sql.strip_prefix("CREATE TABLE IF NOT EXISTS ") {
            let (name, rest) = rest.split_once('\n').expect("a table has columns");
            let body = rest.split("\n)\n").next().expect("columns in brackets");
            tables.insert(name.trim().to_owned(), columns(body));
        } else if let Some(rest) = sql.strip_prefix("ALTER TABLE ") {
            let (name, change) = rest.split_once([' ', '\n']).expect("a change");
            let table = tables.get_mut(name).expect("a known table");
            alter(table, change);
        } else if let Some(name) = sql.strip_prefix("DROP TABLE IF EXISTS ") {
            tables.remove(name.trim_end_matches(" SYNC").trim());
        } else {
            let kept = ["INSERT INTO ", "CREATE MATERIALIZED VIEW ", "CREATE VIEW "];
            let known = kept.iter().any(|start| sql.starts_with(start));
            assert!(known, "not understood: {sql}");
        }
    }
    tables
}

/// `name Type ..` of every line; a line that begins with no name goes on with the one before.
fn columns(body: &str) -> BTreeMap<String, Declared> {
    let body = body.trim_start_matches('(').trim().replace(",\n", "\u{0}");
    let one_line = body.replace('\n', " ");
    let mut columns = BTreeMap::new();
    let mut open = String::new();
    for piece in one_line.split('\u{0}') {
        open.push_str(piece);
        if open.matches('(').count() > open.matches(')').count() {
            open.push_str(", ");
            continue;
        }
        let line = std::mem::take(&mut open);
        let (name, rest) = line.trim().split_once(' ').expect("a name and a type");
        if name != "INDEX" {
            columns.insert(name.trim_matches('`').to_owned(), Declared::parse(rest));
        }
    }
    columns
}

/// The changes of a statement: separated by commas outside of brackets.
fn changes(text: &str) -> Vec<String> {
    let mut changes = vec![String::new()];
    let mut depth = 0;
    for char in text.chars() {
        match char {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                changes.push(String::new());
                continue;
            }
            _ => {}
        }
        let last = changes.last_mut().expect("there is one");
        last.push(if char == '\n' { ' ' } else { char });
    }
    changes
}

fn alter(table: &mut BTreeMap<String, Declared>, change: &str) {
    for change in changes(change) {
        let change = change.trim();
        let added = change.strip_prefix("ADD COLUMN IF NOT EXISTS ");
        let Some(column) = added.or_else(|| change.strip_prefix("MODIFY COLUMN ")) else {
            panic!("not understood: {change}");
        };
        let (name, rest) = column.split_once(' ').expect("a name and a type");
        table.insert(name.trim_matches('`').to_owned(), Declared::parse(rest));
    }
}

fn check<T: Stored>(tables: &Tables) {
    let written: BTreeMap<_, _> = T::block(&[])
        .columns()
        .iter()
        .map(|(name, kind)| (name.clone(), bare(kind)))
        .collect();
    let table = &tables[T::TABLE];
    let declared: BTreeMap<_, _> = table
        .iter()
        .filter(|(_, column)| !column.rest.starts_with("MATERIALIZED"))
        .map(|(name, column)| (name.clone(), column.kind.clone()))
        .collect();
    assert_eq!(written, declared, "{}", T::TABLE);
}

#[test]
fn every_row_has_the_columns_of_its_table_with_their_types() {
    let tables = tables();
    check::<ObservationRow>(&tables);
    check::<PartRow>(&tables);
    check::<ChunkRow>(&tables);
    check::<ProgressRow>(&tables);
    check::<DeadLetterRow>(&tables);
    check::<EdgeReportRow>(&tables);
    check::<AlertRow>(&tables);
    check::<DeployRow>(&tables);
    check::<SilenceRow>(&tables);
    check::<DeliveryRow>(&tables);
    check::<DiagnosisRow>(&tables);
    check::<SnapshotRow>(&tables);
    check::<InventoryRow>(&tables);
    check::<Compacted>(&tables);
}

#[test]
fn every_rollup_has_its_dimensions_and_tells_rows_apart_by_all_of_them() {
    let tables = tables();
    let parts = ("sli_parts", "minute", "chunk", NAMES.to_vec());
    let compacted = ROLLUPS.map(|rollup| {
        let dimensions = rollup.grain.dimensions();
        (rollup.table(), rollup.tier.column(), "span", dimensions)
    });
    let open = OPEN.map(|(table, grain, tier)| (table, tier.column(), "chunk", grain.dimensions()));
    let rollups = std::iter::once(parts).chain(compacted).chain(open);
    for (table, time, run, dimensions) in rollups {
        let columns = &tables[table];
        let beside = [
            "app",
            time,
            "epoch",
            "partition",
            run,
            "dims",
            "version",
            "count",
            "latency.bucket",
            "latency.count",
            "preflight_latency.bucket",
            "preflight_latency.count",
        ];
        let expect: BTreeSet<_> = dimensions.iter().chain(&beside).copied().collect();
        let declared: BTreeSet<_> = columns.keys().map(String::as_str).collect();
        assert_eq!(declared, expect, "{table}");
        let told_apart = &columns["dims"].rest;
        let named = |name: &&str| {
            let words = told_apart.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
            words.into_iter().any(|word| word == *name)
        };
        let forgotten: Vec<_> = dimensions.iter().filter(|name| !named(name)).collect();
        assert!(forgotten.is_empty(), "{table}: {forgotten:?}");
    }
}
