//! The queries behind lists. A test asks SQLite how it would run each: never by reading a whole table, never by sorting.

use crate::item::meta_columns;

/// The row of a number, against the keys.
pub(crate) const NTH_REVERSED: &str = "SELECT key, item FROM entry WHERE container = ?1 AND part = ?2 AND ord = ?3 AND key \
     < ?5 ORDER BY key DESC, item DESC LIMIT 1 OFFSET ?4";

/// The row of a number. A bound on the keys, tested at every row passed over, would double its time.
pub(crate) const NTH: &str = "SELECT key, item FROM entry WHERE container = ?1 AND part = ?2 AND ord = ?3 \
     ORDER BY key, item LIMIT 1 OFFSET ?4";

/// The row of a rank in a group.
pub(crate) const NTH_IN_GROUP: &str = "SELECT item FROM entry WHERE container = ?1 AND part = ?2 AND ord = ?3 AND key = ?4 \
     ORDER BY item LIMIT 1 OFFSET ?5";

/// Rows of a group with greater numbers.
pub(crate) const COUNT_ABOVE_IN_GROUP: &str = "SELECT count(*) FROM entry WHERE container = ?1 AND part = ?2 AND ord = ?3 AND key = \
     ?4 AND item > ?5";

/// Rows of a group with smaller numbers.
pub(crate) const COUNT_BELOW_IN_GROUP: &str = "SELECT count(*) FROM entry WHERE container = ?1 AND part = ?2 AND ord = ?3 AND key = \
     ?4 AND item < ?5";

/// Rows with keys strictly between two.
pub(crate) const COUNT_BETWEEN: &str = "SELECT count(*) FROM entry WHERE container = ?1 AND part = ?2 AND ord = ?3 AND key > \
     ?4 AND key < ?5";

/// A whole group.
pub(crate) const GROUP: &str = "SELECT item FROM entry WHERE container = ?1 AND part = ?2 AND ord = ?3 AND key = ?4 \
     ORDER BY item";

/// The next rows of a group, backward.
pub(crate) const GROUP_BACKWARD: &str = "SELECT item FROM entry WHERE container = ?1 AND part = ?2 AND ord = ?3 AND key = ?4 \
     AND item < ?5 ORDER BY item DESC LIMIT ?6";

/// The next rows of a group.
pub(crate) const GROUP_FORWARD: &str = "SELECT item FROM entry WHERE container = ?1 AND part = ?2 AND ord = ?3 AND key = ?4 \
     AND item > ?5 ORDER BY item LIMIT ?6";

/// The next rows by ascending keys.
pub(crate) const ASCENDING: &str = "SELECT key, item FROM entry WHERE container = ?1 AND part = ?2 AND ord = ?3 AND key \
     > ?4 AND key < ?5 ORDER BY key, item LIMIT ?6";

/// The next rows by descending keys.
pub(crate) const DESCENDING: &str = "SELECT key, item FROM entry WHERE container = ?1 AND part = ?2 AND ord = ?3 AND key \
     > ?4 AND key < ?5 ORDER BY key DESC, item DESC LIMIT ?6";

/// All messages of a part of a container.
pub(crate) const CONTENTS: &str =
    "SELECT item FROM entry WHERE container = ?1 AND part = ?2 AND ord = 0";

/// All entries of an order, with what the items themselves know.
pub(crate) const KEYS: &str = "SELECT e.item, i.flags, e.key, i.date FROM entry e CROSS JOIN item i ON i.id = e.item \
     WHERE e.container = ?1 AND e.part = ?2 AND e.ord = ?3";

/// A message if it is in a part of a container.
pub(crate) const IN_CONTENTS: &str = "SELECT i.flags, i.date FROM item i CROSS JOIN entry e ON e.container = ?3 \
     AND e.part = ?2 AND e.ord = 0 AND e.key = i.date AND e.item = i.id WHERE i.id = ?1";

/// All messages of an order of a part of a container, by their keys.
pub(crate) const IN_ORDER: &str = "SELECT key, item FROM entry WHERE container = ?1 AND part = ?2 AND ord = ?3 \
     ORDER BY key, item";

