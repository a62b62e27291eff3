package dev.fenceline.simulator.ttm;

import dev.fenceline.simulator.fence.LockResv;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Path;
import java.util.ArrayDeque;
import java.util.List;

/**
 * The part of ttm_device.c:ttm_device_clear_dma_mappings that is about memory of other devices. The kernel does it without the reservation,
 * which dma_buf_unmap_attachment asserts.
 */
final class UnmapImports extends Call {
    private static final Path<UnmapImports> PATH = Path.<UnmapImports>named("ttm_device_clear_dma_mappings")
            .repeat(each -> each.leaveIf(unmap -> unmap.left.isEmpty())
                    .call(unmap -> new LockResv(unmap.left.element().resv()))
                    .run(unmap -> unmap.left.element().unplug())
                    .run(unmap -> unmap.left.remove().resv().lock().release(unmap.task())))
            .end();

    private final ArrayDeque<ImportedPages> left;

    UnmapImports(List<ImportedPages> imports) {
        this.left = new ArrayDeque<>(imports);
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
