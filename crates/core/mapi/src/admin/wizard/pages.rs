//! What a wizard has been told, and its pages over that.

use std::collections::BTreeMap;
use std::sync::Arc;

use mapi_props::display_table::{
    Area, CharFilter, Control, ControlId, ControlKind, DisplayTable, control_flags,
};
use mapi_props::{Code, Guid, PropTag, PropType, PropValue};
use mapi_spi::{
    Error, Result, Service, ServiceDescription, SettingsData, SheetData, SheetRequest, WizardMove,
    settings_table,
};

use super::super::NewService;

/// Of the name, and of the first service that can be ticked.
const NAME: PropTag = PropTag::new(0x6600, PropType::UNICODE);
const FIRST_TICK: u16 = 0x6601;
/// The longest name of a profile, in characters.
const NAME_MAX: u32 = 64;
/// Whose the controls of the first two pages are.
const OWNER: Guid = Guid::from_fields(
    0x6D61_6C6C,
    0x6577,
    0x697A,
    [0x61, 0x72, 0x64, 0, 0, 0, 0, 1],
);

/// One page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Page {
    /// The name of the profile.
    Name,
    /// Which services.
    List,
    /// The settings of the service of this number.
    Settings(usize),
}

/// What the person has said so far. Nothing of it is in a profile yet.
#[derive(Debug)]
pub(super) struct Draft {
    name: String,
    services: Vec<Offered>,
}

#[derive(Debug)]
struct Offered {
    description: ServiceDescription,
    chosen: bool,
    values: BTreeMap<String, String>,
}

