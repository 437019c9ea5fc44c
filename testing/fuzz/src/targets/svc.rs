//! Descriptions of message services: any bytes are services and diagnostics, or an error that says where.

use mapi_svc::{Inf, MOST_DIAGNOSTICS, MOST_PROPERTIES, MOST_PROVIDERS};

use crate::seen::Seen;
use crate::target::Target;

pub(super) static TARGET: Target = Target {
    name: "svc",
    about: "any mapisvc.inf is read within its limits and written back as the same",
    longest: 16 * 1024,
    seeds,
    takes_mail: false,
    tokens: TOKENS,
    run,
};

fn run(input: &[u8], seen: &mut Seen) {
    let Ok((inf, notes)) = Inf::read(input) else {
        return seen.mark("too large", true);
    };
    assert!(notes.len() <= MOST_DIAGNOSTICS, "{} notes", notes.len());
    seen.count("notes", notes.len());
    seen.count("services", inf.services.len());
    let mut properties = 0;
    for service in &inf.services {
        assert!(service.providers.len() <= MOST_PROVIDERS);
        assert!(service.extra_sections.len() <= MOST_PROVIDERS);
        properties += service.properties.known.len();
        let providers = service.providers.iter();
        properties += providers.map(|p| p.properties.known.len()).sum::<usize>();
        seen.mark("defect", service.defects.len());
        seen.mark("extra", service.extra_sections.len().min(3));
    }
    assert!(properties <= MOST_PROPERTIES, "{properties} properties");
    seen.count("properties", properties);
    settles(&inf);
}

/// What is written reads as what is written again: the first writing has mended all that was askew.
fn settles(inf: &Inf) {
    let Ok((again, _)) = Inf::read(inf.to_string().as_bytes()) else {
        return;
    };
    let written = again.to_string();
    if let Ok((third, _)) = Inf::read(written.as_bytes()) {
        assert_eq!(third.to_string(), written);
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let service = "[Services]\nX=My Service\n[Default Services]\nX=My Service\n[Help File Mappings]\nX=X.HLP\n\
         [X]\nPR_DISPLAY_NAME=My Service\nProviders=X Store, X Mail\nSections=More\nPR_SERVICE_DLL_NAME=X.DLL\n\
         PR_SERVICE_SUPPORT_FILES=X.DLL, Y.DLL\nPR_SERVICE_ENTRY_NAME=Entry\nPR_RESOURCE_FLAGS=SERVICE_SINGLE_COPY\n\
         [X Store]\nPR_DISPLAY_NAME=S\nPR_PROVIDER_DISPLAY=S\nPR_PROVIDER_DLL_NAME=X32.DLL\n\
         PR_RESOURCE_TYPE=MAPI_STORE_PROVIDER\nPR_RESOURCE_FLAGS=STATUS_NO_DEFAULT_STORE|STATUS_OWN_STORE\n66000003=00040000\n\
         [X Mail]\nPR_DISPLAY_NAME=M\nPR_PROVIDER_DISPLAY=M\nPR_PROVIDER_DLL_NAME=X.DLL\nPR_RESOURCE_TYPE=24000000\n\
         34140102=78b2fa70aff711cd9bc800aa002fc45a\n6601101E=a, b\n6602000B=0100\nother=\" kept \"\n\
         [More]\nUID=13DB0C8AA05101A9BB000AA002FC45AA\n66050003=03000000\n";
    let marked = format!("\u{feff}{service}");
    let wide = marked.encode_utf16().flat_map(u16::to_le_bytes).collect();
    vec![service.as_bytes().to_vec(), wide]
}

const TOKENS: &[&[u8]] = &[
    b"[",
    b"]",
    b"=",
    b";",
    b",",
    b"|",
    b"\"",
    b"'",
    b"\r\n",
    b"\xFF\xFE",
    b"\xEF\xBB\xBF",
    b"\n[Services]\n",
    b"\n[Default Services]\n",
    b"\n[Help File Mappings]\n",
    b"\n[X]\n",
    b"\n[X Store]\n",
    b"\nProviders=",
    b"\nSections=",
    b"\nUID=",
    b"\nWIZARD_ENTRY_NAME=",
    b"\nPR_RESOURCE_FLAGS=",
    b"\nPR_RESOURCE_TYPE=",
    b"\nPR_SERVICE_SUPPORT_FILES=",
    b"MAPI_STORE_PROVIDER",
    b"SERVICE_SINGLE_COPY",
    b"STATUS_OWN_STORE",
    b"\n67F0001E=",
    b"\n66001003=",
    b"\n66000014=",
    b"01000000",
];
