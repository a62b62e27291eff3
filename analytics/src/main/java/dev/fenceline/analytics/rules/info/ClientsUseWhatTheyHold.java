package dev.fenceline.analytics.rules.info;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Grants.Share;
import dev.fenceline.analytics.state.Grants.Shares;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.BoLookup;
import dev.fenceline.event.BoMmap;
import dev.fenceline.event.BoSubmit;
import dev.fenceline.event.CpuAccess;
import dev.fenceline.event.Event;
import dev.fenceline.event.Severity;

/** A-X04: handles, offsets and fds give access only to their holder. */
public final class ClientsUseWhatTheyHold {
    public static final Rule RULE = Rule.named("A-X04", "clients-use-what-they-hold")
            .severity(Severity.CRITICAL)
            .states(
                    "A client submits, looks up and maps only BOs that it holds a handle of, and accesses only those that it holds or "
                            + "has mapped.")
            .why("Another client's memory would be open to whoever guesses a handle or an mmap offset.")
            .source(
                    "drm_vma_manager.c:drm_vma_node_is_allowed, drm_gem.c:drm_gem_handle_create_tail (drm_vma_node_allow), "
                            + "drm_prime.c")
            .advice("Look handles up in the file's own table, and check the VMA node of the file in every way to mmap.")
            .needs(Stream.CLI)
            .before(
                    BoSubmit.class,
                    (e, state, report) ->
                            judge(e.bo(), e.client(), fails(e.hasResult(), e.result()), "submits", state, report))
            .before(
                    BoMmap.class,
                    (e, state, report) ->
                            judge(e.bo(), e.client(), fails(e.hasResult(), e.result()), "maps", state, report))
            .before(
                    BoLookup.class,
                    (e, state, report) ->
                            judge(e.bo(), e.client(), fails(e.hasResult(), e.result()), "looks up", state, report))
            .before(CpuAccess.class, ClientsUseWhatTheyHold::judgeAccess)
            .build();

    private ClientsUseWhatTheyHold() {}

    private static boolean fails(boolean stated, long result) {
        return stated && result < 0;
    }

    /** A mapping outlives its handle; what goes through the kernel or a dma-buf needs neither. */
    private static void judgeAccess(CpuAccess access, KernelState state, Report report) {
        Shares shares = state.grants().of(access.bo());
        Share share = shares == null ? null : shares.of(access.client());
        boolean mapped = share != null && share.isMapped();
        judge(
                access.bo(),
                access.client(),
                mapped || access.hasMapping() || access.hasDmabuf(),
                "accesses",
                state,
                report);
    }

    private static void judge(
            long bo, long client, boolean isRefusedOrMapped, String what, KernelState state, Report report) {
        Shares shares = state.grants().of(bo);
        if (isRefusedOrMapped || shares == null || client == Event.ABSENT) {
            return;
        }
        Share share = shares.of(client);
        long revokeSeq = share == null ? 0 : share.revokeSeq();
        boolean lost = revokeSeq > 0;
        boolean holds = share != null && share.hasHandle();
        // Of a BO that a fragment does not create, anybody may hold a handle.
        if (holds || !(lost || shares.areKnown())) {
            return;
        }
        report.violation("bo=" + bo + " client=" + client)
                .restsOn(shares)
                .witness("first told who holds it", lost ? 0 : shares.born())
                .witness("handle lost", revokeSeq)
                .witness("used", report.event().seq())
                .says("Client " + client + " " + what + " BO " + bo + ", "
                        + (lost ? "whose handle it has lost." : "which nobody gave it."));
    }
}
