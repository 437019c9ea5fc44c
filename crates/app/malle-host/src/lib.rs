//! Composition root: providers, profiles, paths, import and export.