/// All messages of an order.
pub(crate) const OF_ORDER: &str =
    "SELECT item FROM entry WHERE container = ?1 AND part = ?2 AND ord = ?3";

/// All messages with numbers up to one that do not have a flag.
pub(crate) const WITHOUT_FLAG: &str =
    "SELECT id FROM item WHERE id BETWEEN 0 AND ?1 AND kind = 3 AND flags & ?2 = 0";

/// The entries between two keys, in no order that is asked for.
pub(crate) const RUN: &str = "SELECT item, key FROM entry WHERE container = ?1 AND part = ?2 AND ord = ?3 AND key \
     > ?4 AND key < ?5";

/// Whether there are entries between two keys.
pub(crate) const RUN_HAS_ROWS: &str = "SELECT 1 FROM entry WHERE container = ?1 AND part = ?2 AND ord = ?3 AND key \
     > ?4 AND key < ?5 LIMIT 1";

/// How many entries there are between two keys, as far as they are counted.
pub(crate) const RUN_COUNT_UP_TO: &str = "SELECT count(*) FROM (SELECT 1 FROM entry WHERE container = ?1 AND part = ?2 \
     AND ord = ?3 AND key > ?4 AND key < ?5 LIMIT ?6)";

/// Links of a search folder after a place in its order by date.
pub(crate) const LINKS_AFTER: &str = "SELECT key, item FROM entry WHERE container = ?1 AND part = 0 AND ord = 0 \
     AND (key, item) > (?2, ?3) ORDER BY key, item LIMIT ?4";

/// The folders directly in a folder.
pub(crate) const CHILDREN: &str =
    "SELECT id, 0 FROM folder WHERE parent = ?1 AND id <> ?1 AND deleted = ?2 ORDER BY id";

/// The living message of a folder that came from these bytes.
pub(crate) const SOURCE: &str = "SELECT id FROM item WHERE source = ?1 AND parent = ?2 AND part < 2 ORDER BY id LIMIT \
     1";

/// The rows of an engine about an object.
pub(crate) const SYNC: &str =
    "SELECT key, value FROM sync WHERE origin = ?1 AND object = ?2 ORDER BY key";

/// Messages that wait to be sent after a place, with the spooler's rows.
pub(crate) const QUEUE: &str = "SELECT q.submitted, q.item, i.change, i.parent, i.size, s.value FROM queue q \
     CROSS JOIN item i ON i.id = q.item LEFT JOIN sync s ON s.origin = ?4 AND s.object = q.item AND s.key = ?5 \
     WHERE (q.submitted, q.item) > (?1, ?2) ORDER BY q.submitted, q.item LIMIT ?3";

/// The messages of a conversation.
pub(crate) const THREAD: &str = "SELECT id FROM item WHERE thread = ?1 ORDER BY id";

/// The same with where they are.
pub(crate) const THREAD_PLACES: &str =
    "SELECT id, parent, part FROM item WHERE thread = ?1 ORDER BY id";

/// How many messages a conversation has, as far as they are counted.
pub(crate) const THREAD_COUNT_UP_TO: &str =
    "SELECT count(*) FROM (SELECT 1 FROM item WHERE thread = ?1 LIMIT ?2)";

/// Entries of the log after a number, without those of an origin.
pub(crate) const LOG: &str = "SELECT seq, origin, kind, object, folder, parent, other, changed, inverse FROM log \
     WHERE seq > ?1 AND origin IS NOT ?2 ORDER BY seq LIMIT ?3";

/// All folders below a folder with their depths, parents first. Sorts: folders are few.
pub(crate) const BELOW: &str = "WITH RECURSIVE below (id, depth, deleted) AS ( SELECT id, 0, deleted FROM folder \
     WHERE parent = ?1 AND id <> ?1 UNION ALL SELECT f.id, b.depth + 1, f.deleted FROM \
     below b JOIN folder f ON f.parent = b.id ) SELECT id, depth FROM below WHERE deleted \
     = ?2 ORDER BY depth, id";

