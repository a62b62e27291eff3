package dev.fenceline.analytics.rules.kfd;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Devices;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.Task;
import dev.fenceline.analytics.state.Tasks;
import dev.fenceline.event.Event;
import dev.fenceline.event.Ioctl;
import dev.fenceline.event.Severity;
import java.util.Locale;

/** K02: an open file of the KFD works only for the process that opened it. */
public final class KfdFileServesItsOpener {
    public static final Rule RULE = Rule.named("K02", "kfd-file-serves-its-opener")
            .severity(Severity.ERROR)
            .states(
                    "A call on a file of /dev/kfd succeeds only in the process that opened it; a checkpoint or restore also for a "
                            + "ptracer of that process.")
            .why(
                    "The KFD keeps its state by process: a file that was inherited or passed on acts on the memory of another "
                            + "process.")
            .source("kfd_chardev.c:kfd_ioctl (-EBADF, KFD_IOC_FLAG_CHECKPOINT_RESTORE); thread 000")
            .advice(
                    "Compare the caller's thread group with the one that opened the file before the call is dispatched.")
            .needs(Stream.TASK)
            .before(Ioctl.class, KfdFileServesItsOpener::judge)
            .build();

    private KfdFileServesItsOpener() {}

    private static void judge(Ioctl ioctl, KernelState state, Report report) {
        String name = ioctl.name() == null ? "" : ioctl.name().toUpperCase(Locale.ROOT);
        // Render nodes are DRM files: whoever has one may use it.
        boolean isKfd = name.contains("KFD") && !name.startsWith("DRM_");
        if (!isKfd || (ioctl.hasResult() && ioctl.result() < 0)) {
            return;
        }
        long by = Tasks.callerOf(ioctl);
        Devices.Client client = ioctl.hasClient() ? state.devices().client(ioctl.client()) : null;
        long owner = ioctl.hasOwner() ? ioctl.owner() : client == null ? Event.ABSENT : client.owner();
        if (by == Event.ABSENT || owner == Event.ABSENT) {
            report.unknown("it is not known which process opened the KFD file, or which calls it");
            return;
        }
        if (by == owner) {
            return;
        }
        Task opener = state.tasks().task(owner);
        boolean isTracer = opener != null && opener.tracer() == by;
        boolean servesTracers = name.contains("CRIU");
        if (isTracer && servesTracers) {
            return;
        }
        report.violation("owner=" + owner + " by=" + by)
                .since(ioctl.hasOwner() || client == null ? ioctl.seq() : client.born())
                .since(!servesTracers ? ioctl.seq() : opener == null ? 0 : opener.born())
                .witness("file opened", client == null ? 0 : client.born())
                .witness("used by another process", ioctl.seq())
                .says("Process " + by + " uses the KFD file that process " + owner + " opened.");
    }
}
