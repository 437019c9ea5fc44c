//! The local library of forms: one file that all profiles of a home share; and reading configuration files of forms.
//! Reference: "Local Form Libraries" (requirements FM-05, FS-20)

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use mapi::{Form, Icon};
use mapi_forms::{Configuration, configuration};
use mapi_props::{Code, PropType, PropValue, text};
use mapi_spi::{Error, Result};
use serde::{Deserialize, Serialize};

use crate::{FileLock, Home, write_atomically};

/// What the file begins with.
const HEAD: &str = "# Forms of malle: `malle form list` shows all of them.\n\n";

/// The file: each form as its configuration and its icons.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FormsFile {
    #[serde(default, rename = "form", skip_serializing_if = "Vec::is_empty")]
    forms: Vec<Entry>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    configuration: String,
    /// PR_ICON in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    icon: Option<String>,
    /// PR_MINI_ICON in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mini_icon: Option<String>,
}

/// The forms of a home; none if nothing was ever installed.
pub(crate) fn load(home: &Home) -> Result<Vec<Form>> {
    let path = home.forms_file();
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(unusable(Code::DISK_ERROR, &path, e)),
    };
    let file: FormsFile =
        toml::from_str(&text).map_err(|e| unusable(Code::CORRUPT_DATA, &path, e))?;
    let form = |entry: &Entry| {
        read_entry(entry).map_err(|e| {
            let detail = format!("{}: {e}", path.display());
            Error::new(Code::CORRUPT_DATA, detail)
        })
    };
    file.forms.iter().map(form).collect()
}

/// Changes the forms of a home; the file is the old one or the new one, whatever happens.
pub(crate) fn change(
    home: &Home,
    change: &mut dyn FnMut(&mut Vec<Form>) -> Result<()>,
) -> Result<()> {
    let lock = home.lock_file("forms.lock");
    let _writer = FileLock::wait(&lock).map_err(|e| unusable(Code::DISK_ERROR, &lock, e))?;
    let mut forms = load(home)?;
    change(&mut forms)?;
    let path = home.forms_file();
    let file = FormsFile {
        forms: forms.iter().map(entry).collect(),
    };
    let written = toml::to_string(&file).map_err(|e| unusable(Code::CORRUPT_DATA, &path, e))?;
    let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
    folder
        .and_then(|()| write_atomically(&path, (HEAD.to_owned() + &written).as_bytes()))
        .map_err(|e| unusable(Code::DISK_ERROR, &path, e))
}

fn read_entry(entry: &Entry) -> std::result::Result<Form, String> {
    let read = Configuration::read(entry.configuration.as_bytes());
    let (configuration, _) = read.map_err(|e| e.to_string())?;
    let icon = |hex: &Option<String>| -> std::result::Result<Option<Icon>, String> {
        let Some(hex) = hex else { return Ok(None) };
        let value = text::parse_value(PropType::BINARY, hex).map_err(|e| e.to_string())?;
        let bytes = value.as_bytes().unwrap_or_default().to_vec();
        Icon::new(bytes).map(Some).map_err(|e| e.to_string())
    };
    let (large, mini) = (icon(&entry.icon)?, icon(&entry.mini_icon)?);
    Form::new(configuration, large, mini).map_err(|e| e.to_string())
}

fn entry(form: &Form) -> Entry {
    let hex = |icon: &Icon| text::value(&PropValue::from(icon.as_bytes()));
    Entry {
        configuration: form.configuration().to_string(),
        icon: form.icon().map(hex),
        mini_icon: form.mini_icon().map(hex),
    }
}

fn unusable(
    code: Code,
    path: &Path,
    error: impl std::error::Error + Send + Sync + 'static,
) -> Error {
    Error::caused(code, format!("{}: {error}", path.display()), error)
}

/// A configuration file of a form on disk, and the files that it names beside it.
#[derive(Debug)]
pub struct FormFile {
    bytes: Vec<u8>,
    folder: PathBuf,
}

impl FormFile {
    /// Reads the file.
    ///
    /// # Errors
    /// Whatever the file system says; `InvalidData` for one that is larger than any configuration.
    pub fn open(path: &Path) -> io::Result<Self> {
        let folder = path.parent().unwrap_or_else(|| Path::new(""));
        Ok(Self {
            bytes: read_bounded(path, configuration::LARGEST)?,
            folder: folder.to_owned(),
        })
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes of an icon that it names by a path below its folder.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_beside(&self, relative: &str) -> io::Result<Vec<u8>> {
        let parts = relative.split('/');
        let path = parts.fold(self.folder.clone(), |path, part| path.join(part));
        read_bounded(&path, Icon::LARGEST)
    }
}

fn read_bounded(path: &Path, most: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    if bytes.len() > most {
        let detail = format!("the file has more than {most} bytes");
        return Err(io::Error::new(io::ErrorKind::InvalidData, detail));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(class: &str) -> Form {
        let text = format!(
            "[Description]\nMessageClass={class}\nClsid={{00020D35-0000-0000-C000-000000000046}}\nDisplayName=\" x \"\n"
        );
        let icon = mapi_forms::standard::forms()[0].icon().cloned();
        let (configuration, _) = Configuration::read(text.as_bytes()).unwrap();
        Form::new(configuration, icon, None).unwrap()
    }

    #[test]
    fn what_was_put_in_is_there_and_a_failure_changes_nothing() {
        let temp = testkit::TempHome::new().unwrap();
        let home = Home::below(temp.path());
        assert_eq!(load(&home).unwrap(), []);
        let mut add = |forms: &mut Vec<Form>| {
            forms.push(form("IPM.Foo"));
            Ok(())
        };
        change(&home, &mut add).unwrap();
        assert_eq!(load(&home).unwrap(), [form("IPM.Foo")]);
        let failing = change(&home, &mut |forms| {
            forms.clear();
            Err(Error::new(Code::USER_CANCEL, "no"))
        });
        assert_eq!(failing.unwrap_err().code(), Code::USER_CANCEL);
        assert_eq!(load(&home).unwrap(), [form("IPM.Foo")]);
    }

    #[test]
    fn a_damaged_library_says_which_file_and_stays_as_it_is() {
        let temp = testkit::TempHome::new().unwrap();
        let home = Home::below(temp.path());
        let path = home.forms_file();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        for text in ["[[form]]\nconfiguration = \"[x]\"\n", "form = 1"] {
            fs::write(&path, text).unwrap();
            for error in [
                load(&home).unwrap_err(),
                change(&home, &mut |_| Ok(())).unwrap_err(),
            ] {
                assert_eq!(error.code(), Code::CORRUPT_DATA);
                assert!(error.detail().contains("forms.toml"), "{error}");
            }
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
    }
}
