/* The kernel's headers as mingw-w64 has them, mended where they differ from the WDK's. */

/* The WDK aligns these two to 16 bytes. */
#define _DEVICE_OBJECT __attribute__((aligned(16))) _DEVICE_OBJECT
#define _IRP __attribute__((aligned(16))) _IRP
/* Inline here, an export there; wdk-sys itself calls it. */
#define KeGetCurrentIrql inline_KeGetCurrentIrql
/* Its priority is an enumeration here, and there a number, which takes flags too. */
#define MmMapLockedPagesSpecifyCache enum_MmMapLockedPagesSpecifyCache

#include <ntifs.h>
#include <ntddk.h>

#undef MmMapLockedPagesSpecifyCache
#undef KeGetCurrentIrql
#undef _IRP
#undef _DEVICE_OBJECT

KIRQL KeGetCurrentIrql(void);
PVOID MmMapLockedPagesSpecifyCache(PMDL mdl, KPROCESSOR_MODE mode, MEMORY_CACHING_TYPE caching, PVOID address,
                                   ULONG bug_check_on_failure, ULONG priority);

/* Newer than mingw-w64 10. */
typedef ULONG64 POOL_FLAGS;
PVOID ExAllocatePool2(POOL_FLAGS flags, SIZE_T bytes, ULONG tag);
