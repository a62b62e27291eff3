package dev.fenceline.analytics.state;

import dev.fenceline.event.*;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What each event changes: which parts of the state it tells, and in which order where one part reads another. */
final class Fold {
    private final KernelState state;

    Fold(KernelState state) {
        this.state = state;
    }

    void apply(Event e) {
        state.ledger.advance(e);
        if (e.eventType() != EventType.SESSION_START) {
            state.ledger.requireStart(e);
        }
        String missing = missing(e);
        if (missing != null) {
            state.ledger.leaveUnclear(e, missing);
            return;
        }
        state.creations.check(e);
        switch (e.eventType()) {
            case BO_CREATE -> {
                state.buffers.apply((BoCreate) e);
                state.vramBlocks.apply((BoCreate) e);
                state.grants.apply((BoCreate) e);
            }
            case BO_MOVE_BEGIN -> state.buffers.apply((BoMoveBegin) e);
            case BO_MOVE -> {
                // What the copy reads is what the BO has before it counts as moved.
                state.buffers.touch(((BoMove) e).bo(), e.seq());
                state.resources.apply((BoMove) e);
                state.buffers.apply((BoMove) e);
                state.vramBlocks.apply((BoMove) e);
                state.contents.apply((BoMove) e, state.buffers.left((BoMove) e));
                isQueued(((BoMove) e).fence(), e.seq());
            }
            case BO_MOVE_COMMIT -> {
                state.buffers.apply((BoMoveCommit) e);
                state.vramBlocks.apply((BoMoveCommit) e);
            }
            case BO_MOVE_FAIL -> state.buffers.apply((BoMoveFail) e);
            case BO_GHOST -> {
                state.buffers.apply((BoGhost) e);
                state.vramBlocks.leave(((BoGhost) e).bo());
                if (state.buffers.isWithoutPages(((BoGhost) e).bo(), e.seq())) {
                    state.contents.leave(((BoGhost) e).bo());
                }
                state.resources.apply((BoGhost) e);
            }
            case BO_GRANT -> state.grants.apply((BoGrant) e);
            case BO_REVOKE -> state.grants.apply((BoRevoke) e);
            case BO_MMAP -> state.grants.apply((BoMmap) e);
            case BO_MUNMAP -> state.grants.apply((BoMunmap) e);
            case DEVICE_VRAM -> state.devices.apply((DeviceVram) e);
            case VRAM_WRITE -> state.contents.apply((VramWrite) e);
            case VRAM_CLEAR -> state.contents.apply((VramClear) e);
            case VRAM_CLEAN_HIT -> state.contents.apply((VramCleanHit) e);
            case VRAM_FILL -> state.contents.apply((VramFill) e);
            case TT_CLEAR -> state.contents.apply((TtClear) e);
            case BO_INDIVIDUALIZE -> state.buffers.apply((BoIndividualize) e);
            case RESV_SET -> state.buffers.apply((ResvSet) e);
            case BO_PIN -> {
                state.buffers.apply((BoPin) e);
                state.userQueues.apply((BoPin) e);
            }
            case BO_UNPIN -> {
                state.userQueues.apply((BoUnpin) e);
                state.buffers.apply((BoUnpin) e);
            }
            case BO_RELEASE -> state.buffers.apply((BoRelease) e);
            case BO_DESTROY -> {
                state.buffers.apply((BoDestroy) e);
                state.vramBlocks.leave(((BoDestroy) e).bo());
                state.cpuMappings.apply((BoDestroy) e);
                state.contents.leave(((BoDestroy) e).bo());
                state.grants.apply((BoDestroy) e);
                state.userQueues.apply((BoDestroy) e);
                state.kfdProcesses.leave(((BoDestroy) e).bo());
            }
            case BO_GET -> state.buffers.apply((BoGet) e);
            case BO_PUT -> state.buffers.apply((BoPut) e);
            case BO_LOOKUP -> state.buffers.apply((BoLookup) e);
            case BO_DELAYED_DESTROY -> state.buffers.apply((BoDelayedDestroy) e);
            case BO_VALIDATE -> state.buffers.apply((BoValidate) e);
            case BO_SWAPOUT_TRY -> state.buffers.apply((BoSwapoutTry) e);
            case BO_KMAP -> state.cpuMappings.apply((BoKmap) e);
            case BO_KUNMAP -> state.cpuMappings.apply((BoKunmap) e);
            case BO_VMAP -> state.cpuMappings.apply((BoVmap) e);
            case BO_VUNMAP -> state.cpuMappings.apply((BoVunmap) e);
            case CPU_ACCESS -> state.cpuMappings.apply((CpuAccess) e);
            case CPU_PTE_INSERT -> state.cpuMappings.apply((CpuPteInsert) e);
            case CPU_PTE_ZAP -> state.cpuMappings.apply((CpuPteZap) e);
            case RESOURCE_NEW -> state.resources.apply((ResourceNew) e);
            case RESOURCE_ALLOC -> state.resources.apply((ResourceAlloc) e);
            case RESOURCE_ASSIGN -> state.resources.apply((ResourceAssign) e);
            case RESOURCE_FREE -> {
                state.resources.apply((ResourceFree) e);
                state.buffers.apply((ResourceFree) e);
            }
            case MANAGER_EVICT_FENCE -> state.resources.apply((ManagerEvictFence) e);
            case DEBUG_CONNECT -> {
                state.debuggers.apply((DebugConnect) e);
                state.debugProtocols.apply((DebugConnect) e);
                state.heldUpCalls.apply((DebugConnect) e);
            }
            case DEBUG_DETACH -> {
                state.debuggers.apply((DebugDetach) e);
                state.debugProtocols.apply((DebugDetach) e);
                state.heldUpCalls.apply((DebugDetach) e, state.ledger.nowNs());
            }
            case DEBUG_EVENT -> {
                state.debuggers.apply((DebugEvent) e);
                state.debugProtocols.apply((DebugEvent) e);
                state.heldUpCalls.apply((DebugEvent) e, state.ledger.nowNs());
            }
            case DEBUG_ACK -> state.debugProtocols.apply((DebugAck) e);
            case DEBUG_EU_CONTROL -> {
                state.debugProtocols.apply((DebugEuControl) e);
                state.haltedThreads.apply((DebugEuControl) e, state.debugProtocols.queueOf((DebugEuControl) e));
            }
            case DEBUG_VM_FSYNC -> flush((DebugVmFsync) e);
            case DEBUG_VM_OPEN -> state.debuggers.apply((DebugVmOpen) e);
            case DEBUG_VM_ACCESS -> {
                long vm = state.debuggers.vmOf((DebugVmAccess) e);
                state.vmAccesses.apply((DebugVmAccess) e, vm);
                state.writtenCode.apply((DebugVmAccess) e, vm);
                state.spaces.apply((DebugVmAccess) e, vm);
                leaveWork(e);
            }
            case BO_ACCESS -> state.vmAccesses.apply((BoAccess) e);
            case BOUNCE_FILL -> state.bounceBuffers.apply((BounceFill) e);
            case BOUNCE_DRAIN -> state.bounceBuffers.apply((BounceDrain) e);
            case DEVICE_UNBIND -> {
                state.devices.apply((DeviceUnbind) e);
                state.removals.apply((DeviceUnbind) e);
            }
            case DEVICE_UNPLUG_FLAG -> {
                state.devices.apply((DeviceUnplugFlag) e);
                state.removals.apply((DeviceUnplugFlag) e);
            }
            case DEVICE_UNPLUG_DONE -> {
                state.devices.apply((DeviceUnplugDone) e);
                state.removals.apply((DeviceUnplugDone) e);
            }
            case DEVICE_REGISTER -> state.devices.apply((DeviceRegister) e);
            case DEVICE_RELEASE -> {
                state.devices.apply((DeviceRelease) e);
                state.resources.apply((DeviceRelease) e);
                state.removals.apply((DeviceRelease) e);
                state.dmaMappings.apply((DeviceRelease) e);
            }
            case DEVICE_UNPLUG_SYNC -> {
                state.devices.apply((DeviceUnplugSync) e);
                state.removals.apply((DeviceUnplugSync) e);
            }
            case DEVICE_SUSPEND -> state.devices.apply((DeviceSuspend) e);
            case DEVICE_RESUME -> state.devices.apply((DeviceResume) e);
            case CLIENT_OPEN -> state.devices.apply((ClientOpen) e);
            case CLIENT_CLOSE -> {
                state.devices.apply((ClientClose) e);
                state.grants.apply((ClientClose) e);
                state.userQueues.apply((ClientClose) e);
            }
            case RESV_LOCK -> {
                state.reservations.apply((ResvLock) e);
                state.threads.unblock(e);
            }
            case RESV_UNLOCK -> state.reservations.apply((ResvUnlock) e);
            case RESV_ADD_FENCE -> {
                state.reservations.apply((ResvAddFence) e);
                state.submissions.apply((ResvAddFence) e);
                state.buffers.apply((ResvAddFence) e);
                state.userQueues.apply((ResvAddFence) e);
                promise(((ResvAddFence) e).fence(), e);
            }
            case RESV_RESERVE -> state.reservations.apply((ResvReserve) e);
            case DMA_FENCE_LOCK -> {
                state.fenceLocks.apply((DmaFenceLock) e);
                state.threads.apply((DmaFenceLock) e);
            }
            case DMA_FENCE_DEP -> state.waits.apply((DmaFenceDep) e);
            case NOTIFIER_READ_BEGIN -> state.threads.apply((NotifierReadBegin) e);
            case NOTIFIER_REMOVE -> state.threads.apply((NotifierRemove) e);
            case NOTIFIER_READ_BEGIN_DONE -> {
                state.threads.passNotifier(e);
                state.retryLoops.apply((NotifierReadBeginDone) e);
            }
            case DMA_FENCE_UNLOCK -> state.threads.apply((DmaFenceUnlock) e);
            case BO_COPY_START -> state.buffers.apply((BoCopyStart) e);
            case RESV_REPLACE_FENCES -> {
                state.reservations.apply((ResvReplaceFences) e);
                state.userQueues.apply((ResvReplaceFences) e);
            }
            case RESV_WAIT -> state.reservations.apply((ResvWait) e);
            case DMA_FENCE_INIT -> {
                state.callbacks.forgetFence(((DmaFenceInit) e).fence());
                state.fences.apply((DmaFenceInit) e);
                state.driverMemory.apply((DmaFenceInit) e);
                state.waits.apply((DmaFenceInit) e);
            }
            case DMA_FENCE_PUBLISH -> publish((DmaFencePublish) e);
            case DMA_FENCE_HANDOFF -> {
                state.fences.apply((DmaFenceHandoff) e);
                handOver(((DmaFenceHandoff) e).fence());
            }
            case DMA_FENCE_EMIT -> {
                state.fences.apply((DmaFenceEmit) e);
                handOver(((DmaFenceEmit) e).fence());
            }
            case DMA_FENCE_ENABLE_SIGNAL -> state.fences.apply((DmaFenceEnableSignal) e);
            case DMA_FENCE_SIGNALED -> {
                state.fences.apply((DmaFenceSignaled) e);
                handOver(((DmaFenceSignaled) e).fence());
                state.spaces.apply((DmaFenceSignaled) e);
                state.schedulers.apply((DmaFenceSignaled) e);
                state.queues.apply((DmaFenceSignaled) e, state.fences.fence(((DmaFenceSignaled) e).fence()));
                state.waits.forget(((DmaFenceSignaled) e).fence());
                state.removals.apply((DmaFenceSignaled) e);
                state.userQueues.apply((DmaFenceSignaled) e);
            }
            case DMA_FENCE_WAIT_END -> {
                state.bounceBuffers.apply((DmaFenceWaitEnd) e);
                state.fences.apply((DmaFenceWaitEnd) e);
                state.threads.apply((DmaFenceWaitEnd) e);
            }
            case DMA_FENCE_DESTROY -> {
                handOver(((DmaFenceDestroy) e).fence());
                state.callbacks.forgetFence(((DmaFenceDestroy) e).fence());
                state.fences.apply((DmaFenceDestroy) e);
                state.userQueues.apply((DmaFenceDestroy) e);
                state.schedulers.apply((DmaFenceDestroy) e);
                state.queues.apply((DmaFenceDestroy) e);
                state.waits.forget(((DmaFenceDestroy) e).fence());
                state.fenceLocks.forget(((DmaFenceDestroy) e).fence());
            }
            case DMA_FENCE_FREE -> state.fences.apply((DmaFenceFree) e);
            case DMA_FENCE_ADD_CALLBACK -> state.callbacks.apply((DmaFenceAddCallback) e);
            case DMA_FENCE_REMOVE_CALLBACK -> state.callbacks.apply((DmaFenceRemoveCallback) e);
            case MEM_FREE -> state.callbacks.apply((MemFree) e);
            case DRIVER_MEMORY_FREE -> state.driverMemory.apply((DriverMemoryFree) e);
            case MODULE_LOAD -> state.driverMemory.apply((ModuleLoad) e);
            case MODULE_UNLOAD -> state.driverMemory.apply((ModuleUnload) e);
            case RCU_GRACE_PERIOD -> state.driverMemory.apply((RcuGracePeriod) e);
            case IOCTL_ENTER -> {
                state.heldUpCalls.apply((IoctlEnter) e);
                state.calls.apply((IoctlEnter) e);
            }
            case IOCTL -> {
                state.spaces.apply((Ioctl) e);
                state.heldUpCalls.apply((Ioctl) e);
                state.calls.apply((Ioctl) e);
                leaveKernel(e);
            }
            case DMA_FENCE_TEST -> {
                state.fences.apply((DmaFenceTest) e);
                state.removals.apply((DmaFenceTest) e);
            }
            case DMA_FENCE_RENUMBER -> state.fences.apply((DmaFenceRenumber) e);
            case DMA_FENCE_ARRAY -> state.fences.apply((DmaFenceArray) e);
            case DMA_FENCE_CHAIN -> state.fences.apply((DmaFenceChain) e);
            case MM_RANGE_START -> {
                state.notifiers.apply((MmRangeStart) e);
                state.invalidationSeqs.apply((MmRangeStart) e);
            }
            case MM_RANGE_START_DONE -> {
                MmRangeStartDone done = (MmRangeStartDone) e;
                state.invalidationSeqs.beforeEnd(done);
                state.svmRanges.apply(done);
                state.notifiers.apply(done);
            }
            case MM_RANGE_END -> {
                state.invalidationSeqs.beforeEnd((MmRangeEnd) e);
                state.notifiers.apply((MmRangeEnd) e);
            }
            case PAGE_ACCESS -> state.spaces.apply((PageAccess) e);
            case PAGE_ALLOC -> state.pages.apply((PageAlloc) e);
            case VRAM_FREE -> state.vramBlocks.apply((VramFree) e);
            case PAGE_FREE -> state.pages.apply((PageFree) e);
            case NOTIFIER_INSERT -> {
                state.notifiers.apply((NotifierInsert) e);
                state.invalidationSeqs.apply((NotifierInsert) e);
            }
            case NOTIFIER_REMOVE_DONE -> {
                state.notifiers.apply((NotifierRemoveDone) e);
                state.retryLoops.apply((NotifierRemoveDone) e);
                state.kfdProcesses.apply((NotifierRemoveDone) e);
                state.threads.passNotifier(e);
            }
            case NOTIFIER_INVALIDATE -> {
                state.notifiers.apply((NotifierInvalidate) e);
                state.notifierCalls.apply((NotifierInvalidate) e);
                state.invalidationSeqs.apply((NotifierInvalidate) e);
                state.threads.apply((NotifierInvalidate) e);
            }
            case NOTIFIER_INVALIDATE_DONE -> {
                state.notifiers.apply((NotifierInvalidateDone) e);
                state.notifierCalls.apply((NotifierInvalidateDone) e);
                state.threads.apply((NotifierInvalidateDone) e);
            }
            case NOTIFIER_SET_SEQ -> {
                state.notifiers.apply((NotifierSetSeq) e);
                state.notifierCalls.apply((NotifierSetSeq) e);
            }
            case NOTIFIER_READ_RETRY -> {
                state.notifiers.apply((NotifierReadRetry) e);
                state.retryLoops.apply((NotifierReadRetry) e);
            }
            case NOTIFIER_CHECK_RETRY -> {
                state.notifiers.apply((NotifierCheckRetry) e);
                state.retryLoops.apply((NotifierCheckRetry) e);
            }
            case HMM_RANGE_FAULT -> rangeFault((HmmRangeFault) e);
            case PAGE_PIN -> {
                state.notifiers.apply((PagePin) e);
                state.pinnedPages.apply((PagePin) e);
            }
            case PAGE_UNPIN -> {
                state.notifiers.apply((PageUnpin) e);
                state.pinnedPages.apply((PageUnpin) e);
            }
            case DMA_MAP -> {
                state.userptrDmaMaps.apply((DmaMap) e);
                state.dmaMappings.apply((DmaMap) e);
            }
            case DMA_UNMAP -> {
                state.userptrDmaMaps.apply((DmaUnmap) e);
                state.dmaMappings.apply((DmaUnmap) e);
            }
            case DEVICE_QUIESCE -> state.removals.apply((DeviceQuiesce) e);
            case DEVICE_MMIO_UNMAP -> state.removals.apply((DeviceMmioUnmap) e);
            case DEVICE_BUSMASTER_OFF -> state.removals.apply((DeviceBusmasterOff) e);
            case IOMMU_GROUP_LEAVE -> state.removals.apply((IommuGroupLeave) e);
            case SVM_RANGE_CREATE -> state.svmRanges.apply((SvmRangeCreate) e);
            case DEVMEM_COPY -> state.devmemCopies.apply((DevmemCopy) e);
            case SVM_RANGE_DESTROY -> state.svmRanges.apply((SvmRangeDestroy) e);
            case KFD_EVICT_USERPTR -> state.kfdProcesses.apply((KfdEvictUserptr) e);
            case KFD_RESUME -> state.kfdProcesses.apply((KfdResume) e);
            case TT_POPULATE -> {
                state.buffers.apply((TtPopulate) e);
                state.contents.apply((TtPopulate) e);
            }
            case TT_UNPOPULATE -> {
                state.buffers.apply((TtUnpopulate) e);
                state.removals.apply((TtUnpopulate) e);
                state.contents.leave(((TtUnpopulate) e).bo());
            }
            case TT_BACKUP -> {
                state.buffers.apply((TtBackup) e);
                state.contents.apply((TtBackup) e);
            }
            case TT_SWAPOUT -> {
                state.buffers.apply((TtSwapout) e);
                state.contents.leave(((TtSwapout) e).bo());
            }
            case TT_SWAPIN -> {
                state.buffers.apply((TtSwapin) e);
                state.contents.apply((TtSwapin) e);
            }
            case TT_DESTROY -> {
                state.buffers.apply((TtDestroy) e);
                state.contents.leave(((TtDestroy) e).bo());
            }
            case SESSION_START -> start((SessionStart) e);
            case SESSION_END -> state.ledger.end(e, ((SessionEnd) e).events());
            case TRACE_LOST -> state.ledger.lose(e.seq(), ((TraceLost) e).count());
            case TASK_NEW -> state.tasks.apply((TaskNew) e);
            case TASK_FORK -> state.tasks.apply((TaskFork) e);
            case TASK_EXEC -> state.tasks.apply((TaskExec) e);
            case TASK_EXIT -> {
                state.tasks.apply((TaskExit) e);
                state.kfdDebugging.apply((TaskExit) e);
                state.heldUpCalls.apply((TaskExit) e);
                state.calls.apply((TaskExit) e);
            }
            case KFD_DEBUG_TRAP -> state.kfdDebugging.apply((KfdDebugTrap) e);
            case PTRACE_ATTACH -> state.tasks.apply((PtraceAttach) e);
            case PTRACE_DETACH -> state.tasks.apply((PtraceDetach) e);
            case LOCK_ACQUIRE -> {
                state.locks.apply((LockAcquire) e);
                state.notifiers.apply((LockAcquire) e);
                state.threads.unblock(e);
            }
            case LOCK_RELEASE -> {
                state.notifiers.beforeRelease((LockRelease) e);
                state.locks.apply((LockRelease) e);
                state.submissions.apply((LockRelease) e);
            }
            case EVICTION_FENCE_ARM -> {
                state.fences.isOfKind(((EvictionFenceArm) e).fence(), FenceKind.EVICTION, e.seq());
                state.userQueues.apply((EvictionFenceArm) e);
            }
            case VM_CREATE -> state.spaces.apply((VmCreate) e);
            case VM_CLOSE -> state.spaces.apply((VmClose) e);
            case VM_FREE -> {
                state.spaces.apply((VmFree) e);
                state.faults.apply((VmFree) e);
                state.nullPages.apply((VmFree) e);
                state.svmRanges.apply((VmFree) e);
                state.translations.apply((VmFree) e);
                state.queues.apply((VmFree) e);
                state.userFences.apply((VmFree) e);
                state.writtenCode.forget(((VmFree) e).vm());
            }
            case VMA_CREATE -> {
                state.spaces.apply((VmaCreate) e);
                state.nullPages.apply((VmaCreate) e);
            }
            case VMA_DESTROY -> {
                state.spaces.apply((VmaDestroy) e);
                state.nullPages.apply((VmaDestroy) e);
            }
            case VMA_REBIND -> {
                state.spaces.apply((VmaRebind) e);
                state.fences.mention(((VmaRebind) e).fence(), e.seq());
                isQueued(((VmaRebind) e).fence(), e.seq());
            }
            case EXEC_PUBLISH -> {
                state.fences.mention(((ExecPublish) e).fence(), e.seq());
                state.queues.apply((ExecPublish) e);
                state.spaces.published((ExecPublish) e);
                state.submissions.apply(
                        (ExecPublish) e, state.queues.vmOf(((ExecPublish) e).vm(), ((ExecPublish) e).queue()));
            }
            case EXEC_CHECK_REPIN -> state.submissions.apply((ExecCheckRepin) e);
            case REBIND_WORKER_EXIT -> leaveWork(e);
            case VMA_INVALIDATE -> {
                // What the page tables hold before is what TLBs may hold after.
                state.translations.apply((VmaInvalidate) e);
                state.spaces.apply((VmaInvalidate) e);
            }
            case VMA_PIN -> {
                state.spaces.apply((VmaPin) e);
                state.notifiers.apply((VmaPin) e);
                state.retryLoops.apply((VmaPin) e);
            }
            case VMA_LIST -> state.spaces.apply((VmaList) e);
            case VM_BIND -> {
                state.fences.touch(((VmBind) e).fence(), e.seq());
                isQueued(((VmBind) e).fence(), e.seq());
                state.spaces.apply((VmBind) e);
                state.userFences.apply((VmBind) e);
                state.nullPages.apply((VmBind) e, state.spaces.mapping(((VmBind) e).vma()));
            }
            case PTE_WRITE -> {
                state.spaces.apply((PteWrite) e);
                state.nullPages.apply((PteWrite) e);
            }
            case PTE_ZAP -> {
                PteZap zap = (PteZap) e;
                state.translations.apply(zap);
                state.spaces.apply(zap);
                state.fences.mention(zap.fence(), e.seq());
            }
            case PREEMPT_FENCE_ARM -> preemptFenceArm((PreemptFenceArm) e);
            case REBIND_WORKER_ENTER -> state.spaces.isLongRunning(((RebindWorkerEnter) e).vm(), e.seq());
            case QUEUE_CREATE -> {
                state.queues.apply((QueueCreate) e);
                state.haltedThreads.apply((QueueCreate) e);
            }
            case QUEUE_REGISTER -> state.queues.apply((QueueRegister) e);
            case QUEUE_SUSPEND -> state.queues.apply((QueueSuspend) e);
            case QUEUE_SUSPEND_DONE -> {
                state.queues.apply((QueueSuspendDone) e);
                state.haltedThreads.leaveHardware(((QueueSuspendDone) e).queue());
            }
            case QUEUE_RESUME -> state.queues.apply((QueueResume) e);
            case QUEUE_RESET -> {
                QueueReset reset = (QueueReset) e;
                state.queues.apply(reset);
                state.haltedThreads.leaveHardware(reset.queue());
                if ("GT".equals(reset.scope())) {
                    state.translations.reset(deviceOf(reset), reset.gt());
                }
            }
            case QUEUE_KILL -> {
                state.queues.apply((QueueKill) e);
                state.haltedThreads.leaveHardware(((QueueKill) e).queue());
            }
            case QUEUE_CAT_ERROR -> state.queues.apply((QueueCatError) e);
            case QUEUE_DESTROY -> {
                state.queues.apply((QueueDestroy) e);
                state.haltedThreads.forget(((QueueDestroy) e).queue());
            }
            case GPU_ACCESS -> {
                // A user-mode queue is none of those that jobs and preempt fences belong to.
                GpuAccess access = (GpuAccess) e;
                if (state.userQueues.queue(access.queue()) == null) {
                    state.queues.apply(access);
                }
            }
            case VM_KILL -> state.spaces.apply((VmKill) e);
            case VMA_EVICT -> state.spaces.apply((VmaEvict) e);
            case TLB_INVAL_SEND -> {
                state.invalidations.apply((TlbInvalSend) e);
                state.translations.apply((TlbInvalSend) e);
            }
            case TLB_INVAL_TIMEOUT -> state.invalidations.apply((TlbInvalTimeout) e);
            case TLB_INVAL_SIGNAL -> {
                state.translations.apply((TlbInvalSignal) e);
                state.invalidations.apply((TlbInvalSignal) e);
            }
            case GPU_RESET_DONE -> reset((GpuResetDone) e);
            case COREDUMP_CAPTURE -> state.coredumps.apply((CoredumpCapture) e);
            case COREDUMP_READ -> state.coredumps.apply((CoredumpRead) e);
            case COREDUMP_FREE -> state.coredumps.apply((CoredumpFree) e);
            case GPU_FAULT -> state.faults.apply((GpuFault) e);
            case GPU_FAULT_BIND -> {
                state.faults.apply((GpuFaultBind) e);
                state.nullPages.apply((GpuFaultBind) e);
            }
            case GPU_FAULT_ACK -> {
                state.faults.apply((GpuFaultAck) e);
                leaveWork(e);
            }
            case USER_FENCE_SIGNAL -> {
                state.userFences.apply((UserFenceSignal) e);
                state.debugProtocols.apply((UserFenceSignal) e);
            }
            case EU_HALT -> state.haltedThreads.apply((EuHalt) e);
            case EU_RESUME -> state.haltedThreads.apply((EuResume) e);
            case DEVICE_ENTER -> state.threads.apply((DeviceEnter) e);
            case DEVICE_EXIT -> state.threads.apply((DeviceExit) e);
            case RCU_READ_LOCK -> state.threads.apply((RcuReadLock) e);
            case RCU_READ_UNLOCK -> state.threads.apply((RcuReadUnlock) e);
            case SIGNALLING_BEGIN -> {
                state.fences.touch(((SignallingBegin) e).fence(), e.seq());
                state.threads.apply((SignallingBegin) e);
            }
            case SIGNALLING_END -> {
                state.threads.apply((SignallingEnd) e);
                state.coredumps.leave(((SignallingEnd) e), state.threads.thread(e.tid()));
            }
            case RECLAIM_BEGIN -> state.threads.apply((ReclaimBegin) e);
            case RECLAIM_END -> state.threads.apply((ReclaimEnd) e);
            case DMA_FENCE_RUN_CALLBACK -> {
                state.callbacks.apply((DmaFenceRunCallback) e);
                state.threads.apply((DmaFenceRunCallback) e);
            }
            case DMA_FENCE_END_CALLBACK -> state.threads.apply((DmaFenceEndCallback) e);
            case DMA_FENCE_WAIT_START -> {
                state.fences.apply((DmaFenceWaitStart) e);
                state.threads.apply((DmaFenceWaitStart) e);
                state.haltedThreads.apply((DmaFenceWaitStart) e);
            }
            case LOCK_BLOCK -> state.threads.apply((LockBlock) e);
            case SYNC_FILE_CREATE -> {
                state.syncObjects.apply((SyncFileCreate) e);
                promise(((SyncFileCreate) e).fence(), e);
            }
            case SYNC_FILE_WAIT -> state.syncObjects.apply((SyncFileWait) e);
            case SYNC_FILE_RELEASE -> state.syncObjects.apply((SyncFileRelease) e);
            case SYNCOBJ_REPLACE -> {
                state.syncObjects.apply((SyncobjReplace) e);
                promise(((SyncobjReplace) e).fence(), e);
            }
            case SYNCOBJ_POINT -> state.syncObjects.apply((SyncobjPoint) e);
            case SYNCOBJ_WAIT_END -> state.syncObjects.apply((SyncobjWaitEnd) e);
            case SCHED_INIT -> state.schedulers.apply((SchedInit) e);
            case SCHED_STOP -> state.schedulers.apply((SchedStop) e);
            case SCHED_START -> state.schedulers.apply((SchedStart) e);
            case SCHED_FINI -> state.schedulers.apply((SchedFini) e);
            case SCHED_ENTITY_CREATE -> state.schedulers.apply((SchedEntityCreate) e);
            case SCHED_ENTITY_KILL -> state.schedulers.apply((SchedEntityKill) e);
            case SCHED_ENTITY_FINI -> state.schedulers.apply((SchedEntityFini) e);
            case SCHED_JOB_INIT -> state.schedulers.apply((SchedJobInit) e);
            case SCHED_JOB_DEP -> state.schedulers.apply((SchedJobDep) e);
            case SCHED_JOB_DEP_SYNCOBJ -> state.schedulers.apply((SchedJobDepSyncobj) e);
            case SCHED_JOB_ARM -> {
                state.schedulers.apply((SchedJobArm) e);
                state.queues.apply((SchedJobArm) e);
            }
            case SCHED_JOB_QUEUE -> queue((SchedJobQueue) e);
            case SCHED_JOB_BLOCK -> state.schedulers.apply((SchedJobBlock) e);
            case SCHED_JOB_POP -> state.schedulers.apply((SchedJobPop) e);
            case SCHED_JOB_RUN -> {
                state.schedulers.apply((SchedJobRun) e);
                state.fences.isOfScheduler(((SchedJobRun) e).parent(), ((SchedJobRun) e).scheduler(), e.seq());
                state.queues.apply((SchedJobRun) e);
            }
            case SCHED_JOB_PHASE -> state.schedulers.apply((SchedJobPhase) e);
            case SCHED_JOB_DONE -> state.schedulers.apply((SchedJobDone) e);
            case SCHED_JOB_TIMEOUT -> timeOut((SchedJobTimeout) e);
            case SCHED_JOB_RESOLVE -> {
                state.schedulers.apply((SchedJobResolve) e);
                state.coredumps.leave(e);
            }
            case SCHED_JOB_KILL -> state.schedulers.apply((SchedJobKill) e);
            case SCHED_JOB_FREE -> state.schedulers.apply((SchedJobFree) e);
            case SCHED_JOB_CLEANUP -> state.schedulers.apply((SchedJobCleanup) e);
            case SYSCALL_RETURN -> {
                state.schedulers.apply((SyscallReturn) e);
                state.coredumps.leave(e);
                state.calls.leave(e);
                leaveKernel(e);
            }
            case DMA_FENCE_SET_ERROR -> {
                state.fences.apply((DmaFenceSetError) e);
                state.schedulers.apply((DmaFenceSetError) e);
                state.queues.apply((DmaFenceSetError) e);
            }
            case DMA_BUF_EXPORT -> state.dmaBufs.apply((DmaBufExport) e);
            case DMA_BUF_RELEASE -> state.dmaBufs.apply((DmaBufRelease) e);
            case DMA_BUF_ATTACH -> state.dmaBufs.apply((DmaBufAttach) e);
            case DMA_BUF_DETACH -> state.dmaBufs.apply((DmaBufDetach) e);
            case DMA_BUF_PIN -> state.dmaBufs.apply((DmaBufPin) e);
            case DMA_BUF_UNPIN -> state.dmaBufs.apply((DmaBufUnpin) e);
            case DMA_BUF_MAP -> state.dmaBufs.apply((DmaBufMap) e);
            case DMA_BUF_UNMAP -> state.dmaBufs.apply((DmaBufUnmap) e);
            case DMA_BUF_INVALIDATE -> state.dmaBufs.apply((DmaBufInvalidate) e);
            case DMA_BUF_VMAP -> state.dmaBufs.apply((DmaBufVmap) e);
            case DMA_BUF_VUNMAP -> state.dmaBufs.apply((DmaBufVunmap) e);
            case DMA_BUF_BEGIN_CPU_ACCESS -> state.dmaBufs.apply((DmaBufBeginCpuAccess) e);
            case DMA_BUF_END_CPU_ACCESS -> state.dmaBufs.apply((DmaBufEndCpuAccess) e);
            case DMA_BUF_POLL_CALLBACK -> state.dmaBufs.apply((DmaBufPollCallback) e);
            case DMA_BUF_POLL -> {
                Fence awaited = state.fences.touch(((DmaBufPoll) e).fence(), e.seq());
                state.dmaBufs.apply((DmaBufPoll) e, awaited != null && !state.fences.isComplete(awaited));
            }
            case USERQ_CREATE -> state.userQueues.apply((UserqCreate) e);
            case USERQ_DESTROY -> state.userQueues.apply((UserqDestroy) e);
            case USERQ_STATE -> state.userQueues.apply((UserqState) e);
            case USERQ_VAS -> state.userQueues.apply((UserqVas) e);
            case USERQ_FENCE -> {
                state.userQueues.apply((UserqFence) e);
                isQueued(((UserqFence) e).fence(), e.seq());
            }
            case USERQ_TIMER_ARM -> state.userQueues.apply((UserqTimerArm) e);
            case USERQ_TIMER_CANCEL -> state.userQueues.apply((UserqTimerCancel) e);
            case USERQ_TIMER_FIRE -> state.userQueues.apply((UserqTimerFire) e);
            case USERQ_RESET_DONE -> state.userQueues.apply((UserqResetDone) e);
            case USERQ_FORCE -> state.userQueues.apply((UserqForce) e);
            case SEQ64_ALLOC -> state.userQueues.apply((Seq64Alloc) e);
            case SEQ64_FREE -> state.userQueues.apply((Seq64Free) e);
            case SEQ64_WRITE -> state.userQueues.apply((Seq64Write) e);
            case VM_MAP -> state.userQueues.apply((VmMap) e);
            case VM_UNMAP -> state.userQueues.apply((VmUnmap) e);
            // Rules judge them as they come; the fold keeps nothing of them.
            case BO_USE,
                    BO_EVICT,
                    BO_LRU,
                    BO_SUBMIT,
                    BO_DELAYED_DESTROY_RUN,
                    CPU_FAULT,
                    DMA_ACCESS,
                    VM_UNMAP_BEGIN,
                    DEBUG_DISCOVERY_START,
                    DEBUG_DISCOVERY_END,
                    EU_ATTENTION,
                    ALERT,
                    VERDICT,
                    SESSION_CHECKED,
                    DEVICE_HW_ACCESS,
                    DEVICE_GET,
                    DEVICE_PUT,
                    GPU_RESET_BEGIN,
                    SYSCALL_ABORT,
                    USER_COPY,
                    ENGINE_GROUP_SWITCH,
                    DMA_BUF_FD,
                    DMA_BUF_GET,
                    DMA_BUF_PUT,
                    FD_CLOSE,
                    DMA_BUF_MMAP,
                    SG_READ,
                    DMA_HEAP_ALLOC,
                    DMA_FENCE_SIGNAL_CALL,
                    DMA_FENCE_GET,
                    DMA_FENCE_PUT,
                    DMA_FENCE_TRYGET,
                    SYNCOBJ_WAIT_SUBMIT,
                    CPU_PTE_CLEAR,
                    MM_COLLAPSE,
                    IO_PAGE_FAULT,
                    KFD_QUIESCE,
                    RESOURCE_EXPOSE,
                    SCHED_ENTITY_TOUCH,
                    SCHED_JOB_TOUCH,
                    CLOCK_TICK,
                    RAW_EVENT,
                    ANNOTATION,
                    MEM_ALLOC,
                    USERQ_WAIT_DEP,
                    USERQ_DOORBELL,
                    USER_FENCE_WAIT,
                    TLB_INVAL_RECV,
                    REBIND_WORKER_RETRY -> {}
        }
    }

