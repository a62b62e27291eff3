package dev.fenceline.analytics.rules.access;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.AddressSpace;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Mapping;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.DebugVmAccess;
import dev.fenceline.event.Event;
import dev.fenceline.event.Severity;
import java.util.List;

/** T07: an access to a VM returns the bytes up to the first hole. */
public final class VmAccessEndsAtHole {
    public static final Rule RULE = Rule.named("T07", "vm-access-ends-at-hole")
            .severity(Severity.WARN)
            .states(
                    "A read or write of a VM's memory returns no more bytes than are mapped from its first address without a hole.")
            .why("The debugger takes bytes for the program's that nobody read, or believes that a write arrived.")
            .source(
                    "ttm_device.h:ttm_device_funcs.access_memory (may be short); xe_eudebug.c:__xe_eudebug_vm_access (a loop over "
                            + "the mappings that returns what was copied)")
            .advice("Return what was copied; the caller has to take fewer bytes than asked for as a short access.")
            .needs(Stream.DEBUG, Stream.DEBUGVM, Stream.VM)
            .before(DebugVmAccess.class, VmAccessEndsAtHole::judge)
            .build();

    private VmAccessEndsAtHole() {}

    private static void judge(DebugVmAccess access, KernelState state, Report report) {
        if (!access.hasResult() || access.result() <= 0) {
            return;
        }
        if (access.hasLength() && access.result() > access.length()) {
            report.violation("access=" + access.seq())
                    .since(access.seq())
                    .witness("more than asked for", access.seq())
                    .says("An access of " + access.length() + " bytes returns " + access.result() + ".");
            return;
        }
        long id = state.debuggers().vmOf(access);
        AddressSpace vm = state.spaces().vm(id);
        List<Mapping> mappings = state.spaces().mappingsOf(id);
        boolean told = state.ledger().isFragment() ? !mappings.isEmpty() : vm != null && !vm.isAssumed();
        if (!told
                || !access.hasOffset()
                || (!mappings.isEmpty() && !last(mappings).hasRange())) {
            report.unknown("it is not known what is mapped in VM {}", id);
            return;
        }
        long end = access.offset();
        long mappedSeq = 0;
        for (Mapping mapping : mappings) {
            if (mapping.overlaps(end, end + 1)) {
                end = mapping.end();
                mappedSeq = mapping.isAssumed() ? 0 : mapping.born();
            }
        }
        if (end != Event.ABSENT && Long.compareUnsigned(access.offset() + access.result(), end) > 0) {
            report.violation("access=" + access.seq())
                    .since(vm == null ? 0 : vm.born())
                    .witness("last mapping before the hole", mappedSeq)
                    .witness("returns more", access.seq())
                    .says("An access to VM " + id + " returns " + access.result() + " bytes, of which "
                            + (end - access.offset()) + " are mapped before a hole.");
        }
    }

    private static Mapping last(List<Mapping> mappings) {
        return mappings.get(mappings.size() - 1);
    }
}
