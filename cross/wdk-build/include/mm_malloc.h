/* In place of the compiler's header: the kernel has no malloc. */
