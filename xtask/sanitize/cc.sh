#!/bin/sh
# The linker of `cargo xtask sanitize thread`: a program gets ThreadSanitizer's runtime, a library uses its program's. LLVM's, since
# GNU's does not take the runtime's references to versions of libc's symbols.
case " $* " in
*" -shared "*) set -- "$@" ;;
*) set -- "$@" -Wl,--whole-archive "$OXSMB_TSAN_RUNTIME" -Wl,--no-whole-archive -Wl,--export-dynamic -lm -lpthread -lc ;;
esac
exec cc -B/usr/lib/llvm-22/bin -fuse-ld=lld "$@"
