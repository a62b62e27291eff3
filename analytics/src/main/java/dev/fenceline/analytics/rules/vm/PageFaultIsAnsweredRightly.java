package dev.fenceline.analytics.rules.vm;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.AddressSpace;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Mapping;
import dev.fenceline.analytics.state.PageFaults.PageFault;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.Event;
import dev.fenceline.event.GpuFaultAck;
import dev.fenceline.event.Severity;
import dev.fenceline.event.VmaKind;
import org.jspecify.annotations.Nullable;

/** V15: a GPU page fault is answered once, and with success only if the access is permitted. */
public final class PageFaultIsAnsweredRightly {
    private static final long EPERM = -1;
    private static final long ENOENT = -2;
    private static final long EINVAL = -22;

    public static final Rule RULE = Rule.named("V15", "page-fault-is-answered-rightly")
            .severity(Severity.ERROR)
            .states(
                    "A GPU page fault gets one answer: success only if a mapping with the rights is there; -EINVAL outside of all "
                            + "mappings or in a VM without page faults, -ENOENT in a closed VM, or -EINVAL once its "
                            + "ASID is gone, -EPERM for a write to what is read-only.")
            .why(
                    "A wrong success lets the engine replay the access for ever or do what it may not; a second answer is taken for "
                            + "another fault.")
            .source("xe_pagefault.c:xe_pagefault_service, xe_pagefault_handle_vma")
            .advice("Look the mapping up and check its rights under the VM's lock, and answer at one place.")
            .needs(Stream.PTE, Stream.VM)
            .before(GpuFaultAck.class, PageFaultIsAnsweredRightly::judge)
            .build();

    private PageFaultIsAnsweredRightly() {}

    private static void judge(GpuFaultAck ack, KernelState state, Report report) {
        PageFault fault = ack.hasAddress() ? state.faults().pending(ack) : null;
        if (fault == null) {
            PageFault earlier = ack.hasAddress() ? state.faults().answered(ack) : null;
            if (earlier != null) {
                report.violation("fault=" + earlier.faultSeq())
                        .since(earlier.faultSeq())
                        // What was lost may be a fault of another engine at the same address.
                        .restsOnAll()
                        .witness("fault", earlier.faultSeq())
                        .witness("answered", earlier.ackSeq())
                        .witness("answered again", ack.seq())
                        .says("A page fault is answered twice.");
            }
            return;
        }
        long id = fault.vm() != Event.ABSENT
                ? fault.vm()
                : ack.hasVm() ? ack.vm() : state.session().soleObject("vm");
        AddressSpace vm = state.spaces().vm(id);
        if (vm == null) {
            return;
        }
        long result = ack.hasResult() ? ack.result() : 0;
        Mapping mapping = mappingOf(fault, vm, state);
        boolean knownMappings = state.spaces().knowsMappingsOf(vm);
        if (vm.isKindStated() && !vm.isFaultMode()) {
            expect(EINVAL, result, "VM " + vm.id() + " takes no page faults", vm.born(), fault, vm, report);
        } else if (vm.closeSeq() > 0 && vm.closeSeq() < fault.faultSeq()) {
            // xe_vm.c:xe_vm_close_and_put takes the ASID away after the VM counts as closed, and no event tells when.
            if (result != EINVAL) {
                expect(ENOENT, result, "VM " + vm.id() + " is closed", vm.closeSeq(), fault, vm, report);
            }
        } else if (vm.closeSeq() > 0) {
            // It was closed while the fault was served: either answer is right.
            return;
        } else if (mapping == null) {
            if (knownMappings) {
                expect(EINVAL, result, "no mapping covers the address", vm.born(), fault, vm, report);
            }
        } else if (fault.isWrite() && mapping.isReadOnly() && mapping.born() < fault.faultSeq()) {
            expect(EPERM, result, "mapping " + mapping.id() + " is read-only", mapping.born(), fault, vm, report);
        } else if (result == 0 && isUnbound(mapping, fault, vm, state)) {
            expect(EINVAL, result, "nothing is bound at the address", mapping.born(), fault, vm, report);
        }
    }

    private static void expect(
            long right, long result, String because, long shown, PageFault fault, AddressSpace vm, Report report) {
        if (result == right) {
            return;
        }
        report.violation("fault=" + fault.faultSeq())
                .since(vm.born())
                .since(shown)
                .witness("what decides", vm.isAssumed() && shown == vm.born() ? 0 : shown)
                .witness("fault", fault.faultSeq())
                .witness("answered", report.event().seq())
                .says("A page fault is answered " + (result == 0 ? "with success" : "by " + result) + " although "
                        + because + ".");
    }

    private static @Nullable Mapping mappingOf(PageFault fault, AddressSpace vm, KernelState state) {
        Mapping at = state.spaces().mappingAt(vm.id(), fault.address());
        Mapping named = at == null ? state.spaces().mapping(fault.vma()) : null;
        return named != null && named.departed() == 0 ? named : at;
    }

    /**
     * Whether the mapping is known from its creation and nothing was bound at the address when or after the fault came. What was bound
     * and taken away again before the answer is no matter: the engine tries once more, and faults again.
     */
    private static boolean isUnbound(Mapping mapping, PageFault fault, AddressSpace vm, KernelState state) {
        return !vm.isAssumed()
                && !mapping.isAssumed()
                && mapping.kind() != VmaKind.CPU_MIRROR
                && fault.boundSeq() == 0
                && mapping.faultBindSeq() == 0
                && mapping.rebindSeq() == 0
                && !state.spaces().hasEntryAt(vm, fault.address());
    }
}
