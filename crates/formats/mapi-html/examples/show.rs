//! An HTML body as text: `cargo run -p mapi-html --example show FILE`
#![expect(clippy::print_stdout, reason = "an example shows what it made")]

fn main() -> std::io::Result<()> {
    for path in std::env::args().skip(1) {
        let bytes = std::fs::read(path)?;
        println!(
            "{}",
            mapi_html::html_to_text(&String::from_utf8_lossy(&bytes))
        );
    }
    Ok(())
}
