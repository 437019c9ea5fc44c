//! What CopyTo and CopyProps of all objects have in common. Reference: "IMAPIProp::CopyTo", "IMAPIProp::CopyProps"

use mapi_kit::export::{ExportFrom, export};
use mapi_kit::import::{ImportTo, convert};
use mapi_props::{Code, PropTag, StoredMessage};
use mapi_spi::{Error, ItemId, Result, Staged};

use crate::context::Context;

/// An interface that a copy may be made through, to be excluded from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Interface {
    /// IID_IUnknown, which all others derive from.
    Unknown,
    /// IID_IMAPIProp: properties.
    MapiProp,
    /// IID_IMAPIContainer: what is in a folder.
    MapiContainer,
    /// IID_IMAPIFolder.
    MapiFolder,
    /// IID_IMessage: recipients and attachments.
    Message,
    /// IID_IAttachment: an embedded message.
    Attachment,
}

impl Interface {
    /// The one that this derives from.
    const fn base(self) -> Option<Self> {
        match self {
            Self::Unknown => None,
            Self::MapiProp => Some(Self::Unknown),
            Self::MapiContainer | Self::Message | Self::Attachment => Some(Self::MapiProp),
            Self::MapiFolder => Some(Self::MapiContainer),
        }
    }

    /// Whether it or one that it derives from is excluded.
    fn is_excluded(self, by: &[Self]) -> bool {
        by.contains(&self) || self.base().is_some_and(|base| base.is_excluded(by))
    }
}

/// Which properties are copied.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Which<'a> {
    AllBut(&'a [PropTag]),
    /// All but these, and nothing that is in the object.
    PropertiesBut(&'a [PropTag]),
    Only(&'a [PropTag]),
}

impl<'a> Which<'a> {
    /// CopyTo of an object of this interface.
    ///
    /// # Errors
    /// `MAPI_E_INVALID_PARAMETER` for a list of exclusions without tags; `MAPI_E_INTERFACE_NOT_SUPPORTED` when no
    /// interface is left.
    pub(crate) fn all_but(
        exclude: Option<&'a [PropTag]>,
        own: Interface,
        excluded: &[Interface],
    ) -> Result<Self> {
        if exclude.is_some_and(<[_]>::is_empty) {
            return Err(Error::new(
                Code::INVALID_PARAMETER,
                "the list of exclusions is empty",
            ));
        }
        let exclude = exclude.unwrap_or_default();
        if Interface::MapiProp.is_excluded(excluded) {
            return Err(Error::new(
                Code::INTERFACE_NOT_SUPPORTED,
                "no interface is left to copy through",
            ));
        }
        Ok(if own.is_excluded(excluded) {
            Self::PropertiesBut(exclude)
        } else {
            Self::AllBut(exclude)
        })
    }

    /// CopyProps.
    ///
    /// # Errors
    /// `MAPI_E_INVALID_PARAMETER` for a list without tags or with PR_NULL in it.
    pub(crate) fn only(include: &'a [PropTag]) -> Result<Self> {
        if include.is_empty() || include.contains(&PropTag::NULL) {
            return Err(Error::new(
                Code::INVALID_PARAMETER,
                "the list of properties is empty or has PR_NULL",
            ));
        }
        Ok(Self::Only(include))
    }

    /// Types do not matter.
    pub(crate) fn takes(self, id: u16) -> bool {
        let named = |tags: &[PropTag]| tags.iter().any(|t| t.id() == id);
        match self {
            Self::AllBut(tags) | Self::PropertiesBut(tags) => !named(tags),
            Self::Only(tags) => named(tags),
        }
    }

    /// Whether what is in the object under this identifier is copied: a table, or an embedded message.
    pub(crate) fn takes_object(self, id: u16) -> bool {
        !matches!(self, Self::PropertiesBut(_)) && self.takes(id)
    }
}

/// The content of an object under the identifiers of `to`'s store; values lie inline or are staged there. `from`: its
/// store, the item that its stored values belong to, and what is staged of them.
pub(crate) fn convert_props(
    from: (&Context, Option<ItemId>, &[Staged]),
    to: &Context,
    body: &StoredMessage,
) -> Result<(StoredMessage, Vec<Staged>)> {
    let (context, item, staged) = from;
    context.spi()?;
    let opened = &context.opened;
    let source = ExportFrom {
        store: &opened.store,
        names: &opened.names,
        item,
        staged,
        call: &context.call,
    };
    let tree = export(source, body)?;
    let target = ImportTo {
        store: to.spi()?,
        names: &to.opened.names,
        support: to.opened.place.support.as_ref(),
        folder: ItemId(0),
        associated: false,
    };
    convert(target, tree, &to.call)
}
