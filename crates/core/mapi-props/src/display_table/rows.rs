//! Controls as rows, and rows as controls.
//! Reference: "Displaying Table Rows and Columns", "Displaying Table Controls" (requirement DT-01)

use std::collections::BTreeSet;

use super::wire::{Field, Reader, write};
use super::{
    Area, CharFilter, Control, ControlDefect, ControlId, ControlKind, ControlProblem, ControlRow,
    DisplayTable,
};
use crate::{PropTag, PropType, PropValue, Tag, tags};

pub(super) fn row(control: &Control) -> ControlRow {
    let number = |tag: Tag<i32>, value: i32| (tag.raw(), PropValue::Long(value));
    let bytes = |tag: Tag<[u8]>, value: Vec<u8>| (tag.raw(), PropValue::Binary(value));
    vec![
        number(tags::XPOS, control.area.x),
        number(tags::YPOS, control.area.y),
        number(tags::DELTAX, control.area.width),
        number(tags::DELTAY, control.area.height),
        number(tags::CONTROL_TYPE, control.kind.number()),
        number(tags::CONTROL_FLAGS, control.flags.cast_signed()),
        bytes(tags::CONTROL_STRUCTURE, structure(&control.kind)),
        bytes(tags::CONTROL_ID, control.id.0.clone()),
    ]
}

fn structure(kind: &ControlKind) -> Vec<u8> {
    use ControlKind as K;
    use Field::{Number, Prop, Text, TextFlags};
    match kind {
        K::Label { text } => write(&[Text(text), TextFlags]),
        K::GroupBox { label } => write(&[Text(label), TextFlags]),
        K::Edit { filter, max, prop } => {
            write(&[Text(filter.as_str()), TextFlags, Number(*max), Prop(*prop)])
        }
        K::ListBox { bars, set, table } => write(&[Number(*bars), Prop(*set), Prop(*table)]),
        K::ComboBox {
            filter,
            max,
            prop,
            table,
        } => write(&[
            Text(filter.as_str()),
            TextFlags,
            Number(*max),
            Prop(*prop),
            Prop(*table),
        ]),
        K::DropDown {
            display,
            set,
            table,
        } => write(&[Number(0), Prop(*display), Prop(*set), Prop(*table)]),
        K::CheckBox { label, prop } => write(&[Text(label), TextFlags, Prop(*prop)]),
        K::Button { label, control } => write(&[Text(label), TextFlags, Prop(*control)]),
        K::Page {
            label,
            component,
            context,
        } => write(&[Text(label), TextFlags, Text(component), Number(*context)]),
        K::RadioButton {
            label,
            count,
            prop,
            value,
        } => write(&[
            Text(label),
            TextFlags,
            Number(*count),
            Prop(*prop),
            Number(value.cast_unsigned()),
        ]),
        K::MvListBox { prop } | K::MvDropDown { prop } => write(&[Number(0), Prop(*prop)]),
    }
}

pub(super) fn read(rows: &[ControlRow]) -> (DisplayTable, Vec<ControlDefect>) {
    let (mut table, mut defects) = (DisplayTable::default(), Vec::new());
    let (mut numbers, mut ids) = (Vec::new(), BTreeSet::new());
    for (number, row) in rows.iter().enumerate() {
        let mut problems = Vec::new();
        match control(row, &mut problems) {
            Ok(control) => {
                if !control.id.0.is_empty() && !ids.insert(control.id.clone()) {
                    problems.push(ControlProblem::SameId);
                }
                table.controls.push(control);
                numbers.push(number);
            }
            Err(problem) => problems.push(problem),
        }
        let defect = |problem| ControlDefect {
            row: number,
            problem,
        };
        defects.extend(problems.into_iter().map(defect));
    }
    let wrong = wrong_groups(&table.controls).into_iter();
    defects.extend(wrong.filter_map(|(at, count)| {
        let row = *numbers.get(at)?;
        let problem = ControlProblem::Group(count);
        Some(ControlDefect { row, problem })
    }));
    defects.sort_by_key(|defect| defect.row);
    (table, defects)
}

fn control(
    row: &ControlRow,
    problems: &mut Vec<ControlProblem>,
) -> Result<Control, ControlProblem> {
    let value = |tag: PropTag| row.iter().find(|(t, _)| t.id() == tag.id()).map(|(_, v)| v);
    let long = |tag: Tag<i32>| value(tag.raw()).and_then(PropValue::as_long);
    let bytes = |tag: Tag<[u8]>| value(tag.raw()).and_then(PropValue::as_bytes);
    let missing = |tag: PropTag| ControlProblem::Column(tag);

    let number = long(tags::CONTROL_TYPE).ok_or(missing(tags::CONTROL_TYPE.raw()))?;
    let structure = bytes(tags::CONTROL_STRUCTURE).ok_or(missing(tags::CONTROL_STRUCTURE.raw()))?;
    let kind = kind(number, structure, problems)?;
    let mut or_zero = |tag: Tag<i32>| {
        long(tag).unwrap_or_else(|| {
            problems.push(missing(tag.raw()));
            0
        })
    };
    let area = Area {
        x: or_zero(tags::XPOS),
        y: or_zero(tags::YPOS),
        width: or_zero(tags::DELTAX),
        height: or_zero(tags::DELTAY),
    };
    let flags = or_zero(tags::CONTROL_FLAGS).cast_unsigned();
    let id = bytes(tags::CONTROL_ID).map_or_else(Vec::new, <[u8]>::to_vec);
    if id.is_empty() {
        problems.push(missing(tags::CONTROL_ID.raw()));
    }
    let extra = flags & !kind.possible_flags();
    if extra != 0 {
        problems.push(ControlProblem::Flags(extra));
    }
    Ok(Control {
        id: ControlId(id),
        area,
        flags: flags & kind.possible_flags(),
        kind,
    })
}

