//! What a configuration file says of a form.
//! Reference: "Form Configuration File [Description] Section", "[Properties] Section", "[Verbs] Section",
//! "[Platforms] Section"

use mapi_props::{Guid, NameKind, PropName, PropType, guids};

use crate::class;
use crate::configuration::{Configuration, ConfigurationError, Entry};

const DESCRIPTION: &str = "Description";

/// A form, as far as its configuration file tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// MessageClass: which messages it is for.
    pub message_class: String,
    /// Clsid of its server; `None` only in the default set, whose forms are the front end's own.
    pub class_id: Option<Guid>,
    /// DisplayName.
    pub display_name: String,
    /// Category; empty: none.
    pub category: String,
    /// Subcategory.
    pub subcategory: String,
    /// Comment, Comment1 … Comment9, a line each.
    pub comment: String,
    /// Owner: whom to ask.
    pub owner: String,
    /// Number.
    pub number: String,
    /// Version.
    pub version: String,
    /// Locale: three letters.
    pub locale: String,
    /// Hidden: not offered for new messages.
    pub hidden: bool,
    /// DesignerToolName.
    pub designer: String,
    /// DesignerToolGuid.
    pub designer_id: Option<Guid>,
    /// ComposeInFolder: new messages are made in the folder that is looked at.
    pub compose_in_folder: bool,
    /// ComposeCommand, else the display name.
    pub compose_command: String,
    /// SmallIcon: a path relative to the file; empty: none.
    pub small_icon: String,
    /// LargeIcon.
    pub large_icon: String,
    /// Where it runs: `cpu << 16 | os` of each platform whose names are known.
    pub host_map: Vec<i32>,
    /// What can be done with a message, by number.
    pub verbs: Vec<Verb>,
    /// Properties that its messages have, for columns and filters.
    pub properties: Vec<FormProperty>,
}

/// A verb of a form (SMAPIVerb).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verb {
    /// DisplayName.
    pub display_name: String,
    /// Code: what DoVerb is called with.
    pub code: i32,
    /// Flags.
    pub flags: i32,
    /// Attribs.
    pub attributes: i32,
}

/// A property that a form publishes (SMAPIFormProp).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormProperty {
    /// Its name in the file.
    pub name: String,
    /// DisplayName.
    pub display_name: String,
    /// Type.
    pub ty: PropType,
    /// NmidPropset with NmidString or NmidInteger. In PS_MAPI the number is a property identifier.
    pub property: PropName,
    /// Flags.
    pub flags: i32,
}

impl Description {
    /// What `file` says.
    ///
    /// # Errors
    /// [`ConfigurationError`] but `TooLarge`: MessageClass, Clsid and DisplayName are required, and what is given must
    /// be what it stands for.
    pub fn of(file: &Configuration) -> Result<Self, ConfigurationError> {
        let class = required(file, "MessageClass")?;
        if !class::is_class(&class.value) {
            return Err(bad(
                class,
                "no message class: at most 255 ASCII characters, no dot at its end",
            ));
        }
        let class_id = Some(guid(required(file, "Clsid")?)?);
        Self::with(
            file,
            &class.value,
            class_id,
            &required(file, "DisplayName")?.value,
        )
    }

    /// The same with the required entries given.
    pub(crate) fn with(
        file: &Configuration,
        message_class: &str,
        class_id: Option<Guid>,
        display_name: &str,
    ) -> Result<Self, ConfigurationError> {
        let text = |key| file.value(DESCRIPTION, key).unwrap_or_default().to_owned();
        let designer_id = given(file, "DesignerToolGuid").map(guid).transpose()?;
        let command = given(file, "ComposeCommand").map_or(display_name, |e| e.value.as_str());
        Ok(Self {
            message_class: message_class.to_owned(),
            class_id,
            display_name: display_name.to_owned(),
            category: text("Category"),
            subcategory: text("Subcategory"),
            comment: comment(file),
            owner: text("Owner"),
            number: text("Number"),
            version: text("Version"),
            locale: text("Locale"),
            hidden: switch(file, "Hidden")?,
            designer: text("DesignerToolName"),
            designer_id,
            compose_in_folder: switch(file, "ComposeInFolder")?,
            compose_command: command.to_owned(),
            small_icon: text("SmallIcon"),
            large_icon: text("LargeIcon"),
            host_map: host_map(file),
            verbs: verbs(file)?,
            properties: properties(file)?,
        })
    }
}

fn comment(file: &Configuration) -> String {
    let keys = (0..10).map(|n| match n {
        0 => "Comment".to_owned(),
        n => format!("Comment{n}"),
    });
    let lines: Vec<&str> = keys
        .filter_map(|key| file.value(DESCRIPTION, &key))
        .collect();
    lines.join("\n")
}

