//! RTF as text or HTML, unpacked or packed: `cargo run -p mapi-rtf --example rtf_show text|html|unpack|pack FILE...`

use std::io::Write;

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let what = arguments.next().unwrap_or_default();
    let mut out = std::io::stdout().lock();
    for path in arguments {
        let mut rtf = std::fs::read(&path)?;
        if mapi_rtf::compressed::Header::of(&rtf).is_ok() {
            rtf = mapi_rtf::compressed::decompress(&rtf, usize::MAX)
                .map_err(std::io::Error::other)?;
        }
        match what.as_str() {
            "unpack" => out.write_all(&rtf)?,
            "pack" => out.write_all(&mapi_rtf::compressed::compress(&rtf))?,
            "html" => out.write_all(mapi_rtf::to_html(&rtf).html.as_bytes())?,
            _ => out.write_all(mapi_rtf::to_text(&rtf).text.as_bytes())?,
        }
    }
    Ok(())
}
