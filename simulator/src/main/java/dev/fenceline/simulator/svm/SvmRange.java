package dev.fenceline.simulator.svm;

import dev.fenceline.event.DmaMap;
import dev.fenceline.event.DmaUnmap;
import dev.fenceline.event.LongList;
import dev.fenceline.event.PteWrite;
import dev.fenceline.event.PteWriter;
import dev.fenceline.event.PteZap;
import dev.fenceline.event.SvmRangeCreate;
import dev.fenceline.event.SvmRangeDestroy;
import dev.fenceline.simulator.kernel.Census;
import dev.fenceline.simulator.kernel.Facts;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.mm.Mm;
import dev.fenceline.simulator.pagemap.Devmem;
import dev.fenceline.simulator.ttm.Resource;
import dev.fenceline.simulator.vm.GpuVm;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A {@code drm_gpusvm_range}: a chunk of the program's memory that the GPU reached by a page fault. It is fetched, bound and invalidated as
 * a whole, and gone for good once any of it is unmapped.
 */
final class SvmRange implements Census.Member {
    private final SvmNotifier notifier;
    private final Kernel kernel;
    private final GpuVm vm;
    private final long id;
    private final long start;
    private final long end;
    private LongList pages = LongList.of();
    private @Nullable Devmem devmem;
    private boolean valid;
    private long iova;
    private LongList shown = LongList.of();
    private long shownFrom;
    private @Nullable Devmem shownIn;
    private boolean unmapped;

    SvmRange(SvmNotifier notifier, long start, long end) {
        this.notifier = notifier;
        this.kernel = notifier.svm().kernel();
        this.vm = notifier.svm().vm();
        this.id = kernel.newId();
        this.start = start;
        this.end = end;
        kernel.emit(SvmRangeCreate.builder().range(id).vm(vm.id()).start(start).end(end));
        kernel.enrol(this);
    }

    SvmNotifier notifier() {
        return notifier;
    }

    long id() {
        return id;
    }

    long start() {
        return start;
    }

    long end() {
        return end;
    }

    /** {@code flags.unmapped}: some of it was unmapped, so that it must not be used any more. */
    boolean isUnmapped() {
        return unmapped;
    }

    void setUnmapped() {
        unmapped = true;
    }

    /** {@code drm_gpusvm_range_pages_valid}: nobody invalidated its pages since they were fetched. */
    boolean hasValidPages() {
        return valid;
    }

    /** {@code xe_svm_range_in_vram}: whether the pages fetched last are in VRAM. */
    boolean isInVram() {
        return valid && devmem != null;
    }

    /** Whether page tables show something of it. */
    boolean isBound() {
        return !shown.isEmpty();
    }

    /** Whether they show the page at {@code address}. */
    boolean isBound(long address) {
        return isBound() && address >= shownFrom && address < shownTo();
    }

    private long shownTo() {
        return shownFrom + shown.size() * Mm.PAGE_BYTES;
    }

    long page(long address) {
        return shown.get((int) ((address - shownFrom) / Mm.PAGE_BYTES));
    }

    /** Has {@code fetched}, which are mapped for the device unless they are its own memory, {@code in}. */
    void setPages(LongList fetched, @Nullable Devmem in) {
        unmapDma();
        pages = fetched;
        devmem = in;
        valid = true;
        if (in != null) {
            return;
        }
        iova = kernel.newId() << 32;
        for (int i = 0; i < pages.size(); i++) {
            kernel.emit(DmaMap.builder()
                    .device(vm.device().id())
                    .page(pages.get(i))
                    .iova(iova + i * Mm.PAGE_BYTES)
                    .length(Mm.PAGE_BYTES)
                    .notifier(notifier.notifier().id())
                    .range(id));
        }
    }

    /** {@code drm_gpusvm_range_unmap_pages}. */
    void unmapDma() {
        for (int i = 0; iova != 0 && i < pages.size(); i++) {
            kernel.emit(DmaUnmap.builder()
                    .device(vm.device().id())
                    .page(pages.get(i))
                    .iova(iova + i * Mm.PAGE_BYTES)
                    .length(Mm.PAGE_BYTES)
                    .notifier(notifier.notifier().id()));
        }
        iova = 0;
        valid = false;
    }

    /**
     * The CPU writes the entries for the pages it has, and waits for no fence of the VM's reservation, as op_prepare of xe_pt.c asks for
     * none where it maps a range: what is to be bound has been copied already, and no job has ever reached it.
     */
    void writePtes() {
        shown = pages;
        shownFrom = start;
        shownIn = devmem;
        kernel.emit(PteWrite.builder()
                .vm(vm.id())
                .start(start)
                .end(end)
                .pages(shown)
                .readOnly(false)
                .tile(0)
                .by(PteWriter.CPU));
        Resource vram = devmem == null ? null : devmem.bo().backing();
        if (devmem != null && vram != null) {
            vram.expose(devmem.bo().id(), vm.file().client().id());
        }
    }

    /** The GPU has written {@code bytes} at {@code address}. */
    void written(long address, long bytes) {
        Devmem in = shownIn;
        Resource vram = in == null ? null : in.bo().backing();
        if (in != null && vram != null) {
            vram.written(vm.file().client().id(), in.offset(address), bytes);
        }
    }

    /** {@code xe_pt_zap_ptes_range}. */
    void zapPtes() {
        zapPtes(start, end);
    }

    /** The CPU clears the entries in {@code [from, to)}, which begins or ends where the range does. */
    void zapPtes(long from, long to) {
        kernel.emit(PteZap.builder().vm(vm.id()).start(from).end(to).tile(0).by(PteWriter.CPU));
        long keptFrom = from <= shownFrom ? Math.max(to, shownFrom) : shownFrom;
        long keptTo = to >= shownTo() ? Math.min(from, shownTo()) : shownTo();
        int first = (int) ((keptFrom - shownFrom) / Mm.PAGE_BYTES);
        int last = (int) ((keptTo - shownFrom) / Mm.PAGE_BYTES);
        shown = first < last ? LongList.of(Arrays.copyOfRange(shown.toArray(), first, last)) : LongList.of();
        shownFrom = keptFrom;
    }

    /** The page table was cleared at its root. */
    void forgetEntries() {
        shown = LongList.of();
    }

    /** {@code drm_gpusvm_range_put}, by the last who has it. */
    void destroy() {
        kernel.emit(SvmRangeDestroy.builder().range(id).vm(vm.id()).start(start).end(end));
        kernel.strike(this);
    }

    @Override
    public void tell(Facts facts) {
        facts.of("svm range", id).with("vm", vm.id()).with("start", start).with("end", end);
        if (isBound()) {
            facts.of("pte", vm.id() + "/" + shownFrom).with("end", shownTo()).with("pages", String.valueOf(shown));
        }
    }
}
