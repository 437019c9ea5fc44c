//! Measurements: big stores, opening folders, import.
