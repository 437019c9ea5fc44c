//! Setting and deleting properties.

use std::io;

use malle_views::StoreNames;
use mapi::{MapiProp, Message, ModifyMode, OpenFlags, PropProblem, PropTag, PropValue, SaveFlags};
use mapi_props::names::TagOrName;
use mapi_props::tags;
use mapi_props::text::{AssignmentError, parse_assignment};
use serde::Serialize;

use super::{Named, recipient};
use crate::app::App;
use crate::args::PropsArgs;
use crate::exit::{Exit, Failure, Outcome};
use crate::messages::Msg;
use crate::object::Target;
use crate::output::{Printer, Shown};

/// `{"object","set":[tag],"deleted":[tag],"problems":[{"tag","error"}]}`.
#[derive(Serialize)]
struct ChangedView {
    object: String,
    set: Vec<String>,
    deleted: Vec<String>,
    problems: Vec<ProblemView>,
}

#[derive(Serialize)]
struct ProblemView {
    tag: String,
    error: String,
}

impl Shown for ChangedView {
    #[expect(clippy::print_stderr, reason = "problems are told beside the value")]
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        to.say(
            Msg::PropsChanged,
            &[&self.object, &self.set.len(), &self.deleted.len()],
        )?;
        for problem in &self.problems {
            eprintln!("  {}: {}", problem.tag, problem.error);
        }
        Ok(())
    }
}

/// What is to be changed, in the store's identifiers.
struct Changes {
    set: Vec<(PropTag, PropValue)>,
    delete: Vec<PropTag>,
}

pub(super) fn run(app: &App, args: &PropsArgs) -> Outcome<Exit> {
    let flags = if app.global.dry_run {
        OpenFlags::NONE
    } else {
        OpenFlags::MODIFY
    };
    let target = app.target(&args.object, flags)?;
    let named = Named::of(app, &args.object, &target)?;
    let names = named.names();
    let changes = Changes {
        set: assignments(app, &args.set, &names)?,
        delete: args
            .delete
            .iter()
            .map(|written| app.property(written, &names))
            .collect::<Outcome<_>>()?,
    };
    let problems = if app.global.dry_run {
        Vec::new()
    } else {
        apply(&target, &changes).map_err(|e| app.failure(&e))?
    };
    let failed = |tag: &PropTag| problems.iter().any(|p| p.tag == *tag);
    let done = |tags: Vec<PropTag>| {
        let good = tags.into_iter().filter(|tag| !failed(tag));
        good.map(|tag| tag.to_string()).collect::<Vec<_>>()
    };
    let view = ChangedView {
        object: args.object.clone(),
        set: done(changes.set.iter().map(|(tag, _)| *tag).collect()),
        deleted: done(changes.delete.clone()),
        problems: problems.iter().map(problem_view).collect(),
    };
    let exit = match (
        view.problems.is_empty(),
        view.set.len() + view.deleted.len(),
    ) {
        (true, _) => Exit::Ok,
        (false, 0) => Exit::Failure,
        (false, _) => Exit::Partial,
    };
    app.output.show(&view)?;
    Ok(exit)
}

fn problem_view(problem: &PropProblem) -> ProblemView {
    ProblemView {
        tag: problem.tag.to_string(),
        error: problem.code.to_string(),
    }
}

fn assignments(
    app: &App,
    written: &[String],
    names: &StoreNames<'_>,
) -> Outcome<Vec<(PropTag, PropValue)>> {
    let mut set = Vec::new();
    for text in written {
        let assignment = parse_assignment(text).map_err(|e| refused(app, text, &e))?;
        let tag = match assignment.property {
            TagOrName::Tag(tag) => tag,
            TagOrName::Name(name, _) => {
                let tag = names.named_tag(&name, assignment.value.ty());
                tag.map_err(|e| app.failure(&e))?
            }
        };
        set.push((tag.with_type(assignment.value.ty()), assignment.value));
    }
    Ok(set)
}

fn refused(app: &App, text: &str, error: &AssignmentError) -> Failure {
    match error {
        AssignmentError::NoEquals(_) => {
            app.fail(Exit::Usage, "usage", Msg::SetNeedsValue, &[&text])
        }
        AssignmentError::Property(why) => {
            app.fail(Exit::Usage, "bad-property", Msg::BadProperty, &[&text, why])
        }
        AssignmentError::Value { property, source } => {
            let parts: [&dyn std::fmt::Display; 3] = [&source.found, property, source];
            app.fail(Exit::Usage, "bad-value", Msg::BadValue, &parts)
        }
        other => Failure::new(Exit::Usage, "usage", other.to_string()),
    }
}

fn apply(target: &Target, changes: &Changes) -> mapi::Result<Vec<PropProblem>> {
    match target {
        Target::Store(store) => patch(store, changes),
        Target::Folder(folder) => patch(folder, changes),
        Target::Message(message, home) => {
            let problems = patch(message, changes)?;
            message.save_changes(SaveFlags::NONE)?;
            home.save()?;
            Ok(problems)
        }
        Target::Attachment(attachment, home) => {
            let problems = patch(attachment, changes)?;
            attachment.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            home.save()?;
            Ok(problems)
        }
        Target::Recipient(message, index, home) => {
            change_recipient(message, *index, changes)?;
            message.save_changes(SaveFlags::NONE)?;
            home.save()?;
            Ok(Vec::new())
        }
    }
}

fn patch(object: &impl MapiProp, changes: &Changes) -> mapi::Result<Vec<PropProblem>> {
    let mut problems = Vec::new();
    if !changes.set.is_empty() {
        problems.extend(object.set_props(&changes.set)?);
    }
    if !changes.delete.is_empty() {
        problems.extend(object.delete_props(&changes.delete)?);
    }
    Ok(problems)
}

/// A recipient row is replaced as a whole.
fn change_recipient(message: &Message, index: usize, changes: &Changes) -> mapi::Result<()> {
    let found = recipient(message, index)?;
    let row = found
        .ok_or_else(|| mapi::Error::new(mapi::Code::NOT_FOUND, "there is no such recipient"))?;
    let gone = |tag: PropTag| {
        changes
            .delete
            .iter()
            .any(|deleted| deleted.id() == tag.id())
    };
    let replaced = |tag: PropTag| changes.set.iter().any(|(set, _)| set.id() == tag.id());
    let computed =
        |tag: PropTag| [tags::INSTANCE_KEY.id(), tags::OBJECT_TYPE.id()].contains(&tag.id());
    let kept = row.cells().iter().filter(|cell| {
        let value = !matches!(cell.value, PropValue::Error(_) | PropValue::Null);
        value && !gone(cell.tag) && !replaced(cell.tag) && !computed(cell.tag)
    });
    let mut props: Vec<_> = kept.map(|cell| (cell.tag, cell.value.clone())).collect();
    props.extend(changes.set.iter().cloned());
    message.modify_recipients(ModifyMode::Modify, &[props])
}
