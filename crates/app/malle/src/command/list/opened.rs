//! How a folder opens: with a view's columns, filter and order, or as always.

use malle_views::StoreNames;
use mapi::{
    Arrangement, Folder, MsgStore, PropTag, Restriction, SortColumn, SortOrder, SortOrderSet,
    SpecialFolder, tags,
};
use mapi_props::names::NameMap;

use super::super::view::{NORMAL, heading, key_of, tell_stale};
use crate::app::App;
use crate::exit::Outcome;

/// What a view asks of the list.
#[derive(Default)]
pub(super) struct Opened {
    /// Its columns with their names in JSON; none: the list's own.
    pub(super) columns: Vec<(PropTag, String)>,
    /// Their headings.
    pub(super) titles: Vec<String>,
    pub(super) restriction: Option<Restriction>,
    /// With its groups.
    pub(super) sort: SortOrderSet,
}

/// The view that is asked for, else the folder's default view.
pub(super) fn opened(
    app: &App,
    store: &MsgStore,
    (folder, path): (&Folder, &str),
    view: Option<&str>,
    names: &StoreNames<'_>,
) -> Outcome<Opened> {
    let arranged = match view {
        Some(NORMAL) => return Ok(Opened::normal(store, folder)),
        Some(name) => folder.view_named(name).and_then(|view| view.arrangement()),
        None => {
            let default = folder.default_view().map_err(|e| app.failure(&e))?;
            tell_stale(app, &default, path);
            match default.view() {
                Some(view) => view.arrangement(),
                None => return Ok(Opened::normal(store, folder)),
            }
        }
    };
    let arranged = arranged.map_err(|e| app.failure(&e))?;
    Ok(Opened::of(arranged, names))
}

impl Opened {
    /// Without a view: newest first. What was never sent or received has no time of that; of drafts the one that was changed last is.
    fn normal(store: &MsgStore, folder: &Folder) -> Self {
        let drafts = store.special_id(SpecialFolder::Drafts);
        let sort = match drafts.is_ok_and(|id| id == folder.entry_id()) {
            true => SortOrderSet::by([SortColumn::descending(tags::LAST_MODIFICATION_TIME)]),
            false => SortOrderSet::default(),
        };
        Self {
            sort,
            ..Self::default()
        }
    }

    fn of(arranged: Arrangement, names: &dyn NameMap) -> Self {
        let mut opened = Self {
            restriction: arranged.restriction,
            sort: arranged.sort,
            ..Self::default()
        };
        for column in arranged.columns {
            let name = key_of(column.tag, names);
            // JSON has each name once; a column that shows nothing here has none.
            let again = opened.columns.iter().any(|(_, known)| *known == name);
            if again || column.tag == PropTag::NULL {
                continue;
            }
            opened
                .titles
                .push(heading(&column.title, column.tag, names));
            opened.columns.push((column.tag, name));
        }
        opened
    }
}

/// An order without headings: rows of a group still stand together.
pub(super) fn flat(sort: &SortOrderSet) -> SortOrderSet {
    let plain = |key: &&mapi::SortColumn| {
        matches!(key.order, SortOrder::Ascend | SortOrder::Descend) && !key.tag.ty().is_multi()
    };
    SortOrderSet::by(sort.columns.iter().filter(plain).copied())
}

#[cfg(test)]
mod tests {
    use super::*;
    use mapi::{ShownColumn, SortColumn, tags};
    use mapi_props::names::NoNames;

    #[test]
    fn columns_have_a_name_each_and_a_heading() {
        let column = |tag: PropTag, title: &str| ShownColumn {
            tag,
            title: title.to_owned(),
            width: 100,
        };
        let sort = [
            SortColumn::ascending(tags::IMPORTANCE),
            SortColumn {
                tag: tags::MESSAGE_DELIVERY_TIME.raw(),
                order: SortOrder::CategMax,
            },
            SortColumn::descending(tags::SUBJECT),
        ];
        let opened = Opened::of(
            Arrangement {
                columns: vec![
                    column(tags::SUBJECT.raw(), "Betreff"),
                    column(PropTag::NULL, "gone"),
                    column(tags::SUBJECT.raw(), "again"),
                    column(tags::IMPORTANCE.raw(), " "),
                ],
                restriction: None,
                sort: SortOrderSet::by(sort).in_categories(1, 1),
            },
            &NoNames,
        );
        assert_eq!(opened.titles, ["Betreff", "PidTagImportance"]);
        let names: Vec<_> = opened
            .columns
            .iter()
            .map(|(_, name)| name.as_str())
            .collect();
        assert_eq!(names, ["PidTagSubject", "PidTagImportance"]);
        let flat = flat(&opened.sort);
        assert_eq!((flat.columns.len(), flat.categories), (2, 0));
    }
}
