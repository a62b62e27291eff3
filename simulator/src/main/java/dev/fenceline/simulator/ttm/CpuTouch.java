package dev.fenceline.simulator.ttm;

import dev.fenceline.event.CpuAccess;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Path;
import org.jspecify.annotations.Nullable;

/** A process loads from or stores to a BO through its own mapping, and faults first if it has to. */
public final class CpuTouch extends Call {
    private static final long LINE_BYTES = 64;

    private static final Path<CpuTouch> PATH = Path.<CpuTouch>named("user_access")
            .when(touch -> !touch.vma.shows(touch.page), miss -> miss.call(touch -> touch.fault()))
            .run(CpuTouch::access)
            .end();

    private final CpuVma vma;
    private final long page;
    private final boolean write;
    private @Nullable CpuFault fault;

    /** Touches page number {@code page}. */
    public CpuTouch(CpuVma vma, long page, boolean write) {
        this.vma = vma;
        this.page = page;
        this.write = write;
    }

    private Call fault() {
        CpuFault call = new CpuFault(vma, page);
        fault = call;
        return call;
    }

    private void access() {
        // Loads and stores to the dummy page of a device that is gone are none to the BO.
        if ((fault != null && !fault.succeeded()) || vma.isDummy()) {
            return;
        }
        long offset = page * TtmDevice.PAGE_BYTES;
        kernel().emit(CpuAccess.builder()
                .bo(vma.bo().id())
                .offset(offset)
                .length(LINE_BYTES)
                .write(write)
                .client(vma.client()));
        Resource shown = vma.bo().resource();
        if (write && shown != null) {
            shown.written(vma.client(), offset, LINE_BYTES);
        }
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
