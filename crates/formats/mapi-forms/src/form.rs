//! A form: its configuration and its icons.

use mapi_props::{Bag, PropValue, tags};

use crate::{Configuration, ConfigurationError, Description, Icon, IconError, Note};

/// A form that can stand in a library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    configuration: Configuration,
    description: Description,
    icon: Option<Icon>,
    mini_icon: Option<Icon>,
}

/// Why there is no form.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FormError {
    /// Its configuration file.
    #[error(transparent)]
    Configuration(#[from] ConfigurationError),
    /// One of its icons.
    #[error("{key}={path}: {source}")]
    Icon {
        /// The key that names it.
        key: &'static str,
        /// The path given.
        path: String,
        /// What is wrong with it.
        source: IconError,
    },
    /// An icon whose path leads out of the folder of the configuration file.
    #[error("{key}={path}: the path is not below the folder of the configuration file")]
    Path {
        /// The key that names it.
        key: &'static str,
        /// The path given.
        path: String,
    },
    /// A file that cannot be read.
    #[error("{key}={path}: {source}")]
    File {
        /// The key that names it.
        key: &'static str,
        /// The path given.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
}

impl Form {
    /// The form of a configuration file, with the icons that it names. `open` gives the bytes of a file by its path
    /// relative to the configuration file, its parts separated by `/`; it is asked for nothing outside that folder.
    ///
    /// # Errors
    /// [`FormError`].
    pub fn install(
        bytes: &[u8],
        open: &mut dyn FnMut(&str) -> std::io::Result<Vec<u8>>,
    ) -> Result<(Self, Vec<Note>), FormError> {
        let (configuration, notes) = Configuration::read(bytes)?;
        let mut form = Self::new(configuration, None, None)?;
        let (small, large) = (&form.description.small_icon, &form.description.large_icon);
        let (small, large) = (
            icon("SmallIcon", small, open)?,
            icon("LargeIcon", large, open)?,
        );
        (form.mini_icon, form.icon) = (small, large);
        Ok((form, notes))
    }

    /// The form of a configuration, as libraries keep it.
    ///
    /// # Errors
    /// Those of [`Description::of`].
    pub fn new(
        configuration: Configuration,
        icon: Option<Icon>,
        mini_icon: Option<Icon>,
    ) -> Result<Self, ConfigurationError> {
        Ok(Self {
            description: Description::of(&configuration)?,
            configuration,
            icon,
            mini_icon,
        })
    }

    /// A form of the default set: without a server of its own.
    pub(crate) fn standard(class: &str, name: &str, (icon, mini): (Icon, Icon)) -> Self {
        let mut configuration = Configuration::default();
        configuration.set("Description", "MessageClass", class);
        configuration.set("Description", "DisplayName", name);
        let description = Description::with(&configuration, class, None, name);
        Self {
            description: description.expect("the set gives nothing that could be wrong"),
            configuration,
            icon: Some(icon),
            mini_icon: Some(mini),
        }
    }

    /// What its configuration says.
    #[must_use]
    pub const fn description(&self) -> &Description {
        &self.description
    }

    /// Its configuration, with all that is not understood.
    #[must_use]
    pub const fn configuration(&self) -> &Configuration {
        &self.configuration
    }

    /// PR_ICON.
    #[must_use]
    pub const fn icon(&self) -> Option<&Icon> {
        self.icon.as_ref()
    }

    /// PR_MINI_ICON: the upper left 16 × 16 pixels count.
    #[must_use]
    pub const fn mini_icon(&self) -> Option<&Icon> {
        self.mini_icon.as_ref()
    }

    /// Whether it is the form of this very class.
    #[must_use]
    pub fn is_of(&self, class: &str) -> bool {
        self.description.message_class.eq_ignore_ascii_case(class)
    }

    /// This form with the platforms of another one that it does not know, and nothing else of it; `None` if it knows all
    /// (InstallForm without MAPIFORM_INSTALL_OVERWRITEONCONFLICT).
    #[must_use]
    pub fn with_platforms_of(&self, other: &Self) -> Option<Self> {
        let mut merged = self.clone();
        if !merged.configuration.add_platforms(&other.configuration) {
            return None;
        }
        let of = &self.description;
        let (class, name) = (&of.message_class, &of.display_name);
        merged.description =
            Description::with(&merged.configuration, class, of.class_id, name).ok()?;
        Some(merged)
    }

    /// The properties of a form information object (requirement R-FormInfo).
    #[must_use]
    pub fn props(&self) -> Bag {
        let of = &self.description;
        let mut props = Bag::default();
        props.set(tags::MESSAGE_CLASS, of.message_class.as_str());
        props.set(tags::FORM_HIDDEN, of.hidden);
        props.set(tags::FORM_MESSAGE_BEHAVIOR, i32::from(of.compose_in_folder));
        for (tag, text) in [
            (tags::DISPLAY_NAME, &of.display_name),
            (tags::COMMENT, &of.comment),
            (tags::FORM_VERSION, &of.version),
            (tags::FORM_CONTACT_NAME, &of.owner),
            (tags::FORM_CATEGORY, &of.category),
            (tags::FORM_CATEGORY_SUB, &of.subcategory),
            (tags::FORM_DESIGNER_NAME, &of.designer),
            (tags::MAPIFORM_COMPOSECOMMAND, &of.compose_command),
        ] {
            if !text.is_empty() {
                props.set(tag, text.as_str());
            }
        }
        if let Some(id) = of.class_id {
            props.set(tags::FORM_CLSID, id);
        }
        if let Some(id) = of.designer_id {
            props.set(tags::FORM_DESIGNER_GUID, id);
        }
        if !of.host_map.is_empty() {
            let hosts = PropValue::MvLong(of.host_map.clone());
            props.set(tags::FORM_HOST_MAP, hosts);
        }
        for (tag, icon) in [(tags::ICON, &self.icon), (tags::MINI_ICON, &self.mini_icon)] {
            if let Some(icon) = icon {
                props.set(tag, icon.as_bytes());
            }
        }
        props
    }
}

fn icon(
    key: &'static str,
    written: &str,
    open: &mut dyn FnMut(&str) -> std::io::Result<Vec<u8>>,
) -> Result<Option<Icon>, FormError> {
    if written.is_empty() {
        return Ok(None);
    }
    let path = || written.to_owned();
    let relative = relative(written).ok_or_else(|| FormError::Path { key, path: path() })?;
    let bytes = open(&relative).map_err(|source| FormError::File {
        key,
        path: path(),
        source,
    })?;
    let icon = Icon::new(bytes).map_err(|source| FormError::Icon {
        key,
        path: path(),
        source,
    })?;
    Ok(Some(icon))
}

/// A path as files write it (`\` separates too), if it stays below where it starts.
fn relative(path: &str) -> Option<String> {
    let path = path.replace('\\', "/");
    let inside =
        |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains([':', '\0']);
    path.split('/').all(inside).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CFG: &str = "[Description]\nMessageClass=IPM.Foo\nClsid={00020D35-0000-0000-C000-000000000046}\nDisplayName=Foo\nOddKey=kept\n";

    fn install(more: &str) -> Result<Form, FormError> {
        let icon = crate::standard::forms()[0]
            .icon()
            .unwrap()
            .as_bytes()
            .to_vec();
        let text = CFG.to_owned() + more;
        let mut open = |path: &str| match path {
            "art/foo.ico" => Ok(icon.clone()),
            "bad.ico" => Ok(b"MZ".to_vec()),
            _ => Err(std::io::ErrorKind::NotFound.into()),
        };
        Form::install(text.as_bytes(), &mut open).map(|(form, _)| form)
    }

    #[test]
    fn icons_come_from_below_the_file_only() {
        let form = install("LargeIcon=art\\foo.ico\n").unwrap();
        assert!(form.icon().is_some() && form.mini_icon().is_none());
        let refused = |path: &str| {
            install(&format!("SmallIcon={path}\n"))
                .unwrap_err()
                .to_string()
        };
        for path in [
            "/etc/x.ico",
            "..\\x.ico",
            "a/../../x.ico",
            "C:\\x.ico",
            "\\\\host\\x.ico",
        ] {
            let why = format!(
                "SmallIcon={path}: the path is not below the folder of the configuration file"
            );
            assert_eq!(refused(path), why);
        }
        assert_eq!(
            refused("bad.ico"),
            "SmallIcon=bad.ico: that is no .ico file"
        );
        assert!(refused("none.ico").starts_with("SmallIcon=none.ico: "));
    }

    #[test]
    fn a_form_is_its_configuration() {
        let form = install("LargeIcon=art/foo.ico\n").unwrap();
        let written = form.configuration().to_string();
        assert!(written.contains("OddKey=kept"));
        let (again, _) = Configuration::read(written.as_bytes()).unwrap();
        let again = Form::new(again, form.icon().cloned(), None).unwrap();
        assert_eq!(
            (again.description(), again.props()),
            (form.description(), form.props())
        );
        assert_eq!(
            form.props().text(tags::MAPIFORM_COMPOSECOMMAND),
            Some("Foo")
        );
    }

    #[test]
    fn merging_takes_new_platforms_alone() {
        let old = install("").unwrap();
        let new = install(
            "Comment=new\n[Platforms]\nPlatform1=A\n[Platform.A]\nCPU=x64\nOSVersion=WinNT6.0\n",
        )
        .unwrap();
        let merged = old.with_platforms_of(&new).unwrap();
        assert_eq!(merged.description().host_map, [6 << 16 | 7]);
        assert_eq!(merged.description().comment, "");
        assert!(merged.with_platforms_of(&new).is_none());
    }
}
