//! What is kept in memory of aggregates, bounded by bytes rather than by how many they are.
//!
//! What an aggregate takes is estimated by the bytes of its history, which its state seldom exceeds; nobody
//! has to walk the state for that.

use quick_cache::{
    DefaultHashBuilder, OptionsBuilder, Weighter,
    sync::{Cache, DefaultLifecycle},
};
use samvirke_schemas::id::AggregateId;

/// What an entry takes besides what is in it: its key, its lock, its places in the tables.
const ENTRY_BYTES: u64 = 512;
/// An entry counts as no more than this, so that the largest aggregates are kept as well.
const ENTRY_BYTES_MAX: u64 = 2 * 1024 * 1024;
/// In how many parts it is held, each with its own lock and its share of the bytes: few, so that the largest
/// entries have room in one.
const PARTS: usize = 2;
/// The bytes that an entry usually has, by which room is made for entries.
const ENTRY_BYTES_USUAL: u64 = 8 * 1024;

#[derive(Clone, Debug)]
struct Weighed<V> {
    value: V,
    bytes: u64,
}

#[derive(Clone, Debug)]
struct Bytes;

impl<V> Weighter<AggregateId, Weighed<V>> for Bytes {
    fn weight(&self, _: &AggregateId, weighed: &Weighed<V>) -> u64 {
        ENTRY_BYTES + weighed.bytes.min(ENTRY_BYTES_MAX)
    }
}

/// Values by aggregate; those that were not used lately make room for others.
#[derive(Debug)]
pub(crate) struct BoundedCache<V>(Cache<AggregateId, Weighed<V>, Bytes>);

impl<V: Clone + Default> BoundedCache<V> {
    /// A cache that holds about so many bytes, at least those of a few of the largest entries.
    pub(crate) fn new(bytes_max: u64) -> Self {
        let usual = usize::try_from(bytes_max / ENTRY_BYTES_USUAL).unwrap_or(usize::MAX);
        let options = OptionsBuilder::new()
            .shards(PARTS)
            .estimated_items_capacity(usual)
            .weight_capacity(bytes_max)
            .build()
            .expect("what it is to hold is told");
        let (hasher, lifecycle) = (DefaultHashBuilder::default(), DefaultLifecycle::default());
        Self(Cache::with_options(options, Bytes, hasher, lifecycle))
    }

    /// The value of an aggregate, made where there is none.
    pub(crate) fn entry(&self, id: &AggregateId) -> V {
        let empty = || Ok::<_, std::convert::Infallible>(Weighed { value: V::default(), bytes: 0 });
        let Ok(weighed) = self.0.get_or_insert_with(id, empty);
        weighed.value
    }

    /// Notes how many bytes the history of an aggregate has that is kept here. Growth of less than a quarter
    /// is let pass.
    pub(crate) fn weigh(&self, id: &AggregateId, bytes: u64) {
        let Some(kept) = self.0.peek(id) else { return };
        if bytes > kept.bytes + kept.bytes / 4 {
            let weighed = Weighed { value: kept.value, bytes };
            // Whatever has left the cache meanwhile stays out of it.
            let _ = self.0.replace(id.clone(), weighed, true);
        }
    }

    pub(crate) fn clear(&self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KILOBYTE: u64 = 1024;

    fn id(number: usize) -> AggregateId {
        format!("vest:{number}").parse().unwrap()
    }

    /// How many of the first so many are kept.
    fn kept(cache: &BoundedCache<u8>, of: usize) -> usize {
        (0..of).filter(|number| cache.0.peek(&id(*number)).is_some()).count()
    }

    #[test]
    fn many_small_aggregates_are_kept_in_the_bytes_of_few_large_ones() {
        for (bytes, few, many) in [(KILOBYTE, 1_000, 3_000), (500 * KILOBYTE, 1, 16)] {
            let cache = BoundedCache::<u8>::new(4 * 1024 * KILOBYTE);
            for number in 0..4_000 {
                cache.entry(&id(number));
                cache.weigh(&id(number), bytes);
            }
            let kept = kept(&cache, 4_000);
            assert!((few..=many).contains(&kept), "{kept} of {bytes} bytes each");
        }
    }

    #[test]
    fn what_grows_makes_room_by_leaving_others_out() {
        let cache = BoundedCache::<u8>::new(4 * 1024 * KILOBYTE);
        for number in 0..1_000 {
            cache.entry(&id(number));
            cache.weigh(&id(number), KILOBYTE);
        }
        assert_eq!(kept(&cache, 1_000), 1_000);
        for number in 0..1_000 {
            cache.weigh(&id(number), 100 * KILOBYTE);
        }
        assert!(kept(&cache, 1_000) <= 42, "{}", kept(&cache, 1_000));
    }

    #[test]
    fn an_aggregate_larger_than_its_share_is_kept() {
        let cache = BoundedCache::<u8>::new(64 * 1024 * KILOBYTE);
        cache.entry(&id(1));
        cache.weigh(&id(1), 100 * 1024 * KILOBYTE);
        assert_eq!(kept(&cache, 2), 1);
    }
}
