//! One version of a collection's index in its folder: opened, or made, and refused when it does not fit.
//!
//! Where the folder is says `place`; reading and writing documents is done elsewhere.

use std::fs;
use std::io;
use std::path::Path;

use tantivy::{Index, IndexSettings};

use super::closed::MaybeClosed;
use super::place::{Place, sync_parent};
use super::schema::{CoreFields, IndexSchema, tokenizers};
use super::stamp::{Age, STAMP_FILE, Stamp};
use super::trouble;
use crate::model::Collection;
use crate::store::StoreError;

/// Tantivy's own list of segments, written last: an index is there once this is.
const META_FILE: &str = "meta.json";

/// An index that fits, with where its fields are.
pub(super) struct Opened {
    pub index: Index,
    pub schema: IndexSchema,
}

/// An index that can be read back, whatever its mapping.
pub(super) struct OpenedAnyhow {
    pub index: Index,
    pub core: CoreFields,
    /// Never [`Age::Newer`].
    pub age: Age,
}

/// Opens the index in `folder`, or makes it.
pub(super) fn open_or_make(folder: &Path, collection: Collection) -> Result<Opened, StoreError> {
    let schema = IndexSchema::of(collection)?;
    if !is_there(folder)? {
        make(folder, &schema)?;
    }
    open(folder, collection, schema)
}

/// Opens the index in `folder` to ask it; `None` when none was made yet.
pub(super) fn open_existing(folder: &Path, collection: Collection) -> Result<Option<Opened>, StoreError> {
    if is_there(folder)? {
        return open(folder, collection, IndexSchema::of(collection)?).map(Some);
    }
    refuse_remains(folder).map(|()| None)
}

/// Opens the index in `folder` to copy it, also one that an older program made; `None` when none was made yet.
pub(super) fn open_anyhow(folder: &Path, collection: Collection) -> Result<Option<OpenedAnyhow>, StoreError> {
    if !is_there(folder)? {
        return refuse_remains(folder).map(|()| None);
    }
    let schema = IndexSchema::of(collection)?;
    let (stamp, own) = (Stamp::read(folder)?, Stamp::own(&schema));
    let age = stamp.age(own);
    if age == Age::Newer {
        return Err(stamp.newer(folder, own));
    }
    let index = open_index(folder)?;
    let core = CoreFields::find_in(&index.schema());
    let core = core.ok_or_else(|| trouble::broken(folder, &"it has no fields _id, _version and _source"))?;
    // Other fields under the same number are no other age, but no index of this program's mapping either.
    let age = if index.schema() == schema.schema { age } else { Age::Older };
    Ok(Some(OpenedAnyhow { index, core, age }))
}

/// What is said where videos are asked for before any run.
pub(super) fn nothing_indexed(folder: &Path) -> StoreError {
    StoreError::Missing(format!(
        "nothing was indexed yet in {}: run `viralmine backfill` first, or name the store with --store",
        folder.display()
    ))
}

/// Refuses checkpoints whose videos are gone: they would say of lost documents that they are stored. Videos are made
/// first, so no kill leaves this behind.
pub(super) fn refuse_lone_checkpoints(place: &Place) -> Result<(), StoreError> {
    let videos = place.current_folder(Collection::Videos)?;
    if is_there(&place.current_folder(Collection::Checkpoints)?)? && !is_there(&videos)? {
        return Err(trouble::broken(&videos, &format!("{META_FILE} is missing, checkpoints are there")));
    }
    Ok(())
}

/// Whether an index was made in `folder`.
pub(super) fn is_there(folder: &Path) -> Result<bool, StoreError> {
    match folder.join(META_FILE).try_exists() {
        Ok(exists) => Ok(exists),
        // A file where a folder should be: what lists it says so.
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => Ok(false),
        Err(error) => Err(trouble::inaccessible(folder, &error)),
    }
}

/// The stamp first: an index without one would look damaged after a kill between the two.
fn make(folder: &Path, schema: &IndexSchema) -> Result<(), StoreError> {
    let unwritable = |error: io::Error| trouble::unwritable(folder, &error);
    refuse_remains(folder)?;
    fs::create_dir_all(folder).map_err(unwritable)?;
    Stamp::own(schema).write(folder).map_err(unwritable)?;
    let made = MaybeClosed::open(folder)
        .and_then(|directory| Index::create(directory, schema.schema.clone(), IndexSettings::default()));
    made.map_err(|error| trouble::unwritable(folder, &error))?;
    // A power cut must not take the videos' new folder and leave the checkpoints'.
    sync_parent(folder).map_err(unwritable)
}

/// Segments without their list are an index that lost it, not a fresh folder.
fn refuse_remains(folder: &Path) -> Result<(), StoreError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => return Err(trouble::broken(folder, &error)),
        Err(error) => return Err(trouble::inaccessible(folder, &error)),
    };
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let is_remains = |name: &String| !name.starts_with('.') && name != STAMP_FILE;
    match names.into_iter().find(is_remains) {
        Some(name) => Err(trouble::broken(folder, &format!("{META_FILE} is missing beside {name}"))),
        None => Ok(()),
    }
}

fn open_index(folder: &Path) -> Result<Index, StoreError> {
    let mut index = trouble::guard(folder, || Index::open(MaybeClosed::open(folder)?))?;
    index.set_tokenizers(tokenizers());
    Ok(index)
}

/// An older mapping is used as it is where that makes no difference. Videos are asked for by every field. Checkpoints
/// are found by their id, counted and read whole, and by nothing else, snapshots by their video besides, which they had
/// from the first version on: they may lack fields.
fn open(folder: &Path, collection: Collection, schema: IndexSchema) -> Result<Opened, StoreError> {
    let (stamp, own) = (Stamp::read(folder)?, Stamp::own(&schema));
    let age = stamp.age(own);
    if age == Age::Newer {
        return Err(stamp.newer(folder, own));
    }
    let index = open_index(folder)?;
    let may_lack = age == Age::Older && matches!(collection, Collection::Checkpoints | Collection::Snapshots);
    let bound = if stamp.has_own_format() { schema.bound_to(&index.schema(), may_lack) } else { None };
    match bound {
        Some(schema) => Ok(Opened { index, schema }),
        None if age == Age::Older => Err(stamp.older(folder, own)),
        None => Err(StoreError::Unfit(format!(
            "the embedded index in {} has other fields than this viralmine's mapping ({own}): run `viralmine reindex`, \
             which makes a new one of it without a request",
            folder.display()
        ))),
    }
}
