package dev.fenceline.analytics.rules;

/**
 * R01 to R04: what a checker must not do with a recording. They are no rules that judge the kernel, but properties of all rules together, so
 * each names the test that holds all of them to it.
 */
enum Integrity {
    R01(
            "an-object-is-an-incarnation",
            "No rule takes a pointer, handle or descriptor for the identity of an object: those come back with the next object.",
            "xe_vm.c:xe_vm_create_ioctl (xa_alloc_cyclic of the ASID), Documentation/trace/ftrace.rst (hash-ptr); slab reuse",
            "anyPointerMayBeThatOfAnyObject"),
    R02(
            "fences-are-joined-in-64-bits",
            "No rule takes two fences for one because context and seqno agree in their lower 32 bits, which is all that the dma_fence"
                    + " tracepoints print, nor one for two because its names change when it signals.",
            "include/trace/events/dma_fence.h, dma-fence.c (detached-driver), gpu_scheduler_trace.h",
            "contextsMayBeAlikeIn32Bits"),
    R03(
            "a-loss-leaves-verdicts-open",
            "After a loss of events no rule rests a violation on what was before it, and none says that it held.",
            "Documentation/trace/ftrace.rst (overwrite, per_cpu stats), perf LOST records",
            "whateverIsLostIsHeldAgainstNobody"),
    R04(
            "non-pairs-need-no-end",
            "No rule waits for the end of what only looks like a pair.",
            "xe_userptr.c (invalidate without complete), xe_tlb_inval.c (recv without signal), xe_vm.c (rebind worker without exit),"
                    + " xe_pagefault.c (fault without bind), xe_preempt_fence.c (init without signal)",
            "nobodyWaitsForTheEndOfANonPair");

    private final String rule;
    private final String statement;
    private final String source;
    private final String guard;

    Integrity(String rule, String statement, String source, String guard) {
        this.rule = rule;
        this.statement = statement;
        this.source = source;
        this.guard = guard;
    }

    /** The property as a kebab-case sentence. */
    String ruleName() {
        return rule;
    }

    String statement() {
        return statement;
    }

    String source() {
        return source;
    }

    /** The test of {@link IntegrityTest} that holds all rules to it. */
    String guard() {
        return guard;
    }
}
