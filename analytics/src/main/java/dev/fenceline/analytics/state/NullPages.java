package dev.fenceline.analytics.state;

import dev.fenceline.event.BindOp;
import dev.fenceline.event.Event;
import dev.fenceline.event.GpuFaultBind;
import dev.fenceline.event.LongList;
import dev.fenceline.event.PteWrite;
import dev.fenceline.event.VmBind;
import dev.fenceline.event.VmFree;
import dev.fenceline.event.VmaCreate;
import dev.fenceline.event.VmaDestroy;
import dev.fenceline.event.VmaKind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The null mappings that drivers put where the access of a debugged thread faulted: made while the fault was served, by no bind. */
public final class NullPages implements StatePart {
    /** How many that are gone are remembered, since an access may still go through them; ours. */
    private static final int GONE = 64;

    private final AddressSpaces spaces;
    private final PageFaults faults;
    private final List<NullPage> pages = new ArrayList<>();

    NullPages(AddressSpaces spaces, PageFaults faults) {
        this.spaces = spaces;
        this.faults = faults;
    }

    /** One null mapping. */
    public static final class NullPage {
        long vma = Event.ABSENT;
        long vm = Event.ABSENT;
        long start;
        long end;
        long faultSeq;
        long createSeq;
        long boundSeq;
        long goneSeq;
        long page = Event.ABSENT;
        long coverFence = Event.ABSENT;
        long coverSeq;

        /** The mapping. */
        public long vma() {
            return vma;
        }

        /** Its address space; {@link Event#ABSENT} if not stated. */
        public long vm() {
            return vm;
        }

        /** The seq of the fault for which it was made. */
        public long faultSeq() {
            return faultSeq;
        }

        /** The seq of its creation. */
        public long createSeq() {
            return createSeq;
        }

        /** The fence of the last bind of another mapping over it; {@link Event#ABSENT} if it has none. */
        public long coverFence() {
            return coverFence;
        }

        /** The seq of that bind; 0 if there was none. */
        public long coverSeq() {
            return coverSeq;
        }

        private boolean isAt(long atVm, long address) {
            return agree(vm, atVm)
                    && Long.compareUnsigned(start, address) <= 0
                    && Long.compareUnsigned(address, end) < 0;
        }

        private void write(SnapshotWriter out) throws IOException {
            out.number(vma);
            out.number(vm);
            out.number(start);
            out.number(end);
            out.number(faultSeq);
            out.number(createSeq);
            out.number(boundSeq);
            out.number(goneSeq);
            out.number(page);
            out.number(coverFence);
            out.number(coverSeq);
        }

        private static NullPage read(SnapshotReader in) throws IOException {
            NullPage read = new NullPage();
            read.vma = in.number();
            read.vm = in.number();
            read.start = in.number();
            read.end = in.number();
            read.faultSeq = in.number();
            read.createSeq = in.number();
            read.boundSeq = in.number();
            read.goneSeq = in.number();
            read.page = in.number();
            read.coverFence = in.number();
            read.coverSeq = in.number();
            return read;
        }
    }

    private static boolean agree(long one, long other) {
        return one == other || one == Event.ABSENT || other == Event.ABSENT;
    }

    /** A null mapping in that VM that a fault was answered with and nobody has taken away; null if there is none. */
    public @Nullable NullPage leftIn(long vm) {
        for (NullPage page : pages) {
            if (page.boundSeq > 0 && page.goneSeq == 0 && page.vm == vm && vm != Event.ABSENT) {
                return page;
            }
        }
        return null;
    }

    /** The null mapping that the bind is of; null if it is of another mapping. */
    public @Nullable NullPage of(GpuFaultBind e) {
        for (NullPage page : pages) {
            if (page.goneSeq == 0 && (e.hasVma() ? page.vma == e.vma() : page.isAt(e.vm(), e.address()))) {
                return page;
            }
        }
        return null;
    }

    /** The null mapping through which {@code page} is found at {@code address}, also if it is gone; null if there is none. */
    public @Nullable NullPage reachedBy(long vm, long address, long page) {
        for (int i = pages.size() - 1; i >= 0; i--) {
            NullPage known = pages.get(i);
            if (page != Event.ABSENT && known.page == page && known.isAt(vm, address)) {
                return known;
            }
        }
        return null;
    }

    void apply(VmaCreate e) {
        if (e.kind() != VmaKind.NULL || !e.hasVma() || !e.hasStart() || !e.hasEnd()) {
            return;
        }
        long faultSeq = faults.pendingIn(e.vm(), e.start(), e.end());
        if (faultSeq == 0 || spaces.isPartOfAnother(e)) {
            return;
        }
        NullPage page = new NullPage();
        page.vma = e.vma();
        page.vm = e.vm();
        page.start = e.start();
        page.end = e.end();
        page.faultSeq = faultSeq;
        page.createSeq = e.seq();
        pages.add(page);
    }

    /**
     * A client binds {@code mapping}, null if it is unknown. What it binds is its own, sparse or not, whatever faults there; so is what is
     * left of a mapping that it splits, of which no bind tells.
     */
    void apply(VmBind e, @Nullable Mapping mapping) {
        if (e.op() == BindOp.UNMAP || (e.hasResult() && e.result() < 0)) {
            return;
        }
        pages.removeIf(page -> page.boundSeq == 0 && (page.vma == e.vma() || isLeftBy(e, mapping, page)));
        if (mapping == null) {
            return;
        }
        for (NullPage page : pages) {
            boolean covers = page.vma != e.vma() && mapping.overlaps(page.start, page.end);
            if (covers && agree(page.vm, e.hasVm() ? e.vm() : mapping.vm)) {
                page.coverFence = e.fence();
                page.coverSeq = e.seq();
            }
        }
    }

    private static boolean isLeftBy(VmBind e, @Nullable Mapping split, NullPage page) {
        return e.op() == BindOp.REMAP
                && agree(page.vm, e.vm())
                && (split == null || !split.hasRange() || split.overlaps(page.start, page.end));
    }

    void apply(GpuFaultBind e) {
        NullPage page = e.hasResult() && e.result() < 0 ? null : of(e);
        if (page != null && page.boundSeq == 0) {
            page.boundSeq = e.seq();
        }
    }

    void apply(PteWrite e) {
        LongList written = e.pages();
        for (NullPage page : pages) {
            boolean own = page.goneSeq == 0 && page.page == Event.ABSENT && page.start == e.start();
            if (own && agree(page.vm, e.vm()) && written != null && written.size() > 0) {
                page.page = written.get(0);
            }
        }
    }

    void apply(VmaDestroy e) {
        for (NullPage page : pages) {
            if (page.vma == e.vma() && page.goneSeq == 0) {
                page.goneSeq = e.seq();
            }
        }
        int gone = 0;
        for (NullPage page : pages) {
            gone += page.goneSeq > 0 ? 1 : 0;
        }
        for (int i = 0; gone > GONE; i++) {
            if (pages.get(i).goneSeq > 0) {
                pages.remove(i);
                return;
            }
        }
    }

    void apply(VmFree e) {
        pages.removeIf(page -> page.vm == e.vm());
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        out.number(pages.size());
        for (NullPage page : pages) {
            page.write(out);
        }
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        int size = in.count();
        for (int i = 0; i < size; i++) {
            pages.add(NullPage.read(in));
        }
    }
}
