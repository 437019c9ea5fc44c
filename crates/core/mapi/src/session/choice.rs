//! Which profile is logged on to. Reference: "Logging On to MAPI" (requirement SES-06)

use mapi_props::Code;
use mapi_spi::{Call, Error, ProfileAnswer, ProfileChoice, Result};

use super::logon::asks;
use crate::LogonFlags;
use crate::subsystem::Subsystem;

/// The longest name of a profile, in characters.
const NAME_MAX: usize = 64;

/// The profile that is named; else the default one, if that is asked for; else the one that a person chooses, if one may be
/// asked. A profile that does not exist is never replaced by another one in silence.
pub(super) fn choose(
    subsystem: &Subsystem,
    named: Option<&str>,
    flags: LogonFlags,
    call: &Call,
) -> Result<String> {
    let wants_default = flags.contains(LogonFlags::USE_DEFAULT);
    let may_be_another = wants_default || asks(flags);
    if let Some(name) = named {
        if name.chars().count() > NAME_MAX {
            return Err(failed("the name of a profile has at most 64 characters"));
        }
        // Whether it exists is seen when it is used, unless another one may take its place.
        if !may_be_another || exists(subsystem, name) {
            return Ok(name.to_owned());
        }
    }
    if !may_be_another {
        return Err(failed("no profile was named and no session is shared"));
    }
    match subsystem.host.default_profile()? {
        Some(default) if wants_default => Ok(default),
        default if asks(flags) => ask(subsystem, default.as_deref(), flags, call),
        _ => Err(failed("no profile was named and there is no default one")),
    }
}

/// Whether there is a profile of this name that can be logged on to. One that cannot be read is there.
fn exists(subsystem: &Subsystem, name: &str) -> bool {
    match subsystem.host.profile(name) {
        Ok(profile) => !profile.deleted,
        Err(e) => e.code() != Code::NOT_FOUND,
    }
}

fn ask(
    subsystem: &Subsystem,
    default: Option<&str>,
    flags: LogonFlags,
    call: &Call,
) -> Result<String> {
    let app = flags.contains(LogonFlags::APP_PROFILE);
    let entries = subsystem.host.profile_entries()?.into_iter();
    let shown = entries.filter(|p| !p.deleted && (app || !p.app));
    let profiles: Vec<String> = shown.map(|p| p.name).collect();
    let offered = default.filter(|name| {
        // "The default profile should not be used": a person is to say it.
        !flags.contains(LogonFlags::EXPLICIT_PROFILE) && profiles.iter().any(|p| p == name)
    });
    let choice = ProfileChoice {
        profiles: &profiles,
        default: offered,
        may_create: false,
    };
    match subsystem.host.ui().choose_profile(&choice, call)? {
        ProfileAnswer::Use(name) if profiles.contains(&name) => Ok(name),
        ProfileAnswer::Use(name) => Err(failed(&format!("there is no profile `{name}`"))),
        ProfileAnswer::Create => Err(failed("a profile cannot be made while logging on")),
    }
}

fn failed(detail: &str) -> Error {
    Error::new(Code::LOGON_FAILED, detail)
}
