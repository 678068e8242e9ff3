//! Runs a saga through everything that can happen to it.
