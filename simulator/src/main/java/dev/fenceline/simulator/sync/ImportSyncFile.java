package dev.fenceline.simulator.sync;

import dev.fenceline.event.Usage;
import dev.fenceline.simulator.fence.DmaResv;
import dev.fenceline.simulator.fence.LockResv;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Path;

/**
 * dma-buf.c:dma_buf_import_sync_file: leaves the fence of a job with a shared buffer, so that devices that synchronise implicitly
 * wait for it.
 */
public final class ImportSyncFile extends Call {
    private static final Path<ImportSyncFile> PATH = Path.<ImportSyncFile>named("dma_buf_import_sync_file")
            .call(call -> new LockResv(call.resv))
            .run(ImportSyncFile::add)
            .run(call -> call.resv.lock().release(call.task()))
            .end();

    private final DmaResv resv;
    private final SyncFile file;
    private final Usage usage;

    /** Adds the fence in {@code file} to {@code resv}, as a WRITE or READ. */
    public ImportSyncFile(DmaResv resv, SyncFile file, Usage usage) {
        this.resv = resv;
        this.file = file;
        this.usage = usage;
    }

    private void add() {
        resv.reserve(1);
        resv.add(file.fence(), usage);
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
