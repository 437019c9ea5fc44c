//! Headings in a listing: what its rows are grouped by, and which groups are open.

use malle_views::{StoreNames, property_name};
use mapi::{
    Bookmark, PropName, PropTag, PropType, PropValue, SortColumn, SortOrder, SortOrderSet,
    Table as MapiTable, TableRow, guids, tags,
};
use mapi_props::names::{NameMap, named_by_name};
use serde::Serialize;
use serde_json::Value;

use crate::app::App;
use crate::args::ListArgs;
use crate::exit::{Exit, Outcome};
use crate::messages::Msg;
use crate::output::Printer;
use crate::text;

/// Most levels of groups that a table has.
const LEVELS: usize = 4;
/// Headings looked at in one go.
const PAGE: i64 = 500;
/// PR_ROW_TYPE of a heading: TBL_EXPANDED_CATEGORY, TBL_COLLAPSED_CATEGORY.
const EXPANDED: i32 = 3;
const COLLAPSED: i32 = 4;

/// What a heading is made of.
const COLUMNS: [PropTag; 5] = [
    tags::ROW_TYPE.raw(),
    tags::DEPTH.raw(),
    tags::INSTANCE_KEY.raw(),
    tags::CONTENT_COUNT.raw(),
    tags::CONTENT_UNREAD.raw(),
];

/// PROP_ID_INVALID: nothing has such a property.
const NO_PROPERTY: u16 = 0xFFFF;

/// Groups by the names that people use for them.
const NAMES: [(&str, PropTag); 7] = [
    ("from", tags::SENT_REPRESENTING_NAME.raw()),
    ("to", tags::DISPLAY_TO.raw()),
    ("topic", tags::CONVERSATION_TOPIC.raw()),
    ("class", tags::MESSAGE_CLASS.raw()),
    ("importance", tags::IMPORTANCE.raw()),
    ("flag", tags::FLAG_STATUS.raw()),
    ("folder", tags::PARENT_DISPLAY.raw()),
];

/// The levels of a listing's groups; none: it has none.
#[derive(Debug, Default)]
pub(in crate::command) struct Groups {
    levels: Vec<Level>,
    open: Open,
}

#[derive(Debug)]
struct Level {
    column: SortColumn,
    name: String,
}

/// Which groups show their messages.
#[derive(Debug, Default)]
enum Open {
    #[default]
    All,
    /// Those with these headings.
    These(Vec<String>),
}

/// A heading; in JSON `{"level","column","value","key","count","unread","expanded"}`.
#[derive(Serialize)]
pub(super) struct Heading {
    level: usize,
    column: String,
    /// None: the messages have no value.
    value: Option<Value>,
    /// PR_INSTANCE_KEY, the same in every session.
    key: String,
    count: i32,
    unread: i32,
    expanded: bool,
    #[serde(skip)]
    shown: Option<PropValue>,
    #[serde(skip)]
    tag: PropTag,
}

impl Groups {
    /// What the arguments ask for.
    pub(in crate::command) fn asked(
        app: &App,
        args: &ListArgs,
        names: &StoreNames<'_>,
    ) -> Outcome<Self> {
        let mut levels = Vec::new();
        for written in args.group.iter().map(|w| w.trim()) {
            levels.push(Level::of(app, written, names)?);
        }
        if levels.len() > LEVELS {
            return Err(app.fail(Exit::Usage, "bad-group", Msg::TooManyLevels, &[&LEVELS]));
        }
        let all = args.expand.iter().any(|heading| heading == "all");
        let open = if all || (args.expand.is_empty() && !args.collapsed) {
            Open::All
        } else {
            Open::These(args.expand.clone())
        };
        Ok(Self { levels, open })
    }

