/* mingw-w64's kernel headers leave everything about ARM to a header of this name, and have none. This is what ntifs.h and
 * ntddk.h need to be read for ARM64; that it suits a real ARM64 kernel is not shown by anything here (docs/arm64.md). */
#define PASSIVE_LEVEL 0
#define LOW_LEVEL 0
#define APC_LEVEL 1
#define DISPATCH_LEVEL 2
#define CLOCK_LEVEL 13
#define IPI_LEVEL 14
#define POWER_LEVEL 14
#define PROFILE_LEVEL 15
#define HIGH_LEVEL 15
#define PAGE_SIZE 0x1000
#define PAGE_SHIFT 12L

typedef struct _KFLOATING_SAVE {
    ULONG reserved;
} KFLOATING_SAVE, *PKFLOATING_SAVE;

PKTHREAD KeGetCurrentThread(void);
KIRQL KfRaiseIrql(KIRQL irql);
void KeLowerIrql(KIRQL irql);
KIRQL KeAcquireSpinLockRaiseToDpc(PKSPIN_LOCK lock);
void KeAcquireSpinLockAtDpcLevel(PKSPIN_LOCK lock);
void KeReleaseSpinLock(PKSPIN_LOCK lock, KIRQL irql);
void KeReleaseSpinLockFromDpcLevel(PKSPIN_LOCK lock);
