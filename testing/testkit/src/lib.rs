//! Temporary homes, fault injection, the sample corpus and real peers for tests.
