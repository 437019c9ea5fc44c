//! The cases, by topic.

mod arriving;
mod as_written;
mod ascertained;
mod attached_files;
mod attachments;
mod bodies;
mod bulk;
mod categories;
mod category_changes;
mod central;
mod client_habits;
mod conversations;
mod copying;
mod crowded;
mod cursors;
mod delivery;
mod display_tables;
mod dispositions;
mod end_to_end;
mod entry_ids;
mod filed;
mod files;
mod flushing;
mod folder_copies;
mod folders;
mod forms;
mod forms_shown;
mod forwarding;
mod headless;
mod hierarchies;
mod identity;
mod large_streams;
mod live_kinds;
mod live_tables;
mod logon;
mod mail;
mod message_files;
mod message_status;
mod messages;
mod names;
mod notification_events;
mod notification_threads;
mod notifications;
mod opening;
mod outgoing;
mod patience;
mod performance;
mod profile_admin;
mod profile_sections;
mod progress;
mod properties;
mod provider_admin;
mod queue;
mod queued;
mod repairing;
mod replying;
mod reports;
mod resending;
mod restricted_views;
mod restrictions;
mod returned;
mod rtf_bodies;
mod rtf_positions;
mod rtf_sending;
mod rtf_streams;
mod rtf_sync;
mod rtf_uses;
mod search_folders;
mod search_links;
mod search_queries;
mod searching;
mod sending;
mod service_admin;
mod service_admin_settings;
mod service_descriptions;
mod sessions;
mod sheet_front_ends;
mod sheets_wizard;
mod status_objects;
mod storages;
mod stores;
mod streams;
mod submitting;
mod support;
mod table_data;
mod table_defaults;
mod table_rows;
mod table_work;
mod tables;
mod text_search;
mod threads;
mod tracking;
mod transactions;
mod views;

use crate::Case;

/// Every registered case.
#[must_use]
pub fn all() -> Vec<Case> {
    ALL.concat()
}

const ALL: &[&[Case]] = &[
    message_files::CASES,
    outgoing::CASES,
    replying::CASES,
    forwarding::CASES,
    resending::CASES,
    submitting::CASES,
    client_habits::CASES,
    performance::CASES,
    profile_admin::CASES,
    profile_sections::CASES,
    provider_admin::CASES,
    sending::CASES,
    dispositions::CASES,
    queue::CASES,
    service_admin::CASES,
    service_admin_settings::CASES,
    service_descriptions::CASES,
    properties::CASES,
    queued::CASES,
    repairing::CASES,
    reports::CASES,
    streams::CASES,
    large_streams::CASES,
    storages::CASES,
    support::CASES,
    tables::CASES,
    text_search::CASES,
    table_data::CASES,
    table_defaults::CASES,
    table_rows::CASES,
    table_work::CASES,
    cursors::CASES,
    categories::CASES,
    category_changes::CASES,
    stores::CASES,
    sessions::CASES,
    logon::CASES,
    identity::CASES,
    headless::CASES,
    status_objects::CASES,
    opening::CASES,
    conversations::CASES,
    threads::CASES,
    folders::CASES,
    forms::CASES,
    forms_shown::CASES,
    flushing::CASES,
    message_status::CASES,
    folder_copies::CASES,
    mail::CASES,
    hierarchies::CASES,
    bulk::CASES,
    restricted_views::CASES,
    rtf_bodies::CASES,
    rtf_positions::CASES,
    rtf_sending::CASES,
    rtf_streams::CASES,
    rtf_sync::CASES,
    rtf_uses::CASES,
    restrictions::CASES,
    search_folders::CASES,
    search_links::CASES,
    search_queries::CASES,
    searching::CASES,
    names::CASES,
    notifications::CASES,
    notification_events::CASES,
    notification_threads::CASES,
    live_tables::CASES,
    live_kinds::CASES,
    arriving::CASES,
    patience::CASES,
    central::CASES,
    returned::CASES,
    tracking::CASES,
    delivery::CASES,
    transactions::CASES,
    messages::CASES,
    as_written::CASES,
    ascertained::CASES,
    attached_files::CASES,
    attachments::CASES,
    bodies::CASES,
    copying::CASES,
    crowded::CASES,
    filed::CASES,
    display_tables::CASES,
    sheet_front_ends::CASES,
    progress::CASES,
    sheets_wizard::CASES,
    end_to_end::CASES,
    entry_ids::CASES,
    files::CASES,
    views::CASES,
];