/// A folder, and the living ordinary ones below it.
pub(crate) const DEEP: &str = "WITH RECURSIVE deep (id) AS ( SELECT ?1 UNION ALL SELECT f.id FROM deep d JOIN folder f \
     ON f.parent = d.id JOIN item i ON i.id = f.id WHERE f.id <> ?1 AND f.deleted = 0 AND i.kind < 2 ) SELECT id FROM deep";

/// The messages that the full-text index names, keys descending.
pub(crate) const FULLTEXT: &str = "SELECT x.key, x.item, x.whole, i.parent, i.part, i.flags, i.date FROM fulltext \
     CROSS JOIN indexed x ON x.key = fulltext.rowid CROSS JOIN item i ON i.id = x.item \
     WHERE fulltext MATCH ?1 AND fulltext.rowid >= ?2 ORDER BY fulltext.rowid DESC";

/// All messages that are indexed, keys descending.
pub(crate) const INDEXED: &str = "SELECT x.key, x.item, x.whole, i.parent, i.part, i.flags, i.date FROM indexed x \
     CROSS JOIN item i ON i.id = x.item WHERE x.key >= ?1 ORDER BY x.key DESC";

/// Those that are not indexed whole.
pub(crate) const INDEXED_IN_PART: &str = "SELECT x.key, x.item, x.whole, i.parent, i.part, i.flags, i.date FROM indexed x \
     CROSS JOIN item i ON i.id = x.item WHERE x.whole = 0 AND x.key >= ?1 ORDER BY x.key DESC";

/// Whether a search folder shows a message.
pub(crate) const IS_LINK: &str =
    "SELECT 1 FROM entry WHERE container = ?1 AND part = 0 AND ord = 0 AND key = ?2 AND item = ?3";

/// A message with its bag.
pub(crate) const MESSAGE: &str = concat!(
    "SELECT ",
    meta_columns!("i"),
    ", b.form, b.data FROM item i JOIN bag b ON b.id = i.id WHERE i.id = ?1 AND i.kind = 3"
);

/// All messages with numbers in a range.
pub(crate) const MESSAGES: &str = concat!(
    "SELECT ",
    meta_columns!("i"),
    ", b.form, b.data FROM item i JOIN bag b ON b.id = i.id \
     WHERE i.id BETWEEN ?1 AND ?2 AND i.kind = 3 ORDER BY i.id"
);

/// What the items' rows tell of the living messages with numbers in a range.
pub(crate) const LIVING: &str = concat!(
    "SELECT ",
    meta_columns!("i"),
    ", i.date FROM item i WHERE i.id BETWEEN ?1 AND ?2 AND i.kind = 3 AND i.part = 0 ORDER BY i.id"
);

/// The same with their bags.
pub(crate) const LIVING_BAGS: &str = concat!(
    "SELECT ",
    meta_columns!("i"),
    ", i.date, b.form, b.data FROM item i CROSS JOIN bag b ON b.id = i.id \
     WHERE i.id BETWEEN ?1 AND ?2 AND i.kind = 3 AND i.part = 0 ORDER BY i.id"
);

/// Which messages [`MESSAGES_OF`] and [`BAGS_OF`] read: those of a part of a folder with numbers in a range, and flags in
/// bounds. The bags of others are passed over.
macro_rules! of_part {
    () => {
        ", b.form, b.data FROM item i CROSS JOIN bag b ON b.id = i.id \
         WHERE i.id BETWEEN ?1 AND ?2 AND i.kind = 3 AND i.parent = ?3 AND i.part = ?4 \
         AND i.flags & ?5 = 0 AND (?6 IS NULL OR i.flags & ?6 <> 0) ORDER BY i.id"
    };
}

/// Those messages.
pub(crate) const MESSAGES_OF: &str = concat!("SELECT ", meta_columns!("i"), of_part!());