impl Draft {
    /// A profile of this name; the services of `chosen` are ticked, or the only one there is.
    pub(super) fn new(
        name: String,
        offered: Vec<Arc<dyn Service>>,
        chosen: &[Arc<dyn Service>],
    ) -> Self {
        let is_alone = offered.len() == 1;
        let offer = |service: Arc<dyn Service>| Offered {
            chosen: is_alone || chosen.iter().any(|c| c.name() == service.name()),
            description: service.description(),
            values: BTreeMap::new(),
        };
        let services = offered.into_iter().map(offer).collect();
        Self { name, services }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Whether there is more than one service to choose from.
    pub(super) fn has_choice(&self) -> bool {
        self.services.len() > 1
    }

    pub(super) fn pages(&self, with_list: bool) -> Vec<Page> {
        let list = with_list.then_some(Page::List);
        let first = std::iter::once(Page::Name).chain(list);
        first.chain(self.setting_pages()).collect()
    }

    /// The pages of the chosen services that have settings.
    pub(super) fn setting_pages(&self) -> Vec<Page> {
        let services = self.services.iter().enumerate();
        let asks = |s: &Offered| s.chosen && !s.description.settings.is_empty();
        let asking = services.filter(|(_, s)| asks(s));
        asking.map(|(number, _)| Page::Settings(number)).collect()
    }

    /// The chosen services with their settings.
    pub(super) fn services(&self) -> Vec<NewService> {
        let chosen = self.services.iter().filter(|s| s.chosen);
        let new = |s: &Offered| NewService::of(&s.description.name).settings(&s.values);
        chosen.map(new).collect()
    }

    /// Has a page shown over what it is about. `check` says whether a profile can have a name.
    pub(super) fn with_page(
        &mut self,
        page: Page,
        check: &dyn Fn(&str) -> Result<()>,
        show: &mut dyn FnMut(&SheetRequest<'_>, &mut dyn SheetData) -> Result<WizardMove>,
    ) -> Result<WizardMove> {
        match page {
            Page::Name => {
                let mut data = NameData {
                    name: &mut self.name,
                    check,
                };
                show(&request("Profile", &name_table()), &mut data)
            }
            Page::List => {
                let table = list_table(&self.services);
                let mut data = ListData(&mut self.services);
                show(&request("Services", &table), &mut data)
            }
            Page::Settings(number) => {
                let Some(service) = self.services.get_mut(number) else {
                    return Ok(WizardMove::Next);
                };
                let (description, owner) = (&service.description, OWNER);
                let title = &description.display_name;
                let table = settings_table(owner, title, &description.settings);
                let values = service.values.clone();
                let mut data = SettingsData::new(owner, &description.settings, values);
                let gone = show(&request(title, &table), &mut data)?;
                service.values = data.into_values();
                Ok(gone)
            }
        }
    }
}

fn request<'a>(title: &'a str, table: &'a DisplayTable) -> SheetRequest<'a> {
    SheetRequest {
        title,
        table,
        read_only: false,
        first_page: 0,
    }
}

fn control(number: i32, flags: u32, kind: ControlKind) -> Control {
    let area = Area {
        x: 8,
        y: 8 + 16 * number,
        width: 184,
        height: 12,
    };
    Control {
        id: ControlId::new(OWNER, number),
        area,
        flags,
        kind,
    }
}

fn name_table() -> DisplayTable {
    let text = "&Name of the profile".to_owned();
    let edit = ControlKind::Edit {
        filter: CharFilter::any(),
        max: NAME_MAX,
        prop: NAME,
    };
    let flags = control_flags::EDITABLE | control_flags::REQUIRED;
    let controls = vec![
        control(0, 0, ControlKind::Label { text }),
        control(1, flags, edit),
    ];
    DisplayTable { controls }
}

fn tick(number: usize) -> PropTag {
    let offset = u16::try_from(number).unwrap_or(u16::MAX);
    PropTag::new(FIRST_TICK.saturating_add(offset), PropType::BOOLEAN)
}

fn list_table(services: &[Offered]) -> DisplayTable {
    let box_of = |(number, service): (usize, &Offered)| {
        let kind = ControlKind::CheckBox {
            label: service.description.display_name.clone(),
            prop: tick(number),
        };
        let number = i32::try_from(number).unwrap_or(i32::MAX);
        control(number, control_flags::EDITABLE, kind)
    };
    let controls = services.iter().enumerate().map(box_of).collect();
    DisplayTable { controls }
}

fn wrong(tag: PropTag) -> Error {
    Error::new(
        Code::INVALID_PARAMETER,
        format!("{tag} is not on this page"),
    )
}

struct NameData<'a> {
    name: &'a mut String,
    check: &'a dyn Fn(&str) -> Result<()>,
}

impl SheetData for NameData<'_> {
    fn get(&mut self, tags: &[PropTag]) -> Result<Vec<Option<PropValue>>> {
        let name = |tag: &PropTag| (*tag == NAME).then(|| PropValue::from(self.name.as_str()));
        Ok(tags.iter().map(name).collect())
    }

    fn set(&mut self, values: &[(PropTag, PropValue)]) -> Result<()> {
        for (tag, value) in values {
            let name = value.as_str().filter(|_| *tag == NAME);
            let name = name.ok_or_else(|| wrong(*tag))?;
            (self.check)(name)?;
            name.clone_into(self.name);
        }
        Ok(())
    }
}

struct ListData<'a>(&'a mut Vec<Offered>);

impl SheetData for ListData<'_> {
    fn get(&mut self, tags: &[PropTag]) -> Result<Vec<Option<PropValue>>> {
        let ticked = |tag: &PropTag| {
            let mut services = self.0.iter().enumerate();
            let found = services.find(|(number, _)| tick(*number) == *tag);
            found.map(|(_, service)| PropValue::from(service.chosen))
        };
        Ok(tags.iter().map(ticked).collect())
    }

    fn set(&mut self, values: &[(PropTag, PropValue)]) -> Result<()> {
        for (tag, value) in values {
            let mut services = self.0.iter_mut().enumerate();
            let found = services.find(|(number, _)| tick(*number) == *tag);
            let (_, service) = found.ok_or_else(|| wrong(*tag))?;
            service.chosen = value.as_bool().ok_or_else(|| wrong(*tag))?;
        }
        Ok(())
    }
}
