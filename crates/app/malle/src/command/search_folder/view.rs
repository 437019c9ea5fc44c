//! What is shown of search folders.

use std::io;

use malle_views::StoreNames;
use mapi::{Folder, MsgStore, SearchCriteria, SearchState};
use mapi_props::names::NameMap;
use mapi_props::{Code, json, text as restriction_text};
use serde::Serialize;
use serde_json::Value;

use crate::messages::Msg;
use crate::output::{Printer, Shown};
use crate::text::{self, Column, Table};

/// `{"id","path","query","state","messages","unread"}`.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    /// Null where it would only be made.
    pub(super) id: Option<String>,
    pub(super) path: String,
    /// Null where other programs have set the criteria.
    pub(super) query: Option<String>,
    pub(super) state: State,
    pub(super) messages: u64,
    pub(super) unread: u64,
}

/// What a search folder is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum State {
    /// Nobody has said what it looks for.
    Unset,
    /// It follows the store.
    Running,
    /// It is being filled, or that was interrupted.
    Filling,
    /// It stays as it was when it was stopped.
    Stopped,
    /// It stays as it was when it was filled.
    Finished,
}

impl State {
    fn of(state: SearchState) -> Self {
        let is = |bit| state.contains(bit);
        match (is(SearchState::RUNNING), is(SearchState::COMPLETE)) {
            (true, _) if is(SearchState::REBUILD) => Self::Filling,
            (true, _) => Self::Running,
            (false, true) if is(SearchState::STATIC) => Self::Finished,
            (false, _) => Self::Stopped,
        }
    }

    const fn msg(self) -> Msg {
        match self {
            Self::Unset => Msg::SearchUnset,
            Self::Running => Msg::SearchRunning,
            Self::Filling => Msg::SearchFilling,
            Self::Stopped => Msg::SearchStopped,
            Self::Finished => Msg::SearchFinished,
        }
    }
}

/// Criteria; `None` before anybody has set them.
pub(super) fn criteria(folder: &Folder) -> mapi::Result<Option<SearchCriteria>> {
    match folder.search_criteria() {
        Ok(criteria) => Ok(Some(criteria)),
        Err(e) if e.code() == Code::NOT_INITIALIZED => Ok(None),
        Err(e) => Err(e),
    }
}

impl Line {
    pub(super) fn of(store: &MsgStore, folder: &Folder) -> mapi::Result<Self> {
        let criteria = criteria(folder)?;
        let counts = folder.counts()?;
        Ok(Self {
            id: Some(folder.short_id().to_string()),
            path: store.path_of(&folder.entry_id())?,
            query: folder.search_query()?.map(|query| query.to_string()),
            state: criteria.map_or(State::Unset, |c| State::of(c.state)),
            messages: counts.contents,
            unread: counts.unread,
        })
    }
}

#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Lines(pub(super) Vec<Line>);

impl Shown for Lines {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        let mut table = Table::new([
            Column::left(to.word(Msg::ColId)),
            Column::left(to.word(Msg::ColName)),
            Column::right(to.word(Msg::ColMessages)),
            Column::right(to.word(Msg::ColUnread)),
            Column::left(to.word(Msg::ColState)),
            Column::left(to.word(Msg::ColQuery)).elastic(),
        ]);
        for line in &self.0 {
            table.row([
                line.id.clone().unwrap_or_default(),
                text::clean(&line.path).into_owned(),
                line.messages.to_string(),
                line.unread.to_string(),
                to.word(line.state.msg()).to_owned(),
                text::clean(line.query.as_deref().unwrap_or("-")).into_owned(),
            ]);
        }
        let width = to.width();
        table.write(to, width)
    }
}

/// All that is known of a search folder.
#[derive(Debug, Serialize)]
pub(super) struct Whole {
    #[serde(flatten)]
    line: Line,
    /// The paths of the folders searched.
    folders: Vec<String>,
    subfolders: bool,
    #[serde(rename = "static")]
    fixed: bool,
    complete: bool,
    restriction: Option<Value>,
    restriction_text: Option<String>,
}

impl Whole {
    pub(super) fn of(store: &MsgStore, folder: &Folder) -> mapi::Result<Self> {
        let line = Line::of(store, folder)?;
        let criteria = criteria(folder)?;
        let names = StoreNames::of(store);
        let is = |bit| criteria.as_ref().is_some_and(|c| c.state.contains(bit));
        let restriction = criteria.as_ref().map(|c| &c.restriction);
        Ok(Self {
            line,
            subfolders: is(SearchState::RECURSIVE),
            fixed: is(SearchState::STATIC),
            complete: is(SearchState::COMPLETE),
            restriction: restriction.map(|r| json::restriction(r, &names as &dyn NameMap)),
            restriction_text: restriction.map(|r| restriction_text::restriction(r, &names)),
            folders: match &criteria {
                Some(criteria) => super::paths(store, &criteria.folders)?,
                None => Vec::new(),
            },
        })
    }
}

impl Shown for Whole {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        let line = &self.line;
        let folders: Vec<&str> = (self.folders.iter())
            .map(|path| match path.as_str() {
                "" => to.word(Msg::AllFolders),
                path => path,
            })
            .collect();
        let query = match (&line.query, &self.restriction) {
            (Some(query), _) => query.as_str(),
            (None, Some(_)) => to.word(Msg::NotOfAQuery),
            (None, None) => "-",
        };
        let below = if self.subfolders {
            Msg::WithSubfolders
        } else {
            Msg::WithoutSubfolders
        };
        let count = format!("{} ({})", line.messages, line.unread);
        let all = [
            (
                Msg::FolderField,
                format!("{} {}", line.path, line.id.as_deref().unwrap_or_default()),
            ),
            (Msg::QueryField, query.to_owned()),
            (
                Msg::RestrictionField,
                self.restriction_text.clone().unwrap_or_default(),
            ),
            (
                Msg::SearchedField,
                format!("{} ({})", folders.join(", "), to.word(below)),
            ),
            (Msg::StateField, to.word(line.state.msg()).to_owned()),
            (Msg::MessagesUnreadField, count),
        ];
        for (label, said) in all {
            let heading = to.heading(label);
            to.line(format!("{heading} {}", text::clean(&said)))?;
        }
        Ok(())
    }
}

/// What became of a search folder: `{"action", …, "dry_run"?}`.
#[derive(Debug, Serialize)]
pub(super) struct Done {
    pub(super) action: &'static str,
    #[serde(flatten)]
    pub(super) line: Line,
    #[serde(skip)]
    pub(super) said: Option<(Msg, Vec<String>)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dry_run: Option<bool>,
}

impl Shown for Done {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        if self.dry_run.is_some() {
            return to.say(Msg::DryRun, &[]);
        }
        let Some((msg, parts)) = &self.said else {
            return Ok(());
        };
        let parts: Vec<&dyn std::fmt::Display> = parts
            .iter()
            .map(|part| part as &dyn std::fmt::Display)
            .collect();
        to.say(*msg, &parts)
    }
}
