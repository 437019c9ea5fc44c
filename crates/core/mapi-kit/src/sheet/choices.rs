//! What can be picked in lists: rows of tables, and the values of a property.
//! Reference: DTBLLBX, DTBLCOMBOBOX, DTBLDDLBX, DTBLMVLISTBOX, DTBLMVDDLBX (requirement DT-01)

use mapi_props::display_table::ControlKind;
use mapi_props::{PropTag, PropValue, tags};
use mapi_spi::{Result, SheetRow};

use super::value::text_of;
use super::{Refused, Sheet, Taken};

/// One row of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What is shown of it.
    pub text: String,
    /// Whether it is chosen.
    pub chosen: bool,
    /// What choosing it sets; `None` of a row without that column, and of lists that set nothing.
    value: Option<PropValue>,
}

impl Sheet<'_> {
    /// The rows of a list, as they are now; none for a control that is no list.
    ///
    /// # Errors
    /// Those of the table.
    pub fn choices(&mut self, number: usize) -> Result<Vec<Choice>> {
        let Some(control) = self.controls().get(number) else {
            return Ok(Vec::new());
        };
        let several = self.chosen.get(&number).cloned().unwrap_or_default();
        let now = control.kind.prop().and_then(|prop| self.held.get(&prop));
        let now = now.and_then(|held| held.now.clone());
        let (table, display, set) = match &control.kind {
            ControlKind::DropDown {
                table,
                display,
                set,
            } => (*table, *display, *set),
            ControlKind::ListBox { table, set, .. } => (*table, tags::DISPLAY_NAME.raw(), *set),
            // One column, whatever it is.
            ControlKind::ComboBox { table, .. } => (*table, PropTag::NULL, PropTag::NULL),
            ControlKind::MvListBox { .. } | ControlKind::MvDropDown { .. } => {
                return Ok(values(now.as_ref()));
            }
            _ => return Ok(Vec::new()),
        };
        let rows = self.data.rows(table)?;
        let choice = |(index, row): (usize, &SheetRow)| {
            let text = shown(row, display);
            let value = match control.kind {
                ControlKind::ComboBox { .. } => Some(PropValue::from(text.as_str())),
                _ => column(row, set).cloned(),
            };
            let chosen = several.contains(&index) || (value.is_some() && value == now);
            Choice {
                text,
                chosen,
                value,
            }
        };
        Ok(rows.iter().enumerate().map(choice).collect())
    }

    /// Picks one row of a list, from 0.
    ///
    /// # Errors
    /// [`Refused::NoRow`], [`Refused::ReadOnly`], [`Refused::OtherKind`]; those of the table.
    pub fn pick(&mut self, number: usize, row: usize) -> Taken<()> {
        self.pick_rows(number, &[row])
    }

    /// Picks rows of a list. Several can be picked only where that sets no property.
    ///
    /// # Errors
    /// Those of [`Self::pick`].
    pub fn pick_rows(&mut self, number: usize, rows: &[usize]) -> Taken<()> {
        let control = self.changeable(number)?;
        let choices = self.choices(number).map_err(Refused::Data)?;
        let label = || self.label(number);
        if let Some(row) = rows.iter().copied().find(|row| *row >= choices.len()) {
            return Err(Refused::NoRow {
                label: label(),
                row,
            });
        }
        let free = matches!(
            control.kind,
            ControlKind::ListBox {
                set: PropTag::NULL,
                ..
            }
        );
        match (control.kind.prop(), rows) {
            (None, _) if free => {
                self.chosen.insert(number, rows.to_vec());
            }
            (Some(prop), [row]) => {
                let chosen = choices.get(*row).and_then(|choice| choice.value.clone());
                let value = chosen.ok_or(Refused::NoRow {
                    label: label(),
                    row: *row,
                })?;
                self.enter(prop, value);
            }
            _ => return Err(Refused::OtherKind { label: label() }),
        }
        Ok(())
    }

    /// The rows that were picked in a list that sets no property.
    #[must_use]
    pub fn picked(&self, number: usize) -> &[usize] {
        self.chosen.get(&number).map_or(&[], Vec::as_slice)
    }
}

fn column(row: &SheetRow, tag: PropTag) -> Option<&PropValue> {
    let found = row.iter().find(|(t, _)| t.id() == tag.id());
    found.map(|(_, value)| value)
}

/// What is shown of a row: a column, or the first one.
fn shown(row: &SheetRow, display: PropTag) -> String {
    let first = || row.first().map(|(_, value)| value);
    let value = if display == PropTag::NULL {
        first()
    } else {
        column(row, display)
    };
    value.map(text_of).unwrap_or_default()
}

fn values(value: Option<&PropValue>) -> Vec<Choice> {
    let texts = match value {
        Some(PropValue::MvUnicode(texts)) => texts.clone(),
        Some(PropValue::MvString8(texts)) => {
            let text = |t: &mapi_props::AnsiString| String::from_utf8_lossy(&t.bytes).into_owned();
            texts.iter().map(text).collect()
        }
        _ => Vec::new(),
    };
    let choice = |text| Choice {
        text,
        chosen: false,
        value: None,
    };
    texts.into_iter().map(choice).collect()
}
