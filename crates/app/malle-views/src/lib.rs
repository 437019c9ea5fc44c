//! View models as plain data: the message list and the reader.
