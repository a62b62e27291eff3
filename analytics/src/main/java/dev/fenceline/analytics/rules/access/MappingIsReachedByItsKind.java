package dev.fenceline.analytics.rules.access;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Mapping;
import dev.fenceline.analytics.state.Notifier;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.VmAccesses.Pair;
import dev.fenceline.event.BoAccess;
import dev.fenceline.event.DebugVmAccess;
import dev.fenceline.event.PageAccess;
import dev.fenceline.event.PageAccessor;
import dev.fenceline.event.Severity;
import dev.fenceline.event.VmaKind;
import org.jspecify.annotations.Nullable;

/** T09: a mapping is reached the way that its kind asks for. */
public final class MappingIsReachedByItsKind {
    public static final Rule RULE = Rule.named("T09", "mapping-is-reached-by-its-kind")
            .severity(Severity.CRITICAL)
            .states(
                    "An access goes to TTM for a mapping of a BO, to the process's memory for a userptr or CPU mirror, and for a sparse "
                            + "mapping it reads zeros and writes nothing.")
            .why(
                    "Not every mapping without a BO is a userptr: taking a sparse one for it reads past the end of the object that "
                            + "describes it.")
            .source("xe_vm.c:xe_vma_create (a sparse mapping is allocated without the userptr part), "
                    + "xe_eudebug.c:xe_eudebug_vma_access; thread 001")
            .advice(
                    "Ask for the kind (xe_vma_is_null, xe_vma_is_userptr, xe_vma_is_cpu_addr_mirror) before it is converted.")
            .needs(Stream.ACCESS, Stream.DEBUG, Stream.DEBUGVM, Stream.VM)
            .before(PageAccess.class, MappingIsReachedByItsKind::judgePage)
            .before(BoAccess.class, (access, state, report) -> {
                Pair pair = state.vmAccesses().pair(access);
                if (pair != null) {
                    judgeBo(pair, state, report);
                }
            })
            .before(DebugVmAccess.class, MappingIsReachedByItsKind::judgeVmAccess)
            .build();

    private MappingIsReachedByItsKind() {}

    private static void judgePage(PageAccess access, KernelState state, Report report) {
        if (access.who() != PageAccessor.CPU_KMAP || !access.hasVia()) {
            return;
        }
        Mapping mapping = state.spaces().mapping(access.via());
        Notifier notifier = mapping == null ? state.notifiers().notifier(access.via()) : null;
        if (notifier != null) {
            mapping = state.notifiers().mappingOf(notifier);
        }
        if (mapping != null && (mapping.kind() == VmaKind.NULL || mapping.kind() == VmaKind.BO)) {
            report(mapping, 0, state, report, "is reached as if it were a userptr");
        }
    }

    private static void judgeVmAccess(DebugVmAccess access, KernelState state, Report report) {
        long vm = state.debuggers().vmOf(access);
        for (Pair pair : state.vmAccesses().pairs(access, vm)) {
            judgeBo(pair, state, report);
        }
        if (!access.write() || !access.hasOffset() || !access.hasResult() || access.result() <= 0) {
            return;
        }
        for (Mapping mapping : state.spaces().mappingsOf(vm, access.offset(), access.offset() + access.result())) {
            if (mapping.kind() == VmaKind.NULL) {
                report(mapping, 0, state, report, "takes a write");
            }
        }
    }

    private static void judgeBo(Pair pair, KernelState state, Report report) {
        Mapping other = null;
        for (Mapping mapping : state.spaces().mappingsOf(pair.vm(), pair.address(), pair.address() + pair.bytes())) {
            if (mapping.kind() == VmaKind.BO || mapping.kind() == VmaKind.UNKNOWN || !pair.found(mapping)) {
                return;
            }
            other = mapping;
        }
        if (other != null) {
            report(other, Math.min(pair.vmSeq(), pair.boSeq()), state, report, "is reached as if it had a BO");
        }
    }

    private static void report(
            @Nullable Mapping mapping, long accessSeq, KernelState state, Report report, String how) {
        if (mapping == null) {
            return;
        }
        report.violation("vma=" + mapping.id())
                .restsOn(mapping)
                .restsOn(state.spaces().vm(state.spaces().vmOf(mapping)))
                .witness("created", mapping.isAssumed() ? 0 : mapping.born())
                .witness("access begins", accessSeq)
                .witness("reached", report.event().seq())
                .says("Mapping " + mapping.id() + " of kind " + mapping.kind() + " " + how + ".");
    }
}