    private void start(SessionStart e) {
        List<String> streams = e.streams();
        boolean first = !state.ledger.hasStarted();
        state.ledger.start(e, e.fragment(), streams);
        if (first) {
            state.session.apply(e);
        }
    }

    /** An entry of no address space, or of no addresses, is some entry of any: which, decides what is mapped. */
    private @Nullable String missing(Event e) {
        if (e instanceof PteWrite write) {
            return missing(write.hasVm(), write.hasStart() && write.hasEnd());
        }
        if (e instanceof PteZap zap) {
            return missing(zap.hasVm(), zap.hasStart() && zap.hasEnd());
        }
        return Subjects.missing(e);
    }

    private @Nullable String missing(boolean hasVm, boolean hasRange) {
        boolean isSole = state.session.soleObject("vm") != Event.ABSENT;
        return hasVm || isSole ? (hasRange ? null : "addresses") : "vm";
    }

    private void flush(DebugVmFsync e) {
        if (!e.hasResult() || e.result() >= 0) {
            state.writtenCode.forget(state.debuggers.vmOf(e));
        }
    }

    private void publish(DmaFencePublish e) {
        state.fences.apply(e);
        Fence fence = state.fences.fence(e.fence());
        if (fence != null && fence.publishSeq == e.seq() && fence.handoffSeq == 0 && !state.fences.isComplete(fence)) {
            state.threads.publish(e);
        }
    }

