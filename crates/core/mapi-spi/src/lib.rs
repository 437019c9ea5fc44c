//! The boundary between MAPI's objects and the providers behind them.
