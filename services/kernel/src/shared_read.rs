//! One read for everybody who asks for the same thing at the same time.
//!
//! Invariant: an answer comes from a read that began after it was asked for. Whoever asks while a read is
//! under way shares the next one, since the one under way may have passed what was stored meanwhile. So
//! nothing that was acknowledged before the question is missed, and however many ask, one read is
//! under way.

use std::{
    fmt,
    future::Future,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError},
};

use futures::{
    FutureExt,
    future::{BoxFuture, Shared},
};

type Read<T> = Shared<BoxFuture<'static, T>>;

/// The reads of one thing.
pub(crate) struct SharedRead<T: Clone>(Arc<Mutex<Reads<T>>>);

struct Reads<T: Clone> {
    /// The one that began last; it may have ended.
    under_way: Option<Read<T>>,
    /// One that has not begun: whoever asks now shares it.
    next: Option<Read<T>>,
}

impl<T: Clone + Send + Sync + 'static> SharedRead<T> {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Reads { under_way: None, next: None })))
    }

    /// Returns what a read says that begins after this was called. `read` is used where nobody else has asked
    /// for the next one yet, and is given what the one before it said.
    pub(crate) async fn ask<F>(&self, read: impl FnOnce(Option<T>) -> F + Send + 'static) -> T
    where
        F: Future<Output = T> + Send + 'static,
    {
        let next = {
            let mut reads = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match &reads.next {
                Some(next) => next.clone(),
                None => {
                    let next = self.after(reads.under_way.clone(), read);
                    reads.next = Some(next.clone());
                    next
                }
            }
        };
        next.await
    }

    fn after<F>(
        &self,
        before: Option<Read<T>>,
        read: impl FnOnce(Option<T>) -> F + Send + 'static,
    ) -> Read<T>
    where
        F: Future<Output = T> + Send + 'static,
    {
        let reads = self.0.clone();
        let next = async move {
            let before = match before {
                // One that panicked has ended as well.
                Some(before) => AssertUnwindSafe(before).catch_unwind().await.ok(),
                None => None,
            };
            {
                let mut reads = reads.lock().unwrap_or_else(PoisonError::into_inner);
                reads.under_way = reads.next.take();
            }
            read(before).await
        };
        next.boxed().shared()
    }
}

impl<T: Clone + Send + Sync + 'static> Default for SharedRead<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Clone> Clone for SharedRead<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Clone> fmt::Debug for SharedRead<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedRead").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::sync::Semaphore;

    use super::*;

    /// A thing whose reads wait until they are let through, one permit each.
    #[derive(Clone)]
    struct Thing {
        reads: SharedRead<u32>,
        begun: Arc<AtomicU32>,
        let_through: Arc<Semaphore>,
    }

    impl Thing {
        fn new() -> Self {
            let let_through = Arc::new(Semaphore::new(0));
            Self { reads: SharedRead::new(), begun: Arc::default(), let_through }
        }

        /// Asks, and goes on until it waits.
        async fn ask(&self) -> BoxFuture<'static, u32> {
            let thing = self.clone();
            let mut asked = async move {
                let (begun, let_through) = (thing.begun.clone(), thing.let_through.clone());
                let read = move |_| async move {
                    let number = begun.fetch_add(1, Ordering::SeqCst) + 1;
                    let_through.acquire().await.unwrap().forget();
                    number
                };
                thing.reads.ask(read).await
            }
            .boxed();
            assert!(futures::poll!(&mut asked).is_pending());
            asked
        }
    }

    #[tokio::test]
    async fn whoever_asks_while_a_read_is_under_way_shares_the_next_one() {
        let thing = Thing::new();
        let first = thing.ask().await;
        let (second, third) = (thing.ask().await, thing.ask().await);
        thing.let_through.add_permits(2);
        assert_eq!(first.await, 1);
        assert_eq!((second.await, third.await), (2, 2));
        assert_eq!(thing.begun.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_read_that_everybody_gave_up_is_finished_by_whoever_comes_next() {
        let thing = Thing::new();
        drop(thing.ask().await);
        let next = thing.ask().await;
        thing.let_through.add_permits(2);
        assert_eq!(next.await, 2);
    }

    #[tokio::test]
    async fn a_question_after_an_answer_is_read_anew() {
        let thing = Thing::new();
        thing.let_through.add_permits(2);
        let read = |thing: &Thing| {
            let begun = thing.begun.clone();
            move |_| async move { begun.fetch_add(1, Ordering::SeqCst) + 1 }
        };
        assert_eq!(thing.reads.ask(read(&thing)).await, 1);
        assert_eq!(thing.reads.ask(read(&thing)).await, 2);
    }
}
