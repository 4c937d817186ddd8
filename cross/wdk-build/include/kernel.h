/* The kernel's headers as mingw-w64 has them, mended where they differ from the WDK's. */

/* The WDK aligns these two to 16 bytes. */
#define _DEVICE_OBJECT __attribute__((aligned(16))) _DEVICE_OBJECT
#define _IRP __attribute__((aligned(16))) _IRP
/* Inline here, an export there; wdk-sys itself calls it. */
#define KeGetCurrentIrql inline_KeGetCurrentIrql

#include <ntifs.h>
#include <ntddk.h>

#undef KeGetCurrentIrql
#undef _IRP
#undef _DEVICE_OBJECT

KIRQL KeGetCurrentIrql(void);

/* Newer than mingw-w64 10. */
typedef ULONG64 POOL_FLAGS;
PVOID ExAllocatePool2(POOL_FLAGS flags, SIZE_T bytes, ULONG tag);
