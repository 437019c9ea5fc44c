//! What is known of a form (IMAPIFormInfo): read-only properties, icons, verbs.
//! Reference: "IMAPIFormInfo : IMAPIProp" (requirements R-FormInfo, FM-08)

use std::sync::Arc;

use mapi_forms::{Description, Form, Icon, icon_name, standard};
use mapi_props::PropTag;
use mapi_spi::Result;

use crate::Returned;
use crate::prop::{BagSource, Prop, list, values};

/// Where a form was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FormSource {
    /// The local library.
    Local,
    /// The library of the folder.
    Folder,
    /// The personal library.
    Personal,
    /// The default set.
    Standard,
}

/// A form that a class resolved to.
#[derive(Debug, Clone)]
pub struct FormInfo {
    form: Arc<Form>,
    source: FormSource,
}

impl FormInfo {
    pub(super) const fn new(form: Arc<Form>, source: FormSource) -> Self {
        Self { form, source }
    }

    /// The form itself.
    #[must_use]
    pub fn form(&self) -> &Form {
        &self.form
    }

    /// What its configuration says: names, verbs, properties.
    #[must_use]
    pub fn description(&self) -> &Description {
        self.form.description()
    }

    /// PR_MESSAGE_CLASS: the class that the form is of, which the one asked for may inherit from.
    #[must_use]
    pub fn message_class(&self) -> &str {
        &self.description().message_class
    }

    /// The library.
    #[must_use]
    pub const fn source(&self) -> FormSource {
        self.source
    }

    /// PR_ICON: its own, else that of the nearest form of the default set, else that of `IPM`.
    #[must_use]
    pub fn icon(&self) -> &Icon {
        self.drawn(Form::icon)
    }

    /// PR_MINI_ICON, found in the same way. The upper left 16 × 16 pixels count.
    #[must_use]
    pub fn mini_icon(&self) -> &Icon {
        self.drawn(Form::mini_icon)
    }

    /// The name of the icon, for front ends that have icons of their own: that of the nearest class of the default set
    /// ([`mapi_forms::icon_name`]).
    #[must_use]
    pub fn icon_name(&self) -> &'static str {
        icon_name(self.message_class())
    }

    fn drawn(&self, icon: fn(&Form) -> Option<&Icon>) -> &Icon {
        let nearest = || standard::nearest(self.message_class()).and_then(|form| icon(form));
        let found = icon(&self.form).or_else(nearest);
        let last = || standard::forms().first().and_then(|form| icon(form));
        found
            .or_else(last)
            .expect("every form of the set has icons")
    }

    /// Properties of the form (GetProps); PR_ICON and PR_MINI_ICON are there only if the form has its own.
    ///
    /// # Errors
    /// `MAPI_E_INVALID_PARAMETER` without tags.
    pub fn get_props(&self, tags: &[PropTag]) -> Result<Returned<Vec<Prop>>> {
        values(&self.source_of_props(), tags)
    }

    /// Tags of its properties.
    #[must_use]
    pub fn prop_list(&self) -> Vec<PropTag> {
        list(&self.source_of_props())
    }

    fn source_of_props(&self) -> BagSource {
        BagSource(self.form.props())
    }
}