    /// The groups of a view, all open, and the order of the messages in them.
    pub(in crate::command) fn of_view(
        sort: &SortOrderSet,
        names: &StoreNames<'_>,
    ) -> (Self, SortOrderSet) {
        let count = usize::try_from(sort.categories).unwrap_or(usize::MAX);
        let (groups, messages) = sort.columns.split_at_checked(count).unwrap_or_default();
        let level = |column: &SortColumn| {
            let named = names
                .name_of(column.tag.id())
                .filter(|_| column.tag.is_named());
            let name = property_name(column.tag, named.as_ref());
            Level {
                column: *column,
                name: name.unwrap_or_else(|| column.tag.to_string()),
            }
        };
        let groups = Self {
            levels: groups.iter().map(level).collect(),
            open: Open::All,
        };
        (groups, SortOrderSet::by(messages.iter().copied()))
    }

    /// Columns beside the list's own.
    pub(in crate::command) fn columns(&self) -> Vec<PropTag> {
        if self.levels.is_empty() {
            return Vec::new();
        }
        let own = self.levels.iter().map(|level| level.column.tag);
        COLUMNS.into_iter().chain(own).collect()
    }

    /// The groups' order, and in them that of the messages.
    pub(in crate::command) fn over(&self, messages: SortOrderSet) -> SortOrderSet {
        if self.levels.is_empty() {
            return messages;
        }
        let groups = self.levels.iter().map(|level| level.column);
        let levels = u32::try_from(self.levels.len()).unwrap_or(u32::MAX);
        let expanded = match self.open {
            Open::All => levels,
            Open::These(_) => 0,
        };
        SortOrderSet::by(groups.chain(messages.columns)).in_categories(levels, expanded)
    }

    /// Opens the groups that were asked for, with all that is in them.
    pub(in crate::command) fn expand(&self, app: &App, table: &MapiTable) -> Outcome<()> {
        let Open::These(wanted) = &self.open else {
            return Ok(());
        };
        for heading in wanted {
            let found = self.expand_one(app, table, heading);
            if !found.map_err(|e| app.failure(&e))? {
                let said = &[heading as &dyn std::fmt::Display];
                return Err(app.fail(Exit::NotFound, "no-such-group", Msg::NoSuchHeading, said));
            }
        }
        let start = table.seek_row(Bookmark::Beginning, 0);
        start.map_err(|e| app.failure(&e))?.ignore_warning();
        Ok(())
    }

    /// Opens all groups with a heading; whether there are any.
    fn expand_one(&self, app: &App, table: &MapiTable, wanted: &str) -> mapi::Result<bool> {
        let wanted = wanted.to_lowercase();
        let mut found = false;
        table.seek_row(Bookmark::Beginning, 0)?.ignore_warning();
        loop {
            let rows = table.query_rows(PAGE)?;
            if rows.is_empty() {
                return Ok(found);
            }
            let mut headings = rows
                .iter()
                .filter_map(|row| Some((row, self.heading(row)?)));
            let closed = headings.find(|(_, heading)| {
                let wants = heading.level > 0 || heading.text(app).to_lowercase() == wanted;
                found |= wants;
                wants && !heading.expanded
            });
            let Some((row, heading)) = closed else {
                continue;
            };
            let key = row.get(tags::INSTANCE_KEY).unwrap_or_default();
            let added = table.expand_row(&key, 0)?.added;
            // Messages are passed over; headings that came into view are looked at.
            if heading.level + 1 == self.levels.len() {
                let added = i64::try_from(added).unwrap_or(i64::MAX);
                table.seek_row(Bookmark::Current, added)?.ignore_warning();
            }
        }
    }

    /// The heading that a row is; `None` for a message.
    pub(super) fn heading(&self, row: &TableRow) -> Option<Heading> {
        if self.levels.is_empty() {
            return None;
        }
        let kind = row.get(tags::ROW_TYPE)?;
        if kind != EXPANDED && kind != COLLAPSED {
            return None;
        }
        let depth = usize::try_from(row.get(tags::DEPTH)?).ok()?;
        let level = self.levels.get(depth)?;
        let shown = row.value(level.column.tag).cloned();
        let key = row.get(tags::INSTANCE_KEY)?;
        Some(Heading {
            level: depth,
            column: level.name.clone(),
            value: shown.as_ref().map(mapi_props::json::value),
            key: key.iter().map(|byte| format!("{byte:02x}")).collect(),
            count: row.get(tags::CONTENT_COUNT)?,
            unread: row.get(tags::CONTENT_UNREAD)?,
            expanded: kind == EXPANDED,
            shown,
            tag: level.column.tag,
        })
    }
}

