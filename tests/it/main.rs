//! The integration tests, as one binary.

// The embedded store: newest wins, what is durable when, one writer, each kind of question.
mod embedded;
