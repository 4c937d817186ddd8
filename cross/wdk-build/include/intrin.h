/* In place of the compiler's header, which needs all its SIMD headers: the scalar part, and the one name missing there. */
#include <psdk_inc/intrin-impl.h>
unsigned __int64 __umulh(unsigned __int64 a, unsigned __int64 b);
