//! ClickHouse: schema, migrations, rows, named queries, and the host of the embedded engine.
