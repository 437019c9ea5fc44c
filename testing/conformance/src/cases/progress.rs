//! AD-06: progress objects, from the store to the one who watches.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use mapi::{
    Call, CopyFolderFlags, CreateFolderFlags, Depth, Folder, MapiProp, OpenFlags, ProgressLimits,
    ProgressObject, Result, TOP_LEVEL, UiHost, tags, watched_by, with_dialog,
};

use crate::fixture::{Fixture, add_subject};
use crate::sheet_script::ScriptedUi;
use crate::{Case, case};

/// What a progress object is told: value, count, total, and its flags and limits at that moment.
#[derive(Debug, Default)]
struct Heard {
    limits: ProgressLimits,
    told: Mutex<Vec<Told>>,
}

#[derive(Debug, Clone, Copy)]
struct Told {
    value: u32,
    count: u32,
    total: u32,
    top: bool,
    limits: (u32, u32),
}

impl ProgressObject for Heard {
    fn progress(&self, value: u32, count: u32, total: u32) {
        self.told.lock().unwrap().push(Told {
            value,
            count,
            total,
            top: self.flags() == TOP_LEVEL,
            limits: self.limits(),
        });
    }

    fn flags(&self) -> u32 {
        self.limits.flags()
    }

    fn limits(&self) -> (u32, u32) {
        self.limits.limits()
    }

    fn set_limits(&self, min: Option<u32>, max: Option<u32>, flags: Option<u32>) {
        self.limits.set(min, max, flags);
    }
}

/// A folder with five sub-folders of seven messages each.
fn tree(f: &Fixture) -> Result<Folder> {
    let top = f.folder("Top")?;
    for n in 0..5 {
        let folder = top.create_folder(&format!("Sub {n}"), None, CreateFolderFlags::NONE)?;
        for m in 0..7 {
            add_subject(&folder, &format!("{n}.{m}"))?;
        }
    }
    Ok(top)
}

fn copy(f: &Fixture, top: &Folder, to: &Folder, name: &str, call: Call) -> Result<Vec<String>> {
    let parent = f.inbox()?.store()?.open_folder(
        &top.get(tags::PARENT_ENTRYID)?.into(),
        OpenFlags::BEST_ACCESS,
    )?;
    let flags = CopyFolderFlags::COPY_SUBFOLDERS;
    let copied = parent
        .with_call(call)
        .copy_folder(&top.entry_id(), to, Some(name), flags)?;
    assert!(copied.warning.is_none());
    let mut names = Vec::new();
    for row in copied
        .value
        .folder
        .hierarchy(Depth::Children)
        .columns([tags::DISPLAY_NAME.raw()])
        .open()?
        .query_rows(100)?
    {
        names.push(row.get(tags::DISPLAY_NAME).unwrap());
    }
    Ok(names)
}

fn check(told: &[Told]) {
    let values: Vec<u32> = told.iter().map(|t| t.value).collect();
    assert!(values.is_sorted(), "{values:?}");
    assert_eq!((values.first(), values.last()), (Some(&1), Some(&1000)));
    let at_end = values.iter().filter(|v| **v == 1000).count();
    assert_eq!(at_end, 1, "the most is told at the end only");
    let (top, inside): (Vec<&Told>, Vec<_>) = told.iter().skip(1).partition(|t| t.count > 0);
    let counts: Vec<_> = top.iter().map(|t| (t.count, t.total)).collect();
    assert_eq!(counts, [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]);
    assert!(top.iter().all(|t| t.top && t.limits == (1, 1000)));
    assert!(
        inside.len() >= 20,
        "messages are told of too: {}",
        inside.len()
    );
    for t in inside {
        assert!(!t.top && t.total == 0, "a part of an item counts nothing");
        assert!((t.limits.0..t.limits.1).contains(&t.value), "{t:?}");
        assert!(
            t.limits.1 - t.limits.0 <= 200,
            "it has a fifth of the whole"
        );
    }
}

pub(super) const CASES: &[Case] = &[
    case!(
        "AD-06.T1",
        needs(),
        "a folder of five folders of seven messages is copied: what is told never goes back, ends at the most, and counts to five",
        |f| {
            let top = tree(f)?;
            let copied = |to: &Folder, name: &str| -> Result<Arc<Heard>> {
                let object = Arc::new(Heard::default());
                assert_eq!((object.limits(), object.flags()), ((1, 1000), TOP_LEVEL));
                let call = Call {
                    progress: Some(watched_by(Arc::<Heard>::clone(&object))),
                    ..Call::default()
                };
                assert_eq!(copy(f, &top, to, name, call)?.len(), 5);
                Ok(object)
            };
            let inside = copied(&f.folder("Copies")?, "In the store")?;
            check(&inside.told.lock().unwrap());
            let across = copied(&f.other_store()?.ipm_subtree()?, "In another")?;
            let told = across.told.lock().unwrap().clone();
            let values: Vec<u32> = told.iter().map(|t| t.value).collect();
            assert!(values.is_sorted(), "{values:?}");
            assert_eq!(values.last(), Some(&1000));
            let counts: Vec<_> = told
                .iter()
                .filter(|t| t.count > 0)
                .map(|t| t.count)
                .collect();
            assert_eq!(counts, [1, 2, 3, 4, 5]);
            // Limits that a program sets are kept to, and a part of something larger counts nothing.
            let object = Arc::new(Heard::default());
            object.set_limits(Some(200), Some(400), Some(0));
            object.set_limits(None, None, None);
            let call = Call {
                progress: Some(watched_by(Arc::<Heard>::clone(&object))),
                ..Call::default()
            };
            copy(f, &top, &f.folder("More")?, "Again", call)?;
            let told = object.told.lock().unwrap().clone();
            assert!(
                told.iter()
                    .all(|t| (200..=400).contains(&t.value) && t.count == 0)
            );
            assert_eq!(told.last().map(|t| t.value), Some(400));
            Ok(())
        }
    ),
    case!(
        "AD-06.T2",
        needs(),
        "without a progress object nothing is shown, unless somebody asks for the indicator, and that only of what takes long",
        |f| {
            let top = tree(f)?;
            let ui = ScriptedUi::default();
            let shared: Arc<dyn UiHost> = Arc::new(ui.clone());
            let to = f.folder("Copies")?;
            assert_eq!(copy(f, &top, &to, "Silent", Call::default())?.len(), 5);
            let long = Duration::from_secs(3600);
            let quick = with_dialog(&Call::default(), &shared, "Copying", long);
            copy(f, &top, &to, "Quick", quick)?;
            assert_eq!(ui.asked(), [""; 0], "no call of the user interface");
            let slow = with_dialog(&Call::default(), &shared, "Copying", Duration::ZERO);
            copy(f, &top, &to, "Slow", slow)?;
            assert_eq!(
                ui.asked(),
                ["progress"],
                "one indicator, however many items"
            );
            // Who watches already gets no second one.
            let object = Arc::new(Heard::default());
            let own = Call {
                progress: Some(watched_by(Arc::<Heard>::clone(&object))),
                ..Call::default()
            };
            copy(
                f,
                &top,
                &to,
                "Watched",
                with_dialog(&own, &shared, "Copying", Duration::ZERO),
            )?;
            assert_eq!(ui.asked(), ["progress"]);
            check(&object.told.lock().unwrap());
            Ok(())
        }
    ),
];
