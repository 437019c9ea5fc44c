//! Indexing the messages of an older file at the first use of the index: in short steps, while others read and write.
