//! Recipient rows: their three ways of being changed, and the display lists made from them.
//! Reference: "IMessage::ModifyRecipients", "Recipient Tables" (requirement OUT-02)

use mapi_props::{Bag, Code, PropTag, PropValue, Slot, recipient_type, tags};
use mapi_spi::{Error, Result};

/// One recipient of an open message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipientRow {
    /// PR_ROWID: valid while the message is open, never stored.
    pub row_id: i32,
    /// Its properties without PR_ROWID.
    pub props: Bag,
}

/// What [`modify`] does with the rows it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ModifyMode {
    /// Flags 0: they replace the whole list.
    Replace,
    /// MODRECIP_ADD: they are appended.
    Add,
    /// MODRECIP_MODIFY: each replaces the row of its PR_ROWID entirely.
    Modify,
    /// MODRECIP_REMOVE: the rows of these PR_ROWIDs go.
    Remove,
}

/// Changes a recipient list. Empty rows are skipped; PT_ERROR values are skipped; PR_ROWID is ignored when replacing
/// or adding. Nothing changes on error.
///
/// # Errors
/// `MAPI_E_INVALID_PARAMETER`: a PT_NULL value, no PR_ROWID where one is needed, or a PR_RECIPIENT_TYPE that is none;
/// `MAPI_E_NOT_FOUND`: no row has that PR_ROWID.
pub fn modify(
    rows: &mut Vec<RecipientRow>,
    next_row: &mut i32,
    mode: ModifyMode,
    changes: &[Vec<(PropTag, PropValue)>],
) -> Result<()> {
    let parsed = changes
        .iter()
        .filter(|c| !c.is_empty())
        .map(|c| parse(c))
        .collect::<Result<Vec<_>>>()?;
    let mut result = if mode == ModifyMode::Replace {
        Vec::new()
    } else {
        rows.clone()
    };
    for (row_id, props) in parsed {
        match mode {
            ModifyMode::Replace | ModifyMode::Add => {
                result.push(RecipientRow {
                    row_id: *next_row,
                    props,
                });
                *next_row += 1;
            }
            ModifyMode::Modify => find(&mut result, row_id)?.props = props,
            ModifyMode::Remove => {
                let row_id = find(&mut result, row_id)?.row_id;
                result.retain(|r| r.row_id != row_id);
            }
        }
    }
    *rows = result;
    Ok(())
}

fn parse(values: &[(PropTag, PropValue)]) -> Result<(Option<i32>, Bag)> {
    let mut row_id = None;
    let mut bag = Bag::new();
    for (tag, value) in values {
        match value {
            PropValue::Null => {
                return Err(Error::new(
                    Code::INVALID_PARAMETER,
                    format!("recipient property {tag} has no value"),
                ));
            }
            PropValue::Error(_) => {}
            PropValue::Long(id) if tag.id() == tags::ROWID.id() => row_id = Some(*id),
            value => {
                bag.insert(tag.id(), Slot::Value(value.clone()));
            }
        }
    }
    if let Some(kind) = bag.value(tags::RECIPIENT_TYPE) {
        check_type(kind)?;
    }
    Ok((row_id, bag))
}

fn check_type(kind: &PropValue) -> Result<()> {
    use recipient_type::{BCC, CC, ORIG, P1, TO};
    match kind.as_long().map(|k| k & !recipient_type::SUBMITTED) {
        Some(ORIG | TO | CC | BCC | P1) => Ok(()),
        _ => Err(Error::new(
            Code::INVALID_PARAMETER,
            "PR_RECIPIENT_TYPE is none of To, Cc, Bcc, P1",
        )),
    }
}

fn find(rows: &mut [RecipientRow], row_id: Option<i32>) -> Result<&mut RecipientRow> {
    let row_id = row_id.ok_or_else(|| {
        Error::new(
            Code::INVALID_PARAMETER,
            "a recipient row comes without PR_ROWID",
        )
    })?;
    rows.iter_mut().find(|r| r.row_id == row_id).ok_or_else(|| {
        Error::new(
            Code::NOT_FOUND,
            format!("no recipient has PR_ROWID {row_id}"),
        )
    })
}