    /** Others can find the fence from here: if the thread that made it has not handed its work over, it must not fail now. */
    private void promise(long id, Event e) {
        Fence fence = state.fences.fence(id);
        if (fence != null && fence.initTid == e.tid() && fence.handoffSeq == 0 && !state.fences.isComplete(fence)) {
            state.threads.promise(fence, e);
        }
    }

    private void leaveKernel(Event e) {
        state.threads.leaveKernel(e);
        leaveWork(e);
    }

    /** The thread returns from a system call, or a worker from its work item. */
    private void leaveWork(Event e) {
        state.submissions.leave(e);
        state.retryLoops.leave(e);
    }

    private void rangeFault(HmmRangeFault e) {
        state.notifiers.apply(e);
        state.retryLoops.apply(e);
        state.kfdProcesses.apply(e, e.hasMm() ? e.mm() : state.notifiers.mmOf(e.notifier(), Event.ABSENT));
    }

    private long deviceOf(QueueReset e) {
        AddressSpace vm = state.spaces.vm(state.queues.vmOf(e.vm(), e.queue()));
        return vm == null ? Event.ABSENT : state.devices.deviceOf(vm.client);
    }

    /** What is reset of a device that does not say which GT it is may be all of it: that may hide a violation and never invents one. */
    private void reset(GpuResetDone e) {
        ResetScope scope = e.scope();
        if (scope != ResetScope.RING && scope != ResetScope.QUEUE) {
            state.translations.reset(e.device(), scope == ResetScope.FULL ? Event.ABSENT : e.gt());
        }
    }

