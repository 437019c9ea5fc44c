//! The grammar of the commands about secrets.

use std::path::PathBuf;

use clap::{Args, Subcommand};

const NAMES: &str = "\
NAME is PROFILE/SERVICE/KEY as `malle secret list` shows it, or SERVICE/KEY in the profile in use. SERVICE is
the UID of a service, the letter of its store, or its name where that is the only one; KEY is that of the
setting which needs the secret.";

#[derive(Debug, Subcommand)]
pub(crate) enum SecretCommand {
    /// Store a secret: read from standard input, or asked for without echo
    #[command(after_help = format!("\
{NAMES}

It goes into the keyring if there is one, else into a file that is encrypted with a passphrase, or where
secrets.toml says. There is no command that shows a secret.

Example:
  malle secret set a/password
  pass show mail/work | malle secret set a/password"))]
    Set {
        /// Its name
        name: String,
        #[command(flatten)]
        input: InputArgs,
    },
    /// Say whether a secret can be read, without showing it
    #[command(after_help = format!("{NAMES}\n\nExample:\n  malle secret test a/password"))]
    Test {
        /// Its name
        name: String,
    },
    /// List the names of secrets and where each lies; opens none of them
    #[command(after_help = "Example:\n  malle secret list --json")]
    List,
    /// Delete a secret
    #[command(after_help = format!("\
{NAMES}

Without a way to open what keeps it, it is forgotten here and removed there when that is next open.

Example:
  malle secret delete a/password"))]
    Delete {
        /// Its name
        name: String,
    },
    /// Replace a secret that is there, or the passphrase of the encrypted file
    #[command(after_help = format!("\
{NAMES}

The old one is kept until the new one was stored and read back. Without NAME the encrypted file gets
another passphrase.

Example:
  malle secret rotate a/password
  malle secret rotate"))]
    Rotate {
        /// Its name; none: the passphrase of the encrypted file
        name: Option<String>,
        #[command(flatten)]
        input: InputArgs,
        /// File whose first line is the new passphrase; else it is asked for
        #[arg(long, value_name = "FILE", conflicts_with = "name")]
        new_passphrase_file: Option<PathBuf>,
    },
}

/// How a secret is taken from standard input.
#[derive(Debug, Clone, Args)]
pub(crate) struct InputArgs {
    /// Take standard input to the byte: a line end at its end belongs to the secret
    #[arg(long)]
    pub(crate) whole: bool,
}