/// PR_DISPLAY_TO, _CC or _BCC: names of the recipients of this type, joined by `; `; empty when there is none.
#[must_use]
pub fn display_list<'a>(recipients: impl IntoIterator<Item = &'a Bag>, kind: i32) -> String {
    let mut list = String::new();
    for bag in recipients {
        if bag
            .value(tags::RECIPIENT_TYPE)
            .and_then(PropValue::as_long)
            .map(|k| k & !recipient_type::SUBMITTED)
            != Some(kind)
        {
            continue;
        }
        let name = bag
            .text(tags::DISPLAY_NAME)
            .filter(|n| !n.is_empty())
            .or_else(|| bag.text(tags::EMAIL_ADDRESS));
        let Some(name) = name else { continue };
        if !list.is_empty() {
            list.push_str("; ");
        }
        list.push_str(name);
    }
    list
}

/// PR_SEARCH_KEY of an address: upper-case `TYPE:ADDRESS` and a NUL.
#[must_use]
pub fn address_search_key(addrtype: &str, address: &str) -> Vec<u8> {
    let mut key = format!("{addrtype}:{address}").to_uppercase().into_bytes();
    key.push(0);
    key
}

#[cfg(test)]
mod tests {
    use super::{ModifyMode, RecipientRow, address_search_key, display_list, modify};
    use mapi_props::{Code, PropTag, PropValue, recipient_type, tags};

    fn row(name: &str, kind: i32) -> Vec<(PropTag, PropValue)> {
        vec![
            (tags::DISPLAY_NAME.raw(), name.into()),
            (tags::RECIPIENT_TYPE.raw(), kind.into()),
        ]
    }

    fn three() -> (Vec<RecipientRow>, i32) {
        let (mut rows, mut next) = (Vec::new(), 0);
        let new = [
            row("Ann", recipient_type::TO),
            row("Bob", recipient_type::TO),
            row("Cy", recipient_type::CC),
        ];
        modify(&mut rows, &mut next, ModifyMode::Replace, &new).unwrap();
        (rows, next)
    }

    #[test]
    fn lists_name_each_type_in_order() {
        let (rows, _) = three();
        let bags = || rows.iter().map(|r| &r.props);
        assert_eq!(display_list(bags(), recipient_type::TO), "Ann; Bob");
        assert_eq!(display_list(bags(), recipient_type::CC), "Cy");
        assert_eq!(display_list(bags(), recipient_type::BCC), "");
    }

    #[test]
    fn rows_keep_their_numbers_and_errors_change_nothing() {
        let (mut rows, mut next) = three();
        let mut change = row("Rob", recipient_type::TO);
        change.push((tags::ROWID.raw(), 1.into()));
        modify(&mut rows, &mut next, ModifyMode::Modify, &[change.clone()]).unwrap();
        assert_eq!(rows[1].props.text(tags::DISPLAY_NAME), Some("Rob"));
        modify(&mut rows, &mut next, ModifyMode::Remove, &[change.clone()]).unwrap();
        modify(
            &mut rows,
            &mut next,
            ModifyMode::Add,
            &[row("Di", recipient_type::BCC), vec![]],
        )
        .unwrap();
        assert_eq!(rows.iter().map(|r| r.row_id).collect::<Vec<_>>(), [0, 2, 3]);
        let before = rows.clone();
        let mut fails = |mode, change: Vec<(PropTag, PropValue)>, code| {
            let error = modify(&mut rows, &mut next, mode, &[row("E", 1), change]).unwrap_err();
            assert_eq!(error.code(), code);
            assert_eq!(rows, before);
        };
        fails(
            ModifyMode::Add,
            vec![(tags::COMMENT.raw(), PropValue::Null)],
            Code::INVALID_PARAMETER,
        );
        fails(ModifyMode::Add, row("F", 9), Code::INVALID_PARAMETER);
        fails(ModifyMode::Remove, row("Ann", 1), Code::INVALID_PARAMETER);
    }

    #[test]
    fn search_keys_are_upper_case_and_end_with_nul() {
        assert_eq!(
            address_search_key("smtp", "a@B.example"),
            b"SMTP:A@B.EXAMPLE\0"
        );
    }
}