fn required<'a>(
    file: &'a Configuration,
    key: &'static str,
) -> Result<&'a Entry, ConfigurationError> {
    let section = DESCRIPTION;
    let place = file.section(section);
    let line = place.ok_or(ConfigurationError::NoSection { section })?.line;
    given(file, key).ok_or(ConfigurationError::Missing { line, section, key })
}

fn given<'a>(file: &'a Configuration, key: &str) -> Option<&'a Entry> {
    file.entry(DESCRIPTION, key).filter(|e| !e.value.is_empty())
}

fn bad(entry: &Entry, why: &str) -> ConfigurationError {
    ConfigurationError::BadValue {
        line: entry.line,
        key: entry.key.clone(),
        why: why.to_owned(),
    }
}

fn guid(entry: &Entry) -> Result<Guid, ConfigurationError> {
    let parsed = entry.value.parse();
    parsed.map_err(|_| {
        bad(
            entry,
            "not a GUID as in {00020D35-0000-0000-C000-000000000046}",
        )
    })
}

fn switch(file: &Configuration, key: &str) -> Result<bool, ConfigurationError> {
    match given(file, key).map(|e| (e, e.value.as_str())) {
        None | Some((_, "0")) => Ok(false),
        Some((_, "1")) => Ok(true),
        Some((entry, _)) => Err(bad(entry, "not 0 or 1")),
    }
}

/// A number, decimal or `0x…`; `None` if it is not given.
fn number(
    file: &Configuration,
    section: &str,
    key: &str,
) -> Result<Option<u32>, ConfigurationError> {
    let Some(entry) = file.entry(section, key).filter(|e| !e.value.is_empty()) else {
        return Ok(None);
    };
    let text = entry.value.as_str();
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let parsed = match (hex, text.strip_prefix('-')) {
        (Some(hex), _) => u32::from_str_radix(hex, 16).ok(),
        (None, Some(_)) => text.parse::<i32>().ok().map(i32::cast_unsigned),
        (None, None) => text.parse().ok(),
    };
    parsed
        .map(Some)
        .ok_or_else(|| bad(entry, "not a number of 32 bits"))
}

/// Names of processors and their numbers (requirements 14). Others are kept in the file and have no number.
const PROCESSORS: [(&str, i32); 8] = [
    ("ix86", 1),
    ("x86", 1),
    ("MIPS", 2),
    ("AXP", 3),
    ("PPC", 4),
    ("M68", 5),
    ("x64", 6),
    ("AMD64", 6),
];

/// Names of systems and their numbers.
const SYSTEMS: [(&str, i32); 7] = [
    ("Win3.1", 1),
    ("WinNT3.5", 2),
    ("Win95", 3),
    ("Mac7", 4),
    ("WinNT4.0", 5),
    ("WinNT5.0", 6),
    ("WinNT6.0", 7),
];

fn host_map(file: &Configuration) -> Vec<i32> {
    let mut hosts = Vec::new();
    for platform in file.listed("Platforms") {
        let section = format!("Platform.{}", platform.value);
        let code = |key, names: &[(&str, i32)]| {
            let value = file.value(&section, key)?;
            let found = names
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(value));
            found.map(|(_, code)| *code)
        };
        if let (Some(cpu), Some(os)) = (code("CPU", &PROCESSORS), code("OSVersion", &SYSTEMS))
            && !hosts.contains(&(cpu << 16 | os))
        {
            hosts.push(cpu << 16 | os);
        }
    }
    hosts
}

fn verbs(file: &Configuration) -> Result<Vec<Verb>, ConfigurationError> {
    let verb = |listed: &Entry| {
        let section = format!("Verb.{}", listed.value);
        let number = |key| Ok(number(file, &section, key)?.unwrap_or(0).cast_signed());
        let name = file.value(&section, "DisplayName");
        let Some(code) = self::number(file, &section, "Code")? else {
            return Err(bad(listed, &format!("there is no [{section}] with a Code")));
        };
        Ok(Verb {
            display_name: name.unwrap_or(&listed.value).to_owned(),
            code: code.cast_signed(),
            flags: number("Flags")?,
            attributes: number("Attribs")?,
        })
    };
    file.listed("Verbs").into_iter().map(verb).collect()
}

fn properties(file: &Configuration) -> Result<Vec<FormProperty>, ConfigurationError> {
    let listed = file.listed("Properties").into_iter();
    listed.map(|entry| property(file, entry)).collect()
}

