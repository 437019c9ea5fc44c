//! Configuration files of forms and icons: any bytes are a form or an error that says where.

use mapi_forms::{Configuration, Description, Form, Icon, standard};

use crate::seen::Seen;
use crate::target::Target;

pub(super) static TARGET: Target = Target {
    name: "form",
    about: "any configuration file is read within its limits and written back as the same; any icon is checked",
    longest: 16 * 1024,
    seeds,
    takes_mail: false,
    tokens: TOKENS,
    run,
};

fn run(input: &[u8], seen: &mut Seen) {
    read(input, seen);
    // What the file names as its icon is as foreign as the file.
    let mut icon = |_: &str| Ok(input.to_vec());
    seen.mark("form", Form::install(input, &mut icon).is_ok());
    match Icon::new(input.to_vec()) {
        Ok(icon) => {
            let images = icon.sizes().count();
            assert!((1..=64).contains(&images), "{images} images");
            assert_eq!(icon.as_bytes(), input);
            seen.mark("images", images.min(4));
        }
        Err(error) => seen.mark("icon", error.to_string().len()),
    }
}

fn read(input: &[u8], seen: &mut Seen) {
    let Ok((file, notes)) = Configuration::read(input) else {
        return seen.mark("too large", true);
    };
    let lines = input.split(|b| *b == b'\n').count();
    assert!(notes.len() <= 2 * lines, "{} notes", notes.len());
    seen.count("notes", notes.len());
    let written = file.to_string();
    assert!(
        written.len() <= 4 * input.len() + 64,
        "{} bytes",
        written.len()
    );
    if let Ok((again, notes)) = Configuration::read(written.as_bytes()) {
        assert_eq!(notes, [], "{written:?}");
        assert_eq!(again.to_string(), written);
        assert_eq!(
            Description::of(&again).is_ok(),
            Description::of(&file).is_ok()
        );
    }
    match Description::of(&file) {
        Ok(form) => {
            seen.count("verbs", form.verbs.len());
            seen.count("properties", form.properties.len());
            seen.count("hosts", form.host_map.len());
        }
        Err(error) => seen.mark("error", std::mem::discriminant(&error)),
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let files = [
        "; c\n[Description]\nMessageClass=IPM.Foo\nClsid={00020D35-0000-0000-C000-000000000046}\nDisplayName=Foo\nLargeIcon=a\\b.ico\n\
         Hidden=1\nComment=a\nComment1=b\n",
        "[Description]\nMessageClass=IPM.Foo\nClsid={00020D35-0000-0000-C000-000000000046}\nDisplayName=\" Foo \"\n[Verbs]\nVerb1=1\n\
         [Verb.1]\nDisplayName=Open\nCode=0\n[Properties]\nProperty.1=x\n[Property.x]\nType=3\nNmidInteger=26625\n",
        "[Platforms]\nPlatform1=NT\n[Platform.NT]]\nCPU=ix86\nOSVersion=WinNT3.5\nregistry1=\\a = b\n",
    ];
    let icon = standard::forms().first().and_then(|form| form.icon());
    let icon = icon.map(|icon| icon.as_bytes().to_vec());
    files
        .map(|file| file.as_bytes().to_vec())
        .into_iter()
        .chain(icon)
        .collect()
}

const TOKENS: &[&[u8]] = &[
    b"[",
    b"]",
    b"]]",
    b"=",
    b";",
    b"\"",
    b"\r\n",
    b"\n[Description]\n",
    b"\n[Platforms]\n",
    b"\n[Platform.",
    b"\n[Properties]\n",
    b"\n[Property.",
    b"\n[Verbs]\n",
    b"\n[Verb.",
    b"MessageClass=",
    b"Clsid={00020D35-0000-0000-C000-000000000046}\n",
    b"NmidString=",
    b"NmidInteger=",
    b"NmidPropset=",
    b"Type=",
    b"Code=0x",
    b"\\",
    b"..",
    b"\x00\x00\x01\x00",
    b"\x89PNG\r\n\x1a\n",
];
