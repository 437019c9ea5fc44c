//! The workspace as cargo describes it: where it lies, its members and all packages behind them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

/// What `cargo metadata` says, as far as the tasks need it.
#[derive(Debug, Clone, Deserialize)]
pub struct Metadata {
    /// Members and, when asked for, everything they depend on.
    pub packages: Vec<Package>,
    /// Where builds go.
    pub target_directory: PathBuf,
}

/// One package.
#[derive(Debug, Clone, Deserialize)]
pub struct Package {
    /// Its name in its manifest.
    pub name: String,
    /// Cargo's identifier, as build messages use it.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Where it comes from; `None` for a member of the workspace.
    pub source: Option<String>,
    /// Its licence expression, if it states one.
    pub license: Option<String>,
    /// Its `Cargo.toml`.
    pub manifest_path: PathBuf,
    /// What it depends on directly.
    pub dependencies: Vec<Dependency>,
    /// What it builds.
    pub targets: Vec<Target>,
    /// The manifest's `package.metadata`.
    #[serde(default)]
    pub metadata: Option<serde_json::Value>,
}

/// One line of a manifest's dependencies.
#[derive(Debug, Clone, Deserialize)]
pub struct Dependency {
    /// The name of the package depended on.
    pub name: String,
    /// `None` for a normal dependency, else `dev` or `build`.
    pub kind: Option<String>,
    /// The registry; `None` for a path.
    pub source: Option<String>,
}

/// One thing that a package builds.
#[derive(Debug, Clone, Deserialize)]
pub struct Target {
    /// `lib`, `bin`, `test`, …
    pub kind: Vec<String>,
    /// Its name.
    pub name: String,
}

impl Package {
    /// The folder of the package.
    pub fn directory(&self) -> &Path {
        self.manifest_path.parent().unwrap_or(&self.manifest_path)
    }

    /// Whether it builds a library that may hold doc tests.
    pub fn has_library(&self) -> bool {
        self.targets
            .iter()
            .any(|target| target.kind.iter().any(|kind| kind == "lib"))
    }
}

impl Metadata {
    /// Reads the members alone, without any need of the network.
    pub fn members() -> Result<Self> {
        Self::read(&["--no-deps", "--offline"])
    }

    /// Reads members and everything behind them on every platform; if the network is needed for
    /// that and absent, everything behind them on this platform.
    pub fn everything() -> Result<Self> {
        Self::read(&[]).or_else(|_| Self::read(&["--offline", "--filter-platform", &host()?]))
    }

    fn read(extra: &[&str]) -> Result<Self> {
        let output = cargo()
            .args(["metadata", "--format-version=1"])
            .args(extra)
            .output()
            .context("cannot run cargo metadata")?;
        if !output.status.success() {
            bail!(
                "cargo metadata: {}",
                String::from_utf8_lossy(&output.stderr).trim()
            );
        }
        serde_json::from_slice(&output.stdout).context("cannot read cargo's metadata")
    }

    /// The member with this name.
    pub fn member(&self, name: &str) -> Option<&Package> {
        self.packages
            .iter()
            .find(|package| package.source.is_none() && package.name == name)
    }

    /// Members by cargo's identifier.
    pub fn by_id(&self) -> BTreeMap<&str, &Package> {
        self.packages
            .iter()
            .map(|package| (package.id.as_str(), package))
            .collect()
    }
}

/// The root of the workspace.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// A cargo command in the root, free of what the outer cargo set for this program.
pub fn cargo() -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.current_dir(root());
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}

fn host() -> Result<String> {
    let output = Command::new("rustc")
        .arg("-vV")
        .output()
        .context("cannot run rustc")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(line.context("rustc names no host")?.to_owned())
}