/// Their numbers and bags alone.
pub(crate) const BAGS_OF: &str = concat!("SELECT i.id", of_part!());

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;
    use crate::schema::{VERSION_1, VERSION_4, VERSION_6};

    const ALL: [(&str, &str); 37] = [
        ("DEEP", DEEP),
        ("NTH_REVERSED", NTH_REVERSED),
        ("NTH", NTH),
        ("NTH_IN_GROUP", NTH_IN_GROUP),
        ("COUNT_ABOVE_IN_GROUP", COUNT_ABOVE_IN_GROUP),
        ("COUNT_BELOW_IN_GROUP", COUNT_BELOW_IN_GROUP),
        ("COUNT_BETWEEN", COUNT_BETWEEN),
        ("GROUP", GROUP),
        ("GROUP_BACKWARD", GROUP_BACKWARD),
        ("GROUP_FORWARD", GROUP_FORWARD),
        ("ASCENDING", ASCENDING),
        ("DESCENDING", DESCENDING),
        ("CONTENTS", CONTENTS),
        ("KEYS", KEYS),
        ("IN_CONTENTS", IN_CONTENTS),
        ("IN_ORDER", IN_ORDER),
        ("OF_ORDER", OF_ORDER),
        ("WITHOUT_FLAG", WITHOUT_FLAG),
        ("RUN", RUN),
        ("RUN_HAS_ROWS", RUN_HAS_ROWS),
        ("RUN_COUNT_UP_TO", RUN_COUNT_UP_TO),
        ("LINKS_AFTER", LINKS_AFTER),
        ("CHILDREN", CHILDREN),
        ("SOURCE", SOURCE),
        ("SYNC", SYNC),
        ("QUEUE", QUEUE),
        ("LOG", LOG),
        ("BELOW", BELOW),
        ("THREAD", THREAD),
        ("THREAD_PLACES", THREAD_PLACES),
        ("THREAD_COUNT_UP_TO", THREAD_COUNT_UP_TO),
        ("MESSAGE", MESSAGE),
        ("MESSAGES", MESSAGES),
        ("LIVING", LIVING),
        ("LIVING_BAGS", LIVING_BAGS),
        ("MESSAGES_OF", MESSAGES_OF),
        ("BAGS_OF", BAGS_OF),
    ];

    fn plan(db: &Connection, sql: &str) -> Vec<String> {
        let mut explain = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let nulls = vec![rusqlite::types::Null; explain.parameter_count()];
        let lines = explain
            .query_map(rusqlite::params_from_iter(nulls), |r| r.get(3))
            .unwrap();
        lines.map(Result::unwrap).collect()
    }

    #[test]
    fn no_list_reads_a_whole_table_or_sorts() {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(VERSION_1).unwrap();
        db.execute_batch(VERSION_4).unwrap();
        db.execute_batch(VERSION_6).unwrap();
        for (name, sql) in ALL {
            let plan = plan(&db, sql);
            assert!(!plan.is_empty(), "{name}");
            // The recursion itself scans the rows that it has just found.
            // What a subquery has limited is counted.
            let scans = |l: &String| {
                l.starts_with("SCAN")
                    && !(name == "BELOW" && l.starts_with("SCAN b"))
                    && !(name == "DEEP" && (l.starts_with("SCAN d") || l.contains("CONSTANT ROW")))
                    && !(name.ends_with("COUNT_UP_TO") && l.starts_with("SCAN (subquery"))
            };
            assert!(!plan.iter().any(scans), "{name}: {plan:?}");
            let sorts = plan.iter().any(|l| l.contains("TEMP B-TREE"));
            assert_eq!(sorts, name == "BELOW", "{name}: {plan:?}");
        }
    }

    #[test]
    fn the_check_would_notice_a_scan() {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(VERSION_1).unwrap();
        db.execute_batch(VERSION_4).unwrap();
        db.execute_batch(VERSION_6).unwrap();
        let plan = plan(&db, "SELECT id FROM item WHERE size = ?1 ORDER BY flags");
        assert!(plan.iter().any(|l| l.starts_with("SCAN")), "{plan:?}");
        assert!(plan.iter().any(|l| l.contains("TEMP B-TREE")), "{plan:?}");
    }
}
