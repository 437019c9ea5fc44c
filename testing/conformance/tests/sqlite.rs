//! The suite over the store in an SQLite file, the default.

use std::path::Path;
use std::sync::Arc;

use conformance::Ground;
use mapi::{Service, ServiceConfig};
use store_sqlite::SqliteService;
use testkit::TempHome;

#[derive(Debug)]
struct Files(TempHome);

impl Ground for Files {
    fn service(&self) -> Arc<dyn Service> {
        Arc::new(SqliteService)
    }

    fn config(&self, name: &str) -> ServiceConfig {
        let values = [("path".to_owned(), format!("{name}.malle"))].into();
        ServiceConfig {
            base: self.0.path().to_owned(),
            values,
        }
    }

    fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        let mut all = Vec::new();
        for ending in ["malle", "malle-wal"] {
            let file = self.0.path().join(format!("{name}.{ending}"));
            all.extend(std::fs::read(file).unwrap_or_default());
        }
        Some(all)
    }
}

#[test]
fn every_case_holds_in_sqlite() {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let ground = || Box::new(Files(TempHome::new().unwrap())) as Box<dyn Ground>;
    if let Err(error) = conformance::run("sqlite", target, ground) {
        panic!("{error:#}");
    }
}

#[test]
fn tables_are_as_the_model_says_in_sqlite() {
    let ground = || Box::new(Files(TempHome::new().unwrap())) as Box<dyn Ground>;
    conformance::table_model(ground, 2000).unwrap();
}

#[test]
fn categories_are_as_the_model_says_in_sqlite() {
    let ground = || Box::new(Files(TempHome::new().unwrap())) as Box<dyn Ground>;
    conformance::category_model(ground, 1500).unwrap();
}

/// `MALLE_SENDING_STEPS` runs more of them.
#[test]
fn sending_is_as_the_model_says_in_sqlite() {
    let ground = || Box::new(Files(TempHome::new().unwrap())) as Box<dyn Ground>;
    let steps = std::env::var("MALLE_SENDING_STEPS").ok();
    let steps = steps.and_then(|n| n.parse().ok()).unwrap_or(360);
    conformance::sending_model(ground, steps).unwrap();
}
