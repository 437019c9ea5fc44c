//! Internet mail to MAPI messages and back.
