package dev.fenceline.analytics.rules.bo;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.BufferObject;
import dev.fenceline.analytics.state.KernelMapping;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.CpuAccess;
import dev.fenceline.event.Severity;

/** A-T13: kernel mappings do not survive a move or unpopulate. */
public final class KernelMappingEndsWithStore {
    public static final Rule RULE = Rule.named("A-T13", "kernel-mapping-ends-with-store")
            .severity(Severity.CRITICAL)
            .states(
                    "The kernel accesses a BO through a mapping only until the mapping is taken down, the BO is moved, or the pages "
                            + "it shows are given back.")
            .why(
                    "The pointer leads to memory that belongs to somebody else by now, or to none: a fault in the kernel is a BUG.")
            .source(
                    "amdgpu_object.c:amdgpu_bo_move_notify (calls amdgpu_bo_kunmap), ttm_bo_util.c:ttm_bo_kunmap, ttm_bo_vunmap; "
                            + "thread 002")
            .advice("Pin a BO whose mapping has to last, or map it anew under the reservation for every access.")
            .needs(Stream.KMAP, Stream.MOVE, Stream.TT)
            .before(CpuAccess.class, KernelMappingEndsWithStore::judge)
            .build();

    private KernelMappingEndsWithStore() {}

    private static void judge(CpuAccess access, KernelState state, Report report) {
        KernelMapping mapping = state.cpuMappings().kernelMapping(access.mapping());
        if (mapping == null) {
            return;
        }
        BufferObject bo = state.buffers().bo(mapping.bo());
        long moved = bo == null || bo.commitSeq() < mapping.mapSeq() ? 0 : bo.commitSeq();
        boolean showsPages = bo != null && !mapping.isIomem() && bo.pagesGoneSeq() > mapping.mapSeq();
        long freed = bo == null || !showsPages ? 0 : bo.pagesGoneSeq();
        if (mapping.departed() == 0 && moved == 0 && freed == 0) {
            return;
        }
        String end = mapping.departed() > 0 ? "was taken down" : moved > 0 ? "was moved away from" : "lost its pages";
        report.violation("mapping=" + mapping.id())
                .since(mapping.mapSeq())
                .witness("mapped", mapping.isAssumed() ? 0 : mapping.mapSeq())
                .witness("taken down", mapping.departed())
                .witness("moved", mapping.departed() > 0 ? 0 : moved)
                .witness("pages given back", mapping.departed() > 0 || moved > 0 ? 0 : freed)
                .witness("accessed", access.seq())
                .says("The kernel accesses BO " + mapping.bo() + " through mapping " + mapping.id() + ", which " + end
                        + ".");
    }
}
