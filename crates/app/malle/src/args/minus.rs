//! `-word` among the words of `malle search` and `malle search-folder create`: what is left out, although it looks like an option.

use std::ffi::OsString;

/// Options that take the argument behind them.
const VALUED: [&str; 17] = [
    "-p",
    "--passphrase-file",
    "--profile",
    "--home",
    "--log",
    "--color",
    "--progress",
    "--folder",
    "--columns",
    "--where",
    "--sort",
    "--limit",
    "--offset",
    // Of search folders.
    "--in",
    "--parent",
    "--query",
    "--rename",
];

/// Letters of options that take none.
const SWITCHES: [char; 4] = ['h', 'q', 'v', 'V'];

/// Commands whose words are a query.
const QUERYING: [&str; 2] = ["search", "search-folder"];

/// The arguments with `-word` behind such a command as `NOT word`, which means the same and is no option. `-q`, `-vv` and the
/// like stay options, and so does all behind `--`.
pub(crate) fn spelled_out(args: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut args: Vec<OsString> = args.into_iter().collect();
    let mut searches = false;
    let mut at = 1;
    while let Some(arg) = args.get_mut(at) {
        let Some(text) = arg.to_str() else {
            at += 1;
            continue;
        };
        if text == "--" || (!searches && !text.starts_with('-') && !QUERYING.contains(&text)) {
            break;
        }
        searches |= QUERYING.contains(&text);
        let valued = VALUED.contains(&text);
        if searches && let Some(word) = left_out(text) {
            *arg = format!("NOT {word}").into();
        }
        at += 1 + usize::from(valued);
    }
    args
}

/// Where the word stands that names the command, behind options and their values.
pub(super) fn command_at(args: &[OsString]) -> Option<usize> {
    let mut at = 1;
    loop {
        let text = args.get(at)?.to_str()?;
        match text {
            "--" => return None,
            _ if VALUED.contains(&text) => at += 2,
            _ if text.starts_with('-') => at += 1,
            _ => return Some(at),
        }
    }
}

/// The word that names the command.
pub(crate) fn command_name(args: &[OsString]) -> Option<&str> {
    args.get(command_at(args)?)?.to_str()
}

/// What stands behind the `-` of an argument that is no option.
fn left_out(arg: &str) -> Option<&str> {
    let word = arg.strip_prefix('-')?;
    let option = word.is_empty()
        || word == "p"
        || word.starts_with('-')
        || word.chars().all(|c| SWITCHES.contains(&c));
    (!option).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Cli;
    use clap::CommandFactory;

    #[test]
    fn words_that_look_like_options() {
        let spelled = |line: &str| {
            let args = line.split(' ').map(OsString::from);
            let joined = spelled_out(args)
                .into_iter()
                .map(|a| a.into_string().unwrap());
            joined.collect::<Vec<_>>().join("|")
        };
        for (line, expect) in [
            ("malle search a -b", "malle|search|a|NOT b"),
            (
                "malle -p x search -has:y -q",
                "malle|-p|x|search|NOT has:y|-q",
            ),
            (
                "malle search a --sort -b -c --json",
                "malle|search|a|--sort|-b|NOT c|--json",
            ),
            (
                "malle search a -vv -p b - -(c)",
                "malle|search|a|-vv|-p|b|-|NOT (c)",
            ),
            ("malle search -- -b", "malle|search|--|-b"),
            ("malle list search -b", "malle|list|search|-b"),
            ("malle search search -b", "malle|search|search|NOT b"),
            (
                "malle search-folder create x --in -y a -b",
                "malle|search-folder|create|x|--in|-y|a|NOT b",
            ),
            (
                "malle search-folder edit x --query -b",
                "malle|search-folder|edit|x|--query|-b",
            ),
        ] {
            assert_eq!(spelled(line), expect);
        }
    }

    #[test]
    fn the_options_are_those_of_the_grammar() {
        let cli = Cli::command();
        let search = cli.find_subcommand("search").unwrap();
        let folders = cli.find_subcommand("search-folder").unwrap();
        let verbs = folders
            .get_subcommands()
            .flat_map(clap::Command::get_arguments);
        let options = cli.get_arguments().chain(search.get_arguments());
        let options: Vec<_> = options.chain(verbs).collect();
        let mut valued = Vec::new();
        for option in options.iter().filter(|o| !o.is_positional()) {
            let takes = option.get_action().takes_values() && !option.is_require_equals_set();
            let names = [
                option.get_short().map(|c| format!("-{c}")),
                option.get_long().map(|name| format!("--{name}")),
            ];
            for name in names.into_iter().flatten() {
                let switch = name.chars().nth(1).filter(|c| *c != '-');
                assert!(
                    takes || switch.is_none_or(|c| SWITCHES.contains(&c)),
                    "{name}"
                );
                valued.extend(takes.then_some(name));
            }
        }
        let mut known = VALUED.map(str::to_owned).to_vec();
        known.sort();
        valued.sort();
        valued.dedup();
        assert_eq!(valued, known);
    }
}