    private void timeOut(SchedJobTimeout e) {
        state.schedulers.apply(e);
        Job job = state.schedulers.job(e.job());
        if (job != null) {
            state.fences.touch(job.finished(), e.seq());
            state.fences.touch(e.hasParent() ? e.parent() : job.parent(), e.seq());
        }
    }

    private void queue(SchedJobQueue e) {
        state.schedulers.apply(e);
        Job job = state.schedulers.job(e.job());
        if (job != null) {
            state.fences.handOver(job.scheduled(), e.seq());
            handOver(job.scheduled());
            state.fences.handOver(job.finished(), e.seq());
            handOver(job.finished());
        }
    }

    /** What the fence stands for is somebody else's to do from here. Of a job of a scheduler its own events say when that is so. */
    private void isQueued(long id, long seq) {
        if (state.fences.fence(id) != null && state.schedulers.jobOfFinished(id) == null) {
            state.fences.handOver(id, seq);
            handOver(id);
        }
    }

    private void handOver(long id) {
        Fence fence = state.fences.fence(id);
        if (fence != null) {
            state.threads.handOver(fence);
        }
    }

    private void preemptFenceArm(PreemptFenceArm e) {
        state.spaces.isLongRunning(state.queues.vmOf(e.vm(), e.queue()), e.seq());
        state.fences.isOfKind(e.fence(), FenceKind.PREEMPT, e.seq());
        state.queues.apply(e);
        state.haltedThreads.apply(e);
    }
}
