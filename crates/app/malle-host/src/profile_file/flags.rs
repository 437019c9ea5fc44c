//! PR_RESOURCE_FLAGS as words; bits that have none are hexadecimal numbers.

use mapi::resource_flags as status;
use mapi_spi::service_flags as service;
use serde::Deserialize;

type Words = &'static [(&'static str, u32)];

const SERVICE: Words = &[
    ("default-store", service::DEFAULT_STORE),
    ("single-copy", service::SINGLE_COPY),
    ("create-with-store", service::CREATE_WITH_STORE),
    ("primary-identity", service::PRIMARY_IDENTITY),
    ("no-primary-identity", service::NO_PRIMARY_IDENTITY),
];

const PROVIDER: Words = &[
    ("default-outbound", status::DEFAULT_OUTBOUND),
    ("default-store", status::DEFAULT_STORE),
    ("primary-identity", status::PRIMARY_IDENTITY),
    ("simple-store", status::SIMPLE_STORE),
    ("prefer-last", status::XP_PREFER_LAST),
    ("no-primary-identity", status::NO_PRIMARY_IDENTITY),
    ("no-default-store", status::NO_DEFAULT_STORE),
    ("temporary", status::TEMP_SECTION),
    ("own-store", status::OWN_STORE),
    ("need-folders", status::NEED_IPM_TREE),
    ("primary-store", status::PRIMARY_STORE),
    ("secondary-store", status::SECONDARY_STORE),
];

/// Flags of a service.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub(super) struct ServiceFlags(pub(super) u32);

/// Flags of a provider.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub(super) struct ProviderFlags(pub(super) u32);

impl TryFrom<Vec<String>> for ServiceFlags {
    type Error = String;

    fn try_from(words: Vec<String>) -> Result<Self, String> {
        number(SERVICE, &words).map(Self)
    }
}

impl TryFrom<Vec<String>> for ProviderFlags {
    type Error = String;

    fn try_from(words: Vec<String>) -> Result<Self, String> {
        number(PROVIDER, &words).map(Self)
    }
}

fn number(words: Words, said: &[String]) -> Result<u32, String> {
    said.iter().try_fold(0, |all, word| {
        let known = words.iter().find(|(known, _)| known == word);
        let known = known.map(|(_, bit)| *bit);
        let figures = || u32::from_str_radix(word.strip_prefix("0x")?, 16).ok();
        let bits = known.or_else(figures).ok_or_else(|| {
            let allowed: Vec<_> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
            format!(
                "unknown flag `{word}`, expected one of {}",
                allowed.join(", ")
            )
        })?;
        Ok(all | bits)
    })
}

pub(super) fn of_service(flags: u32) -> Vec<String> {
    text(SERVICE, flags)
}

pub(super) fn of_provider(flags: u32) -> Vec<String> {
    text(PROVIDER, flags)
}

fn text(words: Words, flags: u32) -> Vec<String> {
    let said = words.iter().filter(|(_, bit)| flags & bit != 0);
    let rest = said.clone().fold(flags, |rest, (_, bit)| rest & !bit);
    let mut all: Vec<String> = said.map(|(word, _)| (*word).to_owned()).collect();
    if rest != 0 {
        all.push(format!("{rest:#x}"));
    }
    all
}
