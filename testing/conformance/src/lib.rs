//! One suite of cases, run through the client API over every store.
