//! MAPI's objects: session, store, folder, message, attachment, table.
