//! Kibana: the saved objects that show what is stored, and the one request that brings them there.
//!
//! `settings` (what is connected to) → `client` (one request; `trouble` says what is wrong when none is answered, or
//! when what answers is no Kibana) → `status` (which Kibana it is) → `import` (what it says of each object). `objects`
//! has the objects, `mappings/kibana.ndjson`, under any index prefix. Nothing is stored or asked here;
//! `viralmine setup` calls it.

mod client;
mod import;
mod objects;
mod settings;
mod status;
mod trouble;

pub use client::Kibana;
pub use import::{Imported, ObjectFailure};
pub use objects::{DASHBOARD, SavedObject, listed, ndjson};
pub use settings::KibanaSettings;
pub use status::Version;

/// Why the objects could not be imported; each says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KibanaError {
    /// A setting cannot be used; found before any request.
    #[error("{0}")]
    Settings(String),
    /// Nobody answers there, or nobody that may be trusted.
    #[error("{0}")]
    Unreachable(String),
    /// It does not let us (401, 403).
    #[error("{0}")]
    Denied(String),
    /// What answers is no Kibana.
    #[error("{0}")]
    NotKibana(String),
    /// A Kibana that cannot read these objects.
    #[error("{0}")]
    TooOld(String),
    /// A Kibana that is starting, or has trouble; the same may succeed later.
    #[error("{0}")]
    NotReady(String),
    /// It takes none of the objects.
    #[error("{0}")]
    Refused(String),
}
