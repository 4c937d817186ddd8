//! The relay: where receiving goes on in a thread when a completion at DISPATCH must not take the time. As soon as the transport
//! has nothing more at hand, completions drive the receiving again. Handing over allocates nothing.

use core::mem;

use nt::Result;
use nt::net::Request;
use nt::pool::PoolArc;
use nt::sync::{Event, EventKind, SpinLock};

use super::Connection;
use super::receive::ReceivePath;

/// What the thread is to do.
enum Post {
    Nothing,
    /// Serve a completion.
    Completed(Request<ReceivePath>, Result<usize>),
    /// End: nothing will be received any more.
    Over,
}

/// Where completions hand over to the thread.
pub(super) struct Relay {
    /// There is one path, so there is room for all that can come.
    post: SpinLock<Post>,
    news: Event,
}

impl Relay {
    pub(super) fn new() -> Result<Self> {
        Ok(Self {
            post: SpinLock::new(Post::Nothing),
            news: Event::new(EventKind::Synchronization)?,
        })
    }

    /// Leaves a completion to the thread. IRQL: any.
    pub(super) fn hand_over(&self, path: Request<ReceivePath>, result: Result<usize>) {
        self.put(Post::Completed(path, result));
    }

    /// Ends the thread: the path is given up. IRQL: any.
    pub(super) fn end(&self) {
        self.put(Post::Over);
    }

    fn put(&self, post: Post) {
        *self.post.lock() = post;
        self.news.set();
    }

    /// The thread: begins to receive, and serves what is handed over until the path is given up. It may be kept by either for
    /// as long as the server sends without pause. IRQL: PASSIVE.
    pub(super) fn serve(&self, path: Request<ReceivePath>, connection: &PoolArc<Connection>) {
        ReceivePath::begin(path, connection);
        loop {
            self.news.wait();
            let post = mem::replace(&mut *self.post.lock(), Post::Nothing);
            match post {
                Post::Nothing => {}
                Post::Completed(path, result) => ReceivePath::serve(path, result),
                Post::Over => return,
            }
        }
    }
}
