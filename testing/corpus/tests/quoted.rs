//! How answers quote, as somebody who reads them sees it: twenty mails, written for this, with what is made of each.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write;
use std::sync::Arc;

use mapi::{
    Compose, EmbeddedHost, Folder, ForwardAs, Identity, ImportItem, ImportOptions, ImportOutcome,
    Logon, Mapi, MapiProp, Message, ReplyTo, SaveFlags, Session, tags,
};
use mapi_mime::ImportContext;

const HEAD: &str = "From: Ann Example <ann@example.org>\r\nTo: me@example.net, Bob <bob@example.org>\r\n\
    Date: Fri, 3 May 2024 10:12:00 +0200\r\nMessage-ID: <1@example.org>\r\n";

/// Name, further fields, body.
const MAILS: [(&str, &str, &str); 20] = [
    ("short", "Subject: Lunch\r\n", "Are you free at noon?\r\n"),
    ("empty", "Subject: Nothing\r\n", ""),
    (
        "quoted_twice",
        "Subject: Re: Plans\r\n",
        "Yes.\r\n\r\n> Shall we?\r\n>> Who comes?\r\n>\r\n> Bob\r\n",
    ),
    (
        "paragraphs",
        "Subject: Letter\r\nContent-Type: text/plain; format=flowed\r\n",
        "This is a paragraph that a mail program wrote in lines which flow, so that \r\nthe reader gets one \
         line of it however wide the window is, and the same again. \r\nIt ends here.\r\n\r\n> A quoted one that \r\n> flows as well.\r\n",
    ),
    (
        "signature",
        "Subject: Hi\r\n",
        "Hello\r\n\r\n-- \r\nAnn\r\n+41 00 000 00 00\r\n",
    ),
    (
        "patch",
        "Subject: [PATCH] fix\r\n",
        "--- a/x.rs\r\n+++ b/x.rs\r\n@@ -1 +1 @@\r\n-\tlet a = 1;\r\n+\tlet a = 2;\r\n",
    ),
    (
        "table",
        "Subject: Figures\r\n",
        "Name      Figure\r\n-----------------\r\nAnn       1,000\r\nBob          20\r\n",
    ),
    (
        "link",
        "Subject: Link\r\n",
        "See https://example.org/a/very/long/address/that/nobody/can/break/without/making/it/useless/for/everybody/who/gets/it?x=1\r\n",
    ),
    (
        "german",
        "Subject: AW: WG: Bericht\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n",
        "Guten Tag,\r\n\r\nich danke f=FCr den Bericht und bitte um eine Antwort.\r\nMit freundlichen Gr=FC=DFen\r\n",
    ),
    (
        "french",
        "Subject: =?utf-8?q?R=C3=A9p=3A_Projet?=\r\nContent-Type: text/plain; charset=utf-8\r\n",
        "Bonjour,\r\n\r\nmerci pour les documents. Je ne vous ai pas oubli\u{e9} dans la liste.\r\n",
    ),
    (
        "japanese",
        "Subject: =?utf-8?b?6L+U5L+hOiDkuojnrpc=?=\r\nContent-Type: text/plain; charset=utf-8\r\n",
        "お世話になっております。予算の件、確認いたしました。よろしくお願いいたします。\r\n",
    ),
    (
        "html",
        "Subject: Offer\r\nContent-Type: text/html; charset=utf-8\r\n",
        "<html><head><title>x</title><style>p{color:red}</style></head><body bgcolor=\"#eee\"><p>Dear <b>all</b>,</p>\
         <ul><li>one</li><li>two</li></ul><p>Thank you</p></body></html>\r\n",
    ),
    (
        "html_hostile",
        "Subject: Click\r\nContent-Type: text/html; charset=utf-8\r\n",
        "<script>steal()</script><p onclick=\"x()\">Click <a href=\"javascript:x()\">here</a></p></div></body><iframe src=//x></iframe>\r\n",
    ),
    (
        "html_latin",
        "Subject: Menu\r\nContent-Type: text/html; charset=windows-1252\r\nContent-Transfer-Encoding: quoted-printable\r\n",
        "<p>caf=E9 =96 cr=E8me</p>\r\n",
    ),
    (
        "alternative",
        "Subject: Both\r\nContent-Type: multipart/alternative; boundary=b\r\n",
        "--b\r\nContent-Type: text/plain\r\n\r\nThe text.\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>The <i>HTML</i>.</p>\r\n--b--\r\n",
    ),
    (
        "picture",
        "Subject: Picture\r\nContent-Type: multipart/related; boundary=b\r\n",
        "--b\r\nContent-Type: text/html\r\n\r\n<p>See <img src=\"cid:p@x\" alt=\"a cat\"></p>\r\n--b\r\nContent-Type: image/png\r\n\
         Content-ID: <p@x>\r\nContent-Disposition: inline; filename=cat.png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n--b--\r\n",
    ),
    (
        "files",
        "Subject: Files\r\nContent-Type: multipart/mixed; boundary=b\r\n",
        "--b\r\n\r\nAttached.\r\n--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n\r\n%PDF\r\n--b--\r\n",
    ),
    (
        "list",
        "Subject: [staff] Re: [staff] Meeting\r\nReply-To: Staff <staff@lists.example.org>\r\nList-Post: <mailto:staff@lists.example.org>\r\n",
        "On Monday.\r\n",
    ),
    (
        "control",
        "Subject: =?utf-8?q?a=1B=5B31mb?=\r\nContent-Type: text/plain; charset=utf-8\r\n",
        "red \u{1b}[31mtext\r\n\x08\x08over\r\n",
    ),
    (
        "blank_lines",
        "Subject: Gaps\r\n",
        "\r\n\r\n\r\nTop\r\n\r\n\r\nBottom   \r\n\r\n\r\n",
    ),
];

