//! The integration tests: one binary, one line for each file.

// The API client against a server on loopback: keys, parameters and order, as the server sees them.
mod source;
