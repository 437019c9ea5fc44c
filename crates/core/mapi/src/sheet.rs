//! Sheets over the properties of objects: display tables that are live, and what shows them.
//! Reference: "Display Tables", "BuildDisplayTable", "About Display Table Notifications", "IMAPIControl" (requirements DT-01, DT-02)

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use mapi_props::display_table::{ControlDefect, ControlId, ControlRow, DisplayTable};
use mapi_props::{Code, PropTag, PropValue, tags};
use mapi_spi::{Call, Error, Result, SheetData, SheetRequest, SheetRow, UiHost};

use crate::{Listener, Mapi, MapiProp, Notification, Prop, Table, TableData, TableEvent, TableRow};

/// Columns of a display table.
const COLUMNS: [PropTag; 8] = [
    tags::XPOS.raw(),
    tags::YPOS.raw(),
    tags::DELTAX.raw(),
    tags::DELTAY.raw(),
    tags::CONTROL_TYPE.raw(),
    tags::CONTROL_FLAGS.raw(),
    tags::CONTROL_STRUCTURE.raw(),
    tags::CONTROL_ID.raw(),
];

/// The most rows of a table that a control shows, and of a display table.
const MOST_ROWS: u64 = 10_000;

/// What a button of a sheet is for (IMAPIControl).
pub trait SheetControl: Send + Sync {
    /// GetState: whether it can be pressed.
    ///
    /// # Errors
    /// Those of the object.
    fn enabled(&self) -> Result<bool>;

    /// Activate.
    ///
    /// # Errors
    /// `MAPI_E_USER_CANCEL`, of which nobody needs to be told; all others are shown.
    fn activate(&self, ui: &dyn UiHost, call: &Call) -> Result<()>;
}

/// An object with the tables and the control objects that its display table names.
pub struct SheetObject<'a> {
    object: &'a dyn MapiProp,
    tables: BTreeMap<u16, Table>,
    controls: BTreeMap<u16, Arc<dyn SheetControl>>,
    listener: Option<Listener>,
}

impl fmt::Debug for SheetObject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SheetObject").finish_non_exhaustive()
    }
}

impl<'a> SheetObject<'a> {
    /// Without tables and control objects.
    #[must_use]
    pub fn new(object: &'a dyn MapiProp) -> Self {
        Self {
            object,
            tables: BTreeMap::new(),
            controls: BTreeMap::new(),
            listener: None,
        }
    }

    /// The same with a table that controls show, under its tag (PT_OBJECT).
    #[must_use]
    pub fn table(mut self, tag: impl Into<PropTag>, table: Table) -> Self {
        self.tables.insert(tag.into().id(), table);
        self
    }

    /// The same with the control object of a button, under its tag (PT_OBJECT).
    #[must_use]
    pub fn control(mut self, tag: impl Into<PropTag>, control: Arc<dyn SheetControl>) -> Self {
        self.controls.insert(tag.into().id(), control);
        self
    }

    /// Shows the sheet that a display table describes. While it is shown, its rows that are said to be modified have their
    /// controls read again, of a table that tells of changes. Returns what is wrong with the table, and is shown all the same.
    ///
    /// # Errors
    /// Those of [`UiHost::sheet`], of the table and of the object. `MAPI_E_CORRUPT_DATA` for a table without a single row that
    /// describes a control.
    pub fn show(
        mut self,
        ui: &dyn UiHost,
        title: &str,
        table: &Table,
        call: &Call,
    ) -> Result<Vec<ControlDefect>> {
        // Heard from before the first row is read, so that nothing falls in between.
        self.listener = table.listen().ok();
        let (controls, defects) = read_display_table(table)?;
        if controls.controls.is_empty() {
            let detail = format!("{title}: no row of its display table describes a control");
            return Err(Error::new(Code::CORRUPT_DATA, detail));
        }
        let pane = self.get(&[tags::INITIAL_DETAILS_PANE.raw()])?;
        let pane = pane.into_iter().flatten().next();
        let pane = pane.and_then(|value| value.as_long());
        let request = SheetRequest {
            title,
            table: &controls,
            read_only: false,
            first_page: pane.and_then(|n| usize::try_from(n).ok()).unwrap_or(0),
        };
        ui.sheet(&request, &mut self, call)?;
        Ok(defects)
    }
}

