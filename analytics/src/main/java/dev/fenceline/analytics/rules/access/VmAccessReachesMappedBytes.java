package dev.fenceline.analytics.rules.access;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Mapping;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.VmAccesses.Pair;
import dev.fenceline.event.BoAccess;
import dev.fenceline.event.DebugVmAccess;
import dev.fenceline.event.Event;
import dev.fenceline.event.Severity;
import org.jspecify.annotations.Nullable;

/** T08: the byte of the BO that an access reaches is the one that is mapped at the address. */
public final class VmAccessReachesMappedBytes {
    public static final Rule RULE = Rule.named("T08", "vm-access-reaches-mapped-bytes")
            .severity(Severity.CRITICAL)
            .states(
                    "An access to address x of a mapping reaches byte bo_offset + (x - start) of its BO and nothing outside of what is "
                            + "mapped there.")
            .why(
                    "A BO may be mapped in parts: by the wrong byte a debugger reads and writes what is mapped elsewhere, or for "
                            + "another process.")
            .source(
                    "ttm_bo_vm.c:ttm_bo_vm_access; xe_eudebug.c:xe_eudebug_vma_access (passed the offset in the mapping on as that "
                            + "in the BO); thread 000")
            .advice("Add the offset of the mapping in the BO; it is not 0 after a partial unbind.")
            .needs(Stream.ACCESS, Stream.DEBUG, Stream.DEBUGVM, Stream.VM)
            .before(BoAccess.class, (access, state, report) -> {
                Pair pair = state.vmAccesses().pair(access);
                if (pair != null) {
                    judge(pair, state, report);
                }
            })
            .before(DebugVmAccess.class, (access, state, report) -> {
                long vm = state.debuggers().vmOf(access);
                for (Pair pair : state.vmAccesses().pairs(access, vm)) {
                    judge(pair, state, report);
                }
            })
            .build();

    private VmAccessReachesMappedBytes() {}

    private static void judge(Pair pair, KernelState state, Report report) {
        Mapping wrong = null;
        for (Mapping mapping : state.spaces().mappingsOf(pair.vm(), pair.address(), pair.address() + pair.bytes())) {
            if (mapping.bo() != pair.bo() || !pair.found(mapping)) {
                continue;
            }
            if (mapping.boOffset() == Event.ABSENT) {
                report.unknown("it is not known which part of BO " + pair.bo() + " mapping " + mapping.id() + " maps");
                return;
            }
            if (isImage(pair, mapping)) {
                return;
            }
            wrong = mapping;
        }
        if (wrong != null) {
            report(pair, wrong, state, report);
        }
    }

    private static void report(Pair pair, @Nullable Mapping mapping, KernelState state, Report report) {
        if (mapping == null) {
            return;
        }
        long from = Math.max(pair.address(), mapping.start());
        report.violation("vma=" + mapping.id())
                .restsOn(mapping)
                .restsOn(state.spaces().vm(pair.vm()))
                .witness("mapped", mapping.isAssumed() ? 0 : mapping.born())
                .witness("VM accessed", pair.vmSeq())
                .witness("BO accessed", pair.boSeq())
                .says("An access to address " + from + " of mapping " + mapping.id() + " reaches byte " + pair.offset()
                        + " of BO " + pair.bo() + " instead of "
                        + (mapping.boOffset() + from - mapping.start()) + ".");
    }

    /** Whether the bytes of the BO are among those that the mapping maps in the range asked for. */
    private static boolean isImage(Pair pair, Mapping mapping) {
        long from = Math.max(pair.address(), mapping.start());
        long to = Math.min(pair.address() + pair.bytes(), mapping.end());
        long first = mapping.boOffset() + from - mapping.start();
        long end = mapping.boOffset() + to - mapping.start();
        long length = pair.length() == Event.ABSENT ? 0 : pair.length();
        return pair.offset() >= first && pair.offset() < end && length <= end - pair.offset();
    }
}
