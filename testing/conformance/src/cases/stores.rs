//! STO-02 … STO-07, MASK.*: stores and their special folders.