impl SheetData for SheetObject<'_> {
    fn get(&mut self, tags: &[PropTag]) -> Result<Vec<Option<PropValue>>> {
        let props = self.object.get_props(tags)?.ignore_warning();
        let value = |value: PropValue| match value {
            PropValue::Error(_) | PropValue::Null => None,
            value => Some(value),
        };
        Ok(props.into_iter().map(|prop| value(prop.value)).collect())
    }

    fn set(&mut self, values: &[(PropTag, PropValue)]) -> Result<()> {
        let problems = self.object.set_props(values)?;
        problems.first().map_or(Ok(()), |problem| {
            let detail = format!("{} was not set", problem.tag);
            Err(Error::new(problem.code, detail))
        })
    }

    fn rows(&mut self, table: PropTag) -> Result<Vec<SheetRow>> {
        let unknown = || Error::new(Code::NOT_FOUND, format!("{table}: there is no such table"));
        let table = self.tables.get(&table.id()).ok_or_else(unknown)?;
        rows_of(table)
    }

    fn enabled(&mut self, control: PropTag) -> Result<bool> {
        self.control_object(control)?.enabled()
    }

    fn activate(&mut self, control: PropTag, ui: &dyn UiHost, call: &Call) -> Result<()> {
        self.control_object(control)?.activate(ui, call)
    }

    fn changed(&mut self) -> Vec<ControlId> {
        let mut changed = Vec::new();
        while let Some(Ok(Some(Notification::Table(told)))) =
            self.listener.as_ref().map(Listener::try_next)
        {
            let row = told.row.filter(|_| told.event == TableEvent::RowModified);
            changed.extend(row.and_then(|row| row.get(tags::CONTROL_ID)).map(ControlId));
        }
        changed
    }
}

impl SheetObject<'_> {
    fn control_object(&self, tag: PropTag) -> Result<&Arc<dyn SheetControl>> {
        let unknown = || Error::new(Code::NOT_FOUND, format!("{tag}: there is no such control"));
        self.controls.get(&tag.id()).ok_or_else(unknown)
    }
}

/// Makes a table of controls (BuildDisplayTable). Rows are told apart by PR_CONTROL_ID: [`TableData::notify`] with it has a
/// control read again, and rows can be changed while views are open.
///
/// # Errors
/// `MAPI_E_INVALID_PARAMETER` for controls that share an id or have none; `MAPI_E_NOT_INITIALIZED`.
pub fn build_display_table(mapi: &Mapi, table: &DisplayTable) -> Result<TableData> {
    let data = mapi.create_table(tags::CONTROL_ID, COLUMNS)?;
    for row in table.rows() {
        data.insert_row(usize::MAX, &row)?;
    }
    Ok(data)
}

/// What the rows of a display table describe, and what is wrong with them.
///
/// # Errors
/// Those of the table.
pub fn read_display_table(table: &Table) -> Result<(DisplayTable, Vec<ControlDefect>)> {
    table.set_columns(COLUMNS)?;
    let rows: Vec<ControlRow> = rows_of(table)?;
    Ok(DisplayTable::read(&rows))
}

fn rows_of(table: &Table) -> Result<Vec<SheetRow>> {
    let rows = table.query_all_rows(MOST_ROWS)?;
    let pair = |cell: &Prop| (cell.tag, cell.value.clone());
    let pairs = |row: TableRow| row.cells().iter().map(pair).collect();
    Ok(rows.into_iter().map(pairs).collect())
}