fn property(file: &Configuration, listed: &Entry) -> Result<FormProperty, ConfigurationError> {
    let section = format!("Property.{}", listed.value);
    let incomplete = |what: &str| bad(listed, &format!("[{section}] has no {what}"));
    let ty = number(file, &section, "Type")?.ok_or_else(|| incomplete("Type"))?;
    let ty = u16::try_from(ty).map_err(|_| bad(listed, "Type is no property type"))?;
    let text = file.value(&section, "NmidString").filter(|t| !t.is_empty());
    let id = number(file, &section, "NmidInteger")?;
    let set = match file
        .entry(&section, "NmidPropset")
        .filter(|e| !e.value.is_empty())
    {
        Some(entry) => guid(entry)?,
        None if id.is_some_and(|id| id < 0x8000) => guids::PS_MAPI,
        None => guids::PS_PUBLIC_STRINGS,
    };
    let kind = match (text, id) {
        (Some(text), None) => NameKind::Text(text.to_owned()),
        (None, Some(id)) => NameKind::Id(id),
        _ => return Err(incomplete("NmidString or NmidInteger, one of them")),
    };
    let name = file.value(&section, "DisplayName");
    Ok(FormProperty {
        name: listed.value.clone(),
        display_name: name.unwrap_or(&listed.value).to_owned(),
        ty: PropType(ty),
        property: PropName { guid: set, kind },
        flags: number(file, &section, "Flags")?.unwrap_or(0).cast_signed(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "[Description]\nMessageClass=IPM.Foo\nClsid={00020D35-0000-0000-C000-000000000046}\nDisplayName=Foo\n";

    fn describe(more: &str) -> Result<Description, ConfigurationError> {
        let text = HEAD.to_owned() + more;
        Description::of(&Configuration::read(text.as_bytes()).unwrap().0)
    }

    #[test]
    fn all_that_can_be_said_is_read() {
        let form = describe(
            "Category=Help\nComment=a\nComment1=b\nOwner=Ann\nVersion=1.0\nHidden=1\nComposeInFolder=1\n\
             [Platforms]\nPlatform.2=NTx86\nPlatform.1=Amiga\n[Platform.NTx86]\nCPU=ix86\nOSVersion=WinNT3.5\n\
             [Platform.Amiga]\nCPU=M68\nOSVersion=Workbench\n\
             [Properties]\nProperty1=Turn\nProperty2=Colour\n[Property.Turn]\nType=3\nNmidInteger=26625\nDisplayName=Whose turn\n\
             [Property.Colour]\nType=31\nNmidString=Colour\n\
             [Verbs]\nVerb1=1\n[Verb.1]\nDisplayName=&Open\nCode=0\nAttribs=2\n",
        )
        .unwrap();
        assert_eq!(
            (form.comment.as_str(), form.owner.as_str()),
            ("a\nb", "Ann")
        );
        assert_eq!(form.compose_command, "Foo");
        assert!(form.hidden && form.compose_in_folder);
        assert_eq!(form.host_map, [1 << 16 | 2]);
        let [turn, colour] = form.properties.as_slice() else {
            panic!("{:?}", form.properties)
        };
        assert_eq!(turn.property, PropName::id(guids::PS_MAPI, 0x6801));
        assert_eq!(
            (turn.ty, turn.display_name.as_str()),
            (PropType::LONG, "Whose turn")
        );
        assert_eq!(
            colour.property,
            PropName::text(guids::PS_PUBLIC_STRINGS, "Colour")
        );
        let open = Verb {
            display_name: "&Open".into(),
            code: 0,
            flags: 0,
            attributes: 2,
        };
        assert_eq!(form.verbs, [open]);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let error = |more: &str| describe(more).unwrap_err().to_string();
        for (more, told) in [
            ("Hidden=maybe\n", "line 5: Hidden: not 0 or 1"),
            (
                "[Verbs]\nVerb1=x\n",
                "line 6: Verb1: there is no [Verb.x] with a Code",
            ),
            (
                "[Properties]\nProperty1=x\n[Property.x]\nType=3\n",
                "line 6: Property1: [Property.x] has no NmidString or NmidInteger, one of them",
            ),
            (
                "[Verbs]\nVerb1=x\n[Verb.x]\nCode=4294967296\n",
                "line 8: Code: not a number of 32 bits",
            ),
        ] {
            assert_eq!(error(more), told);
        }
        let of = |text: &str| Description::of(&Configuration::read(text.as_bytes()).unwrap().0);
        let error = |text: &str| of(text).unwrap_err().to_string();
        assert_eq!(error("[Verbs]"), "there is no section [Description]");
        assert_eq!(
            error("\n[Description]\nMessageClass=IPM.X\nDisplayName=X"),
            "line 2: [Description] has no Clsid"
        );
        assert_eq!(
            error("[Description]\nMessageClass=IPM."),
            "line 2: MessageClass: no message class: at most 255 ASCII characters, no dot at its end"
        );
    }
}
