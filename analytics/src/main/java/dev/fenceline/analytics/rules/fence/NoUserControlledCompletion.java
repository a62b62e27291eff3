package dev.fenceline.analytics.rules.fence;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.DmaFenceDep;
import dev.fenceline.event.DmaFencePublish;
import dev.fenceline.event.FenceKind;
import dev.fenceline.event.LongList;
import dev.fenceline.event.Severity;
import org.jspecify.annotations.Nullable;

/** A-F16: no user-controlled completion behind a dma_fence. */
public final class NoUserControlledCompletion {
    /** How deep containers are looked into, and how far back along a timeline; numbers of ours, containers nest one way. */
    private static final int MAX_NESTING = 4;

    private static final int MAX_CHAIN = 4096;

    public static final Rule RULE = Rule.named("A-F16", "no-user-controlled-completion")
            .severity(Severity.DEADLOCK)
            .states(
                    "A fence whose completion userspace decides (a future, a proxy, a value in user memory) is not published as a "
                            + "dma_fence, with or without a timeout, and no fence of the kernel depends on one.")
            .why(
                    "The kernel waits for fences while it reclaims memory, and userspace waits for that memory before it completes "
                            + "the fence.")
            .source("Documentation/driver-api/dma-buf.rst, Indefinite DMA Fences; thread 003")
            .advice(
                    "Wait in userspace, before the submission; user fences may depend on fences of the kernel, not the reverse.")
            .needs(Stream.UMF)
            .before(DmaFencePublish.class, NoUserControlledCompletion::judgePublish)
            .before(DmaFenceDep.class, NoUserControlledCompletion::judgeDep)
            .build();

    private NoUserControlledCompletion() {}

    private static void judgePublish(DmaFencePublish publish, KernelState state, Report report) {
        Fence fence = state.fences().fence(publish.fence());
        Fence users = userControlledIn(fence, state);
        if (fence == null || users == null) {
            return;
        }
        var finding = report.violation("fence=" + fence.id())
                .since(users.born())
                .since(fence.born())
                .witness("completed by userspace", users.initSeq())
                .witness("published", publish.seq())
                .says("Fence " + users.id() + ", which userspace completes, is published as a dma_fence"
                        + (users == fence ? "." : " inside fence " + fence.id() + "."));
        if (isSwSync(users)) {
            finding.severity(Severity.WARN)
                    .says("Known exception: fence " + users.id()
                            + " of sw_sync, which is for tests only, is published.");
        }
    }

    private static void judgeDep(DmaFenceDep dep, KernelState state, Report report) {
        Fence users = dep.hasDependsOn() ? state.fences().fence(dep.dependsOn()) : null;
        Fence kernels = dep.hasFence() ? state.fences().fence(dep.fence()) : null;
        // A fence of userspace may wait for whom it likes, and a fence of which nothing is said is one of the kernel.
        if (users == null || !isUserControlled(users) || (kernels != null && isUserControlled(kernels))) {
            return;
        }
        report.violation("fence=" + dep.fence())
                .restsOn(users)
                .restsOn(kernels)
                .witness("completed by userspace", users.initSeq())
                .witness("depended on", dep.seq())
                .says("Fence " + dep.fence() + " of the kernel cannot complete before fence " + users.id()
                        + ", which userspace completes.")
                .severity(isSwSync(users) ? Severity.WARN : Severity.DEADLOCK);
    }

    /** The fence itself, or one that it is made of or chained behind, if userspace completes it; null if there is none. */
    private static @Nullable Fence userControlledIn(@Nullable Fence fence, KernelState state) {
        return userControlledIn(fence, state, MAX_NESTING);
    }

    private static @Nullable Fence userControlledIn(@Nullable Fence fence, KernelState state, int depth) {
        int steps = MAX_CHAIN;
        for (Fence node = fence;
                node != null && steps > 0;
                node = state.fences().fence(node.previous())) {
            steps--;
            if (isUserControlled(node)) {
                return node;
            }
            LongList members = node.members();
            for (int i = 0; members != null && i < members.size() && depth > 0; i++) {
                Fence member = userControlledIn(state.fences().fence(members.get(i)), state, depth - 1);
                if (member != null) {
                    return member;
                }
            }
        }
        return null;
    }

    /** Queues of amdgpu that userspace fills are none of these: the kernel forces their fences when they hang. */
    private static boolean isUserControlled(Fence fence) {
        boolean usersKind = fence.kind() == FenceKind.FUTURE
                || fence.kind() == FenceKind.PROXY
                || fence.kind() == FenceKind.USER_MEMORY;
        return !fence.isGuaranteed() && (usersKind || isSwSync(fence));
    }

    private static boolean isSwSync(Fence fence) {
        return "sw_sync".equals(fence.driver());
    }
}
