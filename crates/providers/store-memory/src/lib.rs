//! A message store in memory: the strict reference for all others.
