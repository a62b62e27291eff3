package dev.fenceline.simulator.vm;

import dev.fenceline.event.DmaMap;
import dev.fenceline.event.DmaUnmap;
import dev.fenceline.event.Event;
import dev.fenceline.event.GpuAccess;
import dev.fenceline.event.LongList;
import dev.fenceline.event.PteWrite;
import dev.fenceline.event.PteWriter;
import dev.fenceline.event.VmaKind;
import dev.fenceline.simulator.mm.IntervalNotifier;
import dev.fenceline.simulator.mm.Mm;
import dev.fenceline.simulator.mm.NotifierOps;
import dev.fenceline.simulator.sched.Job;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A mapping of memory of the process, under an interval notifier: pages that are mapped for the device, and page table entries that show
 * some of them. Whose the pages are in between, and until when, is the driver's.
 */
abstract class UserMemoryVma extends Vma implements NotifierOps {
    private static final int ACCESS_BYTES = 64;

    private final IntervalNotifier notifier;
    private LongList pages = LongList.of();
    private LongList mapped = LongList.of();
    private long iova;

    /** Maps {@code bytes} from the CPU address {@code userptr} at {@code start}. */
    UserMemoryVma(GpuVm vm, long start, long userptr, long bytes) {
        super(vm, start, start + bytes);
        this.notifier = new IntervalNotifier(vm.kernel(), vm.id(), id(), userptr, userptr + bytes, this);
    }

    public final IntervalNotifier notifier() {
        return notifier;
    }

    /** The pages it has. */
    public final LongList pages() {
        return pages;
    }

    @Override
    final LongList boundPages() {
        return mapped;
    }

    @Override
    final VmaKind kind() {
        return VmaKind.USERPTR;
    }

    /** The BO behind it; {@link Event#ABSENT} if it has none. */
    abstract long boId();

    /** Has {@code taken} instead of the pages it had, and maps them for the device. */
    final void mapDma(LongList taken) {
        unmapDma();
        pages = taken;
        iova = vm().kernel().newId() << 32;
        for (int i = 0; i < pages.size(); i++) {
            DmaMap.Builder event = DmaMap.builder()
                    .device(vm().device().id())
                    .page(pages.get(i))
                    .iova(iova + i * Mm.PAGE_BYTES)
                    .length(Mm.PAGE_BYTES)
                    .notifier(notifier.id());
            vm().kernel().emit(boId() == Event.ABSENT ? event : event.bo(boId()));
        }
    }

    final boolean isMappedForDma() {
        return iova != 0;
    }

    /** The device loses its mapping of the pages, if it has one. */
    void unmapDma() {
        if (iova == 0) {
            return;
        }
        for (int i = 0; i < pages.size(); i++) {
            DmaUnmap.Builder event = DmaUnmap.builder()
                    .device(vm().device().id())
                    .page(pages.get(i))
                    .iova(iova + i * Mm.PAGE_BYTES)
                    .length(Mm.PAGE_BYTES)
                    .notifier(notifier.id());
            vm().kernel().emit(boId() == Event.ABSENT ? event : event.bo(boId()));
        }
        iova = 0;
    }

    /** It has no pages any more. */
    final void forgetPages() {
        pages = LongList.of();
    }

    /** The entries show no pages any more. */
    final void forgetEntries() {
        mapped = LongList.of();
        setBound(false);
    }

    /** The entries show the pages it has now, whatever it has when the job runs. */
    @Override
    final LongConsumer pteWriter() {
        LongList shown = pages;
        return fence -> writePtes(shown, fence);
    }

    @Override
    final void writePtes(long fence) {
        writePtes(pages, fence);
    }

    private void writePtes(LongList shown, long fence) {
        mapped = shown;
        PteWrite.Builder event = PteWrite.builder()
                .vm(vm().id())
                .start(start())
                .end(end())
                .pages(mapped)
                .readOnly(isReadOnly())
                .tile(0)
                .by(fence == 0 ? PteWriter.CPU : PteWriter.GPU);
        vm().kernel().emit(fence == 0 ? event : event.fence(fence));
        setBound(true);
    }

    @Override
    final void access(ExecQueue queue, @Nullable Job job, long random, boolean write) {
        // Without entries there is no page that it could reach.
        if (!mapped.isEmpty()) {
            vm().kernel().emit(by(queue, job, accessed(queue.id(), random, write)));
        }
    }

    /** One access of {@code queue} somewhere in what the entries show. */
    final GpuAccess.Builder accessed(long queue, long random, boolean write) {
        int index = (int) Long.remainderUnsigned(random, mapped.size());
        return GpuAccess.builder()
                .queue(queue)
                .vm(vm().id())
                .address(start() + index * Mm.PAGE_BYTES)
                .length(ACCESS_BYTES)
                .write(write && !isReadOnly())
                .page(mapped.get(index));
    }
}
