//! How fast HTML bodies become text: `cargo run --release -p mapi-html --example text_speed FILE...`
#![expect(clippy::print_stdout, reason = "an example says what it measured")]

use std::hint::black_box;
use std::time::{Duration, Instant};

fn main() -> std::io::Result<()> {
    let mut bodies = Vec::new();
    for path in std::env::args().skip(1) {
        bodies.push(String::from_utf8_lossy(&std::fs::read(path)?).into_owned());
    }
    let bytes: usize = bodies.iter().map(String::len).sum();
    let started = Instant::now();
    // The best round is the one in which nobody else had the processor.
    let mut best = Duration::MAX;
    while started.elapsed() < Duration::from_secs(2) {
        let round = Instant::now();
        for body in &bodies {
            black_box(mapi_html::html_to_text(body));
        }
        best = best.min(round.elapsed());
    }
    let speed = bytes as f64 / 1e6 / best.as_secs_f64();
    println!("{} bodies, {bytes} bytes: {speed:.0} MB/s", bodies.len());
    Ok(())
}
