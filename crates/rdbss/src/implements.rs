//! Which of the optional callbacks a mini-redirector has.

use bitflags::bitflags;

bitflags! {
    /// The optional callbacks. One that is not named is NULL in the dispatch table, and its method is never called.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Implements: u32 {
        /// [`collapse_open`](crate::MiniRedirector::collapse_open). Without it every open goes to the server.
        const COLLAPSE_OPEN = 1 << 0;
        /// [`flush`](crate::MiniRedirector::flush).
        const FLUSH = 1 << 1;
        /// [`zero_extend`](crate::MiniRedirector::zero_extend).
        const ZERO_EXTEND = 1 << 2;
        /// [`truncate`](crate::MiniRedirector::truncate).
        const TRUNCATE = 1 << 3;
        /// [`cleanup_fobx`](crate::MiniRedirector::cleanup_fobx).
        const CLEANUP_FOBX = 1 << 4;
        /// [`is_lock_realizable`](crate::MiniRedirector::is_lock_realizable). Without it there are no byte-range locks.
        const IS_LOCK_REALIZABLE = 1 << 5;
        /// [`are_files_aliased`](crate::MiniRedirector::are_files_aliased).
        const ARE_FILES_ALIASED = 1 << 6;
        /// [`query_directory`](crate::MiniRedirector::query_directory).
        const QUERY_DIRECTORY = 1 << 7;
        /// [`query_file_info`](crate::MiniRedirector::query_file_info).
        const QUERY_FILE_INFO = 1 << 8;
        /// [`set_file_info`](crate::MiniRedirector::set_file_info).
        const SET_FILE_INFO = 1 << 9;
        /// [`set_file_info_at_cleanup`](crate::MiniRedirector::set_file_info_at_cleanup).
        const SET_FILE_INFO_AT_CLEANUP = 1 << 10;
        /// [`query_ea`](crate::MiniRedirector::query_ea).
        const QUERY_EA = 1 << 11;
        /// [`set_ea`](crate::MiniRedirector::set_ea).
        const SET_EA = 1 << 12;
        /// [`query_security`](crate::MiniRedirector::query_security).
        const QUERY_SECURITY = 1 << 13;
        /// [`set_security`](crate::MiniRedirector::set_security).
        const SET_SECURITY = 1 << 14;
        /// [`query_quota`](crate::MiniRedirector::query_quota).
        const QUERY_QUOTA = 1 << 15;
        /// [`set_quota`](crate::MiniRedirector::set_quota).
        const SET_QUOTA = 1 << 16;
        /// [`query_volume_info`](crate::MiniRedirector::query_volume_info).
        const QUERY_VOLUME_INFO = 1 << 17;
        /// [`set_volume_info`](crate::MiniRedirector::set_volume_info).
        const SET_VOLUME_INFO = 1 << 18;
        /// [`is_valid_directory`](crate::MiniRedirector::is_valid_directory).
        const IS_VALID_DIRECTORY = 1 << 19;
        /// [`compute_new_buffering_state`](crate::MiniRedirector::compute_new_buffering_state) and
        /// [`complete_buffering_state_change`](crate::MiniRedirector::complete_buffering_state_change).
        const BUFFERING_STATE_CHANGE = 1 << 20;
        /// [`read`](crate::MiniRedirector::read).
        const READ = 1 << 21;
        /// [`write`](crate::MiniRedirector::write).
        const WRITE = 1 << 22;
        /// [`lock`](crate::MiniRedirector::lock), [`unlock`](crate::MiniRedirector::unlock) and
        /// [`unlock_multiple`](crate::MiniRedirector::unlock_multiple).
        const LOCKS = 1 << 23;
        /// [`fs_control`](crate::MiniRedirector::fs_control).
        const FS_CONTROL = 1 << 24;
        /// [`io_control`](crate::MiniRedirector::io_control).
        const IO_CONTROL = 1 << 25;
        /// [`notify_change_directory`](crate::MiniRedirector::notify_change_directory).
        const NOTIFY_CHANGE_DIRECTORY = 1 << 26;
        /// [`extend_for_cache`](crate::MiniRedirector::extend_for_cache).
        const EXTEND_FOR_CACHE = 1 << 27;
        /// [`extend_for_non_cache`](crate::MiniRedirector::extend_for_non_cache).
        const EXTEND_FOR_NON_CACHE = 1 << 28;
        /// [`update_net_root_state`](crate::MiniRedirector::update_net_root_state).
        const UPDATE_NET_ROOT_STATE = 1 << 29;
        /// [`preparse_name`](crate::MiniRedirector::preparse_name).
        const PREPARSE_NAME = 1 << 30;
        /// [`connection_id`](crate::MiniRedirector::connection_id).
        const CONNECTION_ID = 1 << 31;
    }
}
