//! Files of version 5 as its programs made them: their tables word for word, with the rows of a present file.

use std::path::Path;

use rusqlite::Connection;

const SCHEMA: &str = include_str!("../data/version-5.sql");

/// Makes the file at `path`, which nobody has open, one of version 5. What only later versions have is left behind.
pub(crate) fn made_of(path: &Path) {
    let old = path.with_extension("version-5");
    let db = Connection::open(&old).unwrap();
    // Rows come table by table, those they refer to perhaps later.
    db.execute_batch(
        "PRAGMA page_size = 8192; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA foreign_keys = OFF;",
    )
    .unwrap();
    // It does not become part of what is written together.
    db.execute("ATTACH ?1 AS now", [path.to_str().unwrap()])
        .unwrap();
    db.execute_batch(&format!(
        "BEGIN; PRAGMA application_id = 0x4D414C4C; {SCHEMA}"
    ))
    .unwrap();
    for table in tables(&db) {
        copy(&db, &table);
    }
    db.execute_batch("PRAGMA user_version = 5; COMMIT; DETACH now; PRAGMA journal_mode = WAL;")
        .unwrap();
    db.close().unwrap();
    for suffix in ["-wal", "-shm"] {
        let mut beside = path.as_os_str().to_owned();
        beside.push(suffix);
        let _gone = std::fs::remove_file(beside);
    }
    std::fs::rename(old, path).unwrap();
}

/// The tables of the old schema that hold rows: those of the full-text index among them, the virtual one not.
fn tables(db: &Connection) -> Vec<String> {
    let mut names = db
        .prepare(
            "SELECT name FROM main.sqlite_schema
             WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name",
        )
        .unwrap();
    let names = names.query_map([], |r| r.get(0)).unwrap();
    names.collect::<Result<_, _>>().unwrap()
}

fn copy(db: &Connection, table: &str) {
    let columns: String = db
        .query_row(
            "SELECT group_concat(name, ', ') FROM pragma_table_info(?1, 'main')",
            [table],
            |r| r.get(0),
        )
        .unwrap();
    db.execute_batch(&format!(
        "DELETE FROM main.{table};
         INSERT INTO main.{table} ({columns}) SELECT {columns} FROM now.{table};"
    ))
    .unwrap();
}

/// Everything that a file says of its tables and indexes.
pub(crate) fn schema(path: &Path) -> Vec<(String, String, Option<String>)> {
    let db = Connection::open(path).unwrap();
    let mut rows = db
        .prepare("SELECT type, name, sql FROM sqlite_schema ORDER BY type, name")
        .unwrap();
    let rows = rows.query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)));
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}
