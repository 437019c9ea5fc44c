//! `malle reports`: whether reading sends receipts, when nondelivery is reported, in which language, and where that is collected.

use std::io;

use mapi::{CentralReports, ReceiptPolicy, ReceiptTo, ReportLanguage, Reporting, UiHost as _};
use mapi_props::Code;
use serde::Serialize;

use crate::app::App;
use crate::args::{GiveUp, Receipts, ReportsArgs, Written};
use crate::exit::{Exit, Outcome};
use crate::messages::Msg;
use crate::output::{Printer, Shown};
use crate::terminal;
use crate::text;

/// `{"receipts","give_up_hours","language","central":[{"class","address","keywords"}],"dry_run"?}`.
#[derive(Serialize)]
struct View {
    receipts: &'static str,
    /// Null: never.
    give_up_hours: Option<u64>,
    language: &'static str,
    central: Vec<Central>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dry_run: Option<bool>,
    #[serde(skip)]
    policy: ReceiptPolicy,
    #[serde(skip)]
    written: ReportLanguage,
}

#[derive(Serialize)]
struct Central {
    class: String,
    address: String,
    keywords: Vec<String>,
}

impl Shown for View {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        if self.dry_run.is_some() {
            to.say(Msg::DryRun, &[])?;
        }
        let receipts = to.word(match self.policy {
            ReceiptPolicy::Ask => Msg::ReceiptsAsk,
            ReceiptPolicy::Never => Msg::ReceiptsNever,
            ReceiptPolicy::Always => Msg::ReceiptsAlways,
        });
        to.say(Msg::ReportsReceipts, &[&receipts])?;
        match self.give_up_hours {
            None => to.say(Msg::ReportsNeverGiveUp, &[])?,
            Some(hours) if hours % 24 == 0 && hours > 24 => {
                to.say(Msg::ReportsGiveUpDays, &[&(hours / 24)])?;
            }
            Some(hours) => to.say(Msg::ReportsGiveUpHours, &[&hours])?,
        }
        to.say(
            match self.written {
                ReportLanguage::English => Msg::ReportsInEnglish,
                ReportLanguage::French => Msg::ReportsInFrench,
            },
            &[],
        )?;
        for one in &self.central {
            let (class, address) = (text::clean(&one.class), text::clean(&one.address));
            to.say(Msg::ReportsCollected, &[&class, &address])?;
        }
        Ok(())
    }
}

pub(super) fn run(app: &App, args: &ReportsArgs) -> Outcome<Exit> {
    let session = app.session()?;
    let before = app.api(session.reporting())?;
    let wanted = changed(&before, args);
    let changes = wanted != before;
    if changes && !app.global.dry_run {
        app.api(session.set_reporting(&wanted))?;
    }
    let central = wanted.central.into_iter().map(|rule| Central {
        class: rule.class,
        address: rule.address,
        keywords: rule.keywords,
    });
    app.output.show(&View {
        receipts: wanted.receipts.word(),
        give_up_hours: wanted.give_up.map(|time| time.as_secs() / 3600),
        language: wanted.language.tag(),
        policy: wanted.receipts,
        written: wanted.language,
        central: central.collect(),
        dry_run: (changes && app.global.dry_run).then_some(true),
    })?;
    Ok(Exit::Ok)
}

fn changed(before: &Reporting, args: &ReportsArgs) -> Reporting {
    let mut wanted = before.clone();
    if let Some(receipts) = args.receipts {
        wanted.receipts = match receipts {
            Receipts::Ask => ReceiptPolicy::Ask,
            Receipts::Never => ReceiptPolicy::Never,
            Receipts::Always => ReceiptPolicy::Always,
        };
    }
    match args.give_up {
        None => {}
        Some(GiveUp::Never) => wanted.give_up = None,
        Some(GiveUp::After(time)) => wanted.give_up = Some(time),
    }
    match args.language {
        None => {}
        Some(Written::En) => wanted.language = ReportLanguage::English,
        Some(Written::Fr) => wanted.language = ReportLanguage::French,
    }
    let gone = |rule: &CentralReports| {
        let mut named = args.collect.iter().map(|(class, _)| class);
        let again = named.any(|class| class.eq_ignore_ascii_case(&rule.class));
        let mut dropped = args.no_collect.iter();
        again || dropped.any(|class| class.eq_ignore_ascii_case(&rule.class))
    };
    wanted.central.retain(|rule| !gone(rule));
    for (class, address) in &args.collect {
        let mut rule = CentralReports::new(class, address);
        if !args.keyword.is_empty() {
            rule.keywords.clone_from(&args.keyword);
        }
        wanted.central.push(rule);
    }
    wanted
}

/// Asks the person at the terminal whether a read report may go; no where nobody is there.
pub(super) fn ask(app: &App, to: &ReceiptTo) -> mapi::Result<bool> {
    let Some(person) = terminal::person(&app.output) else {
        return Ok(false);
    };
    let (name, address) = (text::clean(&to.name), text::clean(&to.address));
    let question = match to.is_sender || to.name == to.address {
        true => Msg::SendReceipt,
        false => Msg::SendReceiptElsewhere,
    };
    let question = app.output.lang.say(question, &[&name, &address]);
    match person.confirm(&question, &app.cancellable()) {
        Ok(()) => Ok(true),
        Err(e) if e.code() == Code::USER_CANCEL => Ok(false),
        Err(e) => Err(e),
    }
}
