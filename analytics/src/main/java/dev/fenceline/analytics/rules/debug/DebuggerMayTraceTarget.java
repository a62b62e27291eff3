package dev.fenceline.analytics.rules.debug;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.Task;
import dev.fenceline.event.DebugAbi;
import dev.fenceline.event.DebugCheck;
import dev.fenceline.event.DebugConnect;
import dev.fenceline.event.Event;
import dev.fenceline.event.Severity;
import org.jspecify.annotations.Nullable;

/** D01: a debugger connects only to a process it may trace. */
public final class DebuggerMayTraceTarget {
    public static final Rule RULE = Rule.named("D01", "debugger-may-trace-target")
            .severity(Severity.CRITICAL)
            .states(
                    "A debugger connection comes into being only if, at that time, the debugger would pass the ptrace check that "
                            + "the interface asks for.")
            .why(
                    "A connection reads and writes the GPU memory of the target: without the check any user debugs any other.")
            .source(
                    "xe_eudebug.c:xe_eudebug_connect (PTRACE_MODE_READ_REALCREDS), kernel/ptrace.c:__ptrace_may_access, "
                            + "kernel/pid.c:__pidfd_fget (PTRACE_MODE_ATTACH_REALCREDS), amdgpu kfd_dbg_trap (ptrace parent); thread 000")
            .advice("Check the target at connect, refuse with -EACCES, and leave no session behind.")
            .needs(Stream.DEBUG, Stream.TASK)
            .before(DebugConnect.class, DebuggerMayTraceTarget::judge)
            .build();

    private DebuggerMayTraceTarget() {}

    private static void judge(DebugConnect connect, KernelState state, Report report) {
        if (connect.hasResult() && connect.result() < 0) {
            return;
        }
        long by = connect.hasByTgid() ? connect.byTgid() : connect.tgid();
        long target = targetOf(connect, state);
        if (by == target) {
            return;
        }
        Task debugger = state.tasks().task(by);
        Task debuggee = state.tasks().task(target);
        switch (abiOf(connect, state)) {
            case KFD -> {
                if (debuggee == null || debuggee.tracer() != by) {
                    report(connect, debugger, debuggee, report, "does not ptrace it, which this interface asks for");
                }
            }
            case XE_CLIENT_FD -> {
                // The open file is the right. A task may have been handed it; pidfd_getfd checks like an attach.
                if (connect.check() != DebugCheck.NONE && connect.check() != DebugCheck.UNKNOWN) {
                    judgeCredentials(connect, debugger, debuggee, report);
                }
            }
            case UNKNOWN, NONE, XE_PID -> judgeCredentials(connect, debugger, debuggee, report);
        }
    }

    private static void judgeCredentials(
            DebugConnect connect, @Nullable Task debugger, @Nullable Task debuggee, Report report) {
        if (debugger == null || debuggee == null || !debugger.hasCredentials() || !debuggee.hasCredentials()) {
            if (connect.check() == DebugCheck.NONE) {
                report(connect, debugger, debuggee, report, "was not checked");
            } else {
                report.unknown(
                        "the credentials of debugger or target of connection {} are not recorded",
                        connect.connection());
            }
            return;
        }
        String denied = denial(debugger, debuggee);
        if (!denied.isEmpty()) {
            report(connect, debugger, debuggee, report, denied);
        }
    }

    /** Why __ptrace_may_access with real credentials refuses; empty if it does not. */
    private static String denial(Task debugger, Task target) {
        if (debugger.mayTraceAnything()) {
            return "";
        }
        if (debugger.uid() != target.uid() || debugger.uid() != target.euid()) {
            return "runs as uid " + debugger.uid() + ", the target as " + target.uid() + " and effectively "
                    + target.euid();
        }
        if (!target.isDumpable()) {
            return "lacks CAP_SYS_PTRACE, and the target is not dumpable";
        }
        // security/commoncap.c:cap_ptrace_access_check
        return debugger.coversCapabilitiesOf(target)
                ? ""
                : "lacks CAP_SYS_PTRACE and a capability that the target holds";
    }

    private static long targetOf(DebugConnect connect, KernelState state) {
        if (connect.hasTarget() || !connect.hasTargetClient()) {
            return connect.target();
        }
        var client = state.devices().client(connect.targetClient());
        return client == null ? Event.ABSENT : client.owner();
    }

    private static DebugAbi abiOf(DebugConnect connect, KernelState state) {
        DebugAbi declared = state.session().debugAbi();
        if (declared != DebugAbi.UNKNOWN && declared != DebugAbi.NONE) {
            return declared;
        }
        if (state.session().isDriver("amdgpu") || connect.check() == DebugCheck.PTRACED) {
            return DebugAbi.KFD;
        }
        return connect.hasTargetClient() && !connect.hasTarget() ? DebugAbi.XE_CLIENT_FD : DebugAbi.XE_PID;
    }

    private static void report(
            DebugConnect connect, @Nullable Task debugger, @Nullable Task debuggee, Report report, String how) {
        report.violation("connection=" + connect.connection())
                .since(debugger == null ? 0 : debugger.credentialsSeq())
                .since(debuggee == null ? 0 : debuggee.credentialsSeq())
                .witness("credentials of the debugger", debugger == null ? 0 : debugger.credentialsSeq())
                .witness("credentials of the target", debuggee == null ? 0 : debuggee.credentialsSeq())
                .witness("connected", connect.seq())
                .says("A debugger connects to a process although it " + how + ".");
    }
}