#[test]
fn answers_read_well() {
    let service = Arc::new(store_memory::MemoryService::default());
    let host = EmbeddedHost::new()
        .service(service)
        .profile("work", store_memory::NAME);
    let mapi = Mapi::initialize(Arc::new(host));
    let session = Session::logon(&mapi, Logon::profile("work")).unwrap();
    let store = session.default_store().unwrap();
    let inbox = store.receive_folder("IPM.Note").unwrap();
    for (name, fields, body) in MAILS {
        let mail = format!("{HEAD}MIME-Version: 1.0\r\n{fields}\r\n{body}");
        let original = import(&inbox, mail.into_bytes());
        let compose = Compose {
            identity: Some(Identity {
                name: "Me".to_owned(),
                address_type: "SMTP".to_owned(),
                address: "me@example.net".to_owned(),
            }),
            text: "My answer.".to_owned(),
            offset: 120,
            ..Compose::default()
        };
        let reply = original.reply(ReplyTo::All, &compose).unwrap();
        let forward = original.forward(ForwardAs::Inline, &compose).unwrap();
        let shown = format!("{}\n{}", shown("reply", &reply), shown("forward", &forward));
        insta::assert_snapshot!(name, shown);
    }
}

fn import(inbox: &Folder, mail: Vec<u8>) -> Message {
    let context = ImportContext::new(mapi::FileTime::from_unix(1_795_357_205));
    let item = ImportItem {
        tree: mapi_mime::parse(mail, &context).unwrap(),
        flags: 0,
        source: None,
    };
    let mut outcomes = inbox.import(vec![item], ImportOptions::default()).unwrap();
    match outcomes.pop() {
        Some(ImportOutcome::Imported { id, .. }) => inbox.open_message(&id).unwrap(),
        other => unreachable!("{other:?}"),
    }
}

/// What a reader sees of a message.
fn shown(what: &str, message: &Message) -> String {
    message
        .save_changes(SaveFlags::KEEP_OPEN_READWRITE)
        .unwrap();
    let mut out = format!("== {what}\n");
    for (name, tag) in [
        ("To", tags::DISPLAY_TO),
        ("Subject", tags::SUBJECT),
        ("References", tags::INTERNET_REFERENCES),
    ] {
        let value = message.find(tag).unwrap().unwrap_or_default();
        writeln!(out, "{name}: {}", value.escape_debug()).unwrap();
    }
    writeln!(out, "Attachments: {}\n", message.attachment_count()).unwrap();
    out.push_str(&message.get(tags::BODY).unwrap().replace("\r\n", "\n"));
    if message.get(tags::NATIVE_BODY_INFO).unwrap() == 3 {
        let html = String::from_utf8(message.get(tags::HTML).unwrap()).unwrap();
        writeln!(out, "\n-- html\n{}", html.replace("\r\n", "\n").trim_end()).unwrap();
    }
    out
}