fn kind(
    number: i32,
    structure: &[u8],
    problems: &mut Vec<ControlProblem>,
) -> Result<ControlKind, ControlProblem> {
    let mut reader = Reader::new(structure);
    let read = parse(number, &mut reader);
    problems.append(&mut reader.problems);
    let kind = read?;
    check_props(&kind).map_or(Ok(()), |prop| Err(ControlProblem::Property(prop)))?;
    Ok(kind)
}

fn parse(number: i32, from: &mut Reader<'_>) -> Result<ControlKind, ControlProblem> {
    use ControlKind as K;
    Ok(match number {
        0 => K::Label { text: from.text()? },
        1 => K::Edit {
            filter: filter(from)?,
            max: from.number()?,
            prop: from.prop()?,
        },
        2 => K::ListBox {
            bars: from.number()?,
            set: from.prop()?,
            table: from.prop()?,
        },
        3 => K::ComboBox {
            filter: filter(from)?,
            max: from.number()?,
            prop: from.prop()?,
            table: from.prop()?,
        },
        4 => {
            let _flags = from.number()?;
            K::DropDown {
                display: from.prop()?,
                set: from.prop()?,
                table: from.prop()?,
            }
        }
        5 => K::CheckBox {
            label: from.text()?,
            prop: from.prop()?,
        },
        6 => K::GroupBox {
            label: from.text()?,
        },
        7 => K::Button {
            label: from.text()?,
            control: from.prop()?,
        },
        8 => {
            let (label, component) = from.page_texts()?;
            let context = from.number()?;
            K::Page {
                label,
                component,
                context,
            }
        }
        9 => K::RadioButton {
            label: from.text()?,
            count: from.number()?,
            prop: from.prop()?,
            value: from.number()?.cast_signed(),
        },
        0xB | 0xC => {
            let _flags = from.number()?;
            let prop = from.prop()?;
            if number == 0xB {
                K::MvListBox { prop }
            } else {
                K::MvDropDown { prop }
            }
        }
        other => return Err(ControlProblem::Kind(other)),
    })
}

fn filter(from: &mut Reader<'_>) -> Result<CharFilter, ControlProblem> {
    let text = from.text()?;
    Ok(text.parse().unwrap_or_else(|error| {
        from.problems.push(ControlProblem::Filter(error));
        CharFilter::any()
    }))
}

/// The first property that a control of this kind cannot have.
fn check_props(kind: &ControlKind) -> Option<PropTag> {
    use ControlKind as K;
    let unless = |good: bool, prop: &PropTag| (!good).then_some(*prop);
    let text = |prop: &PropTag| {
        unless(
            [PropType::UNICODE, PropType::STRING8].contains(&prop.ty()),
            prop,
        )
    };
    let object = |prop: &PropTag| unless(prop.ty() == PropType::OBJECT, prop);
    let texts = |prop: &PropTag| {
        let types = [PropType::MV_UNICODE, PropType::MV_STRING8];
        unless(types.contains(&prop.ty()), prop)
    };
    match kind {
        K::Edit { prop, .. } => text(prop),
        K::ComboBox { prop, table, .. } => text(prop).or_else(|| object(table)),
        K::ListBox { table, .. } => object(table),
        K::DropDown { set, table, .. } => {
            unless(*set != PropTag::NULL, set).or_else(|| object(table))
        }
        K::CheckBox { prop, .. } => unless(prop.ty() == PropType::BOOLEAN, prop),
        K::Button { control, .. } => object(control),
        K::RadioButton { prop, .. } => unless(prop.ty() == PropType::LONG, prop),
        K::MvListBox { prop } | K::MvDropDown { prop } => texts(prop),
        K::Label { .. } | K::GroupBox { .. } | K::Page { .. } => None,
    }
}

/// Groups of radio buttons that have not as many rows as they say: where each begins, and how many it says.
fn wrong_groups(controls: &[Control]) -> Vec<(usize, u32)> {
    let group = |control: &Control| match &control.kind {
        ControlKind::RadioButton { count, prop, .. } => Some((*count, *prop)),
        _ => None,
    };
    let (mut wrong, mut at) = (Vec::new(), 0);
    for run in controls.chunk_by(|a, b| group(a).is_some() && group(a) == group(b)) {
        if let Some((count, _)) = run.first().and_then(group)
            && u32::try_from(run.len()) != Ok(count)
        {
            wrong.push((at, count));
        }
        at += run.len();
    }
    wrong
}
