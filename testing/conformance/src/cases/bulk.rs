//! STO-10, STO-14, RFL.*, M-IMAPIFolder.*: bulk work on messages.
