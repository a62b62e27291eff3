package dev.fenceline.analytics.rules.debug;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.AddressSpace;
import dev.fenceline.analytics.state.DebugProtocol;
import dev.fenceline.analytics.state.DebugProtocols;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.DebugEvent;
import dev.fenceline.event.DebugEventFlag;
import dev.fenceline.event.DebugEventType;
import dev.fenceline.event.Event;
import dev.fenceline.event.Severity;
import java.util.Set;

/** D10: a connection is shown each object once, and none that was gone when it began. */
public final class DiscoveryShowsEachOnce {
    public static final Rule RULE = Rule.named("D10", "discovery-shows-each-once")
            .severity(Severity.ERROR)
            .states(
                    "An object that a client has, or makes during the playback, is announced to a connection once; one that was destroyed "
                            + "before the connection is not.")
            .why("The debugger has two handles for one object, or one for none.")
            .source("xe_eudebug.c:discovery_work_fn (under discovery_lock); IGT xe_eudebug@discovery-race")
            .advice(
                    "Play back under the lock that creation and destruction take, and look the object up before it is announced.")
            .needs(Stream.DEBUG)
            .before(DebugEvent.class, DiscoveryShowsEachOnce::judge)
            .build();

    private DiscoveryShowsEachOnce() {}

    private static void judge(DebugEvent event, KernelState state, Report report) {
        Set<DebugEventFlag> flags = event.flags();
        long object = DebugProtocols.objectOf(event);
        if (flags == null || !flags.contains(DebugEventFlag.CREATE) || object == Event.ABSENT) {
            return;
        }
        DebugProtocol protocol = state.debugProtocols().protocol(event.connection());
        if (protocol == null) {
            return;
        }
        DebugProtocol.Handle earlier = protocol.handleOf(event.type(), object);
        if (earlier != null && earlier.createSeq() > 0 && earlier.destroySeq() == 0) {
            report.violation("event=" + event.seq())
                    .since(earlier.createSeq())
                    .witness("shown", earlier.createSeq())
                    .witness("shown again", event.seq())
                    .says("Object " + object + " is shown to connection " + protocol.id() + " twice.");
        }
        AddressSpace vm = event.type() == DebugEventType.VM ? state.spaces().vm(object) : null;
        if (vm != null && vm.closeSeq() > 0 && protocol.isShown() && vm.closeSeq() < protocol.born()) {
            report.violation("event=" + event.seq())
                    .since(vm.closeSeq())
                    .since(protocol.born())
                    .witness("VM closed", vm.closeSeq())
                    .witness("connected", protocol.born())
                    .witness("shown", event.seq())
                    .says("VM " + object + " is shown to connection " + protocol.id() + ", and was closed before.");
        }
    }
}