impl Level {
    fn of(app: &App, written: &str, names: &StoreNames<'_>) -> Outcome<Self> {
        let (order, name) = match written.strip_prefix('-') {
            Some(name) => (SortOrder::Descend, name),
            None => (SortOrder::Ascend, written),
        };
        let known = NAMES.iter().find(|(known, _)| *known == name);
        let tag = match known {
            Some((_, tag)) => *tag,
            None if name == "category" => {
                // While the store has not met the name, no message has a category.
                let id = names.id_of(&keywords()).unwrap_or(NO_PROPERTY);
                PropTag::new(id, PropType::MV_UNICODE)
            }
            None => app.property(name, names)?,
        };
        let named = names.name_of(tag.id()).filter(|_| tag.is_named());
        let shown = property_name(tag, named.as_ref()).unwrap_or_else(|| name.to_owned());
        // One row for each of several values.
        let tag = match tag.ty() {
            ty if ty.is_multi() => tag.with_type(PropType(ty.0 | PropType::MVI_FLAG)),
            _ => tag,
        };
        Ok(Self {
            column: SortColumn { tag, order },
            name: shown,
        })
    }
}

impl Heading {
    /// As a line above its messages.
    pub(super) fn line(&self, to: &Printer<'_>, width: Option<usize>) -> String {
        let mark = if self.expanded { '▾' } else { '▸' };
        let counts = to
            .output
            .lang
            .say(Msg::GroupCounts, &[&self.count, &self.unread]);
        let indent = "  ".repeat(self.level);
        let line = format!("{indent}{mark} {} ({counts})", self.text_in(to));
        let line = match width {
            Some(width) => text::cut(&line, width),
            None => line,
        };
        to.strong(&line)
    }

    fn text_in(&self, to: &Printer<'_>) -> String {
        let word = self.word();
        match (word, &self.shown) {
            (Some(word), _) => to.word(word).to_owned(),
            (None, shown) => super::value(to, shown.as_ref()),
        }
    }

    /// The value as people read it, for comparison.
    fn text(&self, app: &App) -> String {
        match (self.word(), &self.shown) {
            (Some(word), _) => app.output.lang.text(word).to_owned(),
            (None, Some(PropValue::Unicode(plain))) => plain.clone(),
            (None, Some(PropValue::SysTime(time))) => text::local_time(*time, app.output.zone()),
            (None, Some(value)) => mapi_props::text::value(value),
            (None, None) => String::new(),
        }
    }

    /// What stands for a value that is a number, and for none.
    fn word(&self) -> Option<Msg> {
        let number = match &self.shown {
            None => return Some(Msg::NoValue),
            Some(PropValue::Long(number)) => *number,
            Some(_) => return None,
        };
        let is = |tag: PropTag| self.tag.id() == tag.id();
        match number {
            0 if is(tags::IMPORTANCE.raw()) => Some(Msg::LowImportance),
            1 if is(tags::IMPORTANCE.raw()) => Some(Msg::NormalImportance),
            2 if is(tags::IMPORTANCE.raw()) => Some(Msg::HighImportance),
            1 if is(tags::FLAG_STATUS.raw()) => Some(Msg::FlagDone),
            2 if is(tags::FLAG_STATUS.raw()) => Some(Msg::Flagged),
            _ => None,
        }
    }
}

/// PidNameKeywords, [MS-OXCMSG] 2.2.1.17.
fn keywords() -> PropName {
    match named_by_name("PidNameKeywords") {
        Some((name, _)) => name,
        None => PropName::text(guids::PS_PUBLIC_STRINGS, "Keywords"),
    }
}
