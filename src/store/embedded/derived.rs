//! The creators' index: made of the videos alone by the score pass, so it can always be made again, and nothing else
//! may be held up by it. One that is missing, of an older mapping or damaged is made anew when it is to be written.
//!
//! A new one is made beside the old one, as its next version, and put in use at once: whoever reads the old one goes
//! on.

use super::collection::CollectionWriter;
use super::contents::Contents;
use super::folder::{self, Opened};
use super::place::{Current, Place};
use super::schema::IndexSchema;
use super::stamp::{Age, Stamp};
use crate::model::Collection;
use crate::store::StoreError;

const CREATORS: Collection = Collection::Creators;

/// Opens the index in use for writing, or makes it; whoever calls holds the writer's lock. One of a newer viralmine is
/// an error and stays as it is.
pub(super) fn open_to_write(place: &Place) -> Result<CollectionWriter, StoreError> {
    let current = place.current()?;
    let error = match CollectionWriter::open(place.folder(CREATORS, current.of(CREATORS)), CREATORS) {
        Ok(writer) => return Ok(writer),
        Err(error) if is_newer(place, current) => return Err(error),
        Err(error) => error,
    };
    tracing::info!("making the creators' index anew: {error}");
    let version = current.of(CREATORS) + 1;
    place.remove(CREATORS, version)?;
    let writer = CollectionWriter::open(place.folder(CREATORS, version), CREATORS)?;
    place.switch_to(current.with(CREATORS, version))?;
    if let Err(error) = place.remove(CREATORS, version - 1) {
        tracing::warn!("the creators' index that is no longer used is left: {error}");
    }
    Ok(writer)
}

/// Opens the index in use for questions. `None` when there is none, and when it is of an older mapping, which is as
/// good as none.
pub(super) fn open_to_read(place: &Place, current: Current) -> Result<Option<(Contents, IndexSchema)>, StoreError> {
    let folder = place.folder(CREATORS, current.of(CREATORS));
    match folder::open_existing(&folder, CREATORS) {
        Ok(None) => Ok(None),
        Ok(Some(Opened { index, schema })) => {
            let contents = Contents::open(CREATORS, &folder, &index, schema.core).map_err(in_other_words)?;
            Ok(Some((contents, schema)))
        }
        Err(StoreError::Unfit(_)) if !is_newer(place, current) => Ok(None),
        Err(error) => Err(in_other_words(error)),
    }
}

/// What to do about creators that cannot be read is not what to do about videos.
pub(super) fn in_other_words(error: StoreError) -> StoreError {
    match error {
        StoreError::Broken(words) => {
            let cause = words.rsplit_once("): ").map_or(words.clone(), |(cause, _)| format!("{cause})"));
            StoreError::Broken(format!(
                "{cause}: run `viralmine score`, which makes the creators' index anew of the videos"
            ))
        }
        error => error,
    }
}

/// The versions in use, without a creators' index that does not fit: the next one is made when it is written.
pub(super) fn without_unfit(place: &Place, current: Current) -> Result<Current, StoreError> {
    let folder = place.folder(CREATORS, current.of(CREATORS));
    if folder::open_existing(&folder, CREATORS).is_ok() || is_newer(place, current) {
        return Ok(current);
    }
    let version = current.of(CREATORS) + 1;
    place.remove(CREATORS, version)?;
    Ok(current.with(CREATORS, version))
}

fn is_newer(place: &Place, current: Current) -> bool {
    let stamp = Stamp::read(&place.folder(CREATORS, current.of(CREATORS)));
    let own = IndexSchema::of(CREATORS).map(|schema| Stamp::own(&schema));
    stamp.and_then(|stamp| Ok(stamp.age(own?))).is_ok_and(|age| age == Age::Newer)
}
