package dev.fenceline.analytics.rules.debug;

import dev.fenceline.analytics.rule.Finding;
import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Connection;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.DebugConnect;
import dev.fenceline.event.Severity;

/** D02: a process is debugged through one connection of a device at a time. */
public final class TargetHasOneDebugger {
    public static final Rule RULE = Rule.named("D02", "target-has-one-debugger")
            .severity(Severity.ERROR)
            .states(
                    "While a process is debugged on a device, or a client where the interface names clients, a second debugger is "
                            + "refused with -EBUSY.")
            .why(
                    "Two debuggers resume what the other one stopped, and each waits for acknowledgements that the other one gives.")
            .source("xe_eudebug.c:xe_eudebug_connect; IGT xe_eudebug@basic-close; thread 000")
            .advice("Look for a connection of the same target under the lock that adds the new one.")
            .needs(Stream.DEBUG)
            .before(DebugConnect.class, TargetHasOneDebugger::judge)
            .build();

    private TargetHasOneDebugger() {}

    private static void judge(DebugConnect connect, KernelState state, Report report) {
        Connection rival = connect.hasResult() && connect.result() < 0
                ? null
                : state.debuggers().rivalOf(connect);
        boolean anyDevice = !connect.hasDevice() && !connect.hasTargetClient();
        if (rival != null && anyDevice && state.devices().size() > 1) {
            report.unknown("it is not known on which device connection " + connect.connection() + " debugs");
        } else if (rival != null) {
            Finding finding = report.violation("connection=" + connect.connection())
                    .since(rival.connectSeq())
                    .witness("first debugger connected", rival.connectSeq())
                    .witness("second debugger connected", connect.seq())
                    .says("A second debugger connects to what connection " + rival.id() + " debugs.");
            if (anyDevice) {
                finding.restsOnAll();
            }
        }
    }
}
