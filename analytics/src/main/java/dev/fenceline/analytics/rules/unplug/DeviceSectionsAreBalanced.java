package dev.fenceline.analytics.rules.unplug;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.SectionStack;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.ThreadSections;
import dev.fenceline.event.DeviceExit;
import dev.fenceline.event.Event;
import dev.fenceline.event.Severity;
import dev.fenceline.event.SyscallReturn;

/** A-U02: enter and exit are balanced and never cross a return to userspace. */
public final class DeviceSectionsAreBalanced {
    public static final Rule RULE = Rule.named("A-U02", "device-sections-are-balanced")
            .severity(Severity.DEADLOCK)
            .states(
                    "Each drm_dev_enter that said yes is ended by one drm_dev_exit of the same thread with the cookie it gave, before "
                            + "that thread returns to userspace; one that said no is not ended.")
            .why(
                    "The unplug of any DRM device waits for all sections of all of them: one that userspace keeps open stops it.")
            .source("drm_drv.c:drm_dev_enter (srcu_read_lock of drm_unplug_srcu), drm_dev_exit; thread 002 "
                    + "(\"You cannot hold locks while returning to userspace\")")
            .advice("Enter and leave within one call; begin_cpu_access and end_cpu_access are two.")
            .needs(Stream.DEV)
            .before(SyscallReturn.class, DeviceSectionsAreBalanced::judge)
            .before(DeviceExit.class, DeviceSectionsAreBalanced::judge)
            .build();

    private DeviceSectionsAreBalanced() {}

    private static void judge(SyscallReturn back, KernelState state, Report report) {
        ThreadSections thread = state.threads().thread(back.tid());
        if (thread == null || thread.devices().isEmpty()) {
            return;
        }
        long entered = thread.devices().outermostSeq();
        report.violation("section=" + entered)
                .since(entered)
                .witness("section entered", entered)
                .witness("returned to userspace", back.seq())
                .says("Thread " + back.tid() + " returns to userspace inside a drm_dev_enter section.");
    }

    private static void judge(DeviceExit exit, KernelState state, Report report) {
        ThreadSections thread = state.threads().thread(exit.tid());
        if (thread != null && isEntered(thread.devices(), exit)) {
            return;
        }
        long other = thread == null ? 0 : thread.devices().outermostSeq();
        report.violation("exit=" + exit.seq())
                .since(0)
                .witness("another section entered", other)
                .witness("section left", exit.seq())
                .says("Thread " + exit.tid() + " leaves a drm_dev_enter section that it is not in.");
    }

    /** The exit knows only the cookie: it has no device argument. */
    private static boolean isEntered(SectionStack sections, DeviceExit exit) {
        return exit.hasCookie()
                ? sections.indexOfToken(exit.cookie()) >= 0 || sections.indexOfToken(Event.ABSENT) >= 0
                : !sections.isEmpty();
    }
}
