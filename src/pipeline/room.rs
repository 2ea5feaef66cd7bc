//! How much may wait between the API and the store: the bound of the channel, in documents and in bytes.
//!
//! A walk reserves room for a whole page before it asks for it, so a slow store stops paid requests; the
//! reservation is given back when the checkpoint behind the page is saved. So it bounds what is in the channel, in
//! the batch being filled and in the requests in flight together, and what a kill makes be paid for twice.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::model::Counters;

/// The bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoomLimits {
    /// Documents between the API and their saved checkpoints.
    pub documents: usize,
    /// Bytes of their JSON.
    pub bytes: usize,
    /// Documents reserved for a page before it is asked.
    pub page_size: usize,
}

/// The room between the API and the store.
#[derive(Debug, Clone)]
pub struct Room {
    limits: RoomLimits,
    documents: Arc<Semaphore>,
    bytes: Arc<Semaphore>,
    counters: Arc<Counters>,
}

/// Room taken by one page; dropping it gives the room back.
#[derive(Debug)]
pub struct Reservation {
    _documents: OwnedSemaphorePermit,
    bytes: Option<OwnedSemaphorePermit>,
    counted: (u64, u64),
    /// The page by its number among those that are not settled, once it came.
    page: Option<u64>,
    counters: Arc<Counters>,
}

impl Room {
    /// An empty room.
    #[must_use]
    pub fn new(limits: RoomLimits, counters: Arc<Counters>) -> Self {
        let most = limits.documents.max(limits.page_size);
        counters.documents_waiting_limit.set(most as u64);
        counters.bytes_waiting_limit.set(limits.bytes as u64);
        let documents = Arc::new(Semaphore::new(most));
        let bytes = Arc::new(Semaphore::new(limits.bytes.min(Semaphore::MAX_PERMITS)));
        Self { limits, documents, bytes, counters }
    }

    /// How many pages have room at once.
    #[must_use]
    pub fn pages(&self) -> usize {
        (self.limits.documents / self.limits.page_size.max(1)).max(1)
    }

    /// Waits until a page of the usual size has room. `None` only when the room was closed.
    pub async fn reserve_page(&self) -> Option<Reservation> {
        let documents = u32::try_from(self.limits.page_size).unwrap_or(u32::MAX);
        let permit = Arc::clone(&self.documents).acquire_many_owned(documents).await.ok()?;
        Some(self.reservation(permit))
    }

    /// Waits until documents that are there already have room. More than the whole room holds goes through alone.
    /// `None` only when the room was closed.
    pub async fn reserve(&self, documents: usize, bytes: usize) -> Option<Reservation> {
        let most = self.limits.documents.max(self.limits.page_size);
        let share = u32::try_from(documents.min(most)).unwrap_or(u32::MAX);
        let permit = Arc::clone(&self.documents).acquire_many_owned(share).await.ok()?;
        let mut reservation = self.reservation(permit);
        self.fill(&mut reservation, documents, bytes).await;
        Some(reservation)
    }

    /// Waits until the page's bytes have room, too. A page larger than the whole room goes through alone.
    pub async fn fill(&self, reservation: &mut Reservation, documents: usize, bytes: usize) {
        let share = u32::try_from(bytes.min(self.limits.bytes)).unwrap_or(u32::MAX);
        reservation.page = Some(self.counters.unsettled.enter());
        reservation.bytes = Arc::clone(&self.bytes).acquire_many_owned(share).await.ok();
        reservation.counted = (documents as u64, bytes as u64);
        self.counters.documents_waiting.add(documents as u64);
        self.counters.bytes_waiting.add(bytes as u64);
    }

    fn reservation(&self, documents: OwnedSemaphorePermit) -> Reservation {
        let counters = Arc::clone(&self.counters);
        Reservation { _documents: documents, bytes: None, counted: (0, 0), page: None, counters }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.counters.documents_waiting.subtract(self.counted.0);
        self.counters.bytes_waiting.subtract(self.counted.1);
        if let Some(page) = self.page {
            self.counters.unsettled.leave(page);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    fn room(documents: usize, bytes: usize) -> Room {
        Room::new(RoomLimits { documents, bytes, page_size: 35 }, Arc::default())
    }

    #[test]
    fn a_third_page_waits_until_one_of_two_is_settled() {
        let room = room(70, 1_000);
        let first = room.reserve_page().now_or_never().flatten();
        let second = room.reserve_page().now_or_never().flatten();
        assert!(first.is_some() && second.is_some());
        assert!(room.reserve_page().now_or_never().is_none());
        drop(first);
        assert!(room.reserve_page().now_or_never().is_some());
    }

    #[test]
    fn bytes_bound_the_room_and_a_giant_page_passes_alone() {
        let room = room(350, 1_000);
        let mut giant = room.reserve_page().now_or_never().flatten().unwrap();
        assert!(room.fill(&mut giant, 35, 1_000_000).now_or_never().is_some());
        assert_eq!(room.counters.bytes_waiting.get(), 1_000_000);
        let mut small = room.reserve_page().now_or_never().flatten().unwrap();
        assert!(room.fill(&mut small, 35, 1).now_or_never().is_none());
        drop(giant);
        assert!(room.fill(&mut small, 35, 1).now_or_never().is_some());
        drop(small);
        assert_eq!((room.counters.bytes_waiting.get(), room.counters.documents_waiting.get()), (0, 0));
    }
}
