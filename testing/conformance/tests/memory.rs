//! The suite over the store in memory, the strict reference.

use std::path::Path;
use std::sync::Arc;

use conformance::Ground;
use mapi::{Service, ServiceConfig};
use store_memory::MemoryService;

#[derive(Debug)]
struct Memory(Arc<MemoryService>);

impl Ground for Memory {
    fn service(&self) -> Arc<dyn Service> {
        Arc::clone(&self.0) as Arc<dyn Service>
    }

    fn config(&self, name: &str) -> ServiceConfig {
        let values = [("name".to_owned(), name.to_owned())].into();
        ServiceConfig {
            values,
            ..ServiceConfig::default()
        }
    }
}

#[test]
fn every_case_holds_in_memory() {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let ground = || Box::new(Memory(Arc::default())) as Box<dyn Ground>;
    if let Err(error) = conformance::run("memory", target, ground) {
        panic!("{error:#}");
    }
}

#[test]
fn tables_are_as_the_model_says_in_memory() {
    let ground = || Box::new(Memory(Arc::default())) as Box<dyn Ground>;
    conformance::table_model(ground, 5000).unwrap();
}

#[test]
fn categories_are_as_the_model_says_in_memory() {
    let ground = || Box::new(Memory(Arc::default())) as Box<dyn Ground>;
    conformance::category_model(ground, 4000).unwrap();
}

/// `MALLE_SENDING_STEPS` runs more of them.
#[test]
fn sending_is_as_the_model_says_in_memory() {
    let ground = || Box::new(Memory(Arc::default())) as Box<dyn Ground>;
    let steps = std::env::var("MALLE_SENDING_STEPS").ok();
    let steps = steps.and_then(|n| n.parse().ok()).unwrap_or(1800);
    conformance::sending_model(ground, steps).unwrap();
}
