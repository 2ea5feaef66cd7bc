//! A store in memory: newest wins, nothing else. For scenarios that are run hundreds of times.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use viralmine::model::{Batch, Collection, Verdict};
use viralmine::store::{BulkTarget, Leases, Lookup, StoreError, StoreWriter, StoredDocument};

/// The videos by id; checkpoints are not kept.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<BTreeMap<String, StoredDocument>>);

impl MemoryStore {
    pub fn documents(&self) -> BTreeMap<String, (i64, String)> {
        let text = |stored: &StoredDocument| String::from_utf8(stored.source.to_vec()).unwrap();
        self.0.lock().unwrap().iter().map(|(id, stored)| (id.clone(), (stored.version, text(stored)))).collect()
    }

    pub fn put(&self, id: &str, version: i64, source: &[u8]) {
        let document = StoredDocument { version, source: Bytes::copy_from_slice(source) };
        self.0.lock().unwrap().insert(id.to_owned(), document);
    }
}

#[async_trait]
impl BulkTarget for MemoryStore {
    async fn bulk(&self, batch: &Batch) -> Result<Vec<Verdict>, StoreError> {
        let known = |id: &str| self.0.lock().unwrap().get(id).map(|stored| stored.version);
        let verdict = |position: usize| {
            let item = &batch.items[position];
            let before = known(&item.id);
            if before.is_some_and(|version| version > item.version) {
                return Verdict::Superseded;
            }
            self.put(&item.id, item.version, batch.source(position));
            Verdict::Stored { new: before.is_none() }
        };
        Ok((0..batch.items.len()).map(verdict).collect())
    }
}

#[async_trait]
impl Leases for MemoryStore {
    async fn take_lease(&self, _holder: &str, _lasts: Duration) -> Result<(), StoreError> {
        Ok(())
    }

    async fn release_lease(&self, _holder: &str) -> Result<(), StoreError> {
        Ok(())
    }
}

#[async_trait]
impl Lookup for MemoryStore {
    async fn get(&self, _collection: Collection, ids: &[String]) -> Result<Vec<Option<StoredDocument>>, StoreError> {
        let stored = self.0.lock().unwrap();
        Ok(ids.iter().map(|id| stored.get(id).cloned()).collect())
    }
}

#[async_trait]
impl StoreWriter for MemoryStore {
    async fn prepare(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn sync(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn commit(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
