//! Targets that fail on purpose when an input says so: they show that the parent sees every kind of failure.

use std::hint::black_box;

use crate::seen::Seen;
use crate::target::Target;

/// All of them; they are no part of `all`.
pub(super) static ALL: &[&Target] = &[&PANICS, &ABORTS, &RECURS, &HANGS, &GROWS];

static PANICS: Target = target("broken-panic", |input, _| {
    assert!(!triggered(input), "as asked");
});
static ABORTS: Target = target("broken-abort", |input, _| {
    if triggered(input) {
        std::process::abort();
    }
});
static RECURS: Target = target("broken-stack", |input, _| {
    if triggered(input) {
        black_box(deeper(0));
    }
});
static HANGS: Target = target("broken-hang", |input, _| {
    while triggered(input) {
        black_box(input);
    }
});
static GROWS: Target = target("broken-memory", |input, _| {
    if triggered(input) {
        let all: Vec<_> = (0..1024).map(|_| black_box(vec![1_u8; 1 << 20])).collect();
        black_box(all);
    }
});

const fn target(name: &'static str, run: fn(&[u8], &mut Seen)) -> Target {
    Target {
        name,
        about: "fails on purpose",
        longest: 64,
        seeds: || vec![b"a harmless seed".to_vec()],
        takes_mail: false,
        tokens: &[b"!"],
        run,
    }
}

fn triggered(input: &[u8]) -> bool {
    input.contains(&b'!')
}

#[expect(unconditional_recursion, reason = "the stack is to overflow")]
fn deeper(n: u64) -> u64 {
    black_box([n; 64]).iter().sum::<u64>() + deeper(black_box(n + 1))
}
