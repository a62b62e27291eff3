package dev.fenceline.analytics.rules.sync;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.SyncFile;
import dev.fenceline.event.Event;
import dev.fenceline.event.Severity;
import dev.fenceline.event.SyncFileRelease;
import dev.fenceline.event.SyncFileWait;
import org.jspecify.annotations.Nullable;

/** A-Y01: a sync_file is immutable; a syncobj is not. */
public final class SyncFileKeepsItsFence {
    public static final Rule RULE = Rule.named("A-Y01", "sync-file-keeps-its-fence")
            .severity(Severity.ERROR)
            .states(
                    "A sync file stands for the same fence from its creation to its release, and a wait on it succeeds only "
                            + "after that fence is done.")
            .why(
                    "Userspace passes sync files on: a compositor that is let through early shows a frame that is not drawn.")
            .source("sync_file.c:sync_file_create (takes a reference, never rewritten), sync_file.c:sync_file_merge, "
                    + "drm_syncobj.c:drm_syncobj_export_sync_file, include/uapi/linux/dma-buf.h:dma_buf_export_sync_file; "
                    + "thread 002")
            .advice("Export a snapshot of the fence; never look up the syncobj or the reservation again at the wait.")
            .needs(Stream.SF, Stream.SO)
            .before(SyncFileWait.class, SyncFileKeepsItsFence::judgeWait)
            .before(
                    SyncFileRelease.class,
                    (release, state, report) ->
                            judgeName(state.syncObjects().syncFile(release.syncFile()), release.fence(), report))
            .build();

    private SyncFileKeepsItsFence() {}

    private static void judgeWait(SyncFileWait wait, KernelState state, Report report) {
        SyncFile file = state.syncObjects().syncFile(wait.syncFile());
        judgeName(file, wait.fence(), report);
        long id = file == null || file.fence() == Event.ABSENT ? wait.fence() : file.fence();
        Fence fence = state.fences().pendingSince(id, file == null ? wait.seq() : file.fenceSeq());
        boolean failed = wait.hasResult() && wait.result() < 0;
        if (failed || fence == null) {
            return;
        }
        if (!state.fences().tellsSignals()) {
            report.unknown(
                    "it is not known whether fence {} was done at the end of a wait for its sync file: the recording does not hold the stream fence",
                    id);
            return;
        }
        report.violation("sync_file=" + wait.syncFile())
                .since(fence.born())
                .witness("created", file == null ? 0 : file.fenceSeq())
                .witness("fence initialised", fence.initSeq())
                .witness("wait succeeds", wait.seq())
                .says("A wait for sync file " + wait.syncFile() + " succeeds while its fence " + id + " is pending.");
    }

    private static void judgeName(@Nullable SyncFile file, long named, Report report) {
        if (file != null && file.fence() != Event.ABSENT && named != Event.ABSENT && named != file.fence()) {
            report.violation("sync_file=" + file.id())
                    .since(file.fenceSeq())
                    .witness("stands for fence " + file.fence(), file.fenceSeq())
                    .witness("stands for fence " + named, report.event().seq())
                    .says("Sync file " + file.id() + " stood for fence " + file.fence() + " and now for fence " + named
                            + ".");
        }
    }
}
