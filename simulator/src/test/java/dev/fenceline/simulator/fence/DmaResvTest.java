package dev.fenceline.simulator.fence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fenceline.event.DmaFenceDestroy;
import dev.fenceline.event.DmaFenceSignaled;
import dev.fenceline.event.FenceKind;
import dev.fenceline.event.ResvLock;
import dev.fenceline.event.Usage;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.KernelFixture;
import dev.fenceline.simulator.kernel.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class DmaResvTest {
    private final KernelFixture fixture = new KernelFixture();
    private final DmaResv resv = new DmaResv(fixture.kernel());
    private final Timeline timeline = timeline(1);

    private Timeline timeline(long context) {
        return new Timeline(fixture.kernel(), context, "driver", "ring", FenceKind.HARDWARE);
    }

    @Test
    void putsALaterFenceOfTheSameContextInPlaceOfAnEarlierOne() {
        DmaFence first = timeline.next(null, null);
        DmaFence second = timeline.next(null, null);
        resv.add(first, Usage.BOOKKEEP);
        resv.add(second, Usage.BOOKKEEP);

        assertThat(resv.size()).isOne();
        assertThat(resv.firstPending(Usage.BOOKKEEP)).isSameAs(second);
    }

    @Test
    void doesNotWeakenTheUsageOfAnEarlierFence() {
        DmaFence kernelFence = timeline.next(null, null);
        DmaFence later = timeline.next(null, null);
        resv.add(kernelFence, Usage.KERNEL);
        resv.add(later, Usage.BOOKKEEP);

        assertThat(resv.firstPending(Usage.KERNEL)).isSameAs(kernelFence);
    }

    @Test
    void findsFencesOfTheUsageAskedForAndOfThoseBeforeIt() {
        resv.add(timeline.next(null, null), Usage.READ);

        assertThat(resv.isIdle(Usage.KERNEL)).isTrue();
        assertThat(resv.isIdle(Usage.WRITE)).isTrue();
        assertThat(resv.isIdle(Usage.READ)).isFalse();
        assertThat(resv.isIdle(Usage.BOOKKEEP)).isFalse();
    }

    @Test
    void keepsAFenceAliveUntilItsSlotIsTaken() {
        DmaFence fence = timeline.next(null, null);
        resv.add(fence, Usage.READ);
        fence.put();
        fence.signal();
        assertThat(fixture.events(DmaFenceDestroy.class)).isEmpty();

        resv.add(timeline(2).next(null, null), Usage.READ);

        assertThat(fixture.events(DmaFenceDestroy.class)).hasSize(1);
    }

    @Test
    void signalsAFenceOnlyOnce() {
        DmaFence fence = timeline.next(null, null);
        fence.signal();
        fence.signal();

        assertThat(fixture.events(DmaFenceSignaled.class)).hasSize(1);
    }

    /** Two tasks lock two reservations in opposite order: the younger one backs off, and both get through. */
    @Test
    void backsOffInsteadOfDeadlocking() {
        DmaResv other = new DmaResv(fixture.kernel());
        fixture.start("older", new LockBoth(resv, other), 0);
        fixture.start("younger", new LockBoth(other, resv), 0);

        fixture.kernel().run();

        assertThat(fixture.kernel().deadlocks()).isEmpty();
        assertThat(fixture.events(ResvLock.class))
                .anyMatch(event -> event.result() == -35)
                .anyMatch(ResvLock::slow);
    }

    private static final class LockBoth extends Call {
        private static final Path<LockBoth> PATH = Path.<LockBoth>named("lock_both")
                .repeat(again -> again.leaveIf(call -> call.turn++ == 50)
                        .call(call -> call.locks = new LockResvs(call.resvs))
                        .spend(call -> 1_000)
                        .run(call -> call.locks.unlockAll(call.task()))
                        .spend(call -> 1_000))
                .end();

        private final List<DmaResv> resvs;
        private LockResvs locks;
        private int turn;

        LockBoth(DmaResv first, DmaResv second) {
            this.resvs = List.of(first, second);
            this.locks = new LockResvs(resvs);
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }
}
