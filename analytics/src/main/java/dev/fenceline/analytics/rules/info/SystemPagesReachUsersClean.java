package dev.fenceline.analytics.rules.info;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.BufferObject;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.MemoryContents.Content;
import dev.fenceline.analytics.state.MemoryContents.SystemPages;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.BoType;
import dev.fenceline.event.CpuPteInsert;
import dev.fenceline.event.Placement;
import dev.fenceline.event.ResourceExpose;
import dev.fenceline.event.Severity;
import dev.fenceline.event.VmMap;

/** A-X02: system pages reach a user zeroed, or with the user's own data. */
public final class SystemPagesReachUsersClean {
    public static final Rule RULE = Rule.named("A-X02", "system-pages-reach-users-clean")
            .severity(Severity.CRITICAL)
            .states(
                    "System pages of a user BO are mapped for a user only when they were zeroed at their population, cleared, or filled "
                            + "by a swap-in or a move of the same BO.")
            .why("The user reads what the pages held for the kernel or for another process.")
            .source("ttm_tt.c:ttm_tt_create (TTM_TT_FLAG_ZERO_ALLOC), ttm_bo_util.c:ttm_bo_pipeline_gutting "
                    + "(ttm_tt_mark_for_clear), ttm_pool.c:ttm_pool_type_give")
            .advice(
                    "Ask for zeroed pages unless the whole BO is about to be overwritten; mark the store for clearing after gutting.")
            .needs(Stream.TT, Stream.SEC)
            .before(CpuPteInsert.class, SystemPagesReachUsersClean::judgePte)
            .before(ResourceExpose.class, SystemPagesReachUsersClean::judgeExpose)
            .before(VmMap.class, (e, state, report) -> judge(e.bo(), state, report))
            .build();

    private SystemPagesReachUsersClean() {}

    private static void judgePte(CpuPteInsert insert, KernelState state, Report report) {
        if (insert.dummy() || insert.hasVramPage()) {
            return;
        }
        if (insert.hasPage()) {
            judgePages(insert.bo(), state, report);
        } else {
            judge(insert.bo(), state, report);
        }
    }

    private static void judgeExpose(ResourceExpose expose, KernelState state, Report report) {
        String memory = expose.memoryType();
        if (memory == null) {
            judge(expose.bo(), state, report);
        } else if (!memory.equalsIgnoreCase("VRAM")) {
            judgePages(expose.bo(), state, report);
        }
    }

    /** Of a BO in VRAM, its system pages are not what is mapped. */
    private static void judge(long id, KernelState state, Report report) {
        BufferObject bo = state.buffers().bo(id);
        if (bo == null || bo.placement() != Placement.VRAM) {
            judgePages(id, state, report);
        }
    }

    private static void judgePages(long id, KernelState state, Report report) {
        BufferObject bo = state.buffers().bo(id);
        SystemPages pages = state.contents().pages(id);
        if (pages == null || (bo != null && (bo.type() == BoType.KERNEL || bo.type() == BoType.SG))) {
            return;
        }
        if (pages.content() == Content.FOREIGN) {
            report.violation("bo=" + id)
                    .since(pages.seq())
                    .restsOn(bo)
                    .witness("pages populated without zeroing", pages.seq())
                    .witness("mapped for a user", report.event().seq())
                    .says("Pages of BO " + id + " that hold foreign data are mapped for a user.");
        } else if (pages.content() == Content.UNKNOWN) {
            report.unknown("it is not known whether the pages of BO {} were zeroed", id);
        }
    }
}
