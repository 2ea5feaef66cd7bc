//! JSON and NDJSON. Stored documents go out byte for byte, not parsed and written again.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::value::RawValue;

use crate::model::Hits;

/// One object: `{"total":n,"videos":[document…]}`, a document a line.
pub fn write_hits(out: &mut dyn Write, hits: &Hits) -> io::Result<()> {
    write!(out, "{{\"total\":{},\"videos\":[", hits.total)?;
    for (position, document) in hits.videos.iter().enumerate() {
        out.write_all(if position == 0 { b"\n" } else { b",\n" })?;
        out.write_all(checked(document)?)?;
    }
    out.write_all(if hits.videos.is_empty() { b"]}\n" } else { b"\n]}\n" })
}

/// The documents as an array, a document a line.
pub fn write_document_array(out: &mut dyn Write, hits: &Hits) -> io::Result<()> {
    out.write_all(b"[")?;
    for (position, document) in hits.videos.iter().enumerate() {
        out.write_all(if position == 0 { b"\n" } else { b",\n" })?;
        out.write_all(checked(document)?)?;
    }
    out.write_all(if hits.videos.is_empty() { b"]\n" } else { b"\n]\n" })
}

/// The documents alone, one a line.
pub fn write_documents(out: &mut dyn Write, hits: &Hits) -> io::Result<()> {
    hits.videos.iter().try_for_each(|document| write_document(out, document))
}

/// One document, as a line.
pub fn write_document(out: &mut dyn Write, document: &[u8]) -> io::Result<()> {
    out.write_all(checked(document)?)?;
    out.write_all(b"\n")
}

/// An array of rows, a row a line.
pub fn write_array<Row: Serialize>(out: &mut dyn Write, rows: &[Row]) -> io::Result<()> {
    out.write_all(b"[")?;
    for (position, row) in rows.iter().enumerate() {
        out.write_all(if position == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut *out, row)?;
    }
    out.write_all(if rows.is_empty() { b"]\n" } else { b"\n]\n" })
}

/// Rows, one a line.
pub fn write_lines<Row: Serialize>(out: &mut dyn Write, rows: &[Row]) -> io::Result<()> {
    for row in rows {
        serde_json::to_writer(&mut *out, row)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// A stored document that is no JSON would break the whole answer.
fn checked(document: &[u8]) -> io::Result<&[u8]> {
    let raw: &RawValue = serde_json::from_slice(document)?;
    Ok(raw.get().as_bytes())
}
